//! Where a stage begins: with its network, or at a height of its own.
//!
//! The state of a chain whose past no node has begins with what a node answered about one height. That height is the
//! first of the stage, and a range of its own.

use super::rows::signed;
use super::stage::{self, Layer};
use super::{ClaimedRange, Segment, Span, StageKey, StateDb, StateError, WriterLease, claim, networks, reindex, sql};
use sqlx::{Any, Transaction};

impl StateDb {
    /// Where a stage begins, if not with its network.
    pub async fn stage_first(&self, key: &StageKey) -> Result<Option<u64>, StateError> {
        let mut connection = self.pool.acquire().await?;
        Ok(stage::row(&mut connection, key).await?.and_then(|row| row.first_height))
    }

    /// Makes `height` the first of a stage that has nothing yet, and claims it: both or neither.
    ///
    /// The network need not be registered yet; it must be before the claim is committed.
    pub async fn claim_first(
        &self,
        lease: &WriterLease,
        key: &StageKey,
        height: u64,
        decoder: u32,
    ) -> Result<ClaimedRange, StateError> {
        let mut transaction = self.write(lease).await?;
        refuse_begun(&mut transaction, key, height).await?;
        stage::ensure(&mut transaction, key).await?;
        let generation = stage::row(&mut transaction, key).await?.unwrap_or_default().generation;
        sqlx::query(sql!("stage_first"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(signed("height", height)?)
            .execute(&mut *transaction)
            .await?;
        let range = ClaimedRange {
            key: key.clone(),
            span: Span {
                from: height,
                to: height,
            },
            generation,
            decoder,
        };
        claim::insert(&mut transaction, &range).await?;
        transaction.commit().await?;
        Ok(range)
    }
}

/// First height of a stage: its own, else that of its network.
pub(super) async fn first_height(transaction: &mut Transaction<'_, Any>, key: &StageKey) -> Result<u64, StateError> {
    match stage::row(transaction, key).await?.and_then(|row| row.first_height) {
        Some(first) => Ok(first),
        None => networks::first_height(transaction, key).await,
    }
}

/// Refuses a stage of which anything is claimed, quarantined or committed, or is being derived again.
async fn refuse_begun(transaction: &mut Transaction<'_, Any>, key: &StageKey, height: u64) -> Result<(), StateError> {
    let everything = Span {
        from: 0,
        to: i64::MAX as u64,
    };
    let live = stage::load(transaction, key, Layer::Live).await?;
    let live = live
        .segments()
        .first()
        .map(|segment| (*segment, "committed".to_owned()));
    let found = match live {
        Some(found) => Some(found),
        None => stage::busy(transaction, key, everything).await?.into_iter().next(),
    };
    let Some((
        Segment {
            span: other,
            generation,
        },
        status,
    )) = found
    else {
        return reindex::refuse_open(transaction, key).await;
    };
    Err(StateError::Begun {
        key: key.clone(),
        height,
        first: stage::row(transaction, key)
            .await?
            .and_then(|row| row.first_height)
            .unwrap_or(other.from),
        other,
        generation,
        status,
    })
}
