//! What a running process knows, shared between the indexer, the operations listener and progress.

use gridproof_indexer::pipeline::NetworkStatus;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::watch;

/// The state of the process, cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    networks: watch::Sender<Vec<watch::Receiver<NetworkStatus>>>,
    migrated: AtomicBool,
    engine_restarts: AtomicU64,
    ready_lag_s: u64,
}

/// A snapshot, as `/status` and `gridproof status --json` print it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// Whether a process follows the chains at present (else this is what the data folder says).
    pub(crate) running: bool,
    /// Process id of the running process.
    pub(crate) pid: Option<u32>,
    /// How often the embedded engine was started again.
    pub(crate) engine_restarts: Option<u64>,
    /// Each network.
    pub(crate) networks: Vec<NetworkStatus>,
}

impl Board {
    /// An empty board.
    pub(crate) fn new(ready_lag_s: u64) -> Self {
        let inner = Inner {
            networks: watch::Sender::new(Vec::new()),
            migrated: AtomicBool::new(false),
            engine_restarts: AtomicU64::new(0),
            ready_lag_s,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Adds a network's status.
    pub(crate) fn add_network(&self, status: watch::Receiver<NetworkStatus>) {
        self.inner.networks.send_modify(|networks| networks.push(status));
    }

    /// Says that migrations are done.
    pub(crate) fn set_migrated(&self) {
        self.inner.migrated.store(true, Ordering::Relaxed);
    }

    /// Sets how often the engine was started again.
    pub(crate) fn set_engine_restarts(&self, restarts: u64) {
        self.inner.engine_restarts.store(restarts, Ordering::Relaxed);
    }

    /// The networks as they are now.
    pub(crate) fn networks(&self) -> Vec<NetworkStatus> {
        self.inner
            .networks
            .borrow()
            .iter()
            .map(|status| status.borrow().clone())
            .collect()
    }

    /// Everything as it is now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            running: true,
            pid: Some(std::process::id()),
            engine_restarts: Some(self.inner.engine_restarts.load(Ordering::Relaxed)),
            networks: self.networks(),
        }
    }

    /// Why readers should not be sent here yet; empty when ready. `engine_error` is what the engine's ping said.
    pub(crate) fn not_ready(&self, engine_error: Option<String>) -> Vec<String> {
        let mut reasons = Vec::new();
        reasons.extend(engine_error.map(|why| format!("the engine does not answer: {why}")));
        if !self.inner.migrated.load(Ordering::Relaxed) {
            reasons.push("migrations are not done".to_owned());
        }
        reasons.extend(
            self.networks()
                .iter()
                .filter_map(|network| stale(network, self.inner.ready_lag_s)),
        );
        reasons
    }
}

/// Why a network's facts are not fresh enough to be read, if they are not.
fn stale(network: &NetworkStatus, ready_lag_s: u64) -> Option<String> {
    let name = &network.network;
    match (network.facts.watermark, network.facts.lag_s) {
        (None, _) => Some(format!("{name}: nothing is committed yet")),
        (Some(_), Some(lag)) if !network.recording && lag > 0 && lag.unsigned_abs() > ready_lag_s => Some(format!(
            "{name}: the watermark is {lag} s behind, more than {ready_lag_s} s"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridproof_indexer::pipeline::StageStatus;

    fn network(recording: bool, watermark: Option<u64>, lag_s: Option<i64>) -> NetworkStatus {
        let facts = StageStatus {
            watermark,
            lag_s,
            ..StageStatus::default()
        };
        NetworkStatus {
            network: "n".into(),
            recording,
            facts,
            ..NetworkStatus::default()
        }
    }

    #[test]
    fn a_network_is_fresh_when_its_watermark_is_near_the_clock() {
        assert_eq!(stale(&network(false, Some(9), Some(30)), 120), None);
        assert!(stale(&network(false, Some(9), Some(121)), 120).is_some());
        assert!(stale(&network(false, None, None), 120).is_some());
    }

    #[test]
    fn a_recording_is_fresh_however_old() {
        assert_eq!(stale(&network(true, Some(9), None), 120), None);
    }

    #[test]
    fn a_board_without_migrations_is_not_ready_and_says_why() {
        let board = Board::new(120);
        assert_eq!(board.not_ready(None), ["migrations are not done"]);
        board.set_migrated();
        assert!(board.not_ready(None).is_empty());
        assert_eq!(
            board.not_ready(Some("refused".into())),
            ["the engine does not answer: refused"]
        );
    }
}
