//! Where blocks come from. Everything in here does I/O and knows no table.
//!
//! [`Pool`] is the [`Source`] of a network: several CometBFT endpoints behind one face. [`replay`] serves a
//! recording or an archive as such an endpoint.

mod comet;
mod error;
mod pool;
mod raw;
pub mod replay;
mod tip;
mod transport;

use std::future::Future;

use bytes::Bytes;
use tokio::sync::watch;

pub use comet::CometClient;
pub use error::{Attempt, Class, Defect, FetchError};
pub use pool::{EndpointState, EndpointStatus, NodeStatus, Pool, PoolConfig};
pub use raw::{RawBlock, RawSlot, RawTransaction, RawWindow};
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

/// Where raw blocks come from. Implementations do I/O and derive nothing.
pub trait Source: Send + Sync + 'static {
    /// The newest height that can be fetched now. Never a height that only one endpoint claims and none serves.
    fn head(&self) -> impl Future<Output = Result<Head, FetchError>> + Send;

    /// The blocks of `from..=to` in height order, without a hole, checked against each other: heights, chain id,
    /// parent hashes, number of results. `parent` is the hash of the block at `from - 1` in upper-case hex, where
    /// the caller knows it.
    fn fetch_range_after(
        &self,
        from: u64,
        to: u64,
        parent: Option<&str>,
    ) -> impl Future<Output = Result<Vec<RawBlock>, FetchError>> + Send;

    /// [`Self::fetch_range_after`] where the block before is not known.
    fn fetch_range(&self, from: u64, to: u64) -> impl Future<Output = Result<Vec<RawBlock>, FetchError>> + Send {
        self.fetch_range_after(from, to, None)
    }

    /// Follows the newest height that can be fetched; 0 until one is known.
    fn heads(&self) -> watch::Receiver<u64>;

    /// The genesis document.
    fn genesis(&self) -> impl Future<Output = Result<Bytes, FetchError>> + Send;
}

impl<S: Source> Source for std::sync::Arc<S> {
    fn head(&self) -> impl Future<Output = Result<Head, FetchError>> + Send {
        S::head(self)
    }

    fn fetch_range_after(
        &self,
        from: u64,
        to: u64,
        parent: Option<&str>,
    ) -> impl Future<Output = Result<Vec<RawBlock>, FetchError>> + Send {
        S::fetch_range_after(self, from, to, parent)
    }

    fn heads(&self) -> watch::Receiver<u64> {
        S::heads(self)
    }

    fn genesis(&self) -> impl Future<Output = Result<Bytes, FetchError>> + Send {
        S::genesis(self)
    }
}
