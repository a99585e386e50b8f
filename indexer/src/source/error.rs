//! Why a height could not be fetched.

use std::time::Duration;

/// An endpoint's refusal or failure, parsed into what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The chain has not reached this height (or has not stored its results yet).
    #[error("height {height} is not available yet, the tip is {tip:?}")]
    NotYet {
        /// Height asked for.
        height: u64,
        /// Tip that the node named.
        tip: Option<u64>,
    },
    /// The node no longer has this height.
    #[error("height {height} is pruned, the lowest is {lowest}")]
    Pruned {
        /// Height asked for.
        height: u64,
        /// Lowest height that the node still has.
        lowest: u64,
    },
    /// The node asks for fewer requests.
    #[error("rate limited, retry after {retry_after:?}")]
    RateLimited {
        /// What the node's `Retry-After` said.
        retry_after: Option<Duration>,
    },
    /// The node belongs to another chain.
    #[error("wrong chain: expected {expected}, the endpoint serves {got}")]
    WrongChain {
        /// Configured chain id.
        expected: String,
        /// What `/status` said.
        got: String,
    },
    /// May pass: a time-out, a 5xx, a broken connection.
    #[error("{reason}")]
    Transient {
        /// What happened.
        reason: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Will not pass by retrying: the body is not what the protocol promises.
    #[error("{reason}")]
    Permanent {
        /// What happened.
        reason: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}
