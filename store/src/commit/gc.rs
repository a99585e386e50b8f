//! Dropping rows that no reader sees any more.
//!
//! Only what the state database lists as superseded is dropped: a generation over heights that will never be
//! written or read again. So a dropped block that ClickHouse still remembers as a duplicate can never be
//! sent again, and a range that is being written is never touched.

use super::{CommitError, Committer};
use crate::client::{quote_identifier, quote_string};
use crate::state_db::{StageKey, Superseded, now_ms};
use serde::Serialize;
use std::time::Duration;

/// What a clean-up dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GcReport {
    /// Superseded segments whose rows are gone.
    pub dropped: Vec<Superseded>,
    /// Tables that were cleaned.
    pub tables: Vec<String>,
}

impl Committer {
    /// Drops rows of `key` that have been superseded for at least `age`, so that queries that began before
    /// the switch can end.
    pub async fn gc(&self, key: &StageKey, age: Duration) -> Result<GcReport, CommitError> {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let superseded = self.state.superseded(key, now_ms().saturating_sub(age)).await?;
        if superseded.is_empty() {
            return Ok(GcReport::default());
        }
        // Readers must not look at a list from before the switch when its rows go.
        self.mirror(key).await?;
        let tables = self.state.tables(key).await?;
        for one in &superseded {
            for table in &tables {
                self.drop_rows(table, one).await?;
            }
            self.state.forget_superseded(&self.lease, one).await?;
        }
        Ok(GcReport {
            dropped: superseded,
            tables,
        })
    }

    async fn drop_rows(&self, table: &str, superseded: &Superseded) -> Result<(), CommitError> {
        let segment = superseded.segment;
        let sql = format!(
            "ALTER TABLE {} DELETE WHERE network = {} AND generation = {} AND {} BETWEEN {} AND {} SETTINGS mutations_sync = 2",
            quote_identifier(table),
            quote_string(&superseded.key.network),
            segment.generation,
            superseded.key.counts_in(),
            segment.span.from,
            segment.span.to,
        );
        self.client.execute(&sql).await.map_err(|source| CommitError::Gc {
            table: table.to_owned(),
            source,
        })
    }
}
