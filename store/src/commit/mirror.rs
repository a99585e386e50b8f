//! Copies of the state database in ClickHouse, for readers. They may lag, never lead.

use super::CommitError;
use crate::client::{ClickHouse, ClientError};
use crate::row_binary::{EncodeError, encode};
use crate::state_db::{StageKey, StateDb, now_ms};
use bytes::Bytes;
use serde::Serialize;

const LIVE: &str = "live_ranges";
const LIVE_COLUMNS: [&str; 7] = [
    "network",
    "stage",
    "version",
    "from_height",
    "to_height",
    "generation",
    "committed_at",
];
const QUARANTINED: &str = "quarantined_ranges";
const QUARANTINED_COLUMNS: [&str; 8] = [
    "network",
    "stage",
    "version",
    "from_height",
    "to_height",
    "generation",
    "reason",
    "since",
];
const NETWORKS: &str = "networks";
const NETWORK_COLUMNS: [&str; 6] = ["network", "chain_id", "kind", "first_height", "note", "mirrored_at"];

/// Writes the whole list of live segments as one block under the version of the state database.
pub(super) async fn live(client: &ClickHouse, state: &StateDb, key: &StageKey) -> Result<(), CommitError> {
    let list = state.live_ranges(key).await?;
    let segments = list.live.segments().iter();
    let rows = segments.map(|segment| {
        let span = segment.span;
        (
            &key.network,
            &key.stage,
            list.version,
            span.from,
            span.to,
            segment.generation,
            list.committed_ms,
        )
    });
    let token = format!("{}:{LIVE}:{}:{}", key.network, key.stage, list.version);
    insert(client, LIVE, &LIVE_COLUMNS, rows, &token).await
}

/// Writes the whole list of quarantined ranges; an empty list is one row with an empty range.
pub(super) async fn quarantined(client: &ClickHouse, state: &StateDb, key: &StageKey) -> Result<(), CommitError> {
    // The version is read first: if the list changes in between, the next mirror has a higher one.
    let version = state.live_ranges(key).await?.version;
    let list = state.quarantined(key).await?;
    let mut rows: Vec<_> = list
        .iter()
        .map(|item| {
            let range = &item.range;
            let (from, to) = (range.span.from, range.span.to);
            (
                &key.network,
                &key.stage,
                version,
                from,
                to,
                range.generation,
                item.reason.as_str(),
                item.since_ms,
            )
        })
        .collect();
    if rows.is_empty() {
        rows.push((&key.network, &key.stage, version, 1, 0, 0, "", 0));
    }
    let token = format!("{}:{QUARANTINED}:{}:{version}", key.network, key.stage);
    insert(client, QUARANTINED, &QUARANTINED_COLUMNS, rows.into_iter(), &token).await
}

/// Writes the registered networks.
pub(super) async fn networks(client: &ClickHouse, state: &StateDb) -> Result<(), CommitError> {
    let now = now_ms();
    let networks = state.networks().await?;
    let rows = networks.iter().map(|network| {
        (
            &network.name,
            &network.chain_id,
            &network.kind,
            network.first_height,
            network.note.as_str(),
            now,
        )
    });
    insert(client, NETWORKS, &NETWORK_COLUMNS, rows, &format!("{NETWORKS}:{now}")).await
}

async fn insert<R: Serialize>(
    client: &ClickHouse,
    table: &'static str,
    columns: &[&str],
    rows: impl Iterator<Item = R>,
    token: &str,
) -> Result<(), CommitError> {
    let mut bytes = Vec::new();
    for row in rows {
        encode(&row, &mut bytes).map_err(|error| failed(table, error))?;
    }
    if bytes.is_empty() {
        return Ok(());
    }
    let bytes = Bytes::from(bytes);
    client
        .insert_batch_table(table, columns, || std::iter::once(bytes.clone()), token)
        .await
        .map_err(|source| CommitError::Mirror { table, source })
}

fn failed(table: &'static str, error: EncodeError) -> CommitError {
    let source = ClientError::Driver(clickhouse::error::Error::Other(Box::new(error)));
    CommitError::Mirror { table, source }
}
