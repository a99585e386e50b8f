//! The state stage: archived blocks in height order through the state machine, from the genesis or a snapshot on, with
//! checkpoints.

use super::checkpoint;
use super::error::PipelineError;
use super::facts::FactsProgress;
use super::links::link;
use super::metrics::Step;
use super::quarantine::Rejected;
use super::shared::Shared;
use crate::chain::{Family, Machine};
use gridproof_store::batch::Batch;
use gridproof_store::state_db::{ClaimedRange, Span};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the stage says when it has nothing to begin with.
pub const NEEDS_GENESIS: &str = "needs genesis or a snapshot";

/// Runs the state machine over what the facts stage has committed.
pub(super) struct StateStage<F> {
    pub(super) shared: Arc<Shared<F>>,
    pub(super) facts: watch::Receiver<FactsProgress>,
    /// Claims that an earlier run left, lowest first.
    pub(super) claims: VecDeque<ClaimedRange>,
    /// Height of the snapshot that the stage began with, if it did not begin with the genesis.
    pub(super) snapshot: Option<u64>,
    pub(super) stop: CancellationToken,
}

/// The state machine between two ranges.
struct Kept<M> {
    state: M,
    /// Height of the newest checkpoint.
    checkpoint: u64,
}

/// A range through the state machine.
pub(super) struct Stepped<M> {
    pub(super) state: M,
    pub(super) batch: Batch,
    time_s: Option<i64>,
    /// Blocks whose computed payouts differ from the transfers seen.
    findings: u64,
}

impl<F: Family> StateStage<F> {
    /// Runs until the facts are done and taken in, a block is not accepted, or `stop`.
    pub(super) async fn run(mut self, state: F::Machine) -> Result<(), PipelineError> {
        let mut machine = Kept {
            checkpoint: state.height(),
            state,
        };
        while let Some(range) = self.next_range(machine.state.height()).await? {
            let claim = match self.claims.pop_front() {
                Some(claim) => claim,
                None => self.shared.claim(&self.shared.state_key(), range).await?,
            };
            self.shared.crash.pass("after-state-claim");
            match self.step(&claim, machine.state).await? {
                Ok(state) => machine.state = state,
                Err(rejected) => return self.give_up(&claim, &rejected).await,
            }
            if machine.state.height() - machine.checkpoint >= self.shared.settings.checkpoint_heights {
                self.checkpoint(&mut machine).await?;
            }
            self.shared.refresh_stored().await?;
        }
        if machine.state.height() > machine.checkpoint {
            self.checkpoint(&mut machine).await?;
        }
        Ok(())
    }

    /// The heights to do next: what was claimed, else what the facts have beyond the cursor, one archived range.
    async fn next_range(&mut self, cursor: u64) -> Result<Option<Span>, PipelineError> {
        loop {
            if self.stop.is_cancelled() {
                return Ok(None);
            }
            let wanted = self.claims.front().map_or(cursor + 1, |claim| claim.span.to);
            let (run, done) = {
                let facts = self.facts.borrow_and_update();
                (facts.committed.span_of(cursor + 1), facts.done)
            };
            match run {
                Some(run) if run.to >= wanted => {
                    let rest = Span {
                        from: cursor + 1,
                        to: run.to,
                    };
                    return Ok(Some(self.shared.settings.cut.oldest(rest)));
                }
                _ if done => return Ok(None),
                _ => {}
            }
            tokio::select! {
                () = self.stop.cancelled() => return Ok(None),
                // The facts stage marks itself done before it drops its sender.
                changed = self.facts.changed() => if changed.is_err() { return Ok(None) },
            }
        }
    }

    /// Takes one claimed range in and commits its rows; gives the state after it.
    async fn step(
        &self,
        claim: &ClaimedRange,
        state: F::Machine,
    ) -> Result<Result<F::Machine, Rejected>, PipelineError> {
        let (shared, span, started) = (self.shared.clone(), claim.span, Instant::now());
        let raws = shared.vault.read(span).await?;
        if let Err(rejected) = self.joins(span, raws.first()).await? {
            return Ok(Err(rejected));
        }
        let worker = shared.clone();
        let stepped = tokio::task::spawn_blocking(move || step_range(&worker, state, &raws)).await?;
        shared
            .metrics
            .step(&shared.chain.network, Step::StepState, started.elapsed());
        let stepped = match stepped {
            Ok(stepped) => stepped,
            Err(rejected) => return Ok(Err(rejected)),
        };
        let (committing, rows) = (Instant::now(), stepped.batch.rows());
        shared.committer.commit(claim, &stepped.batch).await?;
        shared
            .metrics
            .step(&shared.chain.network, Step::CommitState, committing.elapsed());
        shared.metrics.committed(&shared.chain.network, "state", rows);
        shared.board.add_audit_findings(stepped.findings);
        if let Some(time_s) = stepped.time_s {
            shared.board.block_time("state", span.to, time_s);
        }
        let (network, elapsed_ms) = (shared.chain.network.as_str(), started.elapsed().as_millis() as u64);
        tracing::info!(
            network,
            stage = "state",
            from = span.from,
            to = span.to,
            rows,
            elapsed_ms,
            "committed"
        );
        Ok(Ok(stepped.state))
    }

    /// Whether the first block after a snapshot follows the one that the node named: else the state would go on with the
    /// blocks of another history.
    async fn joins(&self, span: Span, first: Option<&F::Raw>) -> Result<Result<(), Rejected>, PipelineError> {
        let Some(height) = self.snapshot.filter(|height| height.saturating_add(1) == span.from) else {
            return Ok(Ok(()));
        };
        let hash = self.shared.vault.snapshot_block(height).await?;
        let edge = first.and_then(F::raw_edge);
        Ok(edge.map_or(Ok(()), |edge| link(span.from, &edge.parent_hash, &hash)))
    }

    /// The state after a block that was not accepted is unknown: the stage ends here, the facts go on.
    async fn give_up(&self, claim: &ClaimedRange, rejected: &Rejected) -> Result<(), PipelineError> {
        self.shared.quarantine(claim, rejected).await?;
        self.shared
            .board
            .state_waits(Some(format!("stopped before height {}: {rejected}", claim.span.from)));
        self.shared.refresh_stored().await
    }

    /// Keeps the state, so that the next start need not replay everything.
    async fn checkpoint(&self, machine: &mut Kept<F::Machine>) -> Result<(), PipelineError> {
        checkpoint::keep(&self.shared, &machine.state).await?;
        machine.checkpoint = machine.state.height();
        Ok(())
    }
}

/// Decodes a range, runs it through the state machine and gathers its rows.
pub(super) fn step_range<F: Family>(
    shared: &Shared<F>,
    mut state: F::Machine,
    raws: &[F::Raw],
) -> Result<Stepped<F::Machine>, Rejected> {
    let blocks = shared.rules.decode(&shared.chain.chain_id, raws)?;
    let (mut batch, mut findings) = (Batch::new(shared.origin()), 0);
    for block in &blocks {
        findings += state.step(block, Some(&mut batch))?;
    }
    let time_s = F::time_s(raws, &blocks);
    Ok(Stepped {
        state,
        batch,
        time_s,
        findings,
    })
}
