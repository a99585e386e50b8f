//! Claims: the right to insert the rows of a range.
//!
//! A claim is made before the first insert and stays until the range is committed, quarantined or, as long
//! as nothing was inserted, released. A crash leaves it; the next start runs exactly the same range again
//! with the same token.

use super::rows::{claimed, signed, small};
use super::{
    ClaimedRange, Quarantined, Segment, Span, StageKey, StateDb, StateError, WriterLease, begin, now_ms, reindex, sql,
    stage,
};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

impl StateDb {
    /// Claims a range that nobody has, under the current generation of the stage.
    pub async fn claim(
        &self,
        lease: &WriterLease,
        key: &StageKey,
        span: Span,
        decoder: u32,
    ) -> Result<ClaimedRange, StateError> {
        let mut transaction = self.write(lease).await?;
        let first = begin::first_height(&mut transaction, key).await?;
        if span.from < first {
            return Err(StateError::BeforeFirst {
                key: key.clone(),
                span,
                first,
            });
        }
        refuse_busy(&mut transaction, key, span).await?;
        let live = stage::load(&mut transaction, key, stage::Layer::Live).await?;
        if let Some(other) = live.segments().iter().find(|segment| segment.span.overlaps(span)) {
            return Err(StateError::overlap(key, span, *other));
        }
        stage::ensure(&mut transaction, key).await?;
        let generation = stage::row(&mut transaction, key).await?.unwrap_or_default().generation;
        let range = ClaimedRange {
            key: key.clone(),
            span,
            generation,
            decoder,
        };
        insert(&mut transaction, &range).await?;
        transaction.commit().await?;
        Ok(range)
    }

    /// The claims that an earlier run left, in order of height: run these before planning new ones.
    ///
    /// A claim of an older or newer decoder takes the given one. If rows of it may have been inserted, it
    /// moves to a fresh generation, because rows of two decoders must not mix; an open re-derivation begins
    /// again from its start for the same reason.
    pub async fn pending(
        &self,
        lease: &WriterLease,
        key: &StageKey,
        decoder: u32,
    ) -> Result<Vec<ClaimedRange>, StateError> {
        let mut transaction = self.write(lease).await?;
        reindex::restart_outdated(&mut transaction, key, decoder).await?;
        for (range, inserting) in list_claimed(&mut transaction, key).await? {
            if range.decoder != decoder {
                adopt(&mut transaction, &range, inserting, decoder).await?;
            }
        }
        let claims = list_claimed(&mut transaction, key).await?;
        transaction.commit().await?;
        Ok(claims.into_iter().map(|(range, _)| range).collect())
    }

    /// Gives back a claim under which nothing was inserted.
    pub async fn release(&self, lease: &WriterLease, range: &ClaimedRange) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        if expect_claimed(&mut transaction, range).await? {
            return Err(StateError::Inserting {
                key: range.key.clone(),
                span: range.span,
            });
        }
        delete(&mut transaction, range).await?;
        Ok(transaction.commit().await?)
    }

    /// Sets a claim aside because it cannot be derived; it blocks the watermark and shows in the status.
    pub async fn quarantine(&self, lease: &WriterLease, range: &ClaimedRange, reason: &str) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        expect_claimed(&mut transaction, range).await?;
        bind_range(sql!("range_quarantine"), range)?
            .bind(bounded(reason))
            .bind(now_ms())
            .execute(&mut *transaction)
            .await?;
        stage::bump_version(&mut transaction, &range.key).await?;
        Ok(transaction.commit().await?)
    }

    /// Makes all quarantined ranges of a stage claims again; [`StateDb::pending`] then lists them.
    pub async fn retry_quarantined(&self, lease: &WriterLease, key: &StageKey) -> Result<u64, StateError> {
        let mut transaction = self.write(lease).await?;
        let done = sqlx::query(sql!("range_retry"))
            .bind(&key.network)
            .bind(&key.stage)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        stage::bump_version(&mut transaction, key).await?;
        transaction.commit().await?;
        Ok(done)
    }

    /// The quarantined ranges of a stage, in order of height.
    pub async fn quarantined(&self, key: &StageKey) -> Result<Vec<Quarantined>, StateError> {
        let rows = sqlx::query(sql!("range_quarantined"))
            .bind(&key.network)
            .bind(&key.stage)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Quarantined {
                    range: claimed(key, row)?,
                    reason: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
                    since_ms: row.try_get::<Option<i64>, _>("finished_ms")?.unwrap_or_default(),
                })
            })
            .collect()
    }

    /// The claimed ranges of a stage, in order of height, for display.
    pub async fn claimed(&self, key: &StageKey) -> Result<Vec<ClaimedRange>, StateError> {
        let rows = sqlx::query(sql!("range_claimed"))
            .bind(&key.network)
            .bind(&key.stage)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| claimed(key, row)).collect()
    }

    /// Notes that rows of the range may exist from now on, and in which tables. Before the first insert.
    ///
    /// Returns whether they might before: then a token of the range may be remembered without its rows, and an
    /// acknowledgement proves nothing.
    pub async fn begin_insert(
        &self,
        lease: &WriterLease,
        range: &ClaimedRange,
        tables: &[&str],
    ) -> Result<bool, StateError> {
        let mut transaction = self.write(lease).await?;
        let before = expect_claimed(&mut transaction, range).await?;
        bind_range(sql!("range_inserting"), range)?
            .execute(&mut *transaction)
            .await?;
        for table in tables {
            sqlx::query(sql!("stage_table_add"))
                .bind(&range.key.network)
                .bind(&range.key.stage)
                .bind(*table)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(before)
    }
}

/// Longest reason that is kept: an error may quote a hostile body.
const MAX_REASON_BYTES: usize = 2000;

fn bounded(reason: &str) -> String {
    let mut end = reason.len().min(MAX_REASON_BYTES);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}

/// A statement whose first four parameters name a range.
pub(super) fn bind_range(
    sql: &'static str,
    range: &ClaimedRange,
) -> Result<sqlx::query::Query<'static, Any, sqlx::any::AnyArguments>, StateError> {
    Ok(sqlx::query(sql)
        .bind(range.key.network.clone())
        .bind(range.key.stage.clone())
        .bind(i64::from(range.generation))
        .bind(signed("height", range.span.from)?))
}

/// Fails unless the database has exactly this claim; returns whether rows of it may exist.
pub(super) async fn expect_claimed(
    transaction: &mut Transaction<'_, Any>,
    range: &ClaimedRange,
) -> Result<bool, StateError> {
    let row = bind_range(sql!("range_get"), range)?
        .fetch_optional(&mut **transaction)
        .await?;
    let found = match row {
        None => "there is no such range".to_owned(),
        Some(row) => {
            let to = super::rows::count(&row, "to_height")?;
            let status: String = row.try_get("status")?;
            let decoder = small("decoder", row.try_get("decoder")?)?;
            if to == range.span.to && status == "claimed" && decoder == range.decoder {
                return Ok(row.try_get::<i64, _>("inserting")? != 0);
            }
            format!("it ends at {to}, is {status}, has decoder {decoder}")
        }
    };
    Err(StateError::NotClaimed {
        key: range.key.clone(),
        span: range.span,
        generation: range.generation,
        decoder: range.decoder,
        found,
    })
}

/// Refuses a span that claimed or quarantined ranges overlap.
pub(super) async fn refuse_busy(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
    span: Span,
) -> Result<(), StateError> {
    match stage::busy(transaction, key, span).await?.into_iter().next() {
        None => Ok(()),
        Some((
            Segment {
                span: other,
                generation,
            },
            status,
        )) => Err(StateError::Overlap {
            key: key.clone(),
            span,
            other,
            generation,
            status,
        }),
    }
}

/// Writes a new claim.
pub(super) async fn insert(transaction: &mut Transaction<'_, Any>, range: &ClaimedRange) -> Result<(), StateError> {
    bind_range(sql!("range_insert"), range)?
        .bind(signed("height", range.span.to)?)
        .bind(i64::from(range.decoder))
        .bind(now_ms())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Forgets a claim.
pub(super) async fn delete(transaction: &mut Transaction<'_, Any>, range: &ClaimedRange) -> Result<(), StateError> {
    bind_range(sql!("range_delete"), range)?
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Gives a claim to another decoder, under a fresh generation if rows of it may exist.
async fn adopt(
    transaction: &mut Transaction<'_, Any>,
    range: &ClaimedRange,
    inserting: bool,
    decoder: u32,
) -> Result<(), StateError> {
    let mut generation = range.generation;
    if inserting {
        stage::supersede(
            transaction,
            &range.key,
            Segment {
                span: range.span,
                generation,
            },
        )
        .await?;
        generation = stage::take_generation(transaction, &range.key).await?;
        // Were this claim given back, a later one of the same heights would else write beside the superseded rows.
        stage::raise_generation(transaction, &range.key, generation).await?;
    }
    bind_range(sql!("range_move"), range)?
        .bind(i64::from(generation))
        .bind(i64::from(decoder))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// All claims of a stage and whether rows of each may exist.
async fn list_claimed(
    transaction: &mut Transaction<'_, Any>,
    key: &StageKey,
) -> Result<Vec<(ClaimedRange, bool)>, StateError> {
    let rows = sqlx::query(sql!("range_claimed"))
        .bind(&key.network)
        .bind(&key.stage)
        .fetch_all(&mut **transaction)
        .await?;
    let decode = |row: &AnyRow| Ok((claimed(key, row)?, row.try_get::<i64, _>("inserting")? != 0));
    rows.iter().map(decode).collect()
}
