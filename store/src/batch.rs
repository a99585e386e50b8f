//! Rows on their way to ClickHouse.
//!
//! A fact row is an [`Identity`] plus a body. The identity columns are the same in every table, so
//! they are written here once; a body declares its own columns only. `network`, `chain_id` and
//! `generation` are the same for a whole batch and the last is not known before the commit: they are not
//! stored here, the committer sets them before each row as it streams (see [`TableRows::write_rows`]).

use crate::row_binary::{self, EncodeError};
use clickhouse::Row;
use serde::Serialize;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

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

/// Columns of every row that the batch does not store, in the order in which the committer writes them.
pub const SHARED_COLUMNS: [&str; 3] = ["network", "chain_id", "generation"];

/// Columns that every stored row begins with, in the order of its bytes.
///
/// The hash comes first so that what it covers, the identity and the body, is one slice.
pub const ROW_COLUMNS: [&str; 6] = [
    "row_hash",
    "height",
    "block_time",
    "tx_index",
    "msg_index",
    "event_index",
];

/// Table whose rows hold the digests of all others and are therefore left out of them.
pub const BLOCKS_TABLE: &str = "blocks";

/// Longest row: far above any honest one, far below what would hurt.
const MAX_ROW_BYTES: usize = 8 * 1024 * 1024;

const HASH_BYTES: usize = 8;

/// Encoded rows of one table.
#[derive(Clone, Debug, Default)]
pub struct TableRows {
    /// Column names of the body, as the row type declares them.
    pub body_columns: &'static [&'static str],
    /// RowBinary of all rows: [`ROW_COLUMNS`], body. Written by [`Batch::push`].
    pub bytes: Vec<u8>,
    /// Number of rows.
    pub rows: u64,
    lengths: Vec<u32>,
}

impl TableRows {
    /// All columns in the order in which [`TableRows::write_rows`] writes them.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        SHARED_COLUMNS
            .into_iter()
            .chain(ROW_COLUMNS)
            .chain(self.body_columns.iter().copied())
    }

    /// The encoded rows, one slice each.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        self.lengths.iter().map(move |&length| {
            let (row, tail) = rest.split_at(length as usize);
            rest = tail;
            row
        })
    }

    /// Appends the rows number `from..to` to `out`, each behind `shared`, the RowBinary of
    /// [`SHARED_COLUMNS`].
    pub fn write_rows(&self, rows: std::ops::Range<usize>, shared: &[u8], out: &mut Vec<u8>) {
        for row in self.iter().skip(rows.start).take(rows.len()) {
            out.extend_from_slice(shared);
            out.extend_from_slice(row);
        }
    }
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

impl HeightDigest {
    /// Adds one row.
    pub fn add(&mut self, row_hash: u64) {
        self.combine(Self {
            rows: 1,
            xor: row_hash,
            sum: row_hash,
        });
    }

    /// Adds the rows of another digest.
    pub fn combine(&mut self, other: Self) {
        self.rows += other.rows;
        self.xor ^= other.xor;
        self.sum = self.sum.wrapping_add(other.sum);
    }
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

impl Batch {
    /// An empty batch.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            tables: BTreeMap::new(),
            digests: BTreeMap::new(),
        }
    }

    /// Encodes one row and adds it to its table and to the digest of its height.
    ///
    /// On an error the batch is as it was before.
    pub fn push<T: TableRow>(&mut self, identity: &Identity, body: &T) -> Result<(), EncodeError> {
        let table = self.tables.entry(T::TABLE).or_default();
        table.body_columns = T::COLUMN_NAMES;
        let start = table.bytes.len();
        match encode_row::<T>(identity, body, &mut table.bytes) {
            Ok((length, row_hash)) => {
                table.lengths.push(length);
                table.rows += 1;
                if T::TABLE != BLOCKS_TABLE {
                    self.digests.entry(identity.height).or_default().add(row_hash);
                }
                Ok(())
            }
            Err(error) => {
                table.bytes.truncate(start);
                if table.rows == 0 {
                    self.tables.remove(T::TABLE);
                }
                Err(error)
            }
        }
    }

    /// Digest of one height so far: what the `blocks` row of that height states.
    pub fn digest_at(&self, height: u64) -> HeightDigest {
        self.digests.get(&height).copied().unwrap_or_default()
    }

    /// Digest of the whole batch, over all tables but `blocks`.
    pub fn digest(&self) -> HeightDigest {
        self.digests
            .values()
            .fold(HeightDigest::default(), |mut total, digest| {
                total.combine(*digest);
                total
            })
    }

    /// Number of rows, all tables.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|table| table.rows).sum()
    }

    /// Bytes that the rows occupy.
    pub fn bytes(&self) -> usize {
        self.tables
            .values()
            .map(|table| table.bytes.len() + 4 * table.lengths.len())
            .sum()
    }

    /// Adds the rows of `other`, which must be of the same origin: rows of one range derived in parts.
    pub fn append(&mut self, other: Batch) {
        debug_assert_eq!(self.origin, other.origin);
        for (name, mut rows) in other.tables {
            let table = self.tables.entry(name).or_default();
            table.body_columns = rows.body_columns;
            table.bytes.append(&mut rows.bytes);
            table.lengths.append(&mut rows.lengths);
            table.rows += rows.rows;
        }
        for (height, digest) in other.digests {
            self.digests.entry(height).or_default().combine(digest);
        }
    }
}

/// Appends hash, identity and body; returns the length of the row and its hash.
fn encode_row<T: TableRow>(identity: &Identity, body: &T, out: &mut Vec<u8>) -> Result<(u32, u64), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; HASH_BYTES]);
    out.extend_from_slice(&identity.height.to_le_bytes());
    out.extend_from_slice(&identity.block_time_ms.to_le_bytes());
    out.extend_from_slice(&identity.tx_index.to_le_bytes());
    out.extend_from_slice(&identity.msg_index.to_le_bytes());
    out.extend_from_slice(&identity.event_index.to_le_bytes());
    let got = row_binary::encode_row(body, out)?;
    let expected = T::COLUMN_NAMES.len();
    if got != expected {
        return Err(EncodeError::ColumnCount {
            table: T::TABLE,
            expected,
            got,
        });
    }
    let bytes = out.len() - start;
    if bytes > MAX_ROW_BYTES {
        return Err(EncodeError::TooLarge {
            table: T::TABLE,
            bytes,
            limit: MAX_ROW_BYTES,
        });
    }
    let hash = xxh3_64(&out[start + HASH_BYTES..]);
    out[start..start + HASH_BYTES].copy_from_slice(&hash.to_le_bytes());
    Ok((bytes as u32, hash))
}

#[cfg(test)]
mod tests;
