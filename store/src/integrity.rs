//! Whether ClickHouse still holds exactly what was committed.
//!
//! Each committed range left its number of rows and the digest of their hashes in the state database. Here
//! they are computed again from the tables. Reads only.

use crate::batch::{HeightDigest, holds_digests};
use crate::client::{ClickHouse, ClientError, quote_identifier, quote_string};
use crate::state_db::{CommittedRange, Coverage, Segment, Span, StageKey, StateDb, StateError};
use serde::Serialize;

/// Ranges that are checked with one query per table.
const RANGES_AT_ONCE: usize = 500;

/// A check that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IntegrityError {
    /// The state database failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// ClickHouse failed.
    #[error("table {table} cannot be checked: {source}")]
    Client {
        /// The table.
        table: String,
        /// What ClickHouse said.
        #[source]
        source: ClientError,
    },
    /// A table that the stage has written to is gone.
    #[error("table {table} is not in the database; run the migrations, then restore its rows with a reindex")]
    NoTable {
        /// The table.
        table: String,
    },
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IntegrityReport {
    /// Ranges that were checked.
    pub ranges: u64,
    /// Ranges that are only partly live since a re-derivation and cannot be checked as a whole.
    pub partly_live: u64,
    /// Rows in the checked ranges, each counted once.
    pub rows: u64,
    /// Further copies of the same rows; reads with `FINAL` and later merges drop them.
    pub copies: u64,
    /// Ranges whose rows are not those that were committed.
    pub differences: Vec<Difference>,
}

/// A range whose rows are not those that were committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What was committed.
    #[serde(flatten)]
    pub committed: CommittedRange,
    /// Rows found, each counted once.
    pub found_rows: u64,
    /// XOR of their hashes, all tables that hold no digests.
    pub found_xor: u64,
    /// Wrapping sum of their hashes, all tables that hold no digests.
    pub found_sum: u64,
}

/// Compares every live range of `key` within `within` with the tables.
pub async fn check(
    client: &ClickHouse,
    state: &StateDb,
    key: &StageKey,
    within: Span,
) -> Result<IntegrityReport, IntegrityError> {
    let live = state.live_ranges(key).await?.live;
    let tables = state.tables(key).await?;
    let mut report = IntegrityReport::default();
    let mut ranges = Vec::new();
    for committed in state.committed(key, within).await? {
        match liveness(&live, &committed) {
            Liveness::Whole => ranges.push(committed),
            Liveness::Part => report.partly_live += 1,
            Liveness::None => {}
        }
    }
    for some in ranges.chunks(RANGES_AT_ONCE) {
        check_some(client, &tables, some, &mut report).await?;
    }
    Ok(report)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Liveness {
    Whole,
    Part,
    None,
}

fn liveness(live: &Coverage, committed: &CommittedRange) -> Liveness {
    let range = &committed.range;
    let mine = |segment: &&Segment| segment.generation == range.generation && segment.span.overlaps(range.span);
    match live.segments().iter().find(mine) {
        Some(segment) if segment.span.covers(range.span) => Liveness::Whole,
        Some(_) => Liveness::Part,
        None => Liveness::None,
    }
}

/// What the tables hold of one range.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    rows: u64,
    copies: u64,
    digest: HeightDigest,
}

async fn check_some(
    client: &ClickHouse,
    tables: &[String],
    ranges: &[CommittedRange],
    report: &mut IntegrityReport,
) -> Result<(), IntegrityError> {
    let mut found = vec![Found::default(); ranges.len()];
    for table in tables {
        let key = sorting_key(client, table).await?;
        for (height, generation, rows, copies, xor, sum) in heights(client, table, &key, ranges).await? {
            let at = |one: &CommittedRange| {
                let Span { from, to } = one.range.span;
                one.range.generation == generation && from <= height && height <= to
            };
            if let Some(index) = ranges.iter().position(at) {
                found[index].rows += rows;
                found[index].copies += copies;
                if !holds_digests(table) {
                    found[index].digest.combine(HeightDigest { rows, xor, sum });
                }
            }
        }
    }
    for (committed, found) in ranges.iter().zip(found) {
        report.ranges += 1;
        report.rows += found.rows;
        report.copies += found.copies;
        let HeightDigest { xor, sum, .. } = found.digest;
        if (committed.rows, committed.digest_xor, committed.digest_sum) != (found.rows, xor, sum) {
            report.differences.push(Difference {
                committed: committed.clone(),
                found_rows: found.rows,
                found_xor: xor,
                found_sum: sum,
            });
        }
    }
    Ok(())
}

/// Height, generation, distinct rows, further copies, XOR and sum of the hashes.
type HeightRow = (u64, u32, u64, u64, u64, u64);

async fn heights(
    client: &ClickHouse,
    table: &str,
    key: &str,
    ranges: &[CommittedRange],
) -> Result<Vec<HeightRow>, IntegrityError> {
    let spans = ranges.iter().map(|one| one.range.span);
    let (Some(from), Some(to)) = (
        spans.clone().map(|span| span.from).min(),
        spans.map(|span| span.to).max(),
    ) else {
        return Ok(Vec::new());
    };
    let sql = include_str!("integrity/heights.sql")
        .replace("{table}", &quote_identifier(table))
        .replace("{key}", key)
        .replace("{unit}", ranges[0].range.key.counts_in())
        .replace("{network}", &quote_string(&ranges[0].range.key.network))
        .replace("{from}", &from.to_string())
        .replace("{to}", &to.to_string());
    client.fetch_all(&sql).await.map_err(|source| IntegrityError::Client {
        table: table.to_owned(),
        source,
    })
}

/// The columns that tell one row of a table from any other, as ClickHouse knows them: what `FINAL` goes by.
async fn sorting_key(client: &ClickHouse, table: &str) -> Result<String, IntegrityError> {
    let failed = |source| IntegrityError::Client {
        table: table.to_owned(),
        source,
    };
    let sql = include_str!("integrity/sorting_key.sql").replace("{table}", &quote_string(table));
    let keys = client.fetch_all::<String>(&sql).await.map_err(failed)?;
    keys.into_iter().next().ok_or_else(|| IntegrityError::NoTable {
        table: table.to_owned(),
    })
}
