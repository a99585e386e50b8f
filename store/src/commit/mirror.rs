//! Copies of the state database in ClickHouse, for readers. They may lag, never lead.

use super::CommitError;
use crate::client::{ClickHouse, ClientError};
use crate::row_binary::{EncodeError, encode};
use crate::state_db::{Network, StageKey, StateDb, now_ms};
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;

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
const NETWORK_COLUMNS: [&str; 7] = [
    "network",
    "chain_id",
    "kind",
    "first_height",
    "note",
    "instance",
    "mirrored_at",
];

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
    let token = token(LIVE, key, list.version);
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
    let token = token(QUARANTINED, key, version);
    insert(client, QUARANTINED, &QUARANTINED_COLUMNS, rows.into_iter(), &token).await
}

/// Writes the registered networks, after checking that their rows and this state database belong together.
/// Returns their names.
pub(super) async fn networks(client: &ClickHouse, state: &StateDb) -> Result<Vec<String>, CommitError> {
    let instance = state.instance().await?;
    let networks = state.networks().await?;
    check_instance(client, state, &networks, &instance).await?;
    let now = now_ms();
    let rows = networks.iter().map(|network| {
        let Network {
            name,
            chain_id,
            kind,
            first_height,
            note,
        } = network;
        (name, chain_id, kind, *first_height, note, &instance, now)
    });
    insert(client, NETWORKS, &NETWORK_COLUMNS, rows, &format!("{NETWORKS}:{now}")).await?;
    Ok(networks.into_iter().map(|network| network.name).collect())
}

/// Fails if ClickHouse lost what the state database says is committed, or holds what another one committed.
///
/// Going on would leave a gap that nothing shows, or rows of two histories side by side.
async fn check_instance(
    client: &ClickHouse,
    state: &StateDb,
    networks: &[Network],
    instance: &str,
) -> Result<(), CommitError> {
    let known: BTreeMap<String, String> = client
        .fetch_all::<(String, String)>(include_str!("sql/instances.sql"))
        .await
        .map_err(|source| CommitError::Mirror {
            table: NETWORKS,
            source,
        })?
        .into_iter()
        .collect();
    let stages = state.stages().await?;
    for network in networks.iter().map(|network| &network.name) {
        match known.get(network) {
            Some(other) if other != instance => {
                return Err(CommitError::OtherState {
                    network: network.clone(),
                });
            }
            Some(_) => {}
            None => {
                for key in stages.iter().filter(|key| key.network == *network) {
                    if !state.live_ranges(key).await?.live.is_empty() {
                        return Err(CommitError::RowsLost { key: key.clone() });
                    }
                }
            }
        }
    }
    Ok(())
}

/// A token; each mirror of the same version adds to it, because the table may have been restored from a backup
/// meanwhile. Readers take equal rows once.
fn token(table: &str, key: &StageKey, version: u64) -> String {
    format!("{}:{table}:{}:{version}", key.network, key.stage)
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
    client
        .insert_at_least_once(table, columns, &Bytes::from(bytes), token)
        .await
        .map_err(|source| CommitError::Mirror { table, source })
}

fn failed(table: &'static str, error: EncodeError) -> CommitError {
    let source = ClientError::Driver(clickhouse::error::Error::Other(Box::new(error)));
    CommitError::Mirror { table, source }
}
