//! The state database: what is claimed, committed, quarantined and live, and who may write.
//!
//! It is the only place that knows progress. Every change is one transaction that first checks the writer's
//! lease; ClickHouse only holds a mirror of it.

mod begin;
mod claim;
mod commit;
mod error;
mod lease;
mod networks;
mod records;
mod reindex;
mod rows;
mod spans;
mod stage;
mod status;
mod types;
mod watch;

pub use commit::RangeTotals;
pub use error::StateError;
pub use spans::{Coverage, Segment, Span};
pub use status::{NetworkStatus, StageStatus, Status};
pub use types::{
    ArchivedFile, Checkpoint, ClaimedRange, CommittedRange, EndpointHealth, LiveList, Network, Quarantined, Reindex,
    StageKey, Superseded, Watermark, WriterLease,
};
pub use watch::{WatchStatus, WatchedAccount};

use crate::migrate;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyPool, Executor, Transaction};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A statement from `state_db/sql`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/state_db/sql/", $name, ".sql"))
    };
}
use sql;

/// Connections: one writes, the others read beside it.
const MAX_CONNECTIONS: u32 = 4;
/// Longest wait for a connection or for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A handle to the state database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct StateDb {
    pool: AnyPool,
    begin_write: &'static str,
}

impl StateDb {
    /// Opens or creates the SQLite file at `path` and brings it up to date.
    pub async fn open_file(path: &Path) -> Result<Self, StateError> {
        Self::open(&sqlite_url(path)).await
    }

    /// Opens the database at `url` (`sqlite://…`) and brings it up to date.
    pub async fn open(url: &str) -> Result<Self, StateError> {
        let db = Self::connect(url).await?;
        migrate::state::up(&db.pool).await?;
        Ok(db)
    }

    /// Opens the database at `url` as it is.
    pub async fn connect(url: &str) -> Result<Self, StateError> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        let options = AnyConnectOptions::from_str(url)?;
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(BUSY_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        connection.execute(sql!("pragmas_sqlite")).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        // SQLite would otherwise take its write lock late and fail where it could wait.
        Ok(Self {
            pool,
            begin_write: if sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" },
        })
    }

    /// The pool, for the migration runner.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Waits for running transactions and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction that writes, after checking that `lease` still holds.
    async fn write(&self, lease: &WriterLease) -> Result<Transaction<'static, Any>, StateError> {
        let mut transaction = self.begin().await?;
        lease::check(&mut transaction, lease).await?;
        Ok(transaction)
    }

    /// Begins a transaction that writes.
    async fn begin(&self) -> Result<Transaction<'static, Any>, StateError> {
        Ok(self.pool.begin_with(self.begin_write).await?)
    }
}

/// Milliseconds since the Unix epoch, now.
pub(crate) fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// `path` as a URL that creates the file.
fn sqlite_url(path: &Path) -> String {
    let mut url = String::from("sqlite://");
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => url.push(char::from(byte)),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=rwc");
    url
}
