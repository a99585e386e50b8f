//! The beginning of the state stage from what a node answered about one height, where nobody has the blocks before it.
//!
//! 1. The pages are archived as served.
//! 2. The state and its rows are derived from them. What is not understood ends here: nothing is recorded.
//! 3. The file is recorded. The height becomes the first of the state stage and is claimed, in one transaction.
//! 4. The rows are committed as any range is; then the state is kept as a checkpoint.
//!
//! A crash before the claim leaves a file at most that nothing reads; a crash after it leaves the claim, and the next
//! start derives the same rows again from the archive. No node is asked a second time then.

use super::checkpoint;
use super::error::PipelineError;
use super::quarantine::{Fault, Rejected};
use super::shared::{FirstHeight, Shared};
use crate::chain::{Family, Machine};
use crate::source::{RawState, StateHeight, StateProgress, StateSource};
use gridproof_store::batch::Batch;
use gridproof_store::state_db::{ClaimedRange, Network, Span};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// An answer under way.
pub type Asking<'a> =
    Pin<Box<dyn Future<Output = Result<RawState, Box<dyn std::error::Error + Send + Sync>>> + Send + 'a>>;

/// A [`StateSource`] of whatever kind.
pub trait StateNode: Send + Sync {
    /// [`StateSource::state`].
    fn ask<'a>(&'a self, at: StateHeight, progress: &'a (dyn Fn(&StateProgress) + Send + Sync)) -> Asking<'a>;
}

impl<S: StateSource> StateNode for S {
    fn ask<'a>(&'a self, at: StateHeight, progress: &'a (dyn Fn(&StateProgress) + Send + Sync)) -> Asking<'a> {
        Box::pin(async move { Ok(self.state(at, progress).await?) })
    }
}

/// What a snapshot gave.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct BootstrapReport {
    /// Network.
    pub network: String,
    /// Height of the snapshot; the state goes on with the next.
    pub height: u64,
    /// Hash of its block.
    pub block_hash: String,
    /// Who answered, without credentials.
    pub endpoint: String,
    /// Objects by table.
    pub objects: BTreeMap<String, u64>,
    /// Pages of all queries.
    pub pages: u64,
    /// Bytes of all pages.
    pub bytes: u64,
    /// Seconds from the first question to the last row.
    pub seconds: f64,
    /// Whether an earlier run had asked already, and the rows came from the archive.
    pub resumed: bool,
}

/// What follows from the pages.
type Seeded<M> = (M, Batch);

/// Asks `node` for the state and begins the state stage with it. `None`: stopped before that.
///
/// Goes on with what a crash left, without asking.
///
/// # Errors
/// The state stage has begun already, the node did not answer, or what it answered is not accepted; nothing is
/// committed then.
pub async fn bootstrap<F: Family>(
    shared: &Arc<Shared<F>>,
    node: &dyn StateNode,
    at: StateHeight,
    progress: &(dyn Fn(&StateProgress) + Send + Sync),
    stop: &CancellationToken,
) -> Result<Option<BootstrapReport>, PipelineError> {
    begin(shared, node, (at, None), progress, stop).await
}

/// [`bootstrap`], beside facts that are being followed from `facts_from` on: a state that ends lower could not go on.
pub(super) async fn begin<F: Family>(
    shared: &Arc<Shared<F>>,
    node: &dyn StateNode,
    (at, facts_from): (StateHeight, Option<u64>),
    progress: &(dyn Fn(&StateProgress) + Send + Sync),
    stop: &CancellationToken,
) -> Result<Option<BootstrapReport>, PipelineError> {
    if let Some(report) = resume(shared).await? {
        return Ok(Some(report));
    }
    refuse_begun(shared).await?;
    let began = Instant::now();
    let answer = tokio::select! {
        () = stop.cancelled() => return Ok(None),
        answer = node.ask(at, progress) => answer,
    };
    let raw = answer.map_err(|source| PipelineError::Asked {
        network: shared.chain.network.clone(),
        source,
    })?;
    meets(&raw, facts_from).map_err(PipelineError::Rejected)?;
    take(shared, Arc::new(raw), at, began).await.map(Some)
}

/// Whether the state reaches the first height of the facts.
fn meets(raw: &RawState, facts_from: Option<u64>) -> Result<(), Rejected> {
    let next = raw.height.saturating_add(1);
    match facts_from {
        Some(first) if next < first => {
            let why = format!(
                "{} is behind: its state would go on with height {next}, the facts begin with {first}; ask a node that \
                 keeps up, or run `gridproof backfill --from {next} --to {first}` first",
                raw.endpoint
            );
            Err(Rejected::because(Fault::Disagreement, raw.height, why))
        }
        _ => Ok(()),
    }
}

/// Goes on with a snapshot that an earlier run has claimed and not committed, or committed and not kept as a checkpoint.
///
/// # Errors
/// The archive does not give what was claimed; then the claim is set aside.
pub(super) async fn resume<F: Family>(shared: &Arc<Shared<F>>) -> Result<Option<BootstrapReport>, PipelineError> {
    let (began, key) = (Instant::now(), shared.state_key());
    let Some(height) = shared.state_db.stage_first(&key).await? else {
        return Ok(None);
    };
    let live = shared.state_db.live_ranges(&key).await?.live;
    let span = Span {
        from: height,
        to: height,
    };
    let claims = shared.pending(&key).await?;
    // Once it is live, a claim of this height is part of a re-derivation.
    let claim = claims
        .into_iter()
        .find(|claim| claim.span == span && !live.overlaps(span));
    let unkept = live.runs() == [span] && !shared.vault.has_state(shared.rules.decoder(), height).await?;
    if claim.is_none() && !unkept {
        return Ok(None);
    }
    let raw = Arc::new(shared.vault.snapshot(height).await?);
    match (derive(shared, &raw).await?, claim) {
        (Ok(seeded), claim) => finish(shared, claim.as_ref(), &raw, seeded, began, true)
            .await
            .map(Some),
        (Err(rejected), Some(claim)) => {
            shared.quarantine(&claim, &rejected).await?;
            Err(PipelineError::Rejected(rejected))
        }
        (Err(rejected), None) => Err(PipelineError::Rejected(rejected)),
    }
}

/// The state at the height of an archived snapshot, and its rows.
pub(super) async fn seeded<F: Family>(
    shared: &Arc<Shared<F>>,
    height: u64,
) -> Result<Result<Seeded<F::Machine>, Rejected>, PipelineError> {
    let raw = Arc::new(shared.vault.snapshot(height).await?);
    derive(shared, &raw).await
}

/// Refuses a network whose state stage has begun.
async fn refuse_begun<F: Family>(shared: &Shared<F>) -> Result<(), PipelineError> {
    let key = shared.state_key();
    let live = shared.state_db.live_ranges(&key).await?.live.runs();
    let claims = shared.pending(&key).await?.into_iter().map(|claim| claim.span);
    let aside = shared.state_db.quarantined(&key).await?;
    let aside = aside.into_iter().map(|entry| entry.range.span);
    let all: Vec<Span> = live.into_iter().chain(claims).chain(aside).collect();
    let ends = all
        .iter()
        .map(|span| span.from)
        .min()
        .zip(all.iter().map(|span| span.to).max());
    match ends {
        None => Ok(()),
        Some((from, to)) => Err(PipelineError::StateStands {
            network: shared.chain.network.clone(),
            from,
            to,
        }),
    }
}

/// Archives, derives, claims and commits what was answered.
async fn take<F: Family>(
    shared: &Arc<Shared<F>>,
    raw: Arc<RawState>,
    at: StateHeight,
    began: Instant,
) -> Result<BootstrapReport, PipelineError> {
    fits(shared, &raw, at).map_err(PipelineError::Rejected)?;
    let file = shared.vault.put_snapshot(&raw).await?;
    shared.crash.pass("after-snapshot-archive");
    let seeded = match derive(shared, &raw).await? {
        Ok(seeded) => seeded,
        Err(rejected) => {
            shared.vault.drop_file(&file).await?;
            return Err(PipelineError::Rejected(rejected));
        }
    };
    shared.vault.record_snapshot(&file).await?;
    shared.crash.pass("after-snapshot-record");
    let (key, decoder) = (shared.state_key(), shared.rules.decoder());
    let claim = shared.state_db.claim_first(shared.lease(), &key, raw.height, decoder);
    let claim = claim.await?;
    shared.crash.pass("after-snapshot-claim");
    finish(shared, Some(&claim), &raw, seeded, began, false).await
}

/// Whether the answer is of this chain and of the height that was asked for.
fn fits<F: Family>(shared: &Shared<F>, raw: &RawState, at: StateHeight) -> Result<(), Rejected> {
    let wanted = &shared.chain.chain_id;
    if raw.chain_id != *wanted {
        let why = format!("{} answered for chain {:?}, not {wanted:?}", raw.endpoint, raw.chain_id);
        return Err(Rejected::because(Fault::WrongChain, raw.height, why));
    }
    match at {
        StateHeight::At(height) if height != raw.height => {
            let why = format!("{} answered for height {}, not {height}", raw.endpoint, raw.height);
            Err(Rejected::because(Fault::Disagreement, height, why))
        }
        _ if raw.height == 0 => Err(Rejected::because(Fault::BadBody, 0, "heights begin at 1")),
        _ => Ok(()),
    }
}

/// State and rows of a snapshot, on a thread for computations.
async fn derive<F: Family>(
    shared: &Arc<Shared<F>>,
    raw: &Arc<RawState>,
) -> Result<Result<Seeded<F::Machine>, Rejected>, PipelineError> {
    let (shared, raw) = (shared.clone(), raw.clone());
    let derive = move || {
        let machine = F::Machine::seed(&shared.rules, &raw)
            .map_err(|why| Rejected::because(Fault::State, raw.height, format!("{}: {why}", raw.endpoint)))?;
        if machine.height() != raw.height {
            let why = format!("the state that follows is of height {}", machine.height());
            return Err(Rejected::because(Fault::State, raw.height, why));
        }
        let mut batch = Batch::new(shared.origin());
        machine.write_all(&raw, &mut batch)?;
        Ok((machine, batch))
    };
    Ok(tokio::task::spawn_blocking(derive).await?)
}

/// Commits a claimed snapshot (none: it is committed) and keeps its state.
async fn finish<F: Family>(
    shared: &Arc<Shared<F>>,
    claim: Option<&ClaimedRange>,
    raw: &RawState,
    (machine, batch): Seeded<F::Machine>,
    began: Instant,
    resumed: bool,
) -> Result<BootstrapReport, PipelineError> {
    if let Some(claim) = claim {
        register(shared, raw.height).await?;
        shared.committer.commit(claim, &batch).await?;
    }
    shared.crash.pass("after-snapshot-commit");
    checkpoint::keep(shared, &machine).await?;
    shared.vault.keep_only_snapshot(raw.height).await?;
    let (network, height, rows) = (shared.chain.network.as_str(), raw.height, batch.rows());
    shared.metrics.committed(network, "state", rows);
    shared
        .board
        .block_time("state", height, raw.time_ns.div_euclid(1_000_000_000));
    shared.refresh_stored().await?;
    let endpoint = raw.endpoint.as_str();
    tracing::info!(
        network,
        height,
        rows,
        endpoint,
        resumed,
        "the state begins with what a node answered"
    );
    Ok(BootstrapReport {
        network: network.to_owned(),
        height,
        block_hash: raw.block_hash.clone(),
        endpoint: raw.endpoint.clone(),
        objects: batch
            .tables
            .iter()
            .map(|(table, rows)| ((*table).to_owned(), rows.rows))
            .collect(),
        pages: raw.answers.len() as u64,
        bytes: raw.answers.iter().map(|answer| answer.body.len() as u64).sum(),
        seconds: began.elapsed().as_secs_f64(),
        resumed,
    })
}

/// Registers the network, whose facts begin with the height after the snapshot unless they begin earlier.
async fn register<F: Family>(shared: &Shared<F>, height: u64) -> Result<(), PipelineError> {
    let (chain, next) = (&shared.chain, height.saturating_add(1));
    let known = shared
        .state_db
        .network(&chain.network)
        .await?
        .map(|known| known.first_height);
    let first = match chain.first {
        FirstHeight::Height(first) => first,
        FirstHeight::Earliest => known.unwrap_or(next),
    };
    let network = Network {
        name: chain.network.clone(),
        chain_id: chain.chain_id.clone(),
        kind: F::KIND.to_owned(),
        first_height: first.min(next),
        note: chain.note.clone(),
    };
    shared.state_db.register_network(&network).await?;
    Ok(shared.committer.mirror_networks().await?)
}

#[cfg(test)]
mod tests;
