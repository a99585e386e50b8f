//! ClickHouse's exceptions: code, text, and the HTTP status that goes with the code.

use http::StatusCode;

/// The engine's version, as it stands in exception texts and in the answer to `version()`.
pub const ENGINE_VERSION: &str = "26.7.2.1";

/// Exception codes that the gateway raises itself, numbered as in ClickHouse.
pub(super) mod code {
    /// A body or a compressed block that cannot be decoded.
    pub(crate) const INCORRECT_DATA: i32 = 117;
    /// Data end in the middle of a value or block.
    pub(crate) const CANNOT_READ_ALL_DATA: i32 = 33;
    /// A malformed request parameter.
    pub(crate) const BAD_REQUEST_PARAMETER: i32 = 36;
    /// Text that is no statement.
    pub(crate) const SYNTAX_ERROR: i32 = 62;
    /// No such setting.
    pub(crate) const UNKNOWN_SETTING: i32 = 115;
    /// No answer within the limit.
    pub(crate) const SOCKET_TIMEOUT: i32 = 209;
    /// The client broke off while sending.
    pub(crate) const NETWORK_ERROR: i32 = 210;
    /// Compressed data whose checksum does not match.
    pub(crate) const CHECKSUM_DOESNT_MATCH: i32 = 40;
    /// An unknown method byte in a compressed block.
    pub(crate) const UNKNOWN_COMPRESSION_METHOD: i32 = 89;
    /// A compressed block over the size limit.
    pub(crate) const TOO_LARGE_SIZE_COMPRESSED: i32 = 131;
    /// A statement over the size limit.
    pub(crate) const QUERY_IS_TOO_LARGE: i32 = 229;
    /// `INTO OUTFILE`, which belongs to clients.
    pub(crate) const INTO_OUTFILE_NOT_ALLOWED: i32 = 358;
    /// A request that this engine does not take from there.
    pub(crate) const ACCESS_DENIED: i32 = 497;
    /// Wrong user or password.
    pub(crate) const AUTHENTICATION_FAILED: i32 = 516;
    /// A password is needed and none was given.
    pub(crate) const REQUIRED_PASSWORD: i32 = 194;
    /// A `Content-Encoding` that is not known.
    pub(crate) const UNSUPPORTED_MEDIA_TYPE: i32 = 779;
    /// Anything else that fails inside the gateway.
    pub(crate) const UNKNOWN_EXCEPTION: i32 = 1002;
}

/// An error in ClickHouse's terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Exception {
    /// ClickHouse's exception code.
    pub code: i32,
    /// The whole text, as a client sees it: `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version 26.7.2.1)`.
    pub message: String,
}

impl Exception {
    /// An exception of the gateway itself, in ClickHouse's wording. `name` is the symbolic name of the code.
    #[must_use]
    pub fn new(code: i32, name: &str, text: &str) -> Self {
        Self {
            code,
            message: format!("Code: {code}. DB::Exception: {text}. ({name}) (version {ENGINE_VERSION})"),
        }
    }

    /// Reads the code out of an engine message and completes the text with the version, as a server does.
    #[must_use]
    pub fn from_engine(message: &str) -> Self {
        let message = message.trim_end();
        let Some(code) = leading_code(message) else {
            return Self::new(
                code::UNKNOWN_EXCEPTION,
                "UNKNOWN_EXCEPTION",
                message.trim_end_matches('.'),
            );
        };
        let message = if message.contains("(version ") {
            message.to_owned()
        } else {
            format!("{message} (version {ENGINE_VERSION})")
        };
        Self { code, message }
    }

    /// The HTTP status that ClickHouse answers with for this code.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        status_of(self.code)
    }
}

/// The number in a leading `Code: N.`; the engine may put a word such as `Error:` before it.
fn leading_code(message: &str) -> Option<i32> {
    let rest = message.split_once("Code: ")?.1;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// The table of ClickHouse's HTTP handler: what the client did wrong is 4xx, what is not there is 404.
fn status_of(code: i32) -> StatusCode {
    match code {
        194 => StatusCode::UNAUTHORIZED,
        192 | 193 | 291 | 482 | 495 | 497 | 512 | 516 => StatusCode::FORBIDDEN,
        // Syntax, types and data that do not parse.
        6 | 15 | 25 | 26 | 27 | 33 | 36 | 37 | 38 | 40 | 41 | 43 | 44 | 53 | 59 | 62 | 69 | 72 | 117 | 123 | 131
        | 162 | 167 | 168 | 181 | 182 | 184 | 223 | 306 | 374 | 376 | 403 | 441 | 456 | 457 | 467 | 471 | 475 | 675
        | 676 | 691 => StatusCode::BAD_REQUEST,
        // Something named in the statement does not exist.
        46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 89 | 115 | 152 | 336 | 372 => StatusCode::NOT_FOUND,
        159 => StatusCode::REQUEST_TIMEOUT,
        229 => StatusCode::PAYLOAD_TOO_LARGE,
        381 => StatusCode::LENGTH_REQUIRED,
        779 => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        48 => StatusCode::NOT_IMPLEMENTED,
        76 | 202 | 209 | 439 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_message_keeps_its_code_and_gains_the_version() {
        let e = Exception::from_engine("Code: 60. DB::Exception: Table default.t does not exist. (UNKNOWN_TABLE)");
        assert_eq!((e.code, e.status()), (60, StatusCode::NOT_FOUND));
        assert!(
            e.message.ends_with("(UNKNOWN_TABLE) (version 26.7.2.1)"),
            "{}",
            e.message
        );
    }

    #[test]
    fn a_message_without_a_code_becomes_an_unknown_exception() {
        let e = Exception::from_engine("Invalid or closed connection");
        assert_eq!((e.code, e.status()), (1002, StatusCode::INTERNAL_SERVER_ERROR));
        assert!(
            e.message
                .starts_with("Code: 1002. DB::Exception: Invalid or closed connection.")
        );
    }
}
