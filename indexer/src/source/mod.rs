//! Where blocks come from. Everything in here does I/O and knows no table.
//!
//! [`Pool`] is the [`Source`] of a network on CometBFT: several endpoints behind one face. [`replay`] serves a
//! recording or an archive as such an endpoint.

mod comet;
mod error;
mod pool;
pub mod prices;
pub mod provider;
mod query;
mod raw;
mod raw_state;
pub mod replay;
pub mod solana;
mod tip;
mod transport;
mod wire;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use comet::CometClient;
pub use error::{Attempt, Class, Defect, FetchError};
pub use pool::{EndpointState, EndpointStatus, NodeStatus, Pool, PoolConfig};
pub use query::{QueryConfig, QueryDefect, QueryEndpoint, QueryError, QueryLimits, StateQuery};
pub use raw::{RawBlock, RawSlot, RawTransaction, RawUnit, RawWindow};
pub use raw_state::{Encoding, RawAnswer, RawState, StateHeight, StateProgress, StateSource};
pub use tip::follow;
pub use transport::{HttpClients, Limits};

/// The newest block that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Head {
    /// Its height.
    pub height: u64,
    /// Lowest height that any endpoint still has.
    pub floor: u64,
}

/// What a node said about the present, beside any block: kept as served, for audits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Height or slot that the answer speaks of; no lower than that of the observation before.
    pub height: u64,
    /// Time of that block, seconds since the Unix epoch.
    pub time_s: i64,
    /// Who answered, without credentials.
    pub endpoint: String,
    /// What was answered: one JSON document, whose form the family of the chain knows.
    pub body: Bytes,
}

/// Where raw units come from. Implementations do I/O and derive nothing.
///
/// *Height* is the chain's own number: a block height, or a slot.
pub trait Source: Send + Sync + 'static {
    /// What is served for one height.
    type Raw: RawUnit;

    /// The newest height that can be fetched now. Never a height that only one endpoint claims and none serves.
    fn head(&self) -> impl Future<Output = Result<Head, FetchError>> + Send;

    /// What was served for `from..=to`, in height order, checked against each other. Where each height has a block:
    /// all of them, with the right heights, chain id, parent hashes and number of results. `parent` is the hash of the
    /// block at `from - 1` in upper-case hex, where the caller knows it and the chain has such hashes.
    fn fetch_range_after(
        &self,
        from: u64,
        to: u64,
        parent: Option<&str>,
    ) -> impl Future<Output = Result<Vec<Self::Raw>, FetchError>> + Send;

    /// [`Self::fetch_range_after`] where the block before is not known.
    fn fetch_range(&self, from: u64, to: u64) -> impl Future<Output = Result<Vec<Self::Raw>, FetchError>> + Send {
        self.fetch_range_after(from, to, None)
    }

    /// Follows the newest height that can be fetched; 0 until one is known.
    fn heads(&self) -> watch::Receiver<u64>;

    /// Keeps [`Self::heads`] current until `stop`.
    fn follow(self: Arc<Self>, stop: CancellationToken) -> impl Future<Output = ()> + Send;

    /// The genesis document; `None`: this chain has none that a state could begin with.
    fn genesis(&self) -> impl Future<Output = Result<Option<Bytes>, FetchError>> + Send;

    /// The endpoints, in the configured order.
    fn endpoints(&self) -> Vec<EndpointStatus>;

    /// What a node says about the present; `None`: nothing is observed on this chain.
    fn observe(&self) -> impl Future<Output = Result<Option<Observed>, FetchError>> + Send {
        std::future::ready(Ok(None))
    }
}
