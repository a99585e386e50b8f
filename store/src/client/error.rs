//! What ClickHouse or the way to it refused.

use clickhouse::error::Error as DriverError;

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The engine restarts, the network breaks, the server is overloaded.
    Transient,
    /// The statement, the data or the credentials are wrong.
    Final,
}

/// A failed request to ClickHouse.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// ClickHouse cannot be reached or is restarting.
    #[error("clickhouse at {url} does not answer after {attempts} attempts: {source}; check that it runs")]
    Unreachable {
        /// Address that was tried.
        url: String,
        /// How often.
        attempts: u32,
        /// The last failure.
        #[source]
        source: DriverError,
    },
    /// ClickHouse answered with an exception that trying again cannot cure.
    #[error("clickhouse refused the statement with code {code}: {message}")]
    Exception {
        /// ClickHouse's exception code.
        code: u32,
        /// ClickHouse's own text.
        message: String,
    },
    /// What the driver reported before or after the exchange.
    #[error("clickhouse request failed: {0}")]
    Driver(#[source] DriverError),
}

impl ClientError {
    /// ClickHouse's exception code, where it sent one.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Exception { code, .. } => Some(*code),
            Self::Unreachable { source, .. } | Self::Driver(source) => exception_code(source),
        }
    }
}

impl From<DriverError> for ClientError {
    fn from(error: DriverError) -> Self {
        match (&error, exception_code(&error)) {
            (DriverError::BadResponse(message), Some(code)) => Self::Exception {
                code,
                message: message.clone(),
            },
            _ => Self::Driver(error),
        }
    }
}

/// Exceptions that pass by themselves: resources, time-outs, a server that starts or stops.
/// Numbers as in `src/Common/ErrorCodes.cpp` of ClickHouse.
const TRANSIENT_CODES: [u32; 13] = [
    159, // TIMEOUT_EXCEEDED
    202, // TOO_MANY_SIMULTANEOUS_QUERIES
    203, // NO_FREE_CONNECTION
    209, // SOCKET_TIMEOUT
    210, // NETWORK_ERROR
    236, // ABORTED
    241, // MEMORY_LIMIT_EXCEEDED
    242, // TABLE_IS_READ_ONLY
    252, // TOO_MANY_PARTS
    279, // ALL_CONNECTION_TRIES_FAILED
    319, // UNKNOWN_STATUS_OF_INSERT
    394, // QUERY_WAS_CANCELLED
    439, // CANNOT_SCHEDULE_TASK
];

/// Whether a failure can pass.
pub(super) fn classify(error: &DriverError) -> ErrorClass {
    match error {
        DriverError::Network(_) | DriverError::TimedOut => ErrorClass::Transient,
        DriverError::BadResponse(message) => match exception_code(error) {
            Some(code) if TRANSIENT_CODES.contains(&code) => ErrorClass::Transient,
            Some(_) => ErrorClass::Final,
            None if is_gateway_failure(message) => ErrorClass::Transient,
            None => ErrorClass::Final,
        },
        _ => ErrorClass::Final,
    }
}

/// A 5xx without an exception comes from a proxy or from a server that is not ready.
fn is_gateway_failure(message: &str) -> bool {
    [
        "Bad Gateway",
        "Service Unavailable",
        "Gateway Timeout",
        "Internal Server Error",
    ]
    .iter()
    .any(|reason| message.contains(reason))
}

/// The number in `Code: 60. DB::Exception: …`.
fn exception_code(error: &DriverError) -> Option<u32> {
    let DriverError::BadResponse(message) = error else {
        return None;
    };
    let rest = &message[message.find("Code: ")? + "Code: ".len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> DriverError {
        DriverError::BadResponse(text.to_owned())
    }

    #[test]
    fn errors_of_the_statement_are_final() {
        for code in [36, 47, 53, 60, 62, 81, 117, 497, 516] {
            let error = refused(&format!("Code: {code}. DB::Exception: no. (X)"));
            assert_eq!(classify(&error), ErrorClass::Final);
            assert_eq!(ClientError::from(error).code(), Some(code));
        }
    }

    #[test]
    fn errors_of_the_moment_are_transient() {
        for text in [
            "Code: 241. DB::Exception: Memory limit",
            "Code: 252. DB::Exception: parts",
            "Bad Gateway",
        ] {
            assert_eq!(classify(&refused(text)), ErrorClass::Transient);
        }
        assert_eq!(classify(&DriverError::Network("refused".into())), ErrorClass::Transient);
        assert_eq!(classify(&DriverError::TimedOut), ErrorClass::Transient);
    }
}
