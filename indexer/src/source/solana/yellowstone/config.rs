//! What a stream needs to know before it is opened.

use std::fmt;
use std::time::Duration;

use super::error::StreamError;

/// One Yellowstone endpoint and what it may cost. Start from [`StreamConfig::new`].
#[derive(Clone)]
pub struct StreamConfig {
    /// `https://host[:port]`, or `http://` for loopback.
    pub endpoint: String,
    /// Value of the metadata key `x-token`. Never shown.
    pub x_token: Option<String>,
    /// Newest slot that the caller's store holds, where it knows one: replay is asked for from a little before it.
    pub durable_slot: Option<u64>,
    /// Bounds in bytes, slots and time.
    pub limits: StreamLimits,
}

impl StreamConfig {
    /// An endpoint with the default limits.
    pub fn new(endpoint: impl Into<String>, x_token: Option<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            x_token,
            durable_slot: None,
            limits: StreamLimits::default(),
        }
    }

    /// Whether a stream could be opened with it, as far as can be told without asking the server.
    ///
    /// # Errors
    /// [`StreamError::Config`]: the endpoint is not a URL, would carry the token in the clear beyond this machine, or
    /// the token has characters that cannot be sent. Neither the token nor a path of the URL is shown.
    pub fn check(&self) -> Result<(), StreamError> {
        super::endpoint::check(self)
    }
}

impl fmt::Debug for StreamConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamConfig")
            .field("endpoint", &super::endpoint::shown(&self.endpoint))
            .field("x_token", &self.x_token.as_ref().map(|_| "(set)"))
            .field("durable_slot", &self.durable_slot)
            .field("limits", &self.limits)
            .finish()
    }
}

/// Bounds of a stream.
#[derive(Clone, Debug)]
pub struct StreamLimits {
    /// Largest message that is read, in bytes. Block metas of an epoch's first slot carry thousands of rewards.
    pub max_message_bytes: usize,
    /// Transactions that wait for their range to be asked for, in KiB. When it is full, nothing more is read.
    pub buffer_kib: u32,
    /// How long a full buffer stops the reader before its oldest slot is left to the RPC.
    pub stall: Duration,
    /// Time to connect, and for each call to be answered.
    pub connect: Duration,
    /// Time without a new block after which the stream counts as silent. Pings do not count.
    pub silence: Duration,
    /// First pause before a new connection; each further one without progress is twice as long.
    pub first_pause: Duration,
    /// Longest pause, and the pause after a refusal.
    pub longest_pause: Duration,
    /// How long the RPC may take to confirm what only the stream has.
    pub confirm: Duration,
    /// Pause between two looks at the RPC while it has not confirmed.
    pub confirm_pause: Duration,
    /// Time between two announcements of heads while no followed account is touched.
    pub quiet_heads: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            max_message_bytes: 16 << 20,
            buffer_kib: 64 << 10,
            stall: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            confirm: Duration::from_secs(60),
            confirm_pause: Duration::from_secs(2),
            quiet_heads: Duration::from_secs(10),
        }
    }
}
