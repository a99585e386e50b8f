//! Everything but market and escrow.

use crate::audit::canon::canonical;
use crate::audit::keys;
use crate::audit::rows::{Audit, LedgerRecord, Price, Provider, Supply, Vault};
use crate::audit::snapshot::{Snapshot, VAULT_KEY};
use crate::chain::akash::model::Attribute;
use crate::chain::akash::state::ledger::Ledger;
use std::collections::BTreeMap;

impl Snapshot {
    /// Everything but market and escrow.
    pub fn from_ledger(ledger: &Ledger) -> Self {
        Self {
            providers: Some(providers(ledger)),
            audits: Some(audits(ledger)),
            bme_vault: Some(vault(ledger)),
            bme_ledger: Some(records(ledger)),
            oracle_prices: Some(prices(ledger)),
            supply: Some(supply(ledger)),
            ..Self::default()
        }
    }
}

fn lines(attributes: &[Attribute]) -> Vec<String> {
    attributes
        .iter()
        .map(|attribute| keys::attribute(&attribute.key, &attribute.value))
        .collect()
}

fn providers(ledger: &Ledger) -> BTreeMap<String, Provider> {
    let entry = |provider: &crate::chain::akash::state::ledger::Provider| {
        let record = &provider.record;
        let row = Provider {
            host_uri: record.host_uri.clone(),
            email: record.email.clone(),
            website: record.website.clone(),
            attributes: lines(&record.attributes),
        };
        (record.owner.clone(), row)
    };
    ledger.providers().iter().map(entry).collect()
}

fn audits(ledger: &Ledger) -> BTreeMap<String, Audit> {
    let audits = ledger.audits().iter();
    audits
        .map(|(id, attributes)| {
            (
                keys::audit(&id.owner, &id.auditor),
                Audit {
                    attributes: lines(attributes),
                },
            )
        })
        .collect()
}

fn vault(ledger: &Ledger) -> BTreeMap<String, Vault> {
    let row = |vault: crate::chain::akash::state::ledger::Vault| Vault {
        balances: vault.balances,
        total_burned: vault.total_burned,
        total_minted: vault.total_minted,
        remint_credits: vault.remint_credits,
    };
    ledger
        .vault()
        .map(|vault| (VAULT_KEY.to_owned(), row(vault)))
        .into_iter()
        .collect()
}

fn records(ledger: &Ledger) -> BTreeMap<String, LedgerRecord> {
    let records = ledger.bme().records();
    records
        .map(|(id, record)| {
            let row = LedgerRecord {
                status: record.status().to_owned(),
                record: canonical(&ledger.bme().record_json(record)),
            };
            (
                keys::record(&id.denom, &id.to_denom, &id.source, id.height, id.sequence),
                row,
            )
        })
        .collect()
}

fn prices(ledger: &Ledger) -> BTreeMap<String, Price> {
    let prices = ledger.oracle().prices();
    prices
        .map(|(id, price)| {
            let key = keys::price(id.source, &id.denom, &id.base_denom, id.time_ns, id.sequence);
            (key, Price { price })
        })
        .collect()
}

fn supply(ledger: &Ledger) -> BTreeMap<String, Supply> {
    let supply = ledger.supply().iter();
    supply
        .map(|(denom, amount)| (denom.clone(), Supply { amount }))
        .collect()
}
