//! Operational metrics of the pipeline, named `gridproof_<noun>_<unit>[_total]`.

use super::prices::PriceMetrics;
use super::status::{NetworkStatus, StageStatus};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};
use std::time::Duration;

/// Buckets of step durations, seconds: a commit takes 10 ms, a fetch of 500 blocks may take minutes.
const STEP_BUCKETS: [f64; 12] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0];

/// A step of the pipeline whose duration is measured; the `stage` label of `gridproof_step_seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Asking endpoints.
    Fetch,
    /// Writing the raw range to the archive.
    Archive,
    /// Decoding and deriving rows.
    Derive,
    /// Inserting and committing facts.
    CommitFacts,
    /// Running the state machine.
    StepState,
    /// Inserting and committing state rows.
    CommitState,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Archive => "archive",
            Self::Derive => "derive",
            Self::CommitFacts => "commit_facts",
            Self::StepState => "step_state",
            Self::CommitState => "commit_state",
        }
    }
}

/// All metrics of this crate. Labels are the network, the stage and the endpoint's host; nothing
/// whose number grows with the chain.
#[derive(Clone, Debug)]
pub struct Metrics {
    tip: IntGaugeVec,
    watermark: IntGaugeVec,
    watermark_time: IntGaugeVec,
    committed: IntGaugeVec,
    holes: IntGaugeVec,
    quarantined: IntGaugeVec,
    rows: IntCounterVec,
    ranges: IntCounterVec,
    raw_bytes: IntCounterVec,
    retries: IntCounterVec,
    steps: HistogramVec,
    endpoint_up: IntGaugeVec,
    endpoint_tip: IntGaugeVec,
    audit: IntGaugeVec,
    /// Of the pollers of prices.
    pub(super) prices: PriceMetrics,
}

impl Metrics {
    /// Creates the metrics and registers them.
    ///
    /// # Errors
    /// A metric of the same name is registered already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let options = HistogramOpts::new("gridproof_step_seconds", "Duration of one step for one range.");
        let steps = HistogramVec::new(options.buckets(STEP_BUCKETS.to_vec()), &["network", "stage"])?;
        registry.register(Box::new(steps.clone()))?;
        let (net, stage, host) = (
            &["network"][..],
            &["network", "stage"][..],
            &["network", "endpoint"][..],
        );
        Ok(Self {
            prices: PriceMetrics::new(registry)?,
            tip: gauge(
                "gridproof_tip_height",
                "Highest height that the chain is known to have.",
                net,
            )?,
            watermark: gauge("gridproof_watermark_height", "Last height that readers see.", stage)?,
            watermark_time: gauge(
                "gridproof_watermark_timestamp_seconds",
                "Block time at the watermark, since the Unix epoch.",
                stage,
            )?,
            committed: gauge("gridproof_committed_heights", "Heights committed.", stage)?,
            holes: gauge("gridproof_missing_heights", "Heights wanted and not committed.", stage)?,
            quarantined: gauge(
                "gridproof_quarantined_ranges",
                "Ranges set aside because of their data.",
                stage,
            )?,
            rows: counter(
                "gridproof_committed_rows_total",
                "Rows committed by this process.",
                stage,
            )?,
            ranges: counter(
                "gridproof_committed_ranges_total",
                "Ranges committed by this process.",
                stage,
            )?,
            raw_bytes: counter(
                "gridproof_fetched_bytes_total",
                "Bytes of RPC bodies fetched by this process.",
                net,
            )?,
            retries: counter(
                "gridproof_retried_ranges_total",
                "Ranges tried again after an upstream error.",
                stage,
            )?,
            steps,
            endpoint_up: gauge(
                "gridproof_endpoint_up",
                "1 where the endpoint is asked at present, else 0.",
                host,
            )?,
            endpoint_tip: gauge(
                "gridproof_endpoint_tip_height",
                "Height that the endpoint named last.",
                host,
            )?,
            audit: gauge(
                "gridproof_audit_findings",
                "Blocks whose computed payouts differ from the transfers seen.",
                net,
            )?,
        })
    }

    /// Records a committed range.
    pub fn committed(&self, network: &str, stage: &str, rows: u64) {
        self.ranges.with_label_values(&[network, stage]).inc();
        self.rows.with_label_values(&[network, stage]).inc_by(rows);
    }

    /// Records fetched bytes.
    pub fn fetched(&self, network: &str, bytes: u64) {
        self.raw_bytes.with_label_values(&[network]).inc_by(bytes);
    }

    /// Records that a range must be tried again.
    pub fn retried(&self, network: &str, stage: &str) {
        self.retries.with_label_values(&[network, stage]).inc();
    }

    /// Records how long a step took.
    pub fn step(&self, network: &str, step: Step, took: Duration) {
        self.steps
            .with_label_values(&[network, step.name()])
            .observe(took.as_secs_f64());
    }

    /// Sets the gauges from a status.
    pub fn observe(&self, status: &NetworkStatus) {
        let network = status.network.as_str();
        if let Some(tip) = status.tip {
            self.tip.with_label_values(&[network]).set(gauge_value(tip));
        }
        self.observe_stage(status, "facts", &status.facts);
        if let Some(state) = &status.state {
            self.observe_stage(status, "state", state);
        }
        if let Some(findings) = status.audit_findings {
            self.audit.with_label_values(&[network]).set(gauge_value(findings));
        }
        for endpoint in &status.endpoints {
            let labels = [network, endpoint.host.as_str()];
            self.endpoint_up
                .with_label_values(&labels)
                .set(i64::from(endpoint.healthy));
            if let Some(tip) = endpoint.tip {
                self.endpoint_tip.with_label_values(&labels).set(gauge_value(tip));
            }
        }
    }

    fn observe_stage(&self, status: &NetworkStatus, name: &str, stage: &StageStatus) {
        let labels = [status.network.as_str(), name];
        if let Some(height) = stage.watermark {
            self.watermark.with_label_values(&labels).set(gauge_value(height));
        }
        if let Some(time) = stage.watermark_time_s {
            self.watermark_time.with_label_values(&labels).set(time);
        }
        let missing = stage
            .holes
            .iter()
            .map(|hole| hole.heights())
            .fold(0, u64::saturating_add);
        let quarantined = status.quarantine.iter().filter(|range| range.stage == name).count();
        self.committed
            .with_label_values(&labels)
            .set(gauge_value(stage.committed_heights));
        self.holes.with_label_values(&labels).set(gauge_value(missing));
        self.quarantined
            .with_label_values(&labels)
            .set(gauge_value(quarantined as u64));
    }
}

/// Prometheus gauges are signed.
fn gauge_value(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
