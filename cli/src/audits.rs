//! Audits that run beside a follower: whatever was committed is checked again and again, and what is found is told.

use gridproof_indexer::audit::AuditError;
use gridproof_indexer::audit::render::{self, AuditReport};
use gridproof_indexer::pipeline::{Board, NetworkStatus};
use gridproof_store::client::ClickHouse;
use prometheus::{IntGaugeVec, Opts, Registry};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Time between two looks whether anything was committed since the last audit.
const AUDIT_INTERVAL: Duration = Duration::from_secs(5);
/// Findings that are logged one by one.
const LOGGED_FINDINGS: usize = 5;

/// What the audits tell Prometheus.
#[derive(Clone, Debug)]
pub(crate) struct AuditGauges {
    drift: IntGaugeVec,
    accounts: IntGaugeVec,
    unexplained: IntGaugeVec,
}

impl Default for AuditGauges {
    fn default() -> Self {
        let gauge = |name: &str, help: &str| {
            IntGaugeVec::new(Opts::new(name, help), &["network"]).expect("name and label are valid: they are constants")
        };
        Self {
            drift: gauge(
                "render_supply_drift_base_units",
                "Minted less burned, less the supply that a node answered at the same slot; must be 0.",
            ),
            accounts: gauge(
                "render_account_audit_findings",
                "Accounts whose changes do not add up to what they had or to what a node answered; must be 0.",
            ),
            unexplained: gauge(
                "render_unexplained_deltas",
                "Changes of balances that no decoded instruction explains.",
            ),
        }
    }
}

impl AuditGauges {
    /// Makes the gauges part of a registry.
    ///
    /// # Errors
    /// The registry has gauges of these names.
    pub(crate) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        for gauge in [&self.drift, &self.accounts, &self.unexplained] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(())
    }

    fn set(&self, network: &str, report: &AuditReport) {
        let gauge = |value: i128| i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX });
        let label = [network];
        if let Some(drift) = report.supply_drift {
            self.drift.with_label_values(&label).set(gauge(drift));
        }
        let count = |count: usize| gauge(count as i128);
        self.accounts
            .with_label_values(&label)
            .set(count(report.account_findings()));
        self.unexplained
            .with_label_values(&label)
            .set(count(report.unexplained()));
    }
}

/// The audits of one network of movements.
pub(crate) struct Audits {
    /// Its name.
    pub(crate) network: String,
    /// Whether it begins before its mint existed, as a recording does.
    pub(crate) from_nothing: bool,
    /// Its rows.
    pub(crate) clickhouse: ClickHouse,
    /// Where findings are told.
    pub(crate) board: Board,
    /// The same for Prometheus.
    pub(crate) gauges: AuditGauges,
}

/// How far a network was when it was audited; another value means that there is something new.
type Progress = (u64, Option<u64>);

impl Audits {
    /// Audits after commits until told to stop. An audit that cannot be made is tried again at the next look.
    pub(crate) async fn run(self, done: CancellationToken) {
        let mut audited: Option<Progress> = None;
        loop {
            let progress = progress(&self.board.now());
            if progress.0 > 0 && audited != Some(progress) {
                let made = tokio::select! {
                    () = done.cancelled() => return,
                    made = self.once() => made,
                };
                match made {
                    Ok(()) => audited = Some(progress),
                    Err(error) => tracing::warn!(network = self.network, %error, "the audit could not be made"),
                }
            }
            tokio::select! {
                () = done.cancelled() => return,
                () = tokio::time::sleep(AUDIT_INTERVAL) => {}
            }
        }
    }

    async fn once(&self) -> Result<(), AuditError> {
        // Backfill goes from the newest range down: until it is done the rows do not begin with nothing.
        let origin = self.board.now().first.filter(|_| self.from_nothing);
        let ledger = render::read_ledger(self.clickhouse.raw(), &self.network, origin).await?;
        let Some(ledger) = ledger else { return Ok(()) };
        let report = render::check(&ledger);
        self.gauges.set(&self.network, &report);
        let before = self.board.now().audit_findings.unwrap_or(0);
        let errors = report.errors() as u64;
        self.board.set_audit_findings(errors);
        if errors > before {
            for finding in report
                .findings
                .iter()
                .filter(|one| one.check.is_error())
                .take(LOGGED_FINDINGS)
            {
                tracing::error!(network = self.network, "audit: {finding}");
            }
        }
        Ok(())
    }
}

fn progress(status: &NetworkStatus) -> Progress {
    (status.facts.committed_heights, status.facts.watermark)
}
