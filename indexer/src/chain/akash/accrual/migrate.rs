//! The migration of v2.0.0 as the incumbent patches it into its books (akash.md 2.4 point 7).

use super::Accrual;
use crate::chain::akash::dec::{Dec, DecError};
use crate::chain::akash::model::{Block, Event, EventBody, Version};
use crate::chain::akash::state::State;
use crate::chain::akash::state::upgrades::{UACT, UAKT, is_axl_usdc};
use serde_json::Value;

/// How far the migration is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Migration {
    /// USDC is renamed: done with the first BME event.
    usdc: bool,
    /// A BME event said that minting is healthy.
    healthy: bool,
    /// AKT is converted: done with the first AKT price from then on.
    akt: bool,
}

impl Migration {
    /// Of books that begin with a state: done where the version is past it.
    pub(super) fn at(state: &State) -> Self {
        let waiting = !state.market.waiting.is_empty();
        Self {
            usdc: state.version() >= Version::V2_0,
            healthy: false,
            akt: state.version() >= Version::V2_1 || (state.version() == Version::V2_0 && !waiting),
        }
    }
}

impl Accrual {
    /// Converts what this block's events make due; whether anything was.
    pub(super) fn convert(&mut self, block: &Block) -> Result<bool, DecError> {
        if self.migration.akt {
            return Ok(false);
        }
        let mut price = None;
        let mut bme = false;
        let txs = block.txs.iter().filter(|tx| tx.succeeded()).flat_map(|tx| &tx.events);
        for event in txs.chain(&block.events) {
            bme |= is_bme(event);
            self.migration.healthy |= says_healthy(event);
            price = akt_price(event).or(price);
        }
        let mut converted = false;
        if bme && !self.migration.usdc {
            self.migration.usdc = true;
            self.rename(is_axl_usdc, None)?;
            converted = true;
        }
        if let (true, Some(price)) = (self.migration.healthy, price) {
            self.migration.akt = true;
            self.rename(|denom| denom == UAKT, Some(price))?;
            converted = true;
        }
        Ok(converted)
    }

    /// Moves deployments with their leases into uact, those without an open lease too. Predicted heights stay:
    /// balance and price change alike.
    fn rename(&mut self, from: impl Fn(&str) -> bool, rate: Option<Dec>) -> Result<(), DecError> {
        for account in self.accounts.values_mut().filter(|account| from(&account.denom)) {
            UACT.clone_into(&mut account.denom);
            let Some(rate) = rate else { continue };
            account.balance = account.balance.mul(rate)?;
            for lease in account.leases.values_mut() {
                lease.price = lease.price.mul(rate)?;
            }
        }
        Ok(())
    }
}

fn is_bme(event: &Event) -> bool {
    matches!(
        &event.body,
        EventBody::Typed {
            package: "akash.bme.v1",
            ..
        }
    )
}

fn says_healthy(event: &Event) -> bool {
    let EventBody::Typed { name, fields, .. } = &event.body else {
        return false;
    };
    is_bme(event) && name == "EventMintStatusChange" && text(fields, "new_status") == Some("mint_status_healthy")
}

/// A price of AKT in dollars that a feeder set.
fn akt_price(event: &Event) -> Option<Dec> {
    let EventBody::Typed {
        package: "akash.oracle.v1",
        name,
        fields,
    } = &event.body
    else {
        return None;
    };
    let id = fields.get("id").and_then(Value::as_object)?;
    let akt = matches!(text(id, "denom"), Some("akt" | "uakt")) && text(id, "base_denom") == Some("usd");
    if name != "EventPriceData" || !akt {
        return None;
    }
    let data = fields.get("data").and_then(Value::as_object)?;
    let price: Dec = text(data, "price")?.parse().ok()?;
    (price > Dec::ZERO).then_some(price)
}

fn text<'a>(fields: &'a serde_json::Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(Value::as_str)
}
