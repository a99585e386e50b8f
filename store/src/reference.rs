//! Reference rows that no chain gives: the watch set, the boundaries of epochs, what others report.
//!
//! Two kinds. A [`ReferenceList`] is one thing as a whole (all watched accounts of a network, all its epochs): a new list
//! replaces the old one, also where it is shorter, and readers see the newest (`<table>_newest`). A [`ReportedRow`] is
//! one published number: a newer reading of it replaces the older one, row by row. Neither is part of the commit
//! protocol, for neither is derived from the chain; both may be written again at any time and count once.

mod prices;
mod rows;

pub use prices::{ReferencePriceRow, store_reference_prices};
pub use rows::{EpochBoundaryRow, ReportedEpochRow, ReportedLiabilityRow, WatchAccountRow};

use crate::client::{ClickHouse, ClientError, quote_identifier, quote_string};
use crate::row_binary::{self, EncodeError};
use crate::state_db::now_ms;
use bytes::Bytes;
use clickhouse::Row;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

/// A row of a table whose rows make one list per network.
///
/// The row type declares the columns after `network`, `version` and `digest`.
pub trait ReferenceList: Row + Serialize {
    /// The table.
    const TABLE: &'static str;
}

/// A row of what somebody reports. The row type declares the columns after `network`.
pub trait ReportedRow: Row + Serialize {
    /// The table.
    const TABLE: &'static str;
}

/// A list as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its version.
    pub version: u64,
    /// Whether this call wrote it; `false`: the same list was the newest already.
    pub changed: bool,
}

/// Reference rows that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A list without rows.
    #[error("the list for {table} is empty, which would leave the old one in force; give at least one row")]
    Empty {
        /// The table.
        table: &'static str,
    },
    /// A row that has no stored form.
    #[error("a row of {table} cannot be stored: {source}")]
    Encode {
        /// The table.
        table: &'static str,
        /// Why.
        #[source]
        source: EncodeError,
    },
    /// ClickHouse failed.
    #[error("{table} cannot be written: {source}")]
    Client {
        /// The table.
        table: &'static str,
        /// What ClickHouse said.
        #[source]
        source: ClientError,
    },
}

/// Makes `rows` the newest list of `network`.
///
/// The same list again writes nothing. Versions are milliseconds since the Unix epoch, but always above the last.
pub async fn publish_list<T: ReferenceList>(
    client: &ClickHouse,
    network: &str,
    rows: &[T],
) -> Result<Published, ReferenceError> {
    if rows.is_empty() {
        return Err(ReferenceError::Empty { table: T::TABLE });
    }
    let bodies = bodies(T::TABLE, rows)?;
    let digest = xxh3_64(&bodies.concat());
    let newest = newest(client, T::TABLE, network).await?;
    if let Some((version, known)) = newest
        && known == digest
    {
        return Ok(Published {
            version,
            changed: false,
        });
    }
    let above = newest.map_or(0, |(version, _)| version + 1);
    let version = u64::try_from(now_ms()).unwrap_or(0).max(above);
    let mut head = Vec::new();
    row_binary::put_string(network.as_bytes(), &mut head);
    head.extend_from_slice(&version.to_le_bytes());
    head.extend_from_slice(&digest.to_le_bytes());
    let token = format!("{network}:{}:{version}:{digest:016x}", T::TABLE);
    let columns = ["network", "version", "digest"];
    insert(client, T::TABLE, &columns, T::COLUMN_NAMES, &head, &bodies, &token).await?;
    Ok(Published { version, changed: true })
}

/// Stores what somebody reports of `network`. The same rows again count once; no rows are no change.
pub async fn store_reported<T: ReportedRow>(
    client: &ClickHouse,
    network: &str,
    rows: &[T],
) -> Result<(), ReferenceError> {
    if rows.is_empty() {
        return Ok(());
    }
    let bodies = bodies(T::TABLE, rows)?;
    let mut head = Vec::new();
    row_binary::put_string(network.as_bytes(), &mut head);
    let token = format!("{network}:{}:{:016x}", T::TABLE, xxh3_64(&bodies.concat()));
    insert(client, T::TABLE, &["network"], T::COLUMN_NAMES, &head, &bodies, &token).await
}

/// RowBinary of each row.
fn bodies<T: Row + Serialize>(table: &'static str, rows: &[T]) -> Result<Vec<Vec<u8>>, ReferenceError> {
    rows.iter()
        .map(|row| {
            let mut body = Vec::new();
            row_binary::encode(row, &mut body).map_err(|source| ReferenceError::Encode { table, source })?;
            Ok(body)
        })
        .collect()
}

/// Version and digest of the newest list of a network.
async fn newest(client: &ClickHouse, table: &'static str, network: &str) -> Result<Option<(u64, u64)>, ReferenceError> {
    let sql = include_str!("reference/newest.sql")
        .replace("{table}", &quote_identifier(table))
        .replace("{network}", &quote_string(network));
    let rows = client
        .fetch_all::<(u64, u64)>(&sql)
        .await
        .map_err(|source| ReferenceError::Client { table, source })?;
    Ok(rows.into_iter().next())
}

async fn insert(
    client: &ClickHouse,
    table: &'static str,
    shared: &[&str],
    body: &[&str],
    head: &[u8],
    bodies: &[Vec<u8>],
    token: &str,
) -> Result<(), ReferenceError> {
    let columns: Vec<&str> = shared.iter().chain(body).copied().collect();
    let mut bytes = Vec::new();
    for body in bodies {
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(body);
    }
    client
        .insert_unless_known(table, &columns, &Bytes::from(bytes), token)
        .await
        .map_err(|source| ReferenceError::Client { table, source })
}
