//! The commit protocol: data first, then the cursor, then the mirror.
//!
//! 1. Note in the state database that rows of the range may exist.
//! 2. Insert each table, with a token made of network, table, generation, decoder and range. Wait until all
//!    are acknowledged. Where an earlier attempt of unknown end came before, look up which rows are there, and
//!    insert the others under a fresh token: see [`mend`].
//! 3. Commit the range in the state database, in one transaction.
//! 4. Mirror the live ranges into ClickHouse, where readers look.
//!
//! A crash between any two steps leaves the claim; the range is run again with the same tokens, and what is
//! there already is not inserted twice. Readers see the range only after step 4, which may be late but never
//! early; [`Committer::resume`] catches up.

mod chunks;
mod error;
mod gc;
mod mend;
mod mirror;

pub use error::CommitError;
pub use gc::GcReport;

use crate::batch::{Batch, TableRows};
use crate::client::ClickHouse;
use crate::crash::CrashPoints;
use crate::state_db::{ClaimedRange, StageKey, StateDb, Watermark, WriterLease};
use futures::{StreamExt, stream};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Tables that are inserted at the same time: an insert mostly waits for the engine to write a part.
const CONCURRENT_INSERTS: usize = 4;

/// Writes batches: the only thing that writes facts.
#[derive(Clone, Debug)]
pub struct Committer {
    client: ClickHouse,
    state: StateDb,
    lease: WriterLease,
    crash: CrashPoints,
    /// Networks that are known to belong to this state database.
    checked: Arc<Mutex<BTreeSet<String>>>,
}

impl Committer {
    /// A committer that writes under `lease`.
    pub fn new(client: ClickHouse, state: StateDb, lease: WriterLease) -> Self {
        Self {
            client,
            state,
            lease,
            crash: CrashPoints::none(),
            checked: Arc::default(),
        }
    }

    /// The same with crash points, for tests.
    pub fn with_crash_points(mut self, crash: CrashPoints) -> Self {
        self.crash = crash;
        self
    }

    /// The lease under which it writes.
    pub fn lease(&self) -> &WriterLease {
        &self.lease
    }

    /// The tables it writes to, for reading.
    pub fn clickhouse(&self) -> &ClickHouse {
        &self.client
    }

    /// The state database.
    pub fn state(&self) -> &StateDb {
        &self.state
    }

    /// Inserts the rows of a claimed range and makes them visible.
    ///
    /// `batch` must hold all rows of the range and only those. On an error the claim stands; calling again
    /// with the same rows is safe.
    pub async fn commit(&self, range: &ClaimedRange, batch: &Batch) -> Result<Watermark, CommitError> {
        check(range, batch)?;
        self.check_network(&range.key.network).await?;
        self.crash.pass("after-claim");
        let tables: Vec<&str> = batch.tables.keys().copied().collect();
        let again = self.state.begin_insert(&self.lease, range, &tables).await?;
        let inserts: Vec<_> = batch
            .tables
            .iter()
            .map(|(table, rows)| self.insert(range, batch, table, rows, again))
            .collect();
        let mut acknowledged = stream::iter(inserts).buffer_unordered(CONCURRENT_INSERTS);
        let mut tables_done = 0;
        while let Some(result) = acknowledged.next().await {
            result?;
            tables_done += 1;
            self.crash.pass(&format!("after-insert-{tables_done}"));
        }
        self.crash.pass("after-insert-all");
        self.crash.pass("before-cursor");
        let watermark = self
            .state
            .commit(&self.lease, range, batch.rows(), batch.digest())
            .await?;
        self.crash.pass("after-cursor");
        self.mirror(&range.key).await?;
        self.crash.pass("after-mirror");
        Ok(watermark)
    }

    /// Sets a range aside and shows it to readers.
    pub async fn quarantine(&self, range: &ClaimedRange, reason: &str) -> Result<(), CommitError> {
        self.state.quarantine(&self.lease, range, reason).await?;
        self.mirror(&range.key).await
    }

    /// Checks that ClickHouse and the state database belong together and mirrors everything: to be called at
    /// the start, because a crash may have come between commit and mirror.
    pub async fn resume(&self) -> Result<(), CommitError> {
        self.mirror_networks().await?;
        for key in self.state.stages().await? {
            self.mirror(&key).await?;
        }
        Ok(())
    }

    /// Mirrors the live and the quarantined ranges of a stage.
    pub async fn mirror(&self, key: &StageKey) -> Result<(), CommitError> {
        mirror::live(&self.client, &self.state, key).await?;
        mirror::quarantined(&self.client, &self.state, key).await
    }

    /// Checks and mirrors the registered networks; the first commit of a network does so, too.
    pub async fn mirror_networks(&self) -> Result<(), CommitError> {
        let names = mirror::networks(&self.client, &self.state).await?;
        self.checked.lock().await.extend(names);
        Ok(())
    }

    /// Checks a network once in the life of this committer.
    async fn check_network(&self, network: &str) -> Result<(), CommitError> {
        if self.checked.lock().await.contains(network) {
            return Ok(());
        }
        self.mirror_networks().await
    }

    /// Inserts the rows of a table; `again`: this may have been tried before.
    async fn insert(
        &self,
        range: &ClaimedRange,
        batch: &Batch,
        table: &'static str,
        rows: &TableRows,
        again: bool,
    ) -> Result<(), CommitError> {
        let shared = chunks::shared_columns(&batch.origin, range.generation);
        let retried = self.send(table, rows, &shared, &range.token(table)).await?;
        if again || retried {
            self.mend(range, table, rows, &shared).await?;
        }
        Ok(())
    }

    /// Sends rows under tokens that begin with `token`; returns whether any of them took more than one attempt.
    async fn send(
        &self,
        table: &'static str,
        rows: &TableRows,
        shared: &[u8],
        token: &str,
    ) -> Result<bool, CommitError> {
        let columns: Vec<&str> = rows.columns().collect();
        let mut retried = false;
        for part in chunks::parts(rows) {
            let token = part.token(token);
            let acknowledged = self
                .client
                .insert_batch_table(table, &columns, || part.chunks(rows, shared), &token)
                .await
                .map_err(|source| CommitError::Insert { table, token, source })?;
            retried |= acknowledged.retried();
        }
        Ok(retried)
    }
}

/// Refuses a batch that does not belong to the range.
fn check(range: &ClaimedRange, batch: &Batch) -> Result<(), CommitError> {
    if batch.origin.network != range.key.network {
        return Err(CommitError::OtherNetwork {
            batch: batch.origin.network.clone(),
            range: range.key.network.clone(),
        });
    }
    let outside = |height: &&u64| **height < range.span.from || **height > range.span.to;
    match batch.digests.keys().find(outside) {
        Some(&height) => Err(CommitError::OutsideRange {
            height,
            span: range.span,
        }),
        None => Ok(()),
    }
}
