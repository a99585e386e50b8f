//! Last step of the facts: the borders are checked, then the rows are written and the range committed.

use super::{Derived, FactsProgress, Rows};
use crate::chain::Family;
use crate::pipeline::error::PipelineError;
use crate::pipeline::links::Links;
use crate::pipeline::metrics::Step;
use crate::pipeline::quarantine::Rejected;
use crate::pipeline::shared::Shared;
use gridproof_store::state_db::ClaimedRange;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// Commits ranges one after the other, so that each sees the borders of all before it.
pub(super) struct Commits<F> {
    pub(super) shared: Arc<Shared<F>>,
    pub(super) links: Links,
    pub(super) progress: watch::Sender<FactsProgress>,
}

impl<F: Family> Commits<F> {
    /// Runs until the step before ends.
    pub(super) async fn run(mut self, mut ranges: mpsc::Receiver<Derived>) -> Result<(), PipelineError> {
        while let Some(Derived { claim, outcome }) = ranges.recv().await {
            match outcome.and_then(|rows| self.linked(&claim, rows)) {
                Ok(rows) => self.commit(claim, rows).await?,
                Err(rejected) => self.shared.quarantine(&claim, &rejected).await?,
            }
            self.shared.refresh_stored().await?;
        }
        Ok(())
    }

    /// Passes a range whose borders fit its neighbours.
    fn linked(&self, claim: &ClaimedRange, rows: Rows) -> Result<Rows, Rejected> {
        if let (Some(first), Some(last)) = (&rows.first, &rows.last) {
            self.links.check(claim.span.from, first, claim.span.to, last)?;
        }
        Ok(rows)
    }

    async fn commit(&mut self, claim: ClaimedRange, rows: Rows) -> Result<(), PipelineError> {
        let (network, span, started) = (self.shared.chain.network.clone(), claim.span, Instant::now());
        let count = rows.batch.rows();
        self.shared.committer.commit(&claim, &rows.batch).await?;
        let took = started.elapsed();
        self.shared.metrics.step(&network, Step::CommitFacts, took);
        self.shared.metrics.committed(&network, "facts", count);
        tracing::info!(
            network,
            stage = "facts",
            from = span.from,
            to = span.to,
            rows = count,
            elapsed_ms = took.as_millis() as u64,
            "committed"
        );
        if let Some(time_s) = rows.time_s {
            self.shared.board.block_time("facts", span.to, time_s);
        }
        for (height, edge) in [(span.from, rows.first), (span.to, rows.last)] {
            if let Some(edge) = edge {
                self.links.learn(height, edge);
            }
        }
        self.progress.send_modify(|progress| progress.committed.insert(span));
        if let Some(run) = self.progress.borrow().committed.span_of(span.from) {
            self.links.forget_inside(run.from, run.to);
        }
        self.shared.board.trouble(None);
        Ok(())
    }
}
