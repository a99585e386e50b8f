//! What the stages of one follower have in common.

use super::board::Board;
use super::error::PipelineError;
use super::metrics::Metrics;
use super::plan::Cut;
use super::quarantine::Rejected;
use super::status::EndpointStatus;
use super::vault::Vault;
use crate::chain::{Family, Machine};
use crate::source::{EndpointState, Source};
use gridproof_store::batch::Origin;
use gridproof_store::commit::Committer;
use gridproof_store::crash::CrashPoints;
use gridproof_store::state_db::{ClaimedRange, Span, StageKey, StateDb, WriterLease};
use std::time::Duration;

/// The network to follow.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Network name, in rows and labels.
    pub network: String,
    /// Chain id; blocks of another are refused.
    pub chain_id: String,
    /// Family of the chain: [`Family::KIND`].
    pub kind: &'static str,
    /// Whether this is a recording.
    pub recording: bool,
    /// What readers should be told, such as why a recording is served; may be empty.
    pub note: String,
    /// Where to begin.
    pub first: FirstHeight,
}

/// First height to index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstHeight {
    /// The lowest that any endpoint still has when the network is first seen.
    Earliest,
    /// This one.
    Height(u64),
}

/// When a follower is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Never: it follows the tip.
    Follow,
    /// When everything up to this height is committed or set aside.
    Height(u64),
}

/// Sizes and patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How heights are cut into ranges.
    pub cut: Cut,
    /// Heights between two checkpoints of the state machine.
    pub checkpoint_heights: u64,
    /// When to stop.
    pub goal: Goal,
    /// How long a finite run goes on asking endpoints that do not answer; a follower never gives up.
    pub patience: Duration,
    /// Lowest height to plan for, where that is not the first of the network.
    pub window_from: Option<u64>,
    /// Whether ranges that an earlier run set aside are tried again.
    pub retry_quarantined: bool,
    /// Time between two looks at what nodes say about the present.
    pub observe_every: Duration,
}

/// Time between two observations, unless somebody says otherwise.
pub const OBSERVE_EVERY: Duration = Duration::from_secs(600);

/// Time between two looks at the tip and the endpoints.
pub(super) const STATUS_INTERVAL: Duration = Duration::from_secs(1);

/// Everything that a stage needs.
#[derive(Debug)]
pub struct Shared<F> {
    /// The network.
    pub chain: Chain,
    /// How it is decoded, and by which rules.
    pub rules: F,
    /// Genesis document, where the caller has it; otherwise the endpoints are asked.
    pub genesis: Option<bytes::Bytes>,
    /// Where raw ranges and states are kept.
    pub vault: Vault,
    /// What writes rows.
    pub committer: Committer,
    /// What knows progress.
    pub state_db: StateDb,
    /// Sizes.
    pub settings: Settings,
    /// Operational metrics.
    pub metrics: Metrics,
    /// Where tests may end the process.
    pub crash: CrashPoints,
    /// The status that others see.
    pub board: Board,
}

impl<F: Family> Shared<F> {
    /// What all rows share.
    pub fn origin(&self) -> Origin {
        Origin {
            network: self.chain.network.clone(),
            chain_id: self.chain.chain_id.clone(),
        }
    }

    /// Key of the facts stage.
    pub fn facts_key(&self) -> StageKey {
        StageKey::new(&self.chain.network, StageKey::FACTS)
    }

    /// Key of the state stage.
    pub fn state_key(&self) -> StageKey {
        StageKey::new(&self.chain.network, StageKey::STATE)
    }

    /// The stages that this chain has.
    pub fn stages(&self) -> Vec<StageKey> {
        let state = F::Machine::EXISTS.then(|| self.state_key());
        std::iter::once(self.facts_key()).chain(state).collect()
    }

    /// Claims of a stage that an earlier run left, lowest first.
    pub async fn pending(&self, key: &StageKey) -> Result<Vec<ClaimedRange>, PipelineError> {
        Ok(self.state_db.pending(self.lease(), key, self.rules.decoder()).await?)
    }

    /// Sets a claimed range aside and shows it.
    pub async fn quarantine(&self, claim: &ClaimedRange, rejected: &Rejected) -> Result<(), PipelineError> {
        let network = self.chain.network.as_str();
        let (stage, range) = (claim.key.stage.as_str(), claim.span.to_string());
        tracing::error!(
            network,
            stage,
            range,
            fault = rejected.fault.name(),
            height = rejected.height,
            reason = rejected.reason,
            "range set aside; `gridproof backfill --retry-quarantined` tries it again"
        );
        self.committer.quarantine(claim, &rejected.to_string()).await?;
        Ok(())
    }

    /// The lease under which this process writes.
    pub fn lease(&self) -> &WriterLease {
        self.committer.lease()
    }

    /// Claims heights of a stage for this process.
    pub async fn claim(&self, key: &StageKey, span: Span) -> Result<ClaimedRange, PipelineError> {
        Ok(self
            .state_db
            .claim(self.lease(), key, span, self.rules.decoder())
            .await?)
    }

    /// Shows what the state database and the endpoints say now.
    pub async fn refresh(&self, source: &impl Source) -> Result<(), PipelineError> {
        self.show(Some(endpoints(source))).await
    }

    /// Shows what the state database says now.
    pub async fn refresh_stored(&self) -> Result<(), PipelineError> {
        self.show(None).await
    }

    async fn show(&self, endpoints: Option<Vec<EndpointStatus>>) -> Result<(), PipelineError> {
        let status = self.state_db.status().await?;
        if let Some(stored) = status
            .networks
            .iter()
            .find(|stored| stored.network.name == self.chain.network)
        {
            self.board.refresh(stored, endpoints);
            self.metrics.observe(&self.board.now());
        }
        Ok(())
    }
}

/// The endpoints of a source, for the status.
fn endpoints(source: &impl Source) -> Vec<EndpointStatus> {
    let convert = |endpoint: crate::source::EndpointStatus| EndpointStatus {
        host: host(&endpoint.url),
        state: serde_json::to_value(endpoint.state)
            .ok()
            .and_then(|s| s.as_str().map(str::to_owned))
            .unwrap_or_default(),
        healthy: matches!(endpoint.state, EndpointState::Ready | EndpointState::Limited),
        tip: endpoint.tip,
        floor: endpoint.floor,
        latency_ms: endpoint.latency_ms.map(|ms| ms.max(0.0) as u64),
        last_error: endpoint.last_error,
    };
    source.endpoints().into_iter().map(convert).collect()
}

/// Host and port of a URL: labels and the status name endpoints by them.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
