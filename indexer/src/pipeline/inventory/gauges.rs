//! Prometheus metrics of the inventory. Labels are the network, four states and the codes of refusals.

use super::super::status::InventoryStatus;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};
use std::time::Duration;

/// The metrics of one network.
#[derive(Clone, Debug)]
pub struct InventoryGauges {
    network: String,
    providers: IntGaugeVec,
    refusals: IntCounterVec,
    lag: IntGaugeVec,
}

impl InventoryGauges {
    /// Creates the metrics and registers them.
    ///
    /// # Errors
    /// Metrics of the same name are registered already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let providers = IntGaugeVec::new(
            Opts::new(
                "gridproof_inventory_providers",
                "Providers: on the chain (total), asked (monitored), answering (online), not answering (dead).",
            ),
            &["network", "state"],
        )?;
        let refusals = IntCounterVec::new(
            Opts::new(
                "gridproof_inventory_refusals_total",
                "Attempts to ask a provider that gave no status, by code.",
            ),
            &["network", "code"],
        )?;
        let lag = IntGaugeVec::new(
            Opts::new(
                "gridproof_inventory_lag_milliseconds",
                "Age of the oldest check when its entry was committed.",
            ),
            &["network"],
        )?;
        registry.register(Box::new(providers.clone()))?;
        registry.register(Box::new(refusals.clone()))?;
        registry.register(Box::new(lag.clone()))?;
        Ok(Self {
            network: String::new(),
            providers,
            refusals,
            lag,
        })
    }

    /// The same metrics for a network.
    pub fn of(&self, network: &str) -> Self {
        Self {
            network: network.to_owned(),
            ..self.clone()
        }
    }

    /// Shows where the tasks stand.
    pub(super) fn show(&self, status: &InventoryStatus) {
        let states = [
            ("total", status.total),
            ("monitored", status.monitored),
            ("online", status.online),
            ("dead", status.dead),
        ];
        for (state, count) in states {
            let gauge = self.providers.with_label_values(&[self.network.as_str(), state]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Counts a refusal.
    pub(super) fn refused(&self, code: &'static str) {
        self.refusals.with_label_values(&[self.network.as_str(), code]).inc();
    }

    /// Notes how long the oldest check of an entry waited.
    pub(super) fn written(&self, waited: Duration) {
        let gauge = self.lag.with_label_values(&[self.network.as_str()]);
        gauge.set(i64::try_from(waited.as_millis()).unwrap_or(i64::MAX));
    }
}
