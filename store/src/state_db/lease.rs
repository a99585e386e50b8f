//! The writer's lease, with a fence that tells a later holder from an earlier one.
//!
//! Expiry decides who may take the lease; the fence decides whose transactions count. A process that was
//! paused beyond its expiry therefore does no harm: its next transaction finds a higher fence.

use super::rows::{signed, unsigned};
use super::{StateDb, StateError, WriterLease, now_ms, sql};
use sqlx::{Any, Row, Transaction};
use std::time::Duration;

impl StateDb {
    /// Takes the lease `name` for `ttl`.
    ///
    /// An owner gets back its own lease at once, so `owner` must be something that only one process at a
    /// time can be: the identity of a locked data folder ([`crate::lock::DataDirLock::owner`]).
    pub async fn acquire_writer(&self, name: &str, owner: &str, ttl: Duration) -> Result<WriterLease, StateError> {
        let mut transaction = self.begin().await?;
        let now = now_ms();
        if let Some((holder, _, expires)) = holder(&mut transaction, name).await?
            && holder != owner
            && expires > now
        {
            return Err(StateError::LeaseHeld {
                name: name.into(),
                owner: holder,
                remaining_ms: expires - now,
            });
        }
        sqlx::query(sql!("lease_take"))
            .bind(name)
            .bind(owner)
            .bind(now.saturating_add(millis(ttl)))
            .execute(&mut *transaction)
            .await?;
        let fence = holder(&mut transaction, name).await?.map_or(0, |(_, fence, _)| fence);
        transaction.commit().await?;
        Ok(WriterLease {
            name: name.into(),
            owner: owner.into(),
            fence,
        })
    }

    /// Extends a lease to `ttl` from now; fails if another process took it over.
    pub async fn renew_writer(&self, lease: &WriterLease, ttl: Duration) -> Result<(), StateError> {
        self.set_expiry(lease, now_ms().saturating_add(millis(ttl))).await
    }

    /// Ends a lease, so that anyone may take it at once.
    pub async fn release_writer(&self, lease: &WriterLease) -> Result<(), StateError> {
        self.set_expiry(lease, 0).await
    }

    async fn set_expiry(&self, lease: &WriterLease, expires_ms: i64) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        sqlx::query(sql!("lease_renew"))
            .bind(&lease.name)
            .bind(&lease.owner)
            .bind(signed("fence", lease.fence)?)
            .bind(expires_ms)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// Fails unless `lease` is the one in force.
pub(super) async fn check(transaction: &mut Transaction<'_, Any>, lease: &WriterLease) -> Result<(), StateError> {
    let (owner, current) = holder(transaction, &lease.name)
        .await?
        .map_or((String::new(), 0), |(owner, fence, _)| (owner, fence));
    if owner == lease.owner && current == lease.fence {
        return Ok(());
    }
    Err(StateError::LeaseLost {
        name: lease.name.clone(),
        fence: lease.fence,
        owner,
        current,
    })
}

/// Owner, fence and expiry of a lease.
async fn holder(transaction: &mut Transaction<'_, Any>, name: &str) -> Result<Option<(String, u64, i64)>, StateError> {
    let row = sqlx::query(sql!("lease_get"))
        .bind(name)
        .fetch_optional(&mut **transaction)
        .await?;
    row.map(|row| {
        Ok((
            row.try_get("owner")?,
            unsigned("fence", row.try_get("fence")?)?,
            row.try_get("expires_ms")?,
        ))
    })
    .transpose()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
