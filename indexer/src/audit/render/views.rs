//! What readers see through the views, against the same truth.

use super::compare::RenderDifference;
use super::read::failed;
use super::truth::RenderTruth;
use crate::audit::error::AuditError;
use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Row, Serialize, Deserialize)]
struct Balance {
    account: String,
    balance: u64,
}

/// Compares `render_supply_as_of` and `render_balances_as_of` with the node's answers at the end of each epoch.
/// `last_slot`: the last that is indexed; an epoch may end after it without a transaction in between.
///
/// # Errors
/// A view cannot be read.
pub async fn compare_views(
    client: &Client,
    network: &str,
    truth: &RenderTruth,
    last_slot: u64,
) -> Result<Vec<RenderDifference>, AuditError> {
    let mut differences = Vec::new();
    for epoch in truth.epochs.iter().flatten() {
        let end = format!("end of epoch {} (slot {})", epoch.epoch, epoch.last_slot);
        let read = |sql: &str| {
            client
                .query(sql)
                .param("network", network)
                .param("as_of", epoch.last_slot.min(last_slot))
        };
        let supply: Option<String> = read(include_str!("sql/view_supply.sql"))
            .fetch_optional()
            .await
            .map_err(failed("render_supply_as_of"))?;
        let balances: Vec<Balance> = read(include_str!("sql/view_balances.sql"))
            .fetch_all()
            .await
            .map_err(failed("render_balances_as_of"))?;
        let got = supply.unwrap_or_else(|| "absent".to_owned());
        if let Some(expected) = epoch
            .supply
            .map(|supply| supply.to_string())
            .filter(|expected| *expected != got)
        {
            differences.push(RenderDifference {
                what: "supply",
                place: format!("render_supply_as_of, {end}"),
                expected,
                got,
            });
        }
        let stored: BTreeMap<&str, u64> = balances.iter().map(|row| (row.account.as_str(), row.balance)).collect();
        for holding in &epoch.balances {
            let got = stored.get(holding.account.as_str()).copied().unwrap_or(0);
            if got != holding.amount {
                differences.push(RenderDifference {
                    what: "balance",
                    place: format!("render_balances_as_of, {end}, {} {}", holding.name, holding.account),
                    expected: holding.amount.to_string(),
                    got: got.to_string(),
                });
            }
        }
    }
    Ok(differences)
}
