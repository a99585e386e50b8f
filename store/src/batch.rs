//! Rows on their way to ClickHouse.
//!
//! A fact row is an [`Identity`] plus a body. The identity columns are the same in every table, so
//! they are written here once; a body declares its own columns only.

use clickhouse::Row;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a row comes from: the columns that every table begins with.
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
}

/// A table's row body.
pub trait TableRow: Row + Serialize {
    /// Table name; the migrations create it with the identity columns first, then these.
    const TABLE: &'static str;
}

/// What all rows of a batch share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Network name, such as `akash` or `rec-gridlocal-1`.
    pub network: String,
    /// Chain id.
    pub chain_id: String,
}

/// Encoded rows of one table.
#[derive(Clone, Debug, Default)]
pub struct TableRows {
    /// Column names of the body, as the row type declares them.
    pub body_columns: &'static [&'static str],
    /// RowBinary of all rows: identity, body. Written by [`Batch::push`].
    pub bytes: Vec<u8>,
    /// Number of rows.
    pub rows: u64,
}

/// Count and order-free hashes of the rows of one height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeightDigest {
    /// Rows.
    pub rows: u64,
    /// XOR of the row hashes.
    pub xor: u64,
    /// Wrapping sum of the row hashes.
    pub sum: u64,
}

/// Rows of many tables, derived from one range of heights.
#[derive(Debug)]
pub struct Batch {
    /// What the rows share.
    pub origin: Origin,
    /// Rows by table.
    pub tables: BTreeMap<&'static str, TableRows>,
    /// Digests by height, over all tables but `blocks`.
    pub digests: BTreeMap<u64, HeightDigest>,
}
