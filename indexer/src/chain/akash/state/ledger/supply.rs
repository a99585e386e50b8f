//! Supply of each denomination: genesis plus what was minted minus what was burned.

use super::fields::{self, Fields};
use crate::chain::akash::model::Coin;
use std::collections::BTreeMap;

/// Supply by denomination, base units. A denomination whose supply is 0 is not in the chain's store.
///
/// Without a genesis the supply is unknown and stays so: changes alone would be a wrong number.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Supply {
    known: bool,
    amounts: BTreeMap<String, i128>,
}

impl Supply {
    /// From the `bank` part of a genesis: its `supply`, or the sum of all balances where that is empty
    /// (so does the chain).
    pub(super) fn from_genesis(bank: &Fields) -> Result<Self, String> {
        let mut supply = Self {
            known: true,
            amounts: BTreeMap::new(),
        };
        for coin in fields::coins(bank, "supply")? {
            supply.add(&coin)?;
        }
        if supply.amounts.is_empty() {
            for account in fields::list(bank, "balances")? {
                let account = account.as_object().ok_or("a balance is no object")?;
                for coin in fields::coins(account, "coins")? {
                    supply.add(&coin)?;
                }
            }
        }
        Ok(supply)
    }

    /// As a node answered it.
    pub(super) fn started(amounts: BTreeMap<String, i128>) -> Self {
        Self { known: true, amounts }
    }

    /// Whether the supply is known: only with a genesis or a node's answer.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Supply of a denomination; 0 where there is none.
    pub fn of(&self, denom: &str) -> i128 {
        self.amounts.get(denom).copied().unwrap_or(0)
    }

    /// All denominations with a supply, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, i128)> {
        self.amounts.iter().map(|(denom, amount)| (denom, *amount))
    }

    /// Adds minted coins.
    pub(super) fn add(&mut self, coin: &Coin) -> Result<(), String> {
        self.change(&coin.denom, coin.amount)
    }

    /// Takes burned coins away.
    pub(super) fn sub(&mut self, coin: &Coin) -> Result<(), String> {
        self.change(
            &coin.denom,
            coin.amount.checked_neg().ok_or("a burned amount is out of range")?,
        )
    }

    fn change(&mut self, denom: &str, by: i128) -> Result<(), String> {
        if !self.known {
            return Ok(());
        }
        let amount = self.of(denom).checked_add(by).filter(|amount| *amount >= 0);
        match amount.ok_or_else(|| format!("the supply of {denom} would leave its range by {by}"))? {
            0 => self.amounts.remove(denom),
            amount => self.amounts.insert(denom.to_owned(), amount),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn coin(denom: &str, amount: i128) -> Coin {
        Coin {
            denom: denom.to_owned(),
            amount,
        }
    }

    #[test]
    fn an_empty_genesis_supply_is_the_sum_of_the_balances() {
        let bank = json!({"supply": [], "balances": [
            {"address": "a", "coins": [{"denom": "uakt", "amount": "7"}]},
            {"address": "b", "coins": [{"denom": "uakt", "amount": "5"}, {"denom": "uact", "amount": "1"}]},
        ]});
        let supply = Supply::from_genesis(bank.as_object().unwrap()).unwrap();
        assert_eq!((supply.of("uakt"), supply.of("uact")), (12, 1));
    }

    #[test]
    fn a_supply_that_falls_to_nothing_leaves_the_store_and_never_goes_below() {
        let mut supply = Supply::from_genesis(&Fields::new()).unwrap();
        supply.add(&coin("uact", 5)).unwrap();
        supply.sub(&coin("uact", 5)).unwrap();
        assert_eq!(supply.iter().count(), 0);
        assert!(supply.sub(&coin("uact", 1)).is_err());
    }

    #[test]
    fn without_a_genesis_nothing_is_claimed() {
        let mut supply = Supply::default();
        supply.sub(&coin("uakt", 5)).unwrap();
        supply.add(&coin("uakt", 7)).unwrap();
        assert_eq!((supply.is_known(), supply.iter().count()), (false, 0));
    }
}
