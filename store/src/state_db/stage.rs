//! The counters and the coverage of one stage.

use super::rows::{count_option, segment, signed, small, unsigned};
use super::{Coverage, LiveList, Segment, Span, StageKey, StateDb, StateError, Watermark, now_ms, sql};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Row, Transaction};
use std::collections::BTreeSet;

/// Which coverage: what readers see, or what an open re-derivation has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// Live, all generations.
    Live,
    /// Finished under this generation, not yet live.
    Staged(u32),
}

impl Layer {
    fn live(self) -> i64 {
        i64::from(self == Self::Live)
    }

    /// The generation that a query is narrowed to; −1: none.
    fn generation(self) -> i64 {
        match self {
            Self::Live => -1,
            Self::Staged(generation) => i64::from(generation),
        }
    }
}

/// The row of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StageRow {
    /// Generation of new ranges.
    pub(super) generation: u32,
    /// First generation that was never used.
    pub(super) next_generation: u32,
    pub(super) live_version: u64,
    pub(super) watermark: Option<u64>,
    pub(super) last_commit_ms: Option<i64>,
    /// Where the stage begins, if not with its network.
    pub(super) first_height: Option<u64>,
}

impl StateDb {
    /// What is live, with the version for its mirror.
    pub async fn live_ranges(&self, key: &StageKey) -> Result<LiveList, StateError> {
        // One transaction, so that version and list belong together.
        let mut transaction = self.pool.begin().await?;
        let row = row(&mut transaction, key).await?.unwrap_or_default();
        let live = load(&mut transaction, key, Layer::Live).await?;
        transaction.commit().await?;
        Ok(LiveList {
            version: row.live_version,
            live,
            committed_ms: row.last_commit_ms.unwrap_or_default(),
        })
    }

    /// How far the stage is.
    pub async fn watermark(&self, key: &StageKey) -> Result<Watermark, StateError> {
        let mut transaction = self.pool.begin().await?;
        let row = row(&mut transaction, key).await?.unwrap_or_default();
        let live = load(&mut transaction, key, Layer::Live).await?;
        transaction.commit().await?;
        Ok(watermark(row.watermark, &live))
    }

    /// What of `within` is neither committed nor claimed nor quarantined, in order of height.
    pub async fn holes(&self, key: &StageKey, within: Span) -> Result<Vec<Span>, StateError> {
        let mut transaction = self.pool.begin().await?;
        let mut taken = load(&mut transaction, key, Layer::Live).await?;
        for busy in busy(&mut transaction, key, within).await? {
            taken.replace(busy.0.span, busy.0.generation);
        }
        transaction.commit().await?;
        Ok(taken.holes(within))
    }

    /// All stages that were ever claimed.
    pub async fn stages(&self) -> Result<Vec<StageKey>, StateError> {
        let rows = sqlx::query(sql!("stage_all")).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(StageKey {
                    network: row.try_get("network")?,
                    stage: row.try_get("stage")?,
                })
            })
            .collect()
    }

    /// Tables that the stage has written to.
    pub async fn tables(&self, key: &StageKey) -> Result<Vec<String>, StateError> {
        let rows = sqlx::query(sql!("stage_tables"))
            .bind(&key.network)
            .bind(&key.stage)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("table_name")?)).collect()
    }
}

/// The watermark that a stored prefix and the live coverage amount to.
pub(super) fn watermark(complete_to: Option<u64>, live: &Coverage) -> Watermark {
    Watermark {
        complete_to,
        newest_run: live.runs().last().copied(),
    }
}

/// Creates the row of a stage if it is not there.
pub(super) async fn ensure(connection: &mut AnyConnection, key: &StageKey) -> Result<(), StateError> {
    sqlx::query(sql!("stage_ensure"))
        .bind(&key.network)
        .bind(&key.stage)
        .execute(connection)
        .await?;
    Ok(())
}

/// The row of a stage.
pub(super) async fn row(connection: &mut AnyConnection, key: &StageKey) -> Result<Option<StageRow>, StateError> {
    let row = sqlx::query(sql!("stage_get"))
        .bind(&key.network)
        .bind(&key.stage)
        .fetch_optional(connection)
        .await?;
    row.map(|row| decode(&row)).transpose()
}

fn decode(row: &AnyRow) -> Result<StageRow, StateError> {
    Ok(StageRow {
        generation: small("generation", row.try_get("generation")?)?,
        next_generation: small("next_generation", row.try_get("next_generation")?)?,
        live_version: unsigned("live_version", row.try_get("live_version")?)?,
        watermark: count_option(row, "watermark")?,
        last_commit_ms: row.try_get("last_commit_ms")?,
        first_height: count_option(row, "first_height")?,
    })
}

/// A generation that was never used before.
pub(super) async fn take_generation(transaction: &mut Transaction<'_, Any>, key: &StageKey) -> Result<u32, StateError> {
    ensure(transaction, key).await?;
    let generation = row(transaction, key).await?.unwrap_or_default().next_generation;
    sqlx::query(sql!("stage_take_generation"))
        .bind(&key.network)
        .bind(&key.stage)
        .execute(&mut **transaction)
        .await?;
    Ok(generation)
}

/// Makes `generation` that of new ranges, unless theirs is newer.
pub(super) async fn raise_generation(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
    generation: u32,
) -> Result<(), StateError> {
    sqlx::query(sql!("stage_raise_generation"))
        .bind(&key.network)
        .bind(&key.stage)
        .bind(i64::from(generation))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Raises the version of the mirrored lists.
pub(super) async fn bump_version(transaction: &mut Transaction<'_, Any>, key: &StageKey) -> Result<(), StateError> {
    sqlx::query(sql!("stage_bump_version"))
        .bind(&key.network)
        .bind(&key.stage)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Claimed and quarantined ranges that overlap `span`, with their status.
pub(super) async fn busy(
    connection: &mut AnyConnection,
    key: &StageKey,
    span: Span,
) -> Result<Vec<(Segment, String)>, StateError> {
    let rows = sqlx::query(sql!("range_busy"))
        .bind(&key.network)
        .bind(&key.stage)
        .bind(signed("height", span.from)?)
        .bind(signed("height", span.to.min(i64::MAX as u64))?)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((segment(row)?, row.try_get("status")?)))
        .collect()
}

/// The coverage of a layer.
pub(super) async fn load(connection: &mut AnyConnection, key: &StageKey, layer: Layer) -> Result<Coverage, StateError> {
    let rows = sqlx::query(sql!("segment_list"))
        .bind(&key.network)
        .bind(&key.stage)
        .bind(layer.live())
        .bind(layer.generation())
        .fetch_all(connection)
        .await?;
    rows.iter().map(segment).collect()
}

/// Writes what differs between two states of a layer.
pub(super) async fn save(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
    layer: Layer,
    before: &Coverage,
    after: &Coverage,
) -> Result<(), StateError> {
    let before: BTreeSet<Segment> = before.segments().iter().copied().collect();
    let after: BTreeSet<Segment> = after.segments().iter().copied().collect();
    for gone in before.difference(&after) {
        sqlx::query(sql!("segment_delete"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(layer.live())
            .bind(i64::from(gone.generation))
            .bind(signed("height", gone.span.from)?)
            .execute(&mut **transaction)
            .await?;
    }
    for new in after.difference(&before) {
        sqlx::query(sql!("segment_add"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(layer.live())
            .bind(i64::from(new.generation))
            .bind(signed("height", new.span.from)?)
            .bind(signed("height", new.span.to)?)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Notes that no reader sees `segment` any more.
pub(super) async fn supersede(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
    segment: Segment,
) -> Result<(), StateError> {
    sqlx::query(sql!("superseded_add"))
        .bind(&key.network)
        .bind(&key.stage)
        .bind(i64::from(segment.generation))
        .bind(signed("height", segment.span.from)?)
        .bind(signed("height", segment.span.to)?)
        .bind(now_ms())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
