//! Status of providers: where a stranger's address is dialed. Everything in here treats the address, the name server's
//! answer, the certificate and every byte of the answer as hostile.
//!
//! [`StatusSource`] is what a supervisor of providers needs; [`StatusClient`] is the one that asks real providers.

mod client;
mod dial;
mod frames;
pub mod guard;
mod limits;
mod pace;
mod refusal;
mod rest;
mod rpc;
mod tls;
mod watch;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use futures::stream::BoxStream;

use crate::chain::akash::inventory::ProviderStatus;

pub use client::StatusClient;
pub use limits::ProviderLimits;
pub use refusal::{Refusal, RefusalCode};

/// What a status came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// `ProviderRPC/StreamStatus`.
    Stream,
    /// `ProviderRPC/GetStatus`.
    Grpc,
    /// `GET /status`.
    Rest,
}

impl Via {
    /// As tables store it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Grpc => "grpc",
            Self::Rest => "rest",
        }
    }
}

/// One answer of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// What it came through.
    pub via: Via,
    /// What it says.
    pub status: ProviderStatus,
    /// From the start of dialing (or, on an open connection, of the request) to the last byte of the answer. `None` for what
    /// a stream sends on its own.
    pub latency: Option<Duration>,
    /// Version of the provider's software, as `/version` gives it (`v0.14.0`), clipped; `None` where it does not say.
    pub version: Option<String>,
    /// The checked address that was dialed.
    pub address: SocketAddr,
}

/// Asks providers for their status.
///
/// Every call resolves the host once, checks all addresses, and dials only what was checked. No call fails in another way
/// than a [`Refusal`], whose code and reason are stored as they are; none panics, waits or buffers without bound. Calls for
/// different providers share nothing, so one provider's behaviour cannot touch another's. A value is cheap to clone.
pub trait StatusSource: Clone + Send + Sync + 'static {
    /// Keeps a status stream open.
    ///
    /// * The first item comes within 15 seconds: a status, or the refusal.
    /// * Then comes what the provider sends, except messages that say the same as the one before (all but the time). Where it
    ///   sends nothing new for the heartbeat (5 minutes), it is asked with `GetStatus` on the same connection, and the
    ///   answer is an item with [`Via::Grpc`], the same or not. So every item is a sign of life, and silence of more than
    ///   the heartbeat plus 5 seconds does not happen.
    /// * The last item is always one `Err`, also where the provider ended the stream politely
    ///   ([`RefusalCode::Ended`]); then the stream ends. Call again, after a pause, for the next attempt.
    ///
    /// Nothing is retried and no fallback is tried: on `Err`, call [`Self::get`] for what is left. Dropping the stream closes
    /// the connection. The next item is read from the network only when the one before was taken.
    fn watch(&self, host_uri: &str) -> BoxStream<'static, Result<StatusReport, Refusal>>;

    /// Asks once: `GetStatus`, else REST `/status`, within 25 seconds. Where both fail, the refusal is that of the attempt that
    /// got further, and its reason names the other one. An address that is refused is not tried a second way.
    fn get(&self, host_uri: &str) -> impl Future<Output = Result<StatusReport, Refusal>> + Send;
}
