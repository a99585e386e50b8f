//! Deriving committed heights again, beside what is live.
//!
//! The new rows get a generation that was never used. Readers go on seeing the old ones until the whole span
//! is committed; then the live segments switch in the same transaction as the last commit. Nothing is
//! deleted and inserted again under the same token: old rows are only noted as superseded.

use super::claim::{self, refuse_busy};
use super::rows::{claimed, segment, signed, small};
use super::stage::{self, Layer};
use super::{
    ClaimedRange, Reindex, Segment, Span, StageKey, StateDb, StateError, Superseded, WriterLease, now_ms, sql,
};
use sqlx::{Any, AnyConnection, Row, Transaction};

impl StateDb {
    /// Opens a re-derivation of `span`, all of which must be committed, under a fresh generation.
    pub async fn bump_generation(
        &self,
        lease: &WriterLease,
        key: &StageKey,
        span: Span,
        decoder: u32,
    ) -> Result<Reindex, StateError> {
        let mut transaction = self.write(lease).await?;
        let live = stage::load(&mut transaction, key, Layer::Live).await?;
        if let Some(&hole) = live.holes(span).first() {
            return Err(StateError::NotCommitted {
                key: key.clone(),
                span,
                hole,
            });
        }
        if let Some(open) = list(&mut transaction, key)
            .await?
            .into_iter()
            .find(|open| open.span.overlaps(span))
        {
            return Err(StateError::ReindexOpen {
                key: key.clone(),
                span,
                open: open.span,
                generation: open.generation,
            });
        }
        let reindex = open(&mut transaction, key, span, decoder).await?;
        transaction.commit().await?;
        Ok(reindex)
    }

    /// Claims a part of an open re-derivation.
    pub async fn claim_reindex(
        &self,
        lease: &WriterLease,
        reindex: &Reindex,
        span: Span,
    ) -> Result<ClaimedRange, StateError> {
        let key = &reindex.key;
        let mut transaction = self.write(lease).await?;
        let open = expect_open(&mut transaction, reindex).await?;
        if !open.span.covers(span) {
            return Err(StateError::Overlap {
                key: key.clone(),
                span,
                other: open.span,
                generation: open.generation,
                status: "the span of the re-derivation and does not hold it".to_owned(),
            });
        }
        refuse_busy(&mut transaction, key, span).await?;
        let staged = stage::load(&mut transaction, key, Layer::Staged(open.generation)).await?;
        if let Some(other) = staged.segments().iter().find(|segment| segment.span.overlaps(span)) {
            return Err(StateError::overlap(key, span, *other));
        }
        let range = ClaimedRange {
            key: key.clone(),
            span,
            generation: open.generation,
            decoder: open.decoder,
        };
        claim::insert(&mut transaction, &range).await?;
        transaction.commit().await?;
        Ok(range)
    }

    /// Open re-derivations of a stage, oldest first.
    pub async fn reindexes(&self, key: &StageKey) -> Result<Vec<Reindex>, StateError> {
        list(&mut *self.pool.acquire().await?, key).await
    }

    /// What of an open re-derivation is neither committed nor claimed nor quarantined, in order of height.
    pub async fn reindex_holes(&self, reindex: &Reindex) -> Result<Vec<Span>, StateError> {
        let mut transaction = self.pool.begin().await?;
        let mut taken = stage::load(&mut transaction, &reindex.key, Layer::Staged(reindex.generation)).await?;
        for (busy, _) in stage::busy(&mut transaction, &reindex.key, reindex.span).await? {
            taken.replace(busy.span, busy.generation);
        }
        transaction.commit().await?;
        Ok(taken.holes(reindex.span))
    }

    /// Gives up a re-derivation: its rows are superseded, what is live stays.
    pub async fn cancel_reindex(&self, lease: &WriterLease, reindex: &Reindex) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        let open = expect_open(&mut transaction, reindex).await?;
        cancel(&mut transaction, &open).await?;
        Ok(transaction.commit().await?)
    }

    /// Rows that no reader has seen since `before_ms` (milliseconds since the Unix epoch).
    pub async fn superseded(&self, key: &StageKey, before_ms: i64) -> Result<Vec<Superseded>, StateError> {
        let rows = sqlx::query(sql!("superseded_list"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(before_ms)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Superseded {
                    key: key.clone(),
                    segment: segment(row)?,
                    since_ms: row.try_get("since_ms")?,
                })
            })
            .collect()
    }

    /// Forgets superseded rows that were dropped from ClickHouse.
    pub async fn forget_superseded(&self, lease: &WriterLease, dropped: &Superseded) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        sqlx::query(sql!("superseded_delete"))
            .bind(&dropped.key.network)
            .bind(&dropped.key.stage)
            .bind(i64::from(dropped.segment.generation))
            .bind(signed("height", dropped.segment.span.from)?)
            .bind(signed("height", dropped.segment.span.to)?)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// The open re-derivation that writes under `generation`.
pub(super) async fn find(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
    generation: u32,
) -> Result<Option<Reindex>, StateError> {
    Ok(list(transaction, key)
        .await?
        .into_iter()
        .find(|reindex| reindex.generation == generation))
}

/// Refuses a stage with an open re-derivation.
pub(super) async fn refuse_open(transaction: &mut Transaction<'_, Any>, key: &StageKey) -> Result<(), StateError> {
    match list(transaction, key).await?.into_iter().next() {
        None => Ok(()),
        Some(Reindex { span, generation, .. }) => Err(StateError::ReindexOpen {
            key: key.clone(),
            span,
            open: span,
            generation,
        }),
    }
}

/// Adds a committed span to a re-derivation and switches the live segments if it was the last one.
pub(super) async fn commit(
    transaction: &mut Transaction<'_, Any>,
    reindex: &Reindex,
    span: Span,
) -> Result<(), StateError> {
    let key = &reindex.key;
    let layer = Layer::Staged(reindex.generation);
    let before = stage::load(transaction, key, layer).await?;
    let mut staged = before.clone();
    staged
        .add(span, reindex.generation)
        .map_err(|other| StateError::overlap(key, span, other))?;
    if !staged.covers(reindex.span) {
        return stage::save(transaction, key, layer, &before, &staged).await;
    }
    stage::save(transaction, key, layer, &before, &Default::default()).await?;
    let before = stage::load(transaction, key, Layer::Live).await?;
    let mut live = before.clone();
    for replaced in live.replace(reindex.span, reindex.generation) {
        stage::supersede(transaction, key, replaced).await?;
    }
    stage::save(transaction, key, Layer::Live, &before, &live).await?;
    stage::raise_generation(transaction, key, reindex.generation).await?;
    finish(transaction, reindex, "done").await
}

/// Begins again, under the given decoder, every open re-derivation of another decoder.
pub(super) async fn restart_outdated(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
    decoder: u32,
) -> Result<(), StateError> {
    for outdated in list(transaction, key)
        .await?
        .into_iter()
        .filter(|reindex| reindex.decoder != decoder)
    {
        cancel(transaction, &outdated).await?;
        open(transaction, key, outdated.span, decoder).await?;
    }
    Ok(())
}

async fn open(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
    span: Span,
    decoder: u32,
) -> Result<Reindex, StateError> {
    let generation = stage::take_generation(transaction, key).await?;
    sqlx::query(sql!("reindex_open"))
        .bind(&key.network)
        .bind(&key.stage)
        .bind(i64::from(generation))
        .bind(signed("height", span.from)?)
        .bind(signed("height", span.to)?)
        .bind(i64::from(decoder))
        .bind(now_ms())
        .execute(&mut **transaction)
        .await?;
    Ok(Reindex {
        key: key.clone(),
        span,
        generation,
        decoder,
    })
}

async fn cancel(transaction: &mut Transaction<'_, Any>, reindex: &Reindex) -> Result<(), StateError> {
    let key = &reindex.key;
    let rows = sqlx::query(sql!("range_of_generation"))
        .bind(&key.network)
        .bind(&key.stage)
        .bind(i64::from(reindex.generation))
        .fetch_all(&mut **transaction)
        .await?;
    for row in &rows {
        let range = claimed(key, row)?;
        if row.try_get::<i64, _>("inserting")? != 0 {
            stage::supersede(
                transaction,
                key,
                Segment {
                    span: range.span,
                    generation: range.generation,
                },
            )
            .await?;
        }
        claim::delete(transaction, &range).await?;
    }
    let layer = Layer::Staged(reindex.generation);
    let staged = stage::load(transaction, key, layer).await?;
    for segment in staged.segments() {
        stage::supersede(transaction, key, *segment).await?;
    }
    stage::save(transaction, key, layer, &staged, &Default::default()).await?;
    finish(transaction, reindex, "cancelled").await
}

async fn finish(
    transaction: &mut Transaction<'_, Any>,
    reindex: &Reindex,
    status: &'static str,
) -> Result<(), StateError> {
    sqlx::query(sql!("reindex_finish"))
        .bind(&reindex.key.network)
        .bind(&reindex.key.stage)
        .bind(i64::from(reindex.generation))
        .bind(status)
        .bind(now_ms())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn expect_open(transaction: &mut Transaction<'_, Any>, reindex: &Reindex) -> Result<Reindex, StateError> {
    find(transaction, &reindex.key, reindex.generation)
        .await?
        .ok_or_else(|| StateError::ReindexClosed {
            key: reindex.key.clone(),
            generation: reindex.generation,
        })
}

async fn list(connection: &mut AnyConnection, key: &StageKey) -> Result<Vec<Reindex>, StateError> {
    let rows = sqlx::query(sql!("reindex_list"))
        .bind(&key.network)
        .bind(&key.stage)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let Segment { span, generation } = segment(row)?;
            Ok(Reindex {
                key: key.clone(),
                span,
                generation,
                decoder: small("decoder", row.try_get("decoder")?)?,
            })
        })
        .collect()
}
