//! What the source asks of a Solana node. Always at `finalized`, always ready for version 1 transactions.

use std::fmt::Debug;
use std::future::Future;

use bytes::Bytes;
use serde_json::Value;

use crate::source::FetchError;

/// Transaction versions that are asked for. Lower, and a node refuses whole blocks with -32015.
pub const MAX_TRANSACTION_VERSION: u8 = 1;
/// Signatures in one answer of `getSignaturesForAddress`; a node gives no more.
pub const MAX_SIGNATURES: usize = 1000;
/// Accounts in one `getMultipleAccounts`; a node takes no more.
pub const MAX_ACCOUNTS: usize = 100;

/// One page of `getSignaturesForAddress`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignaturesQuery {
    /// Address that the transactions name, base58.
    pub address: String,
    /// Entries at most.
    pub limit: usize,
    /// Begin after this signature, going back in time; absent: with the newest.
    pub before: Option<String>,
    /// Slot that the node must have finalized, so that one which lags refuses instead of answering from the past.
    pub min_context_slot: u64,
}

/// One entry of a list of signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// First signature of the transaction, base58.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
    /// Why it failed, as the node says it; null: it did not.
    pub err: Value,
    /// Time of its block, seconds since the Unix epoch.
    pub block_time: Option<i64>,
    /// Position in its block, where the node says it.
    pub tx_index: Option<u32>,
}

/// How much of a block is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockDetail {
    /// Its links and its time.
    Links,
    /// These and the signatures of its transactions, in order.
    Signatures,
}

/// A block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockLinks {
    /// The slot that was asked for.
    pub slot: u64,
    /// Hash of the block, base58.
    pub blockhash: String,
    /// Slot of the block before it.
    pub parent_slot: u64,
    /// Hash of the block before it.
    pub previous_blockhash: String,
    /// Its time, seconds since the Unix epoch.
    pub block_time: Option<i64>,
    /// Signatures in the order of the block; empty unless asked for.
    pub signatures: Vec<String>,
}

/// Supply of a mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Slot that the answer speaks of.
    pub slot: u64,
    /// Base units.
    pub amount: u64,
    /// Decimals of the mint.
    pub decimals: u8,
}

/// An account as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The program that owns it, base58.
    pub program: String,
    /// Its data.
    pub data: Vec<u8>,
}

/// Several accounts at one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Slot that the answer speaks of.
    pub slot: u64,
    /// In the order of the question; `None`: there is no such account.
    pub accounts: Vec<Option<Account>>,
}

/// One Solana node. One request per call: no retries and no waits but those of the rate limit.
///
/// Every call errors with a [`FetchError`] that names the node.
pub trait SolanaRpc: Clone + Debug + Send + Sync + 'static {
    /// The endpoint as it may be shown: without what may be a key.
    fn name(&self) -> &str;

    /// One page of the signatures of an address, as the node orders them: newest first.
    fn signatures(&self, query: &SignaturesQuery) -> impl Future<Output = Result<Vec<Listed>, FetchError>> + Send;

    /// The `result` of `getTransaction` in encoding `json`, byte for byte; `None`: the node does not know it (yet).
    fn transaction(&self, signature: &str) -> impl Future<Output = Result<Option<Bytes>, FetchError>> + Send;

    /// A block. [`FetchError::SlotSkipped`] where the node has none in this slot.
    fn block(&self, slot: u64, detail: BlockDetail) -> impl Future<Output = Result<BlockLinks, FetchError>> + Send;

    /// Time of the block in a slot; `None`: the node has none for it.
    fn block_time(&self, slot: u64) -> impl Future<Output = Result<Option<i64>, FetchError>> + Send;

    /// The newest finalized slot. With `at_least`, a node that is not so far refuses with [`FetchError::Behind`].
    fn slot(&self, at_least: Option<u64>) -> impl Future<Output = Result<u64, FetchError>> + Send;

    /// The lowest slot whose block the node has.
    fn first_available_block(&self) -> impl Future<Output = Result<u64, FetchError>> + Send;

    /// Slots with a block from `start` on, ascending.
    fn blocks_with_limit(&self, start: u64, limit: usize) -> impl Future<Output = Result<Vec<u64>, FetchError>> + Send;

    /// Hash of the genesis block, which names the cluster.
    fn genesis_hash(&self) -> impl Future<Output = Result<String, FetchError>> + Send;

    /// Supply of a mint.
    fn token_supply(&self, mint: &str) -> impl Future<Output = Result<Supply, FetchError>> + Send;

    /// Accounts, at most [`MAX_ACCOUNTS`].
    fn accounts(&self, addresses: &[String]) -> impl Future<Output = Result<Accounts, FetchError>> + Send;

    /// Version of the node.
    fn version(&self) -> impl Future<Output = Result<String, FetchError>> + Send;
}
