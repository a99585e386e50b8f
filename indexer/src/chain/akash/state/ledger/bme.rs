//! The burn-mint equilibrium (v2.0.0+): ledger records and the vault.
//!
//! The vault's balances are the bank balances of the module account, except `uact`, where the chain
//! answers the whole supply. Totals and credits move with executed records only: the coins that the
//! v2.0.0 migration burned and minted, and those that funded the vault, touch the balances alone.

use super::fields::{self, Fields};
use super::records::{CoinPrice, Record, RecordId};
use super::start::BmeStart;
use super::supply::Supply;
use crate::chain::akash::model::Coin;
use crate::chain::akash::state::output::{ObjectKey, StateOutput};
use crate::chain::akash::state::pairs;
use std::collections::BTreeMap;

/// Module account of the vault: the first 20 bytes of the SHA-256 of `bme`.
pub const BME_ACCOUNT: &str = "akash1klpwzlvfnw7j8gtdd0cuu9vaw9ermsmd37sg55";
/// Denomination of ACT.
pub(super) const UACT: &str = "uact";
/// Denomination of AKT.
pub(super) const UAKT: &str = "uakt";

type Totals = BTreeMap<String, i128>;

/// The vault as the chain answers it: coins in order of denomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// Coins of the module account, and the whole supply of `uact`.
    pub balances: Vec<Coin>,
    /// Burned by executed records.
    pub total_burned: Vec<Coin>,
    /// Minted by executed records.
    pub total_minted: Vec<Coin>,
    /// AKT taken in and not given back.
    pub remint_credits: Vec<Coin>,
}

/// BME state.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bme {
    /// Bank balance of [`BME_ACCOUNT`]; kept in every era, for the account may be paid before the module is.
    held: Totals,
    /// Whether the module runs.
    active: bool,
    /// Whether pending records print their attempts (v2.1.0+).
    prints_attempts: bool,
    total_burned: Totals,
    total_minted: Totals,
    remint_credits: Totals,
    #[serde(with = "pairs")]
    records: BTreeMap<RecordId, Record>,
}

impl Bme {
    /// From the `bank` and, where there is one, the `bme` part of a genesis.
    pub(super) fn from_genesis(bank: &Fields, module: Option<&Fields>) -> Result<Self, String> {
        let mut bme = Self::default();
        for account in fields::list(bank, "balances")? {
            let account = account.as_object().ok_or("a balance is no object")?;
            if fields::text(account, "address")? == BME_ACCOUNT {
                bme.held = totals(account, "coins")?;
            }
        }
        let Some(module) = module else { return Ok(bme) };
        if !fields::list(module, "ledger")?.is_empty() {
            return Err("the bme ledger of the genesis is not empty: its records cannot be read yet".to_owned());
        }
        let state = fields::object(module, "state")?;
        bme.active = true;
        bme.total_burned = totals(state, "total_burned")?;
        bme.total_minted = totals(state, "total_minted")?;
        bme.remint_credits = totals(state, "remint_credits")?;
        Ok(bme)
    }

    /// As a node answered it.
    pub(super) fn started(start: BmeStart, prints_attempts: bool) -> Self {
        Self {
            held: start.held,
            active: start.active,
            prints_attempts,
            total_burned: start.total_burned,
            total_minted: start.total_minted,
            remint_credits: start.remint_credits,
            records: start.records,
        }
    }

    /// Begins the module as the v2.0.0 upgrade does: zero totals of both coins, zero credit of AKT.
    pub(super) fn begin(&mut self) {
        let zero = |denoms: &[&str]| denoms.iter().map(|denom| ((*denom).to_owned(), 0)).collect();
        self.active = true;
        self.total_burned = zero(&[UACT, UAKT]);
        self.total_minted = zero(&[UACT, UAKT]);
        self.remint_credits = zero(&[UAKT]);
    }

    /// From v2.1.0 on, pending records print their attempts.
    pub(super) fn print_attempts(&mut self, out: &mut StateOutput) {
        self.prints_attempts = true;
        let pending = self
            .records
            .iter()
            .filter(|(_, record)| matches!(record, Record::Pending { .. }));
        pending.for_each(|(id, _)| out.mark(id.key()));
    }

    /// Whether the module runs.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// All records in the order of their ids.
    pub fn records(&self) -> impl Iterator<Item = (&RecordId, &Record)> {
        self.records.iter()
    }

    /// A record.
    pub fn record(&self, id: &RecordId) -> Option<&Record> {
        self.records.get(id)
    }

    /// The record as the chain of this version prints it.
    pub fn record_json(&self, record: &Record) -> serde_json::Value {
        record.json(self.prints_attempts)
    }

    /// The vault, once the module runs and where the supply is known.
    pub fn vault(&self, supply: &Supply) -> Option<Vault> {
        if !self.active || !supply.is_known() {
            return None;
        }
        let mut balances = self.held.clone();
        balances.insert(UACT.to_owned(), supply.of(UACT));
        balances.retain(|_, amount| *amount != 0);
        Some(Vault {
            balances: to_coins(&balances),
            total_burned: to_coins(&self.total_burned),
            total_minted: to_coins(&self.total_minted),
            remint_credits: to_coins(&self.remint_credits),
        })
    }

    /// Coins moved by the bank: positive into the module account, negative out of it.
    pub(super) fn moved(&mut self, coins: &[Coin], into: bool) -> Result<(), String> {
        for coin in coins {
            let by = if into { coin.amount } else { -coin.amount };
            add(&mut self.held, &coin.denom, by)?;
        }
        Ok(())
    }

    /// A successful request.
    pub(super) fn request(&mut self, id: RecordId, record: Record, out: &mut StateOutput) {
        out.mark(id.key());
        self.records.insert(id, record);
    }

    /// An event of the module.
    pub(super) fn event(&mut self, name: &str, event: &Fields, out: &mut StateOutput) -> Result<(), String> {
        match name {
            "EventLedgerRecordExecuted" => {
                let (id, executed) = (RecordId::from_fields(event)?, Record::executed(event)?);
                sum(&mut self.total_burned, executed.burned.as_ref(), 1)?;
                sum(&mut self.total_minted, executed.minted.as_ref(), 1)?;
                sum(&mut self.remint_credits, executed.remint_credit_accrued.as_ref(), 1)?;
                sum(&mut self.remint_credits, executed.remint_credit_issued.as_ref(), -1)?;
                out.mark(id.key());
                self.records.insert(id, Record::Executed(Box::new(executed)));
            }
            "EventLedgerRecordCanceled" => {
                let id = RecordId::from_fields(event)?;
                out.mark(id.key());
                self.records.insert(id, Record::canceled(event)?);
            }
            // Funding shows in the bank's transfer; a change of the mint status changes no table.
            _ => {}
        }
        Ok(())
    }

    /// Marks everything, for the first block after a genesis.
    pub(super) fn mark_all(&self, out: &mut StateOutput) {
        if self.active {
            out.mark(ObjectKey::BmeVault);
        }
        self.records.keys().for_each(|id| out.mark(id.key()));
    }
}

fn totals(fields: &Fields, name: &str) -> Result<Totals, String> {
    let coins = fields::coins(fields, name)?;
    Ok(coins.into_iter().map(|coin| (coin.denom, coin.amount)).collect())
}

fn to_coins(totals: &Totals) -> Vec<Coin> {
    let coin = |(denom, amount): (&String, &i128)| Coin {
        denom: denom.clone(),
        amount: *amount,
    };
    totals.iter().map(coin).collect()
}

fn sum(totals: &mut Totals, pair: Option<&CoinPrice>, sign: i128) -> Result<(), String> {
    match pair {
        Some(pair) => add(totals, &pair.coin.denom, sign * pair.coin.amount),
        None => Ok(()),
    }
}

fn add(totals: &mut Totals, denom: &str, by: i128) -> Result<(), String> {
    let before = totals.get(denom).copied().unwrap_or(0);
    let after = before.checked_add(by);
    let after = after.ok_or_else(|| format!("a total of {denom} leaves its range by {by}"))?;
    totals.insert(denom.to_owned(), after);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_vault_account_is_derived_from_the_module_name() {
        let bytes = &Sha256::digest(b"bme")[..20];
        let account = cosmrs::AccountId::new("akash", bytes).unwrap();
        assert_eq!(account.to_string(), BME_ACCOUNT);
    }

    fn executed(fields: serde_json::Value) -> serde_json::Value {
        let mut event = serde_json::json!({
            "id": {"denom": "uact", "to_denom": "uakt", "source": "s", "height": "5", "sequence": "2"},
            "burned_from": "s", "minted_to": "s", "burner": "bme", "minter": "bme",
            "burned": null, "minted": null, "spread": {"denom": "uakt", "amount": "0"},
            "remint_credit_issued": null, "remint_credit_accrued": null,
        });
        event
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        event
    }

    #[test]
    fn credit_that_covers_a_part_is_issued_whole_and_the_rest_is_minted() {
        let (mut bme, mut out) = (Bme::default(), StateOutput::default());
        bme.begin();
        let priced = |denom: &str, amount: &str| serde_json::json!({"coin": {"denom": denom, "amount": amount}, "price": "1.000000000000000000"});
        let steps = [
            executed(
                serde_json::json!({"remint_credit_accrued": priced("uakt", "30"), "minted": priced("uact", "40")}),
            ),
            executed(serde_json::json!({
                "burned": priced("uact", "50"), "remint_credit_issued": priced("uakt", "30"), "minted": priced("uakt", "20"),
            })),
        ];
        for step in &steps {
            bme.event("EventLedgerRecordExecuted", step.as_object().unwrap(), &mut out)
                .unwrap();
        }
        let vault = bme.vault(&Supply::from_genesis(&Fields::new()).unwrap()).unwrap();
        let coin = |denom: &str, amount: i128| Coin {
            denom: denom.to_owned(),
            amount,
        };
        assert_eq!(vault.remint_credits, [coin(UAKT, 0)]);
        assert_eq!(vault.total_minted, [coin(UACT, 40), coin(UAKT, 20)]);
        assert_eq!(vault.total_burned, [coin(UACT, 50), coin(UAKT, 0)]);
    }

    #[test]
    fn a_cancelled_request_moves_no_total_and_keeps_its_reason() {
        let (mut bme, mut out) = (Bme::default(), StateOutput::default());
        bme.begin();
        let before = bme.clone();
        for (sequence, reason) in (1..).zip(["unknown", "epsilon", "minimum_mint", "max_attempts"]) {
            let event = serde_json::json!({
                "id": {"denom": "uact", "to_denom": "uakt", "source": "s", "height": "5", "sequence": format!("{sequence}")},
                "cancel_reason": reason, "owner": "s", "to": "t",
                "coins_to_burn": {"denom": "uact", "amount": "7"}, "denom_to_mint": "uakt",
            });
            bme.event("EventLedgerRecordCanceled", event.as_object().unwrap(), &mut out)
                .unwrap();
        }
        let reasons: Vec<_> = bme
            .records()
            .map(|(_, record)| bme.record_json(record)["cancel_reason"].clone())
            .collect();
        assert_eq!(reasons, ["unknown", "epsilon", "minimum_mint", "max_attempts"]);
        bme.records.clear();
        assert_eq!(bme, before);
    }

    #[test]
    fn the_vault_answers_the_whole_supply_of_act_and_drops_empty_coins() {
        let mut bme = Bme::default();
        let mut supply = Supply::from_genesis(&Fields::new()).unwrap();
        assert_eq!(bme.vault(&supply), None);
        bme.begin();
        assert_eq!(bme.vault(&Supply::default()), None);
        bme.active = false;
        assert_eq!(bme.vault(&supply), None);
        bme.begin();
        let coin = |denom: &str, amount: i128| Coin {
            denom: denom.to_owned(),
            amount,
        };
        bme.moved(&[coin(UAKT, 5), coin("ibc/X", 3)], true).unwrap();
        bme.moved(&[coin("ibc/X", 3)], false).unwrap();
        assert_eq!(bme.vault(&supply).unwrap().balances, [coin(UAKT, 5)]);
        supply.add(&coin(UACT, 9)).unwrap();
        assert_eq!(bme.vault(&supply).unwrap().balances, [coin(UACT, 9), coin(UAKT, 5)]);
        assert_eq!(bme.vault(&supply).unwrap().total_minted, [coin(UACT, 0), coin(UAKT, 0)]);
    }
}
