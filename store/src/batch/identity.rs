//! Where a row comes from: the columns that every table of a chain begins with.

/// What a row is identified by, and how it is stored.
///
/// A stored row is `[unhashed columns][row_hash][hashed columns][body]`; the hash covers what follows it.
pub trait Identify {
    /// Columns of the stored row before its body, `row_hash` among them, in the order of their bytes.
    const COLUMNS: &'static [&'static str];

    /// Block height, on Solana the slot, in a series the number of the entry: what ranges, digests and generations count in.
    fn height(&self) -> u64;

    /// Appends the RowBinary of the columns before `row_hash`: what may differ between two sources of the same row.
    fn write_unhashed(&self, out: &mut Vec<u8>);

    /// Appends the RowBinary of the columns after `row_hash`.
    fn write_hashed(&self, out: &mut Vec<u8>);
}

/// Identity of a row of a chain with heights.
///
/// `tx_index`, `msg_index` and `event_index` are −1 where there is none. `tx_index` −1 is the begin of a
/// block, [`Identity::END_BLOCK`] its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Height of the block.
    pub height: u64,
    /// Block time, milliseconds since the Unix epoch, UTC.
    pub block_time_ms: i64,
    /// Transaction, −1 begin of block, −2 end of block.
    pub tx_index: i32,
    /// Outermost message, −1 if none.
    pub msg_index: i32,
    /// Event within its list; for rows of the state machine a running number within the height.
    pub event_index: i32,
}

impl Identity {
    /// `tx_index` of the begin of a block.
    pub const BEGIN_BLOCK: i32 = -1;
    /// `tx_index` of the end of a block.
    pub const END_BLOCK: i32 = -2;
    /// `tx_index` of a row that was not derived from a block but asked of a node: the state at the end of the height.
    pub const SNAPSHOT: i32 = -3;
}

impl Identify for Identity {
    const COLUMNS: &'static [&'static str] = &[
        "row_hash",
        "height",
        "block_time",
        "tx_index",
        "msg_index",
        "event_index",
    ];

    fn height(&self) -> u64 {
        self.height
    }

    fn write_unhashed(&self, _: &mut Vec<u8>) {}

    fn write_hashed(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.height.to_le_bytes());
        out.extend_from_slice(&self.block_time_ms.to_le_bytes());
        out.extend_from_slice(&self.tx_index.to_le_bytes());
        out.extend_from_slice(&self.msg_index.to_le_bytes());
        out.extend_from_slice(&self.event_index.to_le_bytes());
    }
}

/// Identity of a row of Solana. The indexes are −1 where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolanaIdentity {
    /// Slot of the block.
    pub slot: u64,
    /// Block time, milliseconds since the Unix epoch, UTC.
    pub block_time_ms: i64,
    /// First signature of the transaction, base58; empty for a row that belongs to no transaction.
    pub signature: String,
    /// Top-level instruction.
    pub outer: i32,
    /// Instruction within the list of inner instructions of `outer`.
    pub inner: i32,
    /// Instruction within a Batch.
    pub batch: i32,
    /// Position of the transaction in its block. A stream tells it, the RPC does not: it is neither key nor hashed, so
    /// that both write the same row.
    pub tx_index: Option<u32>,
}

impl SolanaIdentity {
    /// An index that does not apply.
    pub const NONE: i32 = -1;
}

impl Identify for SolanaIdentity {
    const COLUMNS: &'static [&'static str] = &[
        "tx_index",
        "row_hash",
        "slot",
        "block_time",
        "signature",
        "outer",
        "inner",
        "batch",
    ];

    fn height(&self) -> u64 {
        self.slot
    }

    fn write_unhashed(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.tx_index.is_none()));
        if let Some(index) = self.tx_index {
            out.extend_from_slice(&index.to_le_bytes());
        }
    }

    fn write_hashed(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.slot.to_le_bytes());
        out.extend_from_slice(&self.block_time_ms.to_le_bytes());
        crate::row_binary::put_string(self.signature.as_bytes(), out);
        out.extend_from_slice(&self.outer.to_le_bytes());
        out.extend_from_slice(&self.inner.to_le_bytes());
        out.extend_from_slice(&self.batch.to_le_bytes());
    }
}

/// Identity of a row of a series: of what a poller saw, which is no function of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesIdentity {
    /// Number of the entry, from 1: what ranges, digests and generations count in.
    pub sequence: u64,
    /// Our clock when the answer was complete, milliseconds since the Unix epoch, UTC.
    pub observed_at_ms: i64,
    /// Number of the row within its entry and table.
    pub item: u32,
    /// Newest height of the network that was known then, 0 where none was. It tells where the chain stood and is neither
    /// key nor hashed.
    pub height: u64,
}

impl Identify for SeriesIdentity {
    const COLUMNS: &'static [&'static str] = &["height", "row_hash", "sequence", "observed_at", "item"];

    #[expect(
        clippy::misnamed_getters,
        reason = "a series counts in entries, its field is the height of the chain"
    )]
    fn height(&self) -> u64 {
        self.sequence
    }

    fn write_unhashed(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.height.to_le_bytes());
    }

    fn write_hashed(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.observed_at_ms.to_le_bytes());
        out.extend_from_slice(&self.item.to_le_bytes());
    }
}
