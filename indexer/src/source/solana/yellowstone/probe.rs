//! A look at a server without a subscription.

use super::config::StreamConfig;
use super::endpoint::{Client, Replay};
use super::error::StreamError;

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The endpoint, without what must stay secret.
    pub endpoint: String,
    /// Whether its messages tell a v1 transaction from a v0 one; where not, the RPC is asked for these.
    pub tells_v1: bool,
    /// Lowest slot that it can replay; `None`: it keeps nothing, or does not say.
    pub replays_from: Option<u64>,
}

/// Connects and asks a server what it is; subscribes to nothing.
///
/// # Errors
/// The configuration cannot work, the server does not answer in time, or it refuses us.
pub async fn probe(config: &StreamConfig) -> Result<Probe, StreamError> {
    let mut client = Client::connect(config).await?;
    Ok(Probe {
        endpoint: super::endpoint::shown(&config.endpoint),
        tells_v1: client.tells_v1().await?,
        replays_from: match client.replay().await? {
            Replay::From(slot) => Some(slot),
            Replay::Unknown | Replay::Nothing => None,
        },
    })
}
