//! Rows of the ledger's tables: the value of an object at the end of a block, or that it is gone.

use super::records::coin_json;
use super::{Ledger, PriceId, RecordId};
use crate::chain::akash::model::{Attribute, Coin};
use crate::chain::akash::state::output::ObjectKey;
use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::Serialize;
use serde_json::{Value, json};

/// Row of `providers`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct ProviderRow {
    owner: String,
    host_uri: String,
    email: String,
    website: String,
    created_at: u64,
    attributes: String,
    removed: u8,
}

/// Row of `provider_attributes`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct ProviderAttributeRow {
    owner: String,
    key: String,
    value: String,
    removed: u8,
}

/// Row of `audits`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct AuditRow {
    owner: String,
    auditor: String,
    attributes: String,
    removed: u8,
}

/// Row of `bme_vault`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct BmeVaultRow {
    balances: String,
    total_burned: String,
    total_minted: String,
    remint_credits: String,
    removed: u8,
}

/// Row of `bme_ledger`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct BmeLedgerRow {
    denom: String,
    to_denom: String,
    source: String,
    record_height: u64,
    sequence: u64,
    status: String,
    record: String,
    removed: u8,
}

/// Row of `oracle_prices`; times in nanoseconds, the price scaled by 10^18.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct OraclePriceRow {
    source: u32,
    denom: String,
    base_denom: String,
    price_time: i64,
    sequence: u64,
    price: i128,
    removed: u8,
}

/// Row of `oracle_status`; prices scaled by 10^18.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct OracleStatusRow {
    denom: String,
    median_price: Option<i128>,
    twap: Option<i128>,
    healthy: u8,
    removed: u8,
}

/// Row of `supply`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct SupplyRow {
    denom: String,
    amount: u128,
    removed: u8,
}

macro_rules! tables {
    ($($row:ident: $table:literal,)*) => {$(
        impl TableRow for $row {
            const TABLE: &'static str = $table;
        }
    )*};
}

tables! {
    ProviderRow: "providers",
    ProviderAttributeRow: "provider_attributes",
    AuditRow: "audits",
    BmeVaultRow: "bme_vault",
    BmeLedgerRow: "bme_ledger",
    OraclePriceRow: "oracle_prices",
    OracleStatusRow: "oracle_status",
    SupplyRow: "supply",
}

impl Ledger {
    /// Writes the row of a marked object as it is now. False: the object is of another part of the state.
    pub fn push_row(&self, key: &ObjectKey, identity: &Identity, batch: &mut Batch) -> Result<bool, EncodeError> {
        match key {
            ObjectKey::Provider(owner) => batch.push(identity, &self.provider_row(owner))?,
            ObjectKey::ProviderAttribute {
                owner,
                key: name,
                value,
            } => {
                let row = ProviderAttributeRow {
                    owner: owner.clone(),
                    key: name.clone(),
                    value: value.clone(),
                    removed: u8::from(!self.holds(key)),
                };
                batch.push(identity, &row)?;
            }
            ObjectKey::Audit { owner, auditor } => batch.push(identity, &self.audit_row(owner, auditor))?,
            ObjectKey::BmeVault => batch.push(identity, &self.vault_row())?,
            ObjectKey::BmeLedger { .. } => batch.push(identity, &self.record_row(key))?,
            ObjectKey::OraclePrice { .. } => batch.push(identity, &self.price_row(key))?,
            ObjectKey::OracleStatus(denom) => batch.push(identity, &self.status_row(denom))?,
            ObjectKey::Supply(denom) => batch.push(identity, &self.supply_row(denom))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn provider_row(&self, owner: &str) -> ProviderRow {
        let Some(provider) = self.providers.get(owner) else {
            return ProviderRow {
                owner: owner.to_owned(),
                removed: 1,
                ..ProviderRow::default()
            };
        };
        let record = &provider.record;
        ProviderRow {
            owner: owner.to_owned(),
            host_uri: record.host_uri.clone(),
            email: record.email.clone(),
            website: record.website.clone(),
            created_at: provider.created_at,
            attributes: attributes_text(&record.attributes),
            removed: 0,
        }
    }

    fn audit_row(&self, owner: &str, auditor: &str) -> AuditRow {
        let signed = self.audits.get(owner, auditor);
        AuditRow {
            owner: owner.to_owned(),
            auditor: auditor.to_owned(),
            attributes: attributes_text(signed.unwrap_or_default()),
            removed: u8::from(signed.is_none()),
        }
    }

    fn vault_row(&self) -> BmeVaultRow {
        let Some(vault) = self.vault() else {
            return BmeVaultRow {
                removed: 1,
                ..BmeVaultRow::default()
            };
        };
        BmeVaultRow {
            balances: coins_text(&vault.balances),
            total_burned: coins_text(&vault.total_burned),
            total_minted: coins_text(&vault.total_minted),
            remint_credits: coins_text(&vault.remint_credits),
            removed: 0,
        }
    }

    fn record_row(&self, key: &ObjectKey) -> BmeLedgerRow {
        let Some(id) = RecordId::of_key(key) else {
            return BmeLedgerRow::default();
        };
        let record = self.bme.record(&id);
        BmeLedgerRow {
            status: record.map_or("", |record| record.status()).to_owned(),
            record: record.map_or_else(String::new, |record| self.bme.record_json(record).to_string()),
            removed: u8::from(record.is_none()),
            denom: id.denom,
            to_denom: id.to_denom,
            source: id.source,
            record_height: id.height,
            sequence: id.sequence,
        }
    }

    fn price_row(&self, key: &ObjectKey) -> OraclePriceRow {
        let Some(id) = PriceId::of_key(key) else {
            return OraclePriceRow::default();
        };
        let price = self.oracle.price(&id);
        OraclePriceRow {
            source: id.source,
            denom: id.denom,
            base_denom: id.base_denom,
            price_time: id.time_ns,
            sequence: id.sequence,
            price: price.unwrap_or_default().scaled(),
            removed: u8::from(price.is_none()),
        }
    }

    fn status_row(&self, denom: &str) -> OracleStatusRow {
        let status = self.oracle.status(denom);
        OracleStatusRow {
            denom: denom.to_owned(),
            median_price: status.and_then(|status| status.median).map(|price| price.scaled()),
            twap: status.and_then(|status| status.twap).map(|price| price.scaled()),
            healthy: u8::from(status.is_some_and(|status| status.healthy)),
            removed: u8::from(status.is_none()),
        }
    }

    fn supply_row(&self, denom: &str) -> SupplyRow {
        let amount = self.supply.of(denom);
        SupplyRow {
            denom: denom.to_owned(),
            // A supply is never negative: `Supply` refuses to go below zero.
            amount: amount.unsigned_abs(),
            removed: u8::from(amount == 0),
        }
    }
}

fn attributes_text(attributes: &[Attribute]) -> String {
    let one = |attribute: &Attribute| json!({"key": attribute.key, "value": attribute.value});
    Value::from_iter(attributes.iter().map(one)).to_string()
}

fn coins_text(coins: &[Coin]) -> String {
    Value::from_iter(coins.iter().map(coin_json)).to_string()
}
