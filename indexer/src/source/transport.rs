//! GET with limits: time, bytes, no redirects, no HTML.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::source::{Defect, FetchError};

/// Longest `Retry-After` that is taken at its word.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);
/// How much of an error page is quoted.
const QUOTE_CHARS: usize = 120;

/// What one request may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time to connect.
    pub connect: Duration,
    /// Time for the whole request, body included.
    pub request: Duration,
    /// Time without a byte.
    pub idle: Duration,
    /// Uncompressed size of a body, in bytes.
    pub body_bytes: u64,
    /// Size of the genesis document, in bytes.
    pub genesis_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(30),
            idle: Duration::from_secs(10),
            body_bytes: 64 * 1024 * 1024,
            genesis_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// The HTTP clients of a process: one for plain HTTP, one for TLS that is built when it is first needed.
#[derive(Debug, Default)]
pub struct HttpClients {
    plain: OnceLock<Client>,
    tls: OnceLock<Client>,
}

impl HttpClients {
    /// The client for a URL. Only the one for TLS loads the machine's root certificates, so a machine without any
    /// can still talk to a plain endpoint.
    pub(in crate::source) fn of(&self, url: &Url, limits: &Limits) -> Result<Client, FetchError> {
        let secure = url.scheme() == "https";
        let slot = if secure { &self.tls } else { &self.plain };
        if let Some(client) = slot.get() {
            return Ok(client.clone());
        }
        // Fails when a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("gridproof/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(limits.connect)
            .read_timeout(limits.idle)
            .timeout(limits.request);
        if !secure {
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|e| FetchError::Permanent {
            endpoint: redact(url),
            reason: "the HTTP client cannot be built (are CA certificates installed?)".to_owned(),
            source: Some(Box::new(e)),
        })?;
        Ok(slot.get_or_init(|| client).clone())
    }
}

/// Reads the address of an endpoint.
fn parse(url: &str) -> Result<Url, FetchError> {
    let refuse = |reason: &str, source| FetchError::Permanent {
        // An address that cannot be read may hold a password anywhere: only its beginning is shown.
        endpoint: url.chars().take(8).chain("…".chars()).collect(),
        reason: reason.to_owned(),
        source,
    };
    let base = Url::parse(url).map_err(|e| refuse("the endpoint is not a URL", Some(Box::new(e) as _)))?;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(refuse("the endpoint must begin with http:// or https://", None));
    }
    Ok(base)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// A URL as it may be shown: without user, password, query and fragment.
pub(crate) fn redact(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only for URLs that cannot have credentials.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.as_str().trim_end_matches('/').to_owned()
}

/// A body with its status.
pub(in crate::source) struct Reply {
    pub(in crate::source) status: StatusCode,
    pub(in crate::source) body: Bytes,
    /// What `Retry-After` said.
    pub(in crate::source) retry_after: Option<Duration>,
}

/// GET requests to one endpoint.
#[derive(Clone, Debug)]
pub(in crate::source) struct Transport {
    http: Client,
    base: Url,
    pub(in crate::source) name: String,
    pub(in crate::source) limits: Limits,
}

impl Transport {
    pub(in crate::source) fn new(clients: &HttpClients, url: &str, limits: Limits) -> Result<Self, FetchError> {
        let mut base = parse(url)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self {
            http: clients.of(&base, &limits)?,
            name: redact(&base),
            base,
            limits,
        })
    }

    /// The transport of an endpoint with one address for all requests. Operators put keys into the path of such
    /// addresses, so only scheme, host and port are ever shown.
    pub(in crate::source) fn rpc(clients: &HttpClients, url: &str, limits: Limits) -> Result<Self, FetchError> {
        let base = parse(url)?;
        Ok(Self {
            http: clients.of(&base, &limits)?,
            name: base.origin().ascii_serialization(),
            base,
            limits,
        })
    }

    /// The websocket address of the endpoint.
    pub(in crate::source) fn websocket(&self) -> Result<Url, FetchError> {
        let scheme = if self.base.scheme() == "https" { "wss" } else { "ws" };
        let joined = self
            .base
            .join("websocket")
            .ok()
            .and_then(|mut u| u.set_scheme(scheme).ok().map(|()| u));
        joined.ok_or_else(|| FetchError::transient(&self.name, "the endpoint has no websocket address"))
    }

    /// Gets `path?query`. `height` is what errors about the body name.
    pub(in crate::source) async fn get(
        &self,
        path: &str,
        query: &[(&str, u64)],
        height: u64,
    ) -> Result<Reply, FetchError> {
        let query: Vec<(&str, String)> = query.iter().map(|(key, value)| (*key, value.to_string())).collect();
        let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        self.get_with(path, &query, None, height).await
    }

    /// Gets `path?query` with a header of its own.
    pub(in crate::source) async fn get_text(
        &self,
        path: &str,
        query: &[(&str, &str)],
        header: Option<(&'static str, &str)>,
    ) -> Result<Reply, FetchError> {
        self.get_with(path, query, header, 0).await
    }

    async fn get_with(
        &self,
        path: &str,
        query: &[(&str, &str)],
        header: Option<(&'static str, &str)>,
        height: u64,
    ) -> Result<Reply, FetchError> {
        let mut url = self.base.join(path).map_err(|e| FetchError::Permanent {
            endpoint: self.name.clone(),
            reason: format!("{path} cannot be joined to the endpoint"),
            source: Some(Box::new(e)),
        })?;
        // Parameters of the endpoint itself (a key of its operator) go with every request.
        url.set_query(self.base.query());
        for (key, value) in query {
            url.query_pairs_mut().append_pair(key, value);
        }
        let mut request = self.http.get(url);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|e| self.broken(path, e))?;
        let (status, headers) = (response.status(), response.headers().clone());
        self.refused(status, &headers, height)?;
        let limit = if path.starts_with("genesis") {
            self.limits.genesis_bytes
        } else {
            self.limits.body_bytes
        };
        let body = self.body(response, path, height, limit).await?;
        self.readable(status, &headers, &body, height)?;
        Ok(reply(status, &headers, body))
    }

    /// Posts a JSON-RPC request to the endpoint's own address. `what` and `height` are what errors name.
    pub(in crate::source) async fn post(&self, what: &str, json: String, height: u64) -> Result<Reply, FetchError> {
        let request = self
            .http
            .post(self.base.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(json);
        let response = request.send().await.map_err(|e| self.broken(what, e))?;
        let (status, headers) = (response.status(), response.headers().clone());
        self.refused(status, &headers, height)?;
        if status == StatusCode::FORBIDDEN {
            return Err(FetchError::Forbidden {
                endpoint: self.name.clone(),
                retry_after: retry_after(&headers, OffsetDateTime::now_utc()),
            });
        }
        let body = self.body(response, what, height, self.limits.body_bytes).await?;
        self.readable(status, &headers, &body, height)?;
        Ok(reply(status, &headers, body))
    }

    /// Answers that are refusals whatever their body says.
    fn refused(&self, status: StatusCode, headers: &HeaderMap, height: u64) -> Result<(), FetchError> {
        let retry_after = retry_after(headers, OffsetDateTime::now_utc());
        let busy = status == StatusCode::SERVICE_UNAVAILABLE && retry_after.is_some();
        if status == StatusCode::TOO_MANY_REQUESTS || busy {
            return Err(FetchError::RateLimited {
                endpoint: self.name.clone(),
                retry_after,
            });
        }
        if status.is_redirection() {
            let to = headers.get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("nowhere");
            let to = to
                .split(['?', '#'])
                .next()
                .unwrap_or_default()
                .chars()
                .take(QUOTE_CHARS)
                .collect();
            return Err(FetchError::malformed(&self.name, height, Defect::Redirect { to }));
        }
        Ok(())
    }

    async fn body(
        &self,
        mut response: reqwest::Response,
        path: &str,
        height: u64,
        limit: u64,
    ) -> Result<Bytes, FetchError> {
        let too_large = || FetchError::malformed(&self.name, height, Defect::TooLarge { limit });
        let announced = response.content_length().unwrap_or(0);
        if announced > limit {
            return Err(too_large());
        }
        let mut body = BytesMut::with_capacity(usize::try_from(announced.min(1024 * 1024)).unwrap_or(0));
        while let Some(chunk) = response.chunk().await.map_err(|e| self.broken(path, e))? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// Refuses bodies that cannot be JSON, with the reason.
    fn readable(&self, status: StatusCode, headers: &HeaderMap, body: &[u8], height: u64) -> Result<(), FetchError> {
        let first = body.iter().find(|b| !b.is_ascii_whitespace());
        if first == Some(&b'{') {
            return Ok(());
        }
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Err(FetchError::transient(
                &self.name,
                format!("status {}: {}", status.as_u16(), quote(body)),
            ));
        }
        let html = headers
            .get(CONTENT_TYPE)
            .is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
        let defect = match (first, status.is_success()) {
            (Some(b'<'), _) => Defect::Html {
                status: status.as_u16(),
            },
            _ if html => Defect::Html {
                status: status.as_u16(),
            },
            (None, true) => Defect::Truncated { bytes: 0 },
            (Some(_), true) => Defect::Shape {
                why: format!("it begins with {}", quote(body)),
            },
            (_, false) => Defect::Status {
                status: status.as_u16(),
                text: quote(body),
            },
        };
        Err(FetchError::malformed(&self.name, height, defect))
    }

    fn broken(&self, path: &str, error: reqwest::Error) -> FetchError {
        let what = if error.is_timeout() {
            "timed out"
        } else if error.is_connect() {
            "cannot be reached"
        } else {
            "broke off"
        };
        let error = error.without_url();
        let reason = format!("/{path} {what}: {}", innermost(&error));
        FetchError::Transient {
            endpoint: self.name.clone(),
            reason,
            source: Some(Box::new(error)),
        }
    }
}

fn reply(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Reply {
    Reply {
        status,
        body,
        retry_after: retry_after(headers, OffsetDateTime::now_utc()),
    }
}

/// The last cause in the chain: what the operating system or the peer said.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

fn quote(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * QUOTE_CHARS)]);
    text.trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(QUOTE_CHARS)
        .collect()
}

/// `Retry-After` in seconds or as a date, capped.
fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = OffsetDateTime::parse(&value.replace("GMT", "+0000"), &Rfc2822).ok()?;
            Duration::try_from(until - now).unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_capped() {
        let now = OffsetDateTime::parse("Wed, 21 Oct 2015 07:28:00 +0000", &Rfc2822).unwrap();
        let after = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(after("Wed, 21 Oct 2015 07:20:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("86400"), Some(MAX_RETRY_AFTER));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }

    #[test]
    fn a_url_is_shown_without_what_must_stay_secret() {
        let url = Url::parse("https://user:secret@rpc.example.org:443/akash/?key=secret#x").unwrap();
        assert_eq!(redact(&url), "https://rpc.example.org/akash");
    }

    #[test]
    fn an_address_that_is_not_a_url_is_refused_without_quoting_it_whole() {
        let clients = HttpClients::default();
        for bad in [
            "ftp://me:hunter2secret@example.org",
            "me:hunter2secret",
            "tcp://127.0.0.1:26657",
        ] {
            let text = Transport::new(&clients, bad, Limits::default())
                .unwrap_err()
                .to_string();
            assert!(!text.contains("hunter2secret"), "{text}");
        }
    }
}
