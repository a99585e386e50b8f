//! The one transaction that makes a range visible.

use super::claim::{bind_range, expect_claimed};
use super::rows::{claimed, count, hash, hash_text, signed};
use super::stage::{self, Layer};
use super::{
    ClaimedRange, CommittedRange, Span, StageKey, StateDb, StateError, Watermark, WriterLease, begin, now_ms, reindex,
    sql,
};
use crate::batch::HeightDigest;
use serde::Serialize;
use sqlx::{Any, Transaction};

/// Sums over committed ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RangeTotals {
    /// Number of ranges.
    pub ranges: u64,
    /// Rows in them.
    pub rows: u64,
}

impl StateDb {
    /// Records that every row of `range` is acknowledged, and raises the watermark.
    ///
    /// `rows` counts all tables, `digest` leaves out `blocks`. A range of an open re-derivation becomes live
    /// together with all others of it, when the last one is committed.
    pub async fn commit(
        &self,
        lease: &WriterLease,
        range: &ClaimedRange,
        rows: u64,
        digest: HeightDigest,
    ) -> Result<Watermark, StateError> {
        let mut transaction = self.write(lease).await?;
        expect_claimed(&mut transaction, range).await?;
        bind_range(sql!("range_commit"), range)?
            .bind(signed("rows", rows)?)
            .bind(hash_text(digest.xor))
            .bind(hash_text(digest.sum))
            .bind(now_ms())
            .execute(&mut *transaction)
            .await?;
        let key = &range.key;
        match reindex::find(&mut transaction, key, range.generation).await? {
            Some(reindex) => reindex::commit(&mut transaction, &reindex, range.span).await?,
            None => go_live(&mut transaction, range).await?,
        }
        let watermark = raise_watermark(&mut transaction, key).await?;
        transaction.commit().await?;
        Ok(watermark)
    }

    /// Committed ranges that overlap `within`, of every generation, in order of height.
    pub async fn committed(&self, key: &StageKey, within: Span) -> Result<Vec<CommittedRange>, StateError> {
        let rows = sqlx::query(sql!("range_committed"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(signed("height", within.from)?)
            .bind(signed("height", within.to.min(i64::MAX as u64))?)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(CommittedRange {
                    range: claimed(key, row)?,
                    rows: count(row, "row_count")?,
                    digest_xor: hash(row, "digest_xor")?,
                    digest_sum: hash(row, "digest_sum")?,
                })
            })
            .collect()
    }

    /// Number of committed ranges and of rows in them, every generation.
    pub async fn committed_totals(&self, key: &StageKey) -> Result<RangeTotals, StateError> {
        let row = sqlx::query(sql!("range_totals"))
            .bind(&key.network)
            .bind(&key.stage)
            .fetch_one(&self.pool)
            .await?;
        Ok(RangeTotals {
            ranges: count(&row, "ranges")?,
            rows: count(&row, "row_count")?,
        })
    }
}

/// Adds a range to what readers see.
async fn go_live(transaction: &mut Transaction<'_, Any>, range: &ClaimedRange) -> Result<(), StateError> {
    let key = &range.key;
    let before = stage::load(transaction, key, Layer::Live).await?;
    let mut after = before.clone();
    after
        .add(range.span, range.generation)
        .map_err(|other| StateError::overlap(key, range.span, other))?;
    stage::save(transaction, key, Layer::Live, &before, &after).await
}

/// Raises the watermark to the end of the run that begins at the first height of the stage.
async fn raise_watermark(transaction: &mut Transaction<'_, Any>, key: &StageKey) -> Result<Watermark, StateError> {
    let first = begin::first_height(transaction, key).await?;
    let live = stage::load(transaction, key, Layer::Live).await?;
    let complete_to = live.run_at(first).map(|run| signed("height", run.to)).transpose()?;
    sqlx::query(sql!("stage_committed"))
        .bind(&key.network)
        .bind(&key.stage)
        .bind(complete_to)
        .bind(now_ms())
        .execute(&mut **transaction)
        .await?;
    let row = stage::row(transaction, key).await?.unwrap_or_default();
    Ok(stage::watermark(row.watermark, &live))
}
