//! What else has to be remembered: archive files, checkpoints, endpoints.

use super::rows::{count, count_option, signed, signed_option, small, span};
use super::{ArchivedFile, Checkpoint, EndpointHealth, Span, StageKey, StateDb, StateError, WriterLease, now_ms, sql};
use sqlx::Row;
use sqlx::any::AnyRow;

impl StateDb {
    /// Remembers a file of the archive; a file of the same heights is replaced.
    pub async fn record_archive(
        &self,
        lease: &WriterLease,
        network: &str,
        file: &ArchivedFile,
    ) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        sqlx::query(sql!("archive_put"))
            .bind(network)
            .bind(signed("height", file.span.from)?)
            .bind(signed("height", file.span.to)?)
            .bind(&file.path)
            .bind(&file.sha256)
            .bind(signed("bytes", file.bytes)?)
            .bind(now_ms())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Files of the archive that hold heights of `within`, in order; they may overlap.
    pub async fn archived(&self, network: &str, within: Span) -> Result<Vec<ArchivedFile>, StateError> {
        let rows = sqlx::query(sql!("archive_list"))
            .bind(network)
            .bind(signed("height", within.from)?)
            .bind(signed("height", within.to.min(i64::MAX as u64))?)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(ArchivedFile {
                    span: span(row)?,
                    path: row.try_get("path")?,
                    sha256: row.try_get("sha256")?,
                    bytes: count(row, "bytes")?,
                })
            })
            .collect()
    }

    /// Remembers a checkpoint of the state machine.
    pub async fn add_checkpoint(
        &self,
        lease: &WriterLease,
        key: &StageKey,
        checkpoint: &Checkpoint,
    ) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        sqlx::query(sql!("checkpoint_put"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(signed("height", checkpoint.height)?)
            .bind(i64::from(checkpoint.decoder))
            .bind(&checkpoint.path)
            .bind(&checkpoint.sha256)
            .bind(signed("bytes", checkpoint.bytes)?)
            .bind(now_ms())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The highest checkpoint of this decoder at or below `height`.
    pub async fn latest_checkpoint(
        &self,
        key: &StageKey,
        decoder: u32,
        height: u64,
    ) -> Result<Option<Checkpoint>, StateError> {
        let row = sqlx::query(sql!("checkpoint_latest"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(i64::from(decoder))
            .bind(signed("height", height.min(i64::MAX as u64))?)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| checkpoint(&row)).transpose()
    }

    /// Checkpoints of other decoders, and those below `keep_from`: what a clean-up may delete.
    pub async fn stale_checkpoints(
        &self,
        key: &StageKey,
        decoder: u32,
        keep_from: u64,
    ) -> Result<Vec<Checkpoint>, StateError> {
        let rows = sqlx::query(sql!("checkpoint_stale"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(i64::from(decoder))
            .bind(signed("height", keep_from)?)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(checkpoint).collect()
    }

    /// Forgets a checkpoint; delete its file afterwards.
    pub async fn forget_checkpoint(
        &self,
        lease: &WriterLease,
        key: &StageKey,
        checkpoint: &Checkpoint,
    ) -> Result<(), StateError> {
        let mut transaction = self.write(lease).await?;
        sqlx::query(sql!("checkpoint_delete"))
            .bind(&key.network)
            .bind(&key.stage)
            .bind(signed("height", checkpoint.height)?)
            .bind(i64::from(checkpoint.decoder))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Stores what is known about an endpoint. Needs no lease: it decides nothing.
    pub async fn record_endpoint(&self, network: &str, health: &EndpointHealth) -> Result<(), StateError> {
        sqlx::query(sql!("endpoint_put"))
            .bind(network)
            .bind(&health.url)
            .bind(&health.state)
            .bind(signed_option("latency", health.latency_ms)?)
            .bind(signed_option("tip", health.tip_height)?)
            .bind(signed_option("lowest height", health.lowest_height)?)
            .bind(signed("requests", health.requests)?)
            .bind(signed("failures", health.failures)?)
            .bind(health.last_ok_ms)
            .bind(health.last_error.clone())
            .bind(health.last_error_ms)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What is known about the endpoints of a network.
    pub async fn endpoints(&self, network: &str) -> Result<Vec<EndpointHealth>, StateError> {
        let rows = sqlx::query(sql!("endpoint_list"))
            .bind(network)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(endpoint).collect()
    }
}

fn checkpoint(row: &AnyRow) -> Result<Checkpoint, StateError> {
    Ok(Checkpoint {
        height: count(row, "height")?,
        decoder: small("decoder", row.try_get("decoder")?)?,
        path: row.try_get("path")?,
        sha256: row.try_get("sha256")?,
        bytes: count(row, "bytes")?,
    })
}

fn endpoint(row: &AnyRow) -> Result<EndpointHealth, StateError> {
    Ok(EndpointHealth {
        url: row.try_get("url")?,
        state: row.try_get("state")?,
        latency_ms: count_option(row, "latency_ms")?,
        tip_height: count_option(row, "tip_height")?,
        lowest_height: count_option(row, "lowest_height")?,
        requests: count(row, "requests")?,
        failures: count(row, "failures")?,
        last_ok_ms: row.try_get("last_ok_ms")?,
        last_error: row.try_get("last_error")?,
        last_error_ms: row.try_get("last_error_ms")?,
    })
}
