//! The part of the state beside the market: providers, audits, BME, oracle, supply, governance.
//!
//! Messages of successful transactions move providers, audits, requests and proposals; bank events
//! move supply and the vault; typed events of the modules move prices and executed records. A block
//! runs in the chain's order: upgrade, begin, transactions, end.

mod audits;
mod bme;
mod epochs;
mod fields;
mod gov;
mod oracle;
mod params;
mod providers;
mod records;
mod rows;
mod start;
mod supply;

#[cfg(test)]
mod tests;

pub use audits::{AuditId, Audits};
pub use bme::{BME_ACCOUNT, Bme, Vault};
pub use oracle::{Oracle, PriceId, PriceStatus};
pub use params::{OracleParams, TakeParams};
pub use providers::{Provider, Providers};
pub use records::{CoinPrice, Executed, Record, RecordId};
pub use rows::{
    AuditRow, BmeLedgerRow, BmeVaultRow, OraclePriceRow, OracleStatusRow, ProviderAttributeRow, ProviderRow, SupplyRow,
};
pub(in crate::chain::akash) use start::{BmeStart, EpochStart, LedgerStart, OpenProposal, OracleStart};
pub use supply::Supply;

use super::error::StateError;
use super::output::{ObjectKey, Place, StateOutput};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Block, Event, EventBody, Message, MessageBody, Phase, Tx, Version};
use epochs::Epochs;
use gov::Gov;
use serde_json::Value;

/// Asset whose price reprices leases.
const AKT: &str = "akt";

/// Everything that is not market or escrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ledger {
    /// Version of the last block; absent before the first.
    version: Option<Version>,
    providers: Providers,
    audits: Audits,
    bme: Bme,
    oracle: Oracle,
    epochs: Epochs,
    supply: Supply,
    gov: Gov,
    take: TakeParams,
}

impl Ledger {
    /// The state before the first block; without a genesis everything is empty.
    pub fn new(genesis: Option<&Value>) -> Result<Self, StateError> {
        let Some(document) = genesis else {
            return Ok(Self::default());
        };
        Self::from_genesis(document).map_err(|what| StateError::Genesis { what })
    }

    fn from_genesis(document: &Value) -> Result<Self, String> {
        let root = document.as_object().ok_or("the document is no object")?;
        let app = fields::object(root, "app_state")?;
        let module = |name: &str| app.get(name).and_then(Value::as_object);
        let bank = fields::object(app, "bank")?;
        let genesis_ns = fields::time_ns(root, "genesis_time").ok();
        let take = module("take").map(|take| TakeParams::from_json(fields::object(take, "params")?));
        Ok(Self {
            version: None,
            providers: module("provider")
                .map(Providers::from_genesis)
                .transpose()?
                .unwrap_or_default(),
            audits: module("audit")
                .map(Audits::from_genesis)
                .transpose()?
                .unwrap_or_default(),
            bme: Bme::from_genesis(bank, module("bme"))?,
            oracle: module("oracle")
                .map(Oracle::from_genesis)
                .transpose()?
                .unwrap_or_default(),
            epochs: match module("epochs") {
                Some(module) => Epochs::from_genesis(module, genesis_ns)?,
                None => Epochs::default(),
            },
            supply: Supply::from_genesis(bank)?,
            gov: Gov::default(),
            take: take.transpose()?.unwrap_or_default(),
        })
    }

    /// Takes one block in, after the market has.
    pub fn step(&mut self, version: Version, block: &Block, out: &mut StateOutput) -> Result<(), StateError> {
        let height = block.header.height;
        let vault = self.vault();
        self.begin(version, block, out)
            .map_err(|what| payload(height, Place::Begin, what))?;
        for tx in &block.txs {
            self.transaction(tx, height, out)?;
        }
        self.phase_events(block, Phase::End, out)
            .map_err(|what| payload(height, Place::End, what))?;
        if self.vault() != vault {
            out.mark(ObjectKey::BmeVault);
        }
        Ok(())
    }

    /// Median of the stored AKT aggregate while the oracle is healthy, as of the end of the last block:
    /// the price at which the deployment module of v2.0.0 reprices in the block that runs now.
    pub fn repricing_price(&self) -> Option<Dec> {
        let status = self.oracle.status(AKT)?;
        status.median.filter(|_| status.healthy)
    }

    /// Percent of each payout that goes to the community pool (until v1.2.x).
    pub fn take_params(&self) -> &TakeParams {
        &self.take
    }

    /// Providers.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Audits.
    pub fn audits(&self) -> &Audits {
        &self.audits
    }

    /// Burn-mint ledger.
    pub fn bme(&self) -> &Bme {
        &self.bme
    }

    /// The vault, once there is one.
    pub fn vault(&self) -> Option<Vault> {
        self.bme.vault(&self.supply)
    }

    /// Oracle.
    pub fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// Supply.
    pub fn supply(&self) -> &Supply {
        &self.supply
    }

    /// Whether an object of this part of the state exists.
    pub fn holds(&self, key: &ObjectKey) -> bool {
        match key {
            ObjectKey::Provider(owner) => self.providers.get(owner).is_some(),
            ObjectKey::ProviderAttribute { owner, key, value } => self.providers.get(owner).is_some_and(|provider| {
                let mut attributes = provider.record.attributes.iter();
                attributes.any(|attribute| attribute.key == *key && attribute.value == *value)
            }),
            ObjectKey::Audit { owner, auditor } => self.audits.get(owner, auditor).is_some(),
            ObjectKey::BmeVault => self.vault().is_some(),
            ObjectKey::BmeLedger { .. } => RecordId::of_key(key).is_some_and(|id| self.bme.record(&id).is_some()),
            ObjectKey::OraclePrice { .. } => PriceId::of_key(key).is_some_and(|id| self.oracle.price(&id).is_some()),
            ObjectKey::OracleStatus(denom) => self.oracle.status(denom).is_some(),
            ObjectKey::Supply(denom) => self.supply.of(denom) != 0,
            _ => false,
        }
    }

    fn begin(&mut self, version: Version, block: &Block, out: &mut StateOutput) -> Result<(), String> {
        let now_ns = fields::nanoseconds(block.header.time).ok_or("the block time is out of range")?;
        match self.version {
            None => self.first_block(version, out),
            Some(before) => self.upgrade(before, version, now_ns, out),
        }
        self.version = Some(version);
        self.oracle.begin_block();
        if version >= Version::V2_1 && self.epochs.are_unknown() && self.oracle.has_overdue(now_ns) {
            out.audits.push(self.epochs.report());
        }
        for epoch in self.epochs.begin_block(now_ns) {
            if version >= Version::V2_1 {
                self.oracle.epoch_ended(&epoch, now_ns, out);
            }
        }
        self.phase_events(block, Phase::Begin, out)
    }

    fn upgrade(&mut self, before: Version, version: Version, now_ns: i64, out: &mut StateOutput) {
        if before < Version::V2_0 && version >= Version::V2_0 {
            self.bme.begin();
            self.epochs = Epochs::created_at(now_ns);
        }
        if before < Version::V2_1 && version >= Version::V2_1 {
            self.oracle.wipe(out);
            self.bme.print_attempts(out);
        }
    }

    /// Marks what the genesis holds, so that it has rows from the first block on.
    fn first_block(&mut self, version: Version, out: &mut StateOutput) {
        if version >= Version::V2_1 {
            self.bme.print_attempts(out);
        }
        self.mark_all(out);
    }

    fn transaction(&mut self, tx: &Tx, height: u64, out: &mut StateOutput) -> Result<(), StateError> {
        let place = |msg_index: u32| Place::Message {
            tx_index: tx.index,
            msg_index,
        };
        if tx.succeeded() {
            for message in &tx.messages {
                self.message(tx, message, height, out)
                    .map_err(|what| payload(height, place(message.msg_index), what))?;
            }
        }
        // A failed transaction keeps the events of its fee only.
        for event in &tx.events {
            let msg_index = match event.phase {
                Phase::Tx { msg_index, .. } => msg_index.unwrap_or(0),
                Phase::Begin | Phase::End => 0,
            };
            self.event(event, height, out)
                .map_err(|what| payload(height, place(msg_index), what))?;
        }
        Ok(())
    }

    fn message(&mut self, tx: &Tx, message: &Message, height: u64, out: &mut StateOutput) -> Result<(), String> {
        match &message.body {
            MessageBody::CreateProvider(record) | MessageBody::UpdateProvider(record) => {
                self.providers.put(record, height, out);
            }
            MessageBody::SignAttributes {
                owner,
                auditor,
                attributes,
            } => {
                self.audits.sign(audit_id(owner, auditor), attributes, out);
            }
            MessageBody::DeleteAttributes { owner, auditor, keys } => {
                self.audits.delete(&audit_id(owner, auditor), keys, out);
            }
            // Without an answer the id is not known (its number counts failed requests, too). The event of
            // its execution or cancellation names it: until then the record is not shown.
            MessageBody::BurnMint { .. } if message.response.is_empty() => {}
            MessageBody::BurnMint {
                owner,
                to,
                burn,
                mint_denom,
            } => {
                let record = Record::Pending {
                    owner: owner.clone(),
                    to: to.clone(),
                    burn: burn.clone(),
                    mint_denom: mint_denom.clone(),
                };
                self.bme
                    .request(RecordId::from_response(&message.response)?, record, out);
            }
            MessageBody::SubmitProposal { .. } => self.gov.submitted(tx, message)?,
            _ => {}
        }
        Ok(())
    }

    fn phase_events(&mut self, block: &Block, phase: Phase, out: &mut StateOutput) -> Result<(), String> {
        let events = block.events.iter().filter(|event| event.phase == phase);
        events
            .into_iter()
            .try_for_each(|event| self.event(event, block.header.height, out))
    }

    fn event(&mut self, event: &Event, height: u64, out: &mut StateOutput) -> Result<(), String> {
        match &event.body {
            EventBody::Transfer {
                recipient,
                sender,
                amount,
            } => {
                if recipient == BME_ACCOUNT {
                    self.bme.moved(amount, true)?;
                }
                if sender == BME_ACCOUNT {
                    self.bme.moved(amount, false)?;
                }
                Ok(())
            }
            EventBody::Coinbase { minter, amount } => {
                for coin in amount {
                    self.supply.add(coin)?;
                    self.mark_supply(&coin.denom, out);
                }
                if minter == BME_ACCOUNT {
                    self.bme.moved(amount, true)
                } else {
                    Ok(())
                }
            }
            EventBody::Burn { burner, amount } => {
                for coin in amount {
                    self.supply.sub(coin)?;
                    self.mark_supply(&coin.denom, out);
                }
                if burner == BME_ACCOUNT {
                    self.bme.moved(amount, false)
                } else {
                    Ok(())
                }
            }
            EventBody::Typed { package, name, fields } => match *package {
                "akash.bme.v1" => self.bme.event(name, fields, out),
                "akash.oracle.v1" => self.oracle.event((1, name), fields, height, out),
                "akash.oracle.v2" => self.oracle.event((2, name), fields, height, out),
                _ => Ok(()),
            },
            EventBody::Proposal { id, result } if !result.is_empty() => self.decided(*id, result, out),
            _ => Ok(()),
        }
    }

    fn mark_supply(&self, denom: &str, out: &mut StateOutput) {
        if self.supply.is_known() {
            out.mark(ObjectKey::Supply(denom.to_owned()));
        }
    }

    fn decided(&mut self, id: u64, result: &str, out: &mut StateOutput) -> Result<(), String> {
        let Some(proposal) = self.gov.decided(id, result) else {
            out.audits.extend(self.gov.report(id, result));
            return Ok(());
        };
        for update in gov::updates_of(&proposal)? {
            match update {
                params::Update::Take(take) => self.take = take,
                params::Update::Oracle(oracle) => self.oracle.set_params(oracle),
            }
        }
        match &proposal.legacy {
            Some((type_url, value)) => params::legacy_change(&mut self.take, type_url, value),
            None => Ok(()),
        }
    }
}

fn audit_id(owner: &str, auditor: &str) -> AuditId {
    AuditId {
        owner: owner.to_owned(),
        auditor: auditor.to_owned(),
    }
}

fn payload(height: u64, place: Place, what: String) -> StateError {
    StateError::Payload {
        height,
        place: place.to_string(),
        what,
    }
}
