//! How much is asked of a verifier, and how much is taken from it.

use std::time::Duration;

/// Largest chunk, bytes.
pub(super) const CHUNK_BYTES: usize = 64 << 10;
/// Largest message that is taken, bytes.
pub(super) const MESSAGE_BYTES: usize = 128 << 10;
/// HTTP/2 window of a stream: fills 300 Mbit/s at 100 ms.
pub(super) const STREAM_WINDOW_BYTES: u32 = 4 << 20;
/// Window of the connection.
pub(super) const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;
/// Bytes of an echo.
pub(super) const ECHO_BYTES: usize = 32;

/// Times and sizes of one baseline.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Echoes that warm the connection and are not counted.
    pub(super) warm_up: u32,
    /// Echoes that are.
    pub(super) echoes: u32,
    /// How long each direction is measured.
    pub(super) transfer: Duration,
    /// Length of one sample.
    pub(super) window: Duration,
    /// Most bytes in each direction.
    pub(super) transfer_bytes: u64,
    /// Longest wait for anything.
    pub(super) silence: Duration,
    /// Longest baseline.
    pub(super) total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            warm_up: 5,
            echoes: 40,
            transfer: Duration::from_secs(4),
            window: Duration::from_millis(400),
            transfer_bytes: 512 << 20,
            silence: Duration::from_secs(10),
            total: Duration::from_secs(60),
        }
    }
}
