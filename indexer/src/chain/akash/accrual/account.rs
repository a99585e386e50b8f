//! The books of one deployment: a balance that its leases use up.

use crate::chain::akash::dec::{Dec, DecError};
use crate::chain::akash::model::BidId;
use crate::chain::akash::resources::Totals;
use crate::chain::akash::state::market::Lease;
use crate::chain::akash::state::pairs;
use std::collections::BTreeMap;

/// A lease that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct OpenLease {
    /// Price per block, in the denomination of the deployment's first deposit.
    pub(super) price: Dec,
    /// Height of creation.
    pub(super) created_at: u64,
    /// Height from which on it counts no more.
    pub(super) predicted_close: u64,
    /// What it runs on.
    pub(super) resources: Totals,
}

/// A deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Account {
    /// Denomination of the first deposit; all later ones are added whatever theirs.
    pub(super) denom: String,
    /// What is left.
    pub(super) balance: Dec,
    /// Height of the last settlement; none before the first lease.
    pub(super) settled_at: Option<u64>,
    /// Leases that are not closed.
    #[serde(with = "pairs")]
    pub(super) leases: BTreeMap<BidId, OpenLease>,
}

impl OpenLease {
    /// A lease of a state, not yet predicted.
    pub(super) fn of(lease: &Lease, height: u64) -> Self {
        let hardware = &lease.hardware;
        Self {
            price: lease.price.amount,
            created_at: lease.created_at,
            predicted_close: height,
            resources: Totals {
                cpu_milli: hardware.cpu_milli,
                memory_bytes: hardware.memory_bytes,
                storage_bytes: hardware.storage_bytes,
                gpu_units: hardware.gpu_units,
            },
        }
    }
}

impl Account {
    /// A deployment with its first deposit.
    pub(super) fn new(denom: &str, balance: Dec) -> Self {
        Self {
            denom: denom.to_owned(),
            balance,
            settled_at: None,
            leases: BTreeMap::new(),
        }
    }

    /// Sum of the prices of its leases.
    pub(super) fn rate(&self) -> Result<Dec, DecError> {
        let mut prices = self.leases.values().map(|lease| lease.price);
        prices.try_fold(Dec::ZERO, Dec::add)
    }

    /// Uses the balance up to this height, in full blocks. Where it does not last, all of it goes and all
    /// leases are closed.
    pub(super) fn settle(&mut self, height: u64) -> Result<(), DecError> {
        let since = self.settled_at.replace(height).unwrap_or(height);
        let blocks = i128::from(height.saturating_sub(since));
        let rate = self.rate()?;
        if blocks == 0 || rate <= Dec::ZERO {
            return Ok(());
        }
        let lasts = self.balance.scaled() / rate.scaled();
        if lasts < blocks {
            self.balance = Dec::ZERO;
            self.leases.clear();
        } else {
            self.balance = self.balance.sub(rate.mul_int(blocks)?)?;
        }
        Ok(())
    }

    /// Sets the height by which the balance is used up at this rate, for all leases.
    pub(super) fn predict(&mut self, rate: Dec) -> Result<(), DecError> {
        if rate <= Dec::ZERO {
            return Ok(());
        }
        let (balance, rate) = (self.balance.scaled(), rate.scaled());
        let lasts = balance / rate + i128::from(balance % rate != 0);
        let lasts = u64::try_from(lasts).unwrap_or(u64::MAX);
        for lease in self.leases.values_mut() {
            let from = self.settled_at.unwrap_or(lease.created_at);
            lease.predicted_close = from.saturating_add(lasts);
        }
        Ok(())
    }
}
