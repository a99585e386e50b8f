//! Rows on their way to ClickHouse.
//!
//! A fact row is an identity plus a body. The identity columns are the same in every table of a chain ([`Identity`],
//! [`SolanaIdentity`]; [`SeriesIdentity`] for what pollers see), so they are written once; a body declares its own columns only. `network`, `chain_id` and
//! `generation` are the same for a whole batch and the last is not known before the commit: they are not
//! stored here, the committer sets them before each row as it streams (see [`TableRows::write_rows`]).

mod identity;

pub use identity::{Identify, Identity, SeriesIdentity, SolanaIdentity};

use crate::row_binary::{self, EncodeError};
use clickhouse::Row;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// A table's row body.
pub trait TableRow: Row + Serialize {
    /// Table name; the migrations create it with the identity columns first, then these.
    const TABLE: &'static str;
    /// Whether the rows hold the digests of all other rows of their height and are therefore left out of them.
    const HOLDS_DIGESTS: bool = holds_digests(Self::TABLE);
}

/// Tables whose rows hold the digests of all others, one per kind of chain.
const DIGEST_TABLES: [&str; 2] = ["blocks", "render_slots"];

/// Whether a table is left out of the digests because its rows hold them: what [`TableRow::HOLDS_DIGESTS`] says of a
/// row type, for a table that is only known by its name.
pub const fn holds_digests(table: &str) -> bool {
    let mut index = 0;
    while index < DIGEST_TABLES.len() {
        if same_bytes(DIGEST_TABLES[index].as_bytes(), table.as_bytes()) {
            return true;
        }
        index += 1;
    }
    false
}

/// Equality that a constant may use.
const fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
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

/// Longest row: far above any honest one, far below what would hurt.
const MAX_ROW_BYTES: usize = 8 * 1024 * 1024;

const HASH_BYTES: usize = 8;

/// Encoded rows of one table.
#[derive(Clone, Debug, Default)]
pub struct TableRows {
    /// Column names of the identity, as [`Identify::COLUMNS`] has them.
    pub identity_columns: &'static [&'static str],
    /// Column names of the body, as the row type declares them.
    pub body_columns: &'static [&'static str],
    /// RowBinary of all rows: identity with hash, body. Written by [`Batch::push`].
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
            .chain(self.identity_columns.iter().copied())
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

    /// The rows whose hash is not among `there`, in the same order.
    pub fn without(&self, there: &HashSet<u64>) -> Self {
        let mut rest = Self {
            identity_columns: self.identity_columns,
            body_columns: self.body_columns,
            ..Self::default()
        };
        for row in self.iter() {
            if !row_hash(row).is_some_and(|hash| there.contains(&hash)) {
                rest.bytes.extend_from_slice(row);
                rest.lengths.push(row.len() as u32);
                rest.rows += 1;
            }
        }
        rest
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
    /// Digests by height, over all tables that hold no digests.
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
    /// All rows of a table have one kind of identity. On an error the batch is as it was before.
    pub fn push<I: Identify, T: TableRow>(&mut self, identity: &I, body: &T) -> Result<(), EncodeError> {
        let table = self.tables.entry(T::TABLE).or_default();
        if table.rows > 0 && table.identity_columns != I::COLUMNS {
            return Err(EncodeError::OtherIdentity { table: T::TABLE });
        }
        table.identity_columns = I::COLUMNS;
        table.body_columns = T::COLUMN_NAMES;
        let start = table.bytes.len();
        match encode_row(identity, body, &mut table.bytes) {
            Ok((length, row_hash)) => {
                table.lengths.push(length);
                table.rows += 1;
                if !T::HOLDS_DIGESTS {
                    self.digests.entry(identity.height()).or_default().add(row_hash);
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

    /// Digest of one height so far: what the row of that height in the table of digests states.
    pub fn digest_at(&self, height: u64) -> HeightDigest {
        self.digests.get(&height).copied().unwrap_or_default()
    }

    /// Digest of the whole batch, over all tables that hold no digests.
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
            table.identity_columns = rows.identity_columns;
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

/// Appends identity with hash, and body; returns the length of the row and its hash.
fn encode_row<I: Identify, T: TableRow>(identity: &I, body: &T, out: &mut Vec<u8>) -> Result<(u32, u64), EncodeError> {
    let start = out.len();
    identity.write_unhashed(out);
    let hash_at = out.len();
    out.extend_from_slice(&[0; HASH_BYTES]);
    identity.write_hashed(out);
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
    let hash = xxh3_64(&out[hash_at + HASH_BYTES..]);
    out[hash_at..hash_at + HASH_BYTES].copy_from_slice(&hash.to_le_bytes());
    Ok((bytes as u32, hash))
}

/// The hash in an encoded row: the first eight bytes that are the hash of all that follows them. What stands before it
/// has its own length in every kind of identity; finding it costs less than keeping it beside each row.
fn row_hash(row: &[u8]) -> Option<u64> {
    (0..row.len()).find_map(|at| {
        let (hash, hashed) = row[at..].split_first_chunk::<HASH_BYTES>()?;
        let hash = u64::from_le_bytes(*hash);
        (hash == xxh3_64(hashed)).then_some(hash)
    })
}

#[cfg(test)]
mod tests;
