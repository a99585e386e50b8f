//! What one provider may cost.

use std::time::Duration;

/// What one provider may cost. The default is what the public network needs; only tests want it tighter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderLimits {
    /// For each step of an attempt: looking the name up; connecting, handshakes included; a whole answer.
    pub step: Duration,
    /// Largest message or body, in bytes.
    pub message_bytes: usize,
    /// After so long without anything new on a stream, the provider is asked on the same connection.
    pub heartbeat: Duration,
    /// How often an open connection is pinged. Providers close a connection that is pinged more often than each 30 seconds.
    pub ping: Duration,
    /// How long a ping may stay without an answer.
    pub ping_answer: Duration,
}

impl Default for ProviderLimits {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(5),
            message_bytes: 256 * 1024,
            heartbeat: Duration::from_secs(300),
            ping: Duration::from_secs(300),
            ping_answer: Duration::from_secs(20),
        }
    }
}
