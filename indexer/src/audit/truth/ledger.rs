//! Providers, audits, BME, oracle and supply.

use super::files::{Folder, insert};
use crate::audit::canon::canonical;
use crate::audit::error::TruthError;
use crate::audit::keys;
use crate::audit::node::Node;
use crate::audit::rows::{Audit, LedgerRecord, Price, Provider, Supply, Vault};
use crate::audit::snapshot::{Snapshot, Table, VAULT_KEY};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

type Entry<T> = Result<(String, T), TruthError>;

/// Reads the ledger's files that are there.
pub(super) fn read(folder: &Folder, snapshot: &mut Snapshot) -> Result<(), TruthError> {
    snapshot.providers = table(folder, "providers", "providers", provider)?;
    snapshot.audits = table(folder, "audited_attributes", "providers", audit)?;
    snapshot.bme_ledger = table(folder, "bme_ledger", "records", record)?;
    snapshot.oracle_prices = table(folder, "oracle_prices", "prices", price)?;
    snapshot.supply = table(folder, "supply", "supply", supply)?;
    if let Some(document) = folder.document("bme_vault")? {
        let state = document.root().get("vault_state")?;
        let vault = Vault {
            balances: state.list("balances", Node::coin)?,
            total_burned: state.list("total_burned", Node::coin)?,
            total_minted: state.list("total_minted", Node::coin)?,
            remint_credits: state.list("remint_credits", Node::coin)?,
        };
        snapshot.bme_vault = Some(BTreeMap::from([(VAULT_KEY.to_owned(), vault)]));
    }
    Ok(())
}

fn table<T>(
    folder: &Folder,
    file: &str,
    field: &str,
    one: impl Fn(&Node<'_>) -> Entry<T>,
) -> Result<Table<T>, TruthError> {
    let Some(document) = folder.document(file)? else {
        return Ok(None);
    };
    let mut table = BTreeMap::new();
    for node in document.objects(field)? {
        let (key, object) = one(&node)?;
        insert(&mut table, key, object, &node)?;
    }
    Ok(Some(table))
}

fn attribute(node: &Node<'_>) -> Result<String, TruthError> {
    Ok(keys::attribute(&node.get("key")?.text()?, &node.get("value")?.text()?))
}

fn provider(node: &Node<'_>) -> Entry<Provider> {
    let info = node.get("info")?;
    let provider = Provider {
        host_uri: node.get("host_uri")?.text()?,
        email: info.get("email")?.text()?,
        website: info.get("website")?.text()?,
        attributes: node.list("attributes", attribute)?,
    };
    Ok((node.get("owner")?.text()?, provider))
}

fn audit(node: &Node<'_>) -> Entry<Audit> {
    let key = keys::audit(&node.get("owner")?.text()?, &node.get("auditor")?.text()?);
    Ok((
        key,
        Audit {
            attributes: node.list("attributes", attribute)?,
        },
    ))
}

/// Exactly one of the three records is printed, next to the status.
fn record(node: &Node<'_>) -> Entry<LedgerRecord> {
    let id = node.get("id")?;
    let body = node.one_of(&["pending_record", "executed_record", "canceled_record"])?;
    let record = LedgerRecord {
        status: node.get("status")?.text()?,
        record: canonical(body.value()),
    };
    let key = keys::record(
        &id.get("denom")?.text()?,
        &id.get("to_denom")?.text()?,
        &id.get("source")?.text()?,
        id.get("height")?.integer()?,
        id.get("sequence")?.integer()?,
    );
    Ok((key, record))
}

/// v2.0 keys a price by height and keeps the time in its state; v2.1 keys it by time and sequence.
fn price(node: &Node<'_>) -> Entry<Price> {
    let (id, state) = (node.get("id")?, node.get("state")?);
    let (time, sequence) = match id.find("height") {
        Some(height) => (state.get("timestamp")?, height.integer()?),
        None => (id.get("timestamp")?, id.get("sequence")?.integer()?),
    };
    let key = keys::price(
        id.get("source")?.integer()?,
        &id.get("denom")?.text()?,
        &id.get("base_denom")?.text()?,
        nanoseconds(&time)?,
        sequence,
    );
    Ok((
        key,
        Price {
            price: state.get("price")?.dec()?,
        },
    ))
}

fn nanoseconds(node: &Node<'_>) -> Result<i64, TruthError> {
    let parsed = OffsetDateTime::parse(&node.text()?, &Rfc3339).map_err(|error| node.error(error.to_string()))?;
    i64::try_from(parsed.unix_timestamp_nanos()).map_err(|_| node.error("a time out of range"))
}

fn supply(node: &Node<'_>) -> Entry<Supply> {
    let coin = node.coin()?;
    Ok((coin.denom, Supply { amount: coin.amount }))
}
