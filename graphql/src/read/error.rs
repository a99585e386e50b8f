//! Why a read failed, sorted by what a caller can do about it.

/// A failed read. The texts are for callers: they name no table, no statement and no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The store gave up because the query ran too long.
    #[error("the store did not answer in time; ask for a shorter range or a coarser interval")]
    Timeout(#[source] clickhouse::error::Error),
    /// The store cannot be reached.
    #[error("the store cannot be reached; try again in a moment")]
    Unavailable(#[source] clickhouse::error::Error),
    /// The store answers, but lacks the tables or views that this version reads.
    #[error("the store lacks a table that this query reads; run `gridproof migrate up`")]
    NotMigrated(#[source] clickhouse::error::Error),
    /// Anything else that the store refused.
    #[error("the store could not answer this query")]
    Engine(#[source] clickhouse::error::Error),
    /// A row that breaks the table contract.
    #[error("a stored value is not what the table contract promises: {0}")]
    Corrupt(&'static str),
}

/// ClickHouse's codes for a query that ran too long.
const TIMEOUT_CODES: [u32; 2] = [159, 209];
/// ClickHouse's codes for an unknown column, table, database or view.
const MISSING_CODES: [u32; 5] = [16, 36, 47, 60, 81];

impl ReadError {
    /// Sorts an error of the client by its kind and, where the server answered, by its code.
    pub(crate) fn from_client(error: clickhouse::error::Error) -> Self {
        use clickhouse::error::Error;
        match &error {
            Error::Network(_) => Self::Unavailable(error),
            Error::TimedOut => Self::Timeout(error),
            Error::BadResponse(text) => match server_code(text) {
                Some(code) if TIMEOUT_CODES.contains(&code) => Self::Timeout(error),
                Some(code) if MISSING_CODES.contains(&code) => Self::NotMigrated(error),
                _ => Self::Engine(error),
            },
            _ => Self::Engine(error),
        }
    }

    /// The code that a caller finds in `extensions.code`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "TIMEOUT",
            Self::Unavailable(_) => "STORE_UNAVAILABLE",
            Self::NotMigrated(_) => "STORE_NOT_MIGRATED",
            Self::Engine(_) => "STORE_ERROR",
            Self::Corrupt(_) => "INTERNAL",
        }
    }
}

/// The number in `Code: 159. DB::Exception: ...`.
fn server_code(text: &str) -> Option<u32> {
    let rest = &text[text.find("Code: ")? + "Code: ".len()..];
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clickhouse::error::Error;

    #[test]
    fn a_server_code_decides_the_kind() {
        let of = |text: &str| ReadError::from_client(Error::BadResponse(text.to_owned())).code();
        assert_eq!(of("Code: 159. DB::Exception: Timeout exceeded"), "TIMEOUT");
        assert_eq!(of("Code: 60. DB::Exception: Unknown table"), "STORE_NOT_MIGRATED");
        assert_eq!(of("Code: 241. DB::Exception: memory"), "STORE_ERROR");
        assert_eq!(of("no code at all"), "STORE_ERROR");
    }

    #[test]
    fn the_text_for_callers_hides_the_cause() {
        let error = ReadError::from_client(Error::BadResponse("Code: 60. table secret".to_owned()));
        assert!(!error.to_string().contains("secret"));
        assert!(
            std::error::Error::source(&error)
                .unwrap()
                .to_string()
                .contains("secret")
        );
    }
}
