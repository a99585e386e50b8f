//! The status that others see: what the state database says, with what only the running process knows.

use super::quarantine::Quarantined;
use super::ranges::RangeSet;
use super::shared::Chain;
use super::status::{EndpointStatus, InventoryStatus, NetworkStatus, PriceStatus, StageStatus};
use crate::chain::Kind;
use gridproof_store::state_db::{NetworkStatus as Stored, Span, StageKey, StageStatus as StoredStage};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// A follower's status, watched by whoever shows it.
#[derive(Clone, Debug)]
pub struct Board {
    status: watch::Sender<NetworkStatus>,
}

impl Board {
    /// A board for a network of which nothing is known yet.
    pub fn new(chain: &Chain) -> Self {
        let status = NetworkStatus {
            network: chain.network.clone(),
            chain_id: chain.chain_id.clone(),
            recording: is_recording(&chain.network),
            note: chain.note.clone(),
            state: has_state(chain.kind).then(StageStatus::default),
            ..NetworkStatus::default()
        };
        Self {
            status: watch::Sender::new(status),
        }
    }

    /// The status, now and as it changes.
    pub fn subscribe(&self) -> watch::Receiver<NetworkStatus> {
        self.status.subscribe()
    }

    /// The status now.
    pub fn now(&self) -> NetworkStatus {
        self.status.borrow().clone()
    }

    /// Says what keeps the follower from going on, or that nothing does.
    pub fn trouble(&self, trouble: Option<String>) {
        self.status.send_if_modified(|status| {
            let changed = status.trouble != trouble;
            status.trouble = trouble;
            changed
        });
    }

    /// Says what a person should do, or that there is nothing.
    pub fn advise(&self, advice: Option<String>) {
        self.status.send_modify(|status| status.advice = advice);
    }

    /// Shows what the sources of prices told last.
    pub fn prices(&self, prices: Vec<PriceStatus>) {
        self.status.send_modify(|status| status.prices = prices);
    }

    /// Says why the state stage does nothing, or that it works.
    pub fn state_waits(&self, reason: Option<String>) {
        self.status.send_modify(|status| {
            if let Some(state) = &mut status.state {
                state.waiting = reason;
            }
        });
    }

    /// Says where the providers stand that are asked.
    pub fn inventory(&self, inventory: InventoryStatus) {
        self.status.send_if_modified(|status| {
            let changed = status.inventory != Some(inventory);
            status.inventory = Some(inventory);
            changed
        });
    }

    /// Sets the tip.
    pub fn tip(&self, tip: u64) {
        self.status.send_modify(|status| status.tip = status.tip.max(Some(tip)));
    }

    /// Sets the number of blocks whose payouts differ from the transfers, as the tables have it.
    pub fn set_audit_findings(&self, findings: u64) {
        self.status.send_modify(|status| status.audit_findings = Some(findings));
    }

    /// Adds such blocks.
    pub fn add_audit_findings(&self, findings: u64) {
        self.status
            .send_modify(|status| status.audit_findings = Some(status.audit_findings.unwrap_or(0) + findings));
    }

    /// Notes the time of the newest block that is committed.
    pub fn block_time(&self, stage: &str, height: u64, seconds: i64) {
        self.status.send_modify(|status| {
            let stage = match (stage, &mut status.state) {
                (StageKey::STATE, Some(state)) => state,
                _ => &mut status.facts,
            };
            if stage.watermark.is_none_or(|known| height >= known) {
                stage.watermark = Some(height);
                stage.watermark_time_s = Some(seconds);
            }
        });
    }

    /// Takes over what the state database and the endpoints say.
    pub fn refresh(&self, stored: &Stored, endpoints: Option<Vec<EndpointStatus>>) {
        self.status.send_modify(|status| {
            let fresh = from_store(stored);
            let tip = fresh.tip.max(status.tip);
            let old = std::mem::replace(status, fresh);
            status.tip = tip;
            status.trouble = old.trouble;
            status.advice = old.advice;
            status.prices = old.prices;
            status.inventory = old.inventory;
            status.audit_findings = old.audit_findings;
            status.endpoints = endpoints.unwrap_or(old.endpoints);
            carry(&mut status.facts, old.facts);
            if let (Some(fresh), Some(old)) = (&mut status.state, old.state) {
                carry(fresh, old);
            }
            let recording = status.recording;
            for stage in std::iter::once(&mut status.facts).chain(&mut status.state) {
                stage.lag_s = stage.watermark_time_s.filter(|_| !recording).map(|time| now_s() - time);
            }
        });
    }
}

/// Keeps what the database does not know.
fn carry(fresh: &mut StageStatus, old: StageStatus) {
    fresh.waiting = old.waiting;
    if fresh.watermark == old.watermark {
        fresh.watermark_time_s = old.watermark_time_s.or(fresh.watermark_time_s);
    }
}

/// Whether rows of this network come from a recording.
pub fn is_recording(network: &str) -> bool {
    network.starts_with("rec-")
}

/// The status of a network as the state database knows it.
pub fn from_store(stored: &Stored) -> NetworkStatus {
    let window = |first: u64| stored.tip_height.and_then(|tip| Span::new(first, tip));
    let stage = |name: &str| {
        let found = stored.stages.iter().find(|stage| stage.stage == name);
        let mut stage = found
            .map(|stage| stage_status(name, stage, window(stage.first_height)))
            .unwrap_or_else(|| untouched(window(stored.network.first_height)));
        if stage.watermark.is_some() && stage.watermark == stored.tip_height {
            stage.watermark_time_s = stored.tip_time_ms.map(|ms| ms.div_euclid(1000));
        }
        stage
    };
    NetworkStatus {
        network: stored.network.name.clone(),
        chain_id: stored.network.chain_id.clone(),
        recording: is_recording(&stored.network.name),
        note: stored.network.note.clone(),
        tip: stored.tip_height,
        first: Some(stored.network.first_height),
        facts: stage(StageKey::FACTS),
        state: has_state(&stored.network.kind).then(|| stage(StageKey::STATE)),
        inventory: None,
        quarantine: stored.stages.iter().flat_map(quarantined).collect(),
        endpoints: Vec::new(),
        audit_findings: None,
        advice: None,
        trouble: None,
        prices: Vec::new(),
    }
}

/// Whether networks of this kind have a state stage; one of a later release is taken to have it.
fn has_state(kind: &str) -> bool {
    Kind::named(kind).is_none_or(|kind| kind.has_state)
}

/// A stage that was never begun.
fn untouched(window: Option<Span>) -> StageStatus {
    StageStatus {
        holes: window.into_iter().collect(),
        ..StageStatus::default()
    }
}

/// Facts are read from the newest run; the state only from the run that begins at its first height: that of the network, or
/// of the snapshot that it began with.
fn stage_status(name: &str, stage: &StoredStage, window: Option<Span>) -> StageStatus {
    let covered: RangeSet = stage.live.runs().into_iter().collect();
    let run = match name {
        StageKey::STATE => covered.span_of(stage.first_height),
        _ => stage.watermark.newest_run,
    };
    StageStatus {
        watermark: run.map(|run| run.to),
        complete_from: run.map(|run| run.from),
        watermark_time_s: None,
        lag_s: None,
        committed_heights: covered.heights(),
        holes: window.map(|window| covered.holes(window)).unwrap_or_default(),
        waiting: None,
    }
}

fn quarantined(stage: &StoredStage) -> Vec<Quarantined> {
    let convert = |entry: &gridproof_store::state_db::Quarantined| Quarantined {
        stage: stage.stage.clone(),
        range: entry.range.span,
        reason: entry.reason.clone(),
        since_ms: entry.since_ms,
    };
    stage.quarantined.iter().map(convert).collect()
}

/// Seconds since the Unix epoch.
fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
