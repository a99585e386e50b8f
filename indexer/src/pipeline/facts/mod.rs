//! The facts stage: plan, fetch, archive, derive, commit; one range in each step at a time.
//!
//! The steps are joined by channels that hold one range, so at most four ranges are in memory: one that
//! is fetched, one that waits or is derived, one that waits, one that is committed.

mod commit;
mod fetch;

use super::error::PipelineError;
use super::links::Links;
use super::plan::Plan;
use super::quarantine::{Fault, Rejected};
use super::ranges::RangeSet;
use super::shared::Shared;
use crate::chain::{Edge, Family};
use crate::source::Source;
use gridproof_store::batch::Batch;
use gridproof_store::state_db::ClaimedRange;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// A fetched range on its way to the decoder.
struct Raw<R> {
    claim: ClaimedRange,
    units: Vec<R>,
}

/// A derived range on its way to the committer.
struct Derived {
    claim: ClaimedRange,
    outcome: Result<Rows, Rejected>,
}

/// What a range gave.
struct Rows {
    batch: Batch,
    /// First and last block, where the chain links them.
    first: Option<Edge>,
    last: Option<Edge>,
    time_s: Option<i64>,
}

/// What the stage is to do, and with what.
pub(super) struct Work<F, S> {
    pub(super) shared: Arc<Shared<F>>,
    pub(super) source: Arc<S>,
    pub(super) plan: Plan,
    /// Claims that an earlier run left; the plan gives their spans first.
    pub(super) claims: Vec<ClaimedRange>,
    /// Spans that were set aside and are to be fetched again whatever the archive has.
    pub(super) refetch: RangeSet,
    pub(super) links: Links,
}

/// How far the facts are, for the state stage.
#[derive(Clone, Debug, Default)]
pub(super) struct FactsProgress {
    /// Heights whose raw blocks are archived and committed.
    pub(super) committed: RangeSet,
    /// Whether no more will come.
    pub(super) done: bool,
}

/// Runs the stage until its goal is reached or `stop`.
pub(super) async fn run<F: Family, S: Source<Raw = F::Raw>>(
    work: Work<F, S>,
    progress: watch::Sender<FactsProgress>,
    stop: CancellationToken,
) -> Result<(), PipelineError> {
    let (raw_out, raw_in) = mpsc::channel(1);
    let (rows_out, rows_in) = mpsc::channel(1);
    let Work {
        shared,
        source,
        plan,
        claims,
        refetch,
        links,
    } = work;
    let claims = claims.into_iter().map(|claim| (claim.span, claim)).collect();
    let heads = source.heads();
    let fetcher = fetch::Fetcher {
        shared: shared.clone(),
        source,
        plan,
        claims,
        refetch,
        heads,
        hopeless: false,
        out: raw_out,
        stop,
    };
    let committer = commit::Commits {
        shared: shared.clone(),
        links,
        progress: progress.clone(),
    };
    let result = tokio::try_join!(fetcher.run(), derive(shared, raw_in, rows_out), committer.run(rows_in));
    progress.send_modify(|progress| progress.done = true);
    result.map(|_| ())
}

/// Second step: decodes and derives on a blocking thread.
async fn derive<F: Family>(
    shared: Arc<Shared<F>>,
    mut ranges: mpsc::Receiver<Raw<F::Raw>>,
    out: mpsc::Sender<Derived>,
) -> Result<(), PipelineError> {
    while let Some(Raw { claim, units }) = ranges.recv().await {
        let (worker, started) = (shared.clone(), std::time::Instant::now());
        let outcome = tokio::task::spawn_blocking(move || rows(&worker, &units)).await?;
        shared
            .metrics
            .step(&shared.chain.network, super::metrics::Step::Derive, started.elapsed());
        if out.send(Derived { claim, outcome }).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The fact rows of a range.
fn rows<F: Family>(shared: &Shared<F>, raws: &[F::Raw]) -> Result<Rows, Rejected> {
    if raws.is_empty() {
        return Err(Rejected::because(Fault::Archive, 0, "the range is empty"));
    }
    let blocks = shared.rules.decode(&shared.chain.chain_id, raws)?;
    Ok(Rows {
        batch: super::derive::derive_facts(&shared.rules, shared.origin(), &blocks)?,
        first: blocks.first().and_then(F::edge),
        last: blocks.last().and_then(F::edge),
        time_s: F::time_s(raws, &blocks),
    })
}
