//! Indexed transfers, for the discovery of payout accounts.

use super::read::failed;
use crate::audit::error::AuditError;
use crate::chain::render::discover::Transfer;
use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Row, Serialize, Deserialize)]
struct StoredTransfer {
    slot: u64,
    time_s: i64,
    signature: String,
    source_account: String,
    source_owner: String,
    dest_account: String,
    dest_owner: String,
    amount: u64,
}

/// Transfers of a network between two seconds, both included, to the wallets (by owner or by token account).
///
/// Rows are read as a stream, so that a traded token costs time and not memory.
///
/// # Errors
/// The table cannot be read.
pub async fn read_transfers(
    client: &Client,
    network: &str,
    (from_s, to_s): (i64, i64),
    wallets: &BTreeSet<&str>,
) -> Result<Vec<Transfer>, AuditError> {
    let failed = failed("render_token_events");
    let query = client
        .query(include_str!("sql/transfers.sql"))
        .param("network", network);
    let query = query
        .param("from_ms", from_s.saturating_mul(1000))
        .param("to_ms", to_s.saturating_mul(1000).saturating_add(999));
    let (mut rows, mut transfers) = (query.fetch::<StoredTransfer>().map_err(&failed)?, Vec::new());
    while let Some(row) = rows.next().await.map_err(&failed)? {
        if wallets.contains(row.dest_owner.as_str()) || wallets.contains(row.dest_account.as_str()) {
            transfers.push(Transfer {
                slot: row.slot,
                time_s: row.time_s,
                signature: row.signature,
                source_account: row.source_account,
                source_owner: row.source_owner,
                dest_account: row.dest_account,
                dest_owner: row.dest_owner,
                amount: row.amount,
            });
        }
    }
    Ok(transfers)
}

/// Decimals of the network's mint, as its checked instructions state them; `None`: none was indexed.
///
/// # Errors
/// The table cannot be read.
pub async fn read_decimals(client: &Client, network: &str) -> Result<Option<u8>, AuditError> {
    let query = client.query(include_str!("sql/decimals.sql")).param("network", network);
    let decimals: u8 = query.fetch_one().await.map_err(failed("render_token_events"))?;
    Ok(Some(decimals).filter(|decimals| *decimals > 0))
}
