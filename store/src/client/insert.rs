//! Inserts, and what an acknowledgement says.

use super::{ClickHouse, ClientError, quote_identifier};
use bytes::Bytes;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Time to hand one chunk to the socket.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for the server to take in one insert.
const INSERT_TIMEOUT: Duration = Duration::from_secs(300);

/// An insert that ClickHouse acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an insert that was retried may be acknowledged without its rows"]
pub struct Acknowledged {
    /// Attempts that it took.
    pub attempts: u32,
}

impl Acknowledged {
    /// Whether an attempt of unknown end came before the acknowledged one.
    ///
    /// ClickHouse notes a token before the rows are there for good. A server that dies in between takes the next
    /// attempt for a duplicate and acknowledges it: whether the rows are there must be looked up.
    pub fn retried(self) -> bool {
        self.attempts > 1
    }
}

impl ClickHouse {
    /// Inserts RowBinary as one block, acknowledged, at most once.
    ///
    /// `chunks` is called once per attempt and yields the body; every attempt carries the same deduplication
    /// token, so that an insert whose answer was lost does not count twice. A token that was sent before this call, or
    /// an answer that says [`Acknowledged::retried`], does not prove that the rows are there.
    pub async fn insert_batch_table<I>(
        &self,
        table: &str,
        columns: &[&str],
        chunks: impl Fn() -> I + Send + Sync,
        token: &str,
    ) -> Result<Acknowledged, ClientError>
    where
        I: Iterator<Item = Bytes> + Send,
    {
        let sql = insert_sql(table, columns);
        let attempts = AtomicU32::new(0);
        self.retrying(|| {
            attempts.fetch_add(1, Ordering::Relaxed);
            self.insert_once(&sql, chunks(), token)
        })
        .await?;
        Ok(Acknowledged {
            attempts: attempts.into_inner(),
        })
    }

    /// Inserts RowBinary of rows that readers take once however often they are stored, at least once.
    ///
    /// An insert that was retried is sent again under a token of its own, until one is acknowledged at the first
    /// attempt: that one is there.
    pub async fn insert_at_least_once(
        &self,
        table: &str,
        columns: &[&str],
        rows: &Bytes,
        token: &str,
    ) -> Result<(), ClientError> {
        loop {
            let token = format!("{token}:{:016x}", fastrand::u64(..));
            let chunks = || std::iter::once(rows.clone());
            if !self.insert_batch_table(table, columns, chunks, &token).await?.retried() {
                return Ok(());
            }
        }
    }

    /// Inserts RowBinary of rows that readers take once however often they are stored: once under `token`, where no
    /// attempt fails.
    ///
    /// The same rows under the same token again add nothing. An insert that was retried here is sent again under tokens of
    /// its own, as [`Self::insert_at_least_once`] does. What an earlier process sent and never saw acknowledged is
    /// believed to be there: the embedded engine forgets a token without rows before it starts.
    pub async fn insert_unless_known(
        &self,
        table: &str,
        columns: &[&str],
        rows: &Bytes,
        token: &str,
    ) -> Result<(), ClientError> {
        let chunks = || std::iter::once(rows.clone());
        if self.insert_batch_table(table, columns, chunks, token).await?.retried() {
            return self.insert_at_least_once(table, columns, rows, token).await;
        }
        Ok(())
    }

    async fn insert_once(
        &self,
        sql: &str,
        chunks: impl Iterator<Item = Bytes> + Send,
        token: &str,
    ) -> Result<(), clickhouse::error::Error> {
        let mut insert = self
            .client
            .insert_formatted_with(sql)
            .with_timeouts(Some(SEND_TIMEOUT), Some(INSERT_TIMEOUT))
            .with_setting("insert_deduplication_token", token)
            .with_setting("insert_deduplicate", "1")
            .with_setting("async_insert", "0")
            .with_setting("wait_end_of_query", "1");
        for chunk in chunks {
            insert.send(chunk).await?;
        }
        insert.end().await
    }
}

/// `INSERT INTO` for the given columns; names are quoted.
fn insert_sql(table: &str, columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quote_identifier(column)).collect();
    format!(
        "INSERT INTO {}({}) FORMAT RowBinary",
        quote_identifier(table),
        columns.join(",")
    )
}
