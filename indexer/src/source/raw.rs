//! What a node served for one height or slot, byte for byte.

use bytes::Bytes;

/// The RPC bodies of one height, exactly as the node sent them (JSON-RPC envelope included).
///
/// `block` is absent when the header says that the block has no transactions: then the header (in
/// `meta`) and the results are all there is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawBlock {
    /// Height of the block.
    pub height: u64,
    /// One element of `result.block_metas` of `/blockchain`: `{block_id, block_size, header, num_txs}`.
    pub meta: Bytes,
    /// The whole body of `/block?height=`, where there are transactions.
    pub block: Option<Bytes>,
    /// The whole body of `/block_results?height=`.
    pub results: Bytes,
}

/// What Solana nodes served of one slot: the transactions that name a followed address, not the whole block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawSlot {
    /// The slot.
    pub slot: u64,
    /// Set in the last slot of a range, which is there even where it has no transactions: the [`RawWindow`] as JSON.
    pub window: Option<Bytes>,
    /// The transactions, by signature: the RPC does not say in which order a slot ran them.
    pub transactions: Vec<RawTransaction>,
}

/// What was asked for a range of slots, so that "nothing there" is evidence. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RawWindow {
    /// First slot of the range.
    pub from: u64,
    /// Last slot of the range.
    pub to: u64,
    /// Time of the block at `to`, seconds since the Unix epoch, where a node knows one.
    pub block_time: Option<i64>,
    /// Followed addresses, each listed without a hole from `from` to `to`.
    pub addresses: Vec<String>,
}

/// One transaction as served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTransaction {
    /// First signature, base58.
    pub signature: String,
    /// Time of its block, seconds since the Unix epoch: that of the body, else what `getBlockTime` says.
    pub block_time: i64,
    /// Position in its block, where the source knows it.
    pub tx_index: Option<u32>,
    /// The `result` of `getTransaction` in encoding `json` (or `base64`), as served: never null.
    pub body: Bytes,
}
