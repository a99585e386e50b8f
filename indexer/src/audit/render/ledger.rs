//! What is stored of a network, in memory: changes of balances, movements, and what nodes answered.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A change of one account's balance by one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct Change {
    /// Slot.
    pub slot: u64,
    /// Signature of the transaction.
    pub signature: String,
    /// Token account.
    pub account: String,
    /// Its owner after the transaction; before it, where the account is gone.
    pub owner: String,
    /// Base units before.
    pub pre: u64,
    /// Base units after.
    pub post: u64,
    /// Whether every movement of the account is followed.
    pub watched: u8,
}

impl Change {
    /// Base units gained, or lost where below zero.
    pub fn delta(&self) -> i128 {
        i128::from(self.post) - i128::from(self.pre)
    }
}

/// A movement of the token.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct Event {
    /// Slot.
    pub slot: u64,
    /// Signature of the transaction.
    pub signature: String,
    /// `mint`, `burn`, `transfer` or `unexplained_delta`.
    pub kind: String,
    /// Where the token came from; empty for a mint.
    pub source_account: String,
    /// Where it went; empty for a burn.
    pub dest_account: String,
    /// Base units.
    pub amount: u64,
    /// −1: an unexplained loss.
    pub sign: i8,
    /// What the movement counts as.
    pub class: String,
}

impl Event {
    /// What the movement does to each account, in base units.
    pub fn effects(&self) -> Vec<(&str, i128)> {
        let amount = i128::from(self.amount);
        let named = |account: &'_ str| !account.is_empty();
        match self.kind.as_str() {
            "unexplained_delta" => {
                let account = [&self.source_account, &self.dest_account]
                    .into_iter()
                    .find(|one| named(one));
                let signed = if self.sign < 0 { -amount } else { amount };
                account.map(|account| (account.as_str(), signed)).into_iter().collect()
            }
            _ => {
                let sides = [(&self.source_account, -amount), (&self.dest_account, amount)];
                let sides = sides.into_iter().filter(|(account, _)| named(account));
                sides.map(|(account, effect)| (account.as_str(), effect)).collect()
            }
        }
    }

    /// What the movement does to the supply, in base units.
    pub fn supply_effect(&self) -> i128 {
        match self.kind.as_str() {
            "mint" => i128::from(self.amount),
            "burn" => -i128::from(self.amount),
            _ => 0,
        }
    }
}

/// What an observation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The supply of the mint.
    Supply,
    /// The supply before the first slot that is indexed.
    OpeningSupply,
    /// The balance of a token account.
    Balance,
}

/// What a node answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// As of the end of this slot.
    pub slot: u64,
    /// What of.
    pub subject: Subject,
    /// The mint or the token account.
    pub address: String,
    /// Base units.
    pub amount: u64,
    /// Who answered.
    pub endpoint: String,
}

/// Everything that is stored of a network between two slots, without a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// First slot.
    pub from: u64,
    /// Last slot.
    pub to: u64,
    /// The mint; empty where nothing has moved yet.
    pub mint: String,
    /// Whether every mint and burn is followed, so that supply can be summed.
    pub follows_mint: bool,
    /// Whether the ledger begins before the mint existed, so that everything began at zero.
    pub from_nothing: bool,
    /// Changes of balances, by slot.
    pub changes: Vec<Change>,
    /// Movements, by slot.
    pub events: Vec<Event>,
    /// What nodes answered, by slot.
    pub observations: Vec<Observation>,
}

impl Ledger {
    /// Σ minted − Σ burned up to the end of a slot, in base units.
    pub fn supply_at(&self, slot: u64) -> i128 {
        let until = self.events.iter().take_while(|event| event.slot <= slot);
        until.map(Event::supply_effect).sum()
    }

    /// The sum of an account's changes up to the end of a slot; 0 for one that never appears.
    pub fn balance_at(&self, account: &str, slot: u64) -> i128 {
        let until = self.changes.iter().take_while(|change| change.slot <= slot);
        until
            .filter(|change| change.account == account)
            .map(Change::delta)
            .sum()
    }

    /// The sums of all accounts up to the end of a slot.
    pub fn balances_at(&self, slot: u64) -> BTreeMap<&str, i128> {
        let mut balances = BTreeMap::new();
        for change in self.changes.iter().take_while(|change| change.slot <= slot) {
            *balances.entry(change.account.as_str()).or_insert(0) += change.delta();
        }
        balances
    }

    /// The owner of an account at the end of a slot, where it appeared.
    pub fn owner_at(&self, account: &str, slot: u64) -> Option<&str> {
        let until = self.changes.iter().take_while(|change| change.slot <= slot);
        let last = until.filter(|change| change.account == account).last();
        last.map(|change| change.owner.as_str())
    }
}
