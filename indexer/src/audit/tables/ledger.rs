//! Providers, audits, BME, oracle and supply from their views.

use super::read::{At, Reader};
use crate::audit::canon::canonical;
use crate::audit::error::{AuditError, TruthError};
use crate::audit::keys;
use crate::audit::node::Node;
use crate::audit::rows::{Audit, LedgerRecord, Price, Provider, Supply, Vault};
use crate::audit::snapshot::VAULT_KEY;
use crate::chain::akash::dec::Dec;
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

type Read<T> = Result<BTreeMap<String, T>, AuditError>;

fn attribute(node: &Node<'_>) -> Result<String, TruthError> {
    Ok(keys::attribute(&node.get("key")?.text()?, &node.get("value")?.text()?))
}

#[derive(Row, Deserialize)]
struct ProviderRow {
    owner: String,
    host_uri: String,
    email: String,
    website: String,
    attributes: String,
}

/// `providers`.
pub(super) async fn providers(reader: &Reader<'_>) -> Read<Provider> {
    let query = ("providers", include_str!("../sql/providers.sql"));
    let object = |row: ProviderRow, at: &At<'_>| {
        Ok(Provider {
            attributes: at.list("attributes", &row.attributes, attribute)?,
            host_uri: row.host_uri,
            email: row.email,
            website: row.website,
        })
    };
    reader.table(query, |row: &ProviderRow| row.owner.clone(), object).await
}

#[derive(Row, Deserialize)]
struct AuditRow {
    owner: String,
    auditor: String,
    attributes: String,
}

/// `audits`.
pub(super) async fn audits(reader: &Reader<'_>) -> Read<Audit> {
    let query = ("audits", include_str!("../sql/audits.sql"));
    let key = |row: &AuditRow| keys::audit(&row.owner, &row.auditor);
    let object = |row: AuditRow, at: &At<'_>| {
        let attributes = at.list("attributes", &row.attributes, attribute)?;
        Ok(Audit { attributes })
    };
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct VaultRow {
    balances: String,
    total_burned: String,
    total_minted: String,
    remint_credits: String,
}

/// `bme_vault`.
pub(super) async fn vault(reader: &Reader<'_>) -> Read<Vault> {
    let query = ("bme_vault", include_str!("../sql/bme_vault.sql"));
    let object = |row: VaultRow, at: &At<'_>| {
        Ok(Vault {
            balances: at.list("balances", &row.balances, |node| node.coin())?,
            total_burned: at.list("total_burned", &row.total_burned, |node| node.coin())?,
            total_minted: at.list("total_minted", &row.total_minted, |node| node.coin())?,
            remint_credits: at.list("remint_credits", &row.remint_credits, |node| node.coin())?,
        })
    };
    reader.table(query, |_: &VaultRow| VAULT_KEY.to_owned(), object).await
}

#[derive(Row, Deserialize)]
struct RecordRow {
    denom: String,
    to_denom: String,
    source: String,
    record_height: u64,
    sequence: u64,
    status: String,
    record: String,
}

/// `bme_ledger`.
pub(super) async fn records(reader: &Reader<'_>) -> Read<LedgerRecord> {
    let query = ("bme_ledger", include_str!("../sql/bme_ledger.sql"));
    let key = |row: &RecordRow| keys::record(&row.denom, &row.to_denom, &row.source, row.record_height, row.sequence);
    let object = |row: RecordRow, at: &At<'_>| {
        Ok(LedgerRecord {
            record: canonical(&at.json("record", &row.record)?),
            status: row.status,
        })
    };
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct PriceRow {
    source: u32,
    denom: String,
    base_denom: String,
    price_time: i64,
    sequence: u64,
    price: i128,
}

/// `oracle_prices`.
pub(super) async fn prices(reader: &Reader<'_>) -> Read<Price> {
    let query = ("oracle_prices", include_str!("../sql/oracle_prices.sql"));
    let key = |row: &PriceRow| keys::price(row.source, &row.denom, &row.base_denom, row.price_time, row.sequence);
    let object = |row: PriceRow, _: &At<'_>| {
        let price = Dec::from_scaled(row.price);
        Ok(Price { price })
    };
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct SupplyRow {
    denom: String,
    amount: u128,
}

/// `supply`.
pub(super) async fn supply(reader: &Reader<'_>) -> Read<Supply> {
    let query = ("supply", include_str!("../sql/supply.sql"));
    let object = |row: SupplyRow, at: &At<'_>| {
        let amount = at.signed(row.amount)?;
        Ok(Supply { amount })
    };
    reader.table(query, |row: &SupplyRow| row.denom.clone(), object).await
}
