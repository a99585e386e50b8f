//! Rows that are acknowledged and not there.
//!
//! ClickHouse notes the token of an insert before its rows are there for good. If it dies in between, it takes the retry
//! for a duplicate: acknowledged, and lost. The same holds for an insert that failed late. So where an attempt of
//! unknown end came before an acknowledgement, in this process or in an earlier one, the rows of the claim are looked up
//! by their hashes, and those that are missing are inserted under the token of the next round.
//!
//! Nothing is lost, because a range is committed only after a round that found all rows. Nothing stands twice, because
//! the tokens of the rounds are the same in every attempt, and a round begins only when that before it is acknowledged
//! and its rows are seen to be missing: by then ClickHouse holds its token without rows and will refuse it for ever, so
//! that of all tokens of a row only one ever has it. (An insert that is still on its way when its retry is acknowledged
//! is refused as well: a token and its rows appear under one lock.)

use super::{CommitError, Committer};
use crate::batch::TableRows;
use crate::client::ClickHouse;
use crate::state_db::ClaimedRange;
use std::collections::HashSet;

/// Rounds before giving up. Each takes a kill within the microseconds between a token and its rows.
const ROUNDS: u32 = 8;

impl Committer {
    /// Inserts what is missing of `rows`, all rows of the range in `table`, until nothing is.
    pub(super) async fn mend(
        &self,
        range: &ClaimedRange,
        table: &'static str,
        rows: &TableRows,
        shared: &[u8],
    ) -> Result<(), CommitError> {
        for round in 1..=ROUNDS {
            let missing = missing(&self.client, range, table, rows).await?;
            if missing.rows == 0 {
                return Ok(());
            }
            tracing::warn!(
                range = %range.span, stage = %range.key, table, missing = missing.rows, round,
                "clickhouse acknowledged rows that it does not have; they are inserted again"
            );
            self.send(table, &missing, shared, &token(range, table, round)).await?;
        }
        let missing = missing(&self.client, range, table, rows).await?.rows;
        if missing == 0 {
            return Ok(());
        }
        Err(CommitError::RowsMissing {
            table,
            span: range.span,
            missing,
            rounds: ROUNDS,
        })
    }
}

fn token(range: &ClaimedRange, table: &str, round: u32) -> String {
    format!("{}~{round}", range.token(table))
}

/// The rows that the table does not hold under the generation of the range. Copies of a row count once: those that a
/// merge has yet to drop.
async fn missing(
    client: &ClickHouse,
    range: &ClaimedRange,
    table: &'static str,
    rows: &TableRows,
) -> Result<TableRows, CommitError> {
    let query = || {
        client
            .raw()
            .query(include_str!("sql/row_hashes.sql"))
            .param("table", table)
            .param("network", &range.key.network)
            .param("generation", range.generation)
            .param("unit", range.key.counts_in())
            .param("from", range.span.from)
            .param("to", range.span.to)
            .fetch_all::<u64>()
    };
    let there = client
        .retrying(query)
        .await
        .map_err(|source| CommitError::Lookup { table, source })?;
    Ok(rows.without(&there.into_iter().collect::<HashSet<u64>>()))
}
