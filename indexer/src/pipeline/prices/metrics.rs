//! What the poller of prices tells Prometheus.

use crate::chain::prices::{Answer, Asked, Status, Tick};
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// Gauges and counters of the pollers. Labels are the network, the asset, the source and words of ours; nothing that a
/// source could make grow.
#[derive(Clone, Debug)]
pub struct PriceMetrics {
    published: IntGaugeVec,
    ticks: IntCounterVec,
    refusals: IntCounterVec,
}

impl PriceMetrics {
    /// Creates the metrics and registers them.
    ///
    /// # Errors
    /// A metric of the same name is registered already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let published = IntGaugeVec::new(
            Opts::new(
                "gridproof_price_ok_timestamp_seconds",
                "When the newest good price of an asset from a source was made, since the Unix epoch; its age is time() less this.",
            ),
            &["network", "asset", "source"],
        )?;
        let ticks = IntCounterVec::new(
            Opts::new(
                "gridproof_price_ticks_total",
                "Prices told by this process, by verdict.",
            ),
            &["network", "asset", "source", "status"],
        )?;
        let refusals = IntCounterVec::new(
            Opts::new(
                "gridproof_price_refusals_total",
                "Questions that a source of prices did not answer, by kind of refusal.",
            ),
            &["network", "source", "code"],
        )?;
        registry.register(Box::new(published.clone()))?;
        registry.register(Box::new(ticks.clone()))?;
        registry.register(Box::new(refusals.clone()))?;
        Ok(Self {
            published,
            ticks,
            refusals,
        })
    }

    /// Takes note of a round.
    pub(super) fn round(&self, network: &str, asked: &[Asked], ticks: &[Tick]) {
        for tick in ticks {
            let (asset, source) = (tick.asset.as_str(), tick.source.name());
            self.ticks
                .with_label_values(&[network, asset, source, tick.status.name()])
                .inc();
            if let Some(ms) = tick.published_at_ms.filter(|_| tick.status == Status::Ok) {
                let gauge = self.published.with_label_values(&[network, asset, source]);
                gauge.set(gauge.get().max(ms / 1000));
            }
        }
        for asked in asked {
            if let Answer::Refused { code, .. } = &asked.answer {
                self.refusals
                    .with_label_values(&[network, asked.question.source().name(), code])
                    .inc();
            }
        }
    }
}
