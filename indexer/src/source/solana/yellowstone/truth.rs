//! What the live path needs of the RPC: the list of what is there, and bodies.

use crate::source::solana::Listed;
use crate::source::{FetchError, RawSlot, RawTransaction, RawWindow, Source};

/// Every transaction of a range of slots that names a followed address, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What was asked for.
    pub window: RawWindow,
    /// The transactions, by slot and signature.
    pub transactions: Vec<Listed>,
}

/// A source whose word on what is there counts.
pub trait Truth: Source<Raw = RawSlot> {
    /// Lists `from..=to` at commitment `finalized`. Complete, or an error; where nodes have not finalized `to` yet, one of
    /// class `Wait` or `Retry`.
    fn list(&self, from: u64, to: u64) -> impl Future<Output = Result<Listing, FetchError>> + Send;

    /// The bodies of listed transactions, in any order.
    fn bodies(&self, listed: Vec<Listed>) -> impl Future<Output = Result<Vec<RawTransaction>, FetchError>> + Send;

    /// The slots of a range, from its list and its bodies: by slot, each slot's transactions by signature, and the
    /// window in the last slot.
    fn slots(&self, listing: &Listing, bodies: Vec<RawTransaction>) -> Result<Vec<RawSlot>, FetchError>;

    /// Drops what is kept of a list: the range is done, or it must be listed anew.
    fn forget(&self, from: u64, to: u64) -> impl Future<Output = ()> + Send;

    /// Time of the block at a slot, seconds since the Unix epoch.
    fn block_time(&self, slot: u64) -> impl Future<Output = Result<i64, FetchError>> + Send;

    /// Addresses that are followed now.
    fn followed(&self) -> Vec<String>;

    /// How the endpoints are called in errors, without credentials.
    fn name(&self) -> String;
}
