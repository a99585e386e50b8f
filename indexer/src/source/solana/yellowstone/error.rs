//! Why a stream ended. None of these stops indexing: the RPC goes on alone.

use std::time::Duration;

use tonic::{Code, Status};

use super::convert::ConvertError;
use super::links::LinkError;

/// Longest text of a server that an error keeps, in characters.
const MAX_TEXT_CHARS: usize = 300;

/// Why a stream ended or never began. Endpoints are named without credentials.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The configuration cannot work.
    #[error("{endpoint}: {reason}")]
    Config {
        /// The endpoint.
        endpoint: String,
        /// What is wrong, and how to mend it.
        reason: String,
    },
    /// No connection, or no answer in time.
    #[error("{endpoint}: no connection: {reason}")]
    Connect {
        /// The endpoint.
        endpoint: String,
        /// What happened.
        reason: String,
    },
    /// The server does not serve us.
    #[error("{endpoint}: refused ({code:?}): {message}: check the x-token and the plan's limits")]
    Refused {
        /// The endpoint.
        endpoint: String,
        /// gRPC status.
        code: Code,
        /// What the server said.
        message: String,
    },
    /// The server does not replay from this slot; a subscription without replay may work.
    #[error("{endpoint}: no replay from slot {from_slot} ({code:?}): {message}")]
    NoReplay {
        /// The endpoint.
        endpoint: String,
        /// Slot asked for.
        from_slot: u64,
        /// gRPC status.
        code: Code,
        /// What the server said.
        message: String,
    },
    /// Any other status.
    #[error("{endpoint}: {code:?}: {message}")]
    Status {
        /// The endpoint.
        endpoint: String,
        /// gRPC status.
        code: Code,
        /// What the server said.
        message: String,
    },
    /// The server closed the stream without an error.
    #[error("{endpoint}: the stream was closed")]
    Ended {
        /// The endpoint.
        endpoint: String,
    },
    /// No new block in time.
    #[error("{endpoint}: no new block for {after:?}")]
    Silent {
        /// The endpoint.
        endpoint: String,
        /// For how long.
        after: Duration,
    },
    /// The server does not read what we send.
    #[error("{endpoint}: the server does not read our answers to its pings")]
    Deaf {
        /// The endpoint.
        endpoint: String,
    },
    /// Finalized was asked for, and something else came.
    #[error("{endpoint}: slot {slot} came with status {status}, though only finalized slots were asked for")]
    Commitment {
        /// The endpoint.
        endpoint: String,
        /// Slot of the update.
        slot: u64,
        /// Number of the status in `SlotStatus`.
        status: i32,
    },
    /// An update that cannot be what the chain did.
    #[error("{endpoint}: slot {slot}: {defect}")]
    Malformed {
        /// The endpoint.
        endpoint: String,
        /// Slot of the update.
        slot: u64,
        /// What is wrong.
        #[source]
        defect: ConvertError,
    },
    /// Two finalized updates that cannot both be true.
    #[error("{endpoint}: {conflict}: the endpoint contradicts itself about finalized slots; replace it")]
    Conflict {
        /// The endpoint.
        endpoint: String,
        /// What contradicts what.
        #[source]
        conflict: LinkError,
    },
}

impl StreamError {
    /// Whether the same attempt will fail again until a person or the provider acts: the next one waits the longest
    /// pause.
    pub fn needs_a_person(&self) -> bool {
        matches!(
            self,
            Self::Config { .. } | Self::Refused { .. } | Self::Commitment { .. } | Self::Conflict { .. }
        )
    }

    /// The error of a status. `from_slot` is the slot of a replay that was asked for and of which nothing came yet.
    pub(super) fn status(endpoint: &str, status: &Status, from_slot: Option<u64>) -> Self {
        let endpoint = endpoint.to_owned();
        let (code, message) = (status.code(), clip(status.message()));
        match (code, from_slot) {
            (Code::Unauthenticated | Code::PermissionDenied, _) => Self::Refused {
                endpoint,
                code,
                message,
            },
            (
                Code::OutOfRange
                | Code::Internal
                | Code::Unimplemented
                | Code::InvalidArgument
                | Code::FailedPrecondition,
                Some(from_slot),
            ) => Self::NoReplay {
                endpoint,
                from_slot,
                code,
                message,
            },
            (Code::InvalidArgument | Code::Unimplemented, None) => Self::Refused {
                endpoint,
                code,
                message,
            },
            _ => Self::Status {
                endpoint,
                code,
                message,
            },
        }
    }
}

/// A server's text, bounded and on one line.
pub(super) fn clip(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_TEXT_CHARS)
        .collect()
}
