//! A request in ClickHouse's HTTP interface, taken apart: statement, settings, parameters, credentials.

use http::request::Parts;
use http::{HeaderMap, Method};

use super::super::exception::{Exception, code};
use super::super::ffi::Params;

/// Names that belong to the transport: they are no settings of the engine. A session is accepted and ignored (each
/// request has a session of its own); roles are not kept by an engine without users.
const TRANSPORT: [&str; 11] = [
    "session_id",
    "session_timeout",
    "session_check",
    "close_session",
    "quota_key",
    "role",
    "buffer_size",
    "stacktrace",
    "http_server_default_response",
    "is_secure",
    "interserver_secret",
];

/// How the request body is compressed as a whole (`Content-Encoding`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// Not at all.
    #[default]
    Identity,
    /// gzip.
    Gzip,
    /// zlib.
    Deflate,
    /// Brotli.
    Brotli,
    /// Zstandard.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
}

/// Who the client says it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Credentials {
    /// User name, if any was given.
    pub user: Option<String>,
    /// Password, if any was given.
    pub password: Option<String>,
    /// A bearer token was sent, which an engine without a token service cannot check.
    pub bearer: bool,
}

/// One request, without its body.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    /// The statement in the URL or in a form field; the body follows it.
    pub query: Option<String>,
    /// The database that unqualified names refer to.
    pub database: Option<String>,
    /// The format when the statement names none.
    pub default_format: Option<String>,
    /// Echoed in the answer.
    pub query_id: Option<String>,
    /// Server-side parameters, without their `param_` prefix.
    pub params: Params,
    /// Settings of the engine for this statement only.
    pub settings: Vec<(String, String)>,
    /// The body is in native compressed frames.
    pub decompress: bool,
    /// The answer is wanted in native compressed frames.
    pub compress: bool,
    /// Nothing is sent before the whole answer is known to be good.
    pub wait_end_of_query: bool,
    /// The revision of the Native format that the client would like; answers are in revision 0 whatever it says.
    pub native_revision: u64,
    /// A `GET`: nothing may be changed.
    pub readonly: bool,
    /// How the body is compressed as a whole.
    pub encoding: Encoding,
    /// Who asks.
    pub credentials: Credentials,
}

impl Request {
    /// Reads method, URL and headers.
    ///
    /// # Errors
    /// A malformed URL encoding, or an unknown `Content-Encoding`.
    pub(super) fn parse(parts: &Parts) -> Result<Self, Exception> {
        let mut request = Self {
            readonly: parts.method == Method::GET || parts.method == Method::HEAD,
            encoding: encoding(&parts.headers)?,
            credentials: header_credentials(&parts.headers)?,
            default_format: header(&parts.headers, "x-clickhouse-format"),
            database: header(&parts.headers, "x-clickhouse-database"),
            ..Self::default()
        };
        for pair in parts
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|p| !p.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request.set(&percent_decode(name)?, percent_decode(value)?);
        }
        Ok(request)
    }

    /// Takes one parameter of the URL, or one field of a form.
    pub(super) fn set(&mut self, name: &str, value: String) {
        match name {
            "query" => self.query = Some(self.query.take().unwrap_or_default() + &value),
            "database" => self.database = Some(value).filter(|v| !v.is_empty()),
            "default_format" => self.default_format = Some(value).filter(|v| !v.is_empty()),
            "query_id" => self.query_id = Some(value).filter(|v| !v.is_empty()),
            "decompress" => self.decompress = truthy(&value),
            "compress" => self.compress = truthy(&value),
            "wait_end_of_query" => self.wait_end_of_query = truthy(&value),
            "client_protocol_version" => self.native_revision = value.parse().unwrap_or(0),
            "user" => self.credentials.user = Some(value),
            "password" => self.credentials.password = Some(value),
            _ => match name.strip_prefix("param_") {
                Some(param) => self.params.push((param.to_owned(), value)),
                None if TRANSPORT.contains(&name) => {}
                None => self.settings.push((name.to_owned(), value)),
            },
        }
    }

    /// The statement that puts this request's settings in force. `tag` becomes its `log_comment`, unless the client
    /// has one of its own: the library gives every statement an id that nobody learns, so this is the only handle to stop
    /// one whose client goes away.
    ///
    /// # Errors
    /// A name that cannot be a setting.
    pub(super) fn settings_sql(&self, tag: &str) -> Result<String, Exception> {
        let mut list = Vec::with_capacity(self.settings.len() + 2);
        if !self.settings.iter().any(|(name, _)| name == "log_comment") {
            list.push(format!("log_comment = {}", quote(tag, '\'')));
        }
        for (name, value) in &self.settings {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(plain) {
                let text = format!("Unknown setting '{}'", name.escape_debug());
                return Err(Exception::new(code::UNKNOWN_SETTING, "UNKNOWN_SETTING", &text));
            }
            list.push(format!("{name} = {}", quote(value, '\'')));
        }
        let stricter = |(name, value): &(String, String)| name == "readonly" && (value == "1" || value == "2");
        if self.readonly && !self.settings.iter().any(stricter) {
            // Mode 2: nothing may be written, settings may still be changed.
            list.push("readonly = 2".to_owned());
        }
        Ok(format!("SET {}", list.join(", ")))
    }

    /// The statement that selects this request's database, if it names one.
    #[must_use]
    pub(super) fn use_sql(&self) -> Option<String> {
        self.database.as_deref().map(|d| format!("USE {}", quote(d, '`')))
    }
}

/// Quotes a string or a name for the engine's SQL.
#[must_use]
pub(super) fn quote(text: &str, mark: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        if c == '\\' || c == mark {
            out.push('\\');
        }
        out.push(c);
    }
    out.push(mark);
    out
}

fn truthy(value: &str) -> bool {
    value == "1" || value.eq_ignore_ascii_case("true")
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Exception> {
    match header(headers, "content-encoding")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "identity" => Ok(Encoding::Identity),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        "deflate" => Ok(Encoding::Deflate),
        "br" => Ok(Encoding::Brotli),
        "zstd" => Ok(Encoding::Zstd),
        "lz4" => Ok(Encoding::Lz4),
        other => {
            let text = format!(
                "Unknown compression method '{}' in Content-Encoding",
                other.escape_debug()
            );
            Err(Exception::new(
                code::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                &text,
            ))
        }
    }
}

fn header_credentials(headers: &HeaderMap) -> Result<Credentials, Exception> {
    let mut credentials = Credentials {
        user: header(headers, "x-clickhouse-user"),
        password: header(headers, "x-clickhouse-key"),
        bearer: false,
    };
    let Some(authorization) = header(headers, "authorization") else {
        return Ok(credentials);
    };
    let (scheme, value) = authorization.split_once(' ').unwrap_or((authorization.as_str(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        use base64::Engine as _;
        let bad = || bad_request("Invalid Authorization header: not Base64 of user:password");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(value.trim())
            .map_err(|_| bad())?;
        let text = String::from_utf8(bytes).map_err(|_| bad())?;
        let (user, password) = text.split_once(':').ok_or_else(bad)?;
        (credentials.user, credentials.password) = (Some(user.to_owned()), Some(password.to_owned()));
    } else {
        credentials.bearer = true;
    }
    Ok(credentials)
}

/// A malformed request, in ClickHouse's terms.
#[must_use]
pub(super) fn bad_request(text: &str) -> Exception {
    Exception::new(code::BAD_REQUEST_PARAMETER, "BAD_ARGUMENTS", text)
}

/// Decodes `%41` and `+` of a URL's query.
fn percent_decode(text: &str) -> Result<String, Exception> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = (bytes.next().and_then(hex_digit), bytes.next().and_then(hex_digit));
                let (Some(high), Some(low)) = digits else {
                    return Err(bad_request("URI contains an invalid percent-encoding"));
                };
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(out).map_err(|_| bad_request("URI is not valid UTF-8"))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(uri: &str, headers: &[(&str, &str)]) -> Result<Request, Exception> {
        let mut builder = http::Request::post(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        Request::parse(&builder.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_url_splits_into_statement_settings_and_parameters() {
        let r = parse(
            "/?query=INSERT+INTO+%60t%60&database=d&param_a=3%2B4&max_threads=2&session_id=x&decompress=1&query_id=q&compress=0",
            &[],
        )
        .unwrap();
        assert_eq!(r.query.as_deref(), Some("INSERT INTO `t`"));
        assert_eq!(r.params, [("a".to_owned(), "3+4".to_owned())]);
        assert_eq!(r.settings, [("max_threads".to_owned(), "2".to_owned())]);
        assert_eq!(
            (r.decompress, r.compress, r.query_id.as_deref()),
            (true, false, Some("q"))
        );
        assert_eq!(r.use_sql().as_deref(), Some("USE `d`"));
    }

    #[test]
    fn a_setting_cannot_smuggle_sql() {
        let r = parse("/?log_comment=a'%2C+readonly+%3D+'0%5C", &[]).unwrap();
        assert_eq!(
            r.settings_sql("t").unwrap(),
            r"SET log_comment = 'a\', readonly = \'0\\'"
        );
        let r = parse("/?a+%3D+1%2C+b=2", &[]).unwrap();
        assert_eq!(r.settings_sql("t").unwrap_err().code, code::UNKNOWN_SETTING);
    }

    #[test]
    fn a_get_is_read_only_whatever_its_settings_say() {
        let sql = |uri: &str| {
            let parts = http::Request::get(uri).body(()).unwrap().into_parts().0;
            Request::parse(&parts).unwrap().settings_sql("t").unwrap()
        };
        assert_eq!(sql("/"), "SET log_comment = 't', readonly = 2");
        assert_eq!(
            sql("/?readonly=0"),
            "SET log_comment = 't', readonly = '0', readonly = 2"
        );
        assert_eq!(sql("/?readonly=1"), "SET log_comment = 't', readonly = '1'");
    }

    #[test]
    fn credentials_come_from_headers_or_the_url() {
        let basic = parse("/", &[("authorization", "Basic dTpwOng=")]).unwrap().credentials;
        assert_eq!(
            (basic.user.as_deref(), basic.password.as_deref()),
            (Some("u"), Some("p:x"))
        );
        let own = parse("/", &[("x-clickhouse-user", "u"), ("x-clickhouse-key", "k")])
            .unwrap()
            .credentials;
        assert_eq!((own.user.as_deref(), own.password.as_deref()), (Some("u"), Some("k")));
        assert!(parse("/", &[("authorization", "Bearer x")]).unwrap().credentials.bearer);
        assert!(parse("/", &[("authorization", "Basic !!")]).is_err());
    }

    #[test]
    fn malformed_urls_and_unknown_encodings_are_refused() {
        assert_eq!(
            parse("/?query=%zz", &[]).unwrap_err().status(),
            http::StatusCode::BAD_REQUEST
        );
        assert_eq!(
            parse("/?query=%ff", &[]).unwrap_err().status(),
            http::StatusCode::BAD_REQUEST
        );
        let unknown = parse("/", &[("content-encoding", "snappy")]).unwrap_err();
        assert_eq!(unknown.status(), http::StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
