//! What a node served for one height, byte for byte.

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
