//! Deriving what is committed again from the archive, beside the live rows, with an atomic switch at the end.
//!
//! No endpoint is asked. Readers see the old rows until the last range of a span is committed; then the
//! state database switches the whole span in that same transaction. A crash leaves an open re-derivation,
//! and the next call goes on with it. A range that is rejected ends it: what is live stays.

use super::bootstrap;
use super::checkpoint::{self, Start};
use super::derive::derive_facts;
use super::error::PipelineError;
use super::quarantine::Rejected;
use super::series;
use super::shared::Shared;
use super::state::step_range;
use crate::chain::{Family, Machine, SERIES};
use gridproof_store::batch::Batch;
use gridproof_store::state_db::{ClaimedRange, Reindex, Span, StageKey};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What a re-derivation did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ReindexReport {
    /// Heights derived again in the facts stage.
    pub facts_heights: u64,
    /// Heights derived again in the state stage.
    pub state_heights: u64,
    /// Entries of series derived again.
    pub series_entries: u64,
    /// Rows written under new generations.
    pub rows: u64,
    /// Whether everything is live; false when stopped before the end.
    pub finished: bool,
}

/// Derives everything that is committed in each stage again.
pub async fn reindex<F: Family>(
    shared: Arc<Shared<F>>,
    stop: &CancellationToken,
) -> Result<ReindexReport, PipelineError> {
    let mut work = Work::new(shared, stop);
    work.shared.committer.resume().await?;
    let (facts, state) = (work.shared.facts_key(), work.shared.state_key());
    for open in work.open(&facts, None).await? {
        work.facts(&open).await?;
    }
    if F::Machine::EXISTS {
        for open in work.open(&state, None).await? {
            work.state(&open).await?;
        }
    }
    for kind in SERIES {
        let again = series::reindex(&work.shared.series_home(), kind, stop).await?;
        work.report.series_entries += again.entries;
        work.report.rows += again.rows;
    }
    work.finish().await
}

/// Derives those committed heights again that other code or other rules derived, and goes on with what a crash left
/// open. Only for chains whose rows depend on nothing before them.
pub(super) async fn catch_up<F: Family>(
    shared: Arc<Shared<F>>,
    stop: &CancellationToken,
) -> Result<ReindexReport, PipelineError> {
    let mut work = Work::new(shared, stop);
    let facts = work.shared.facts_key();
    // First what a crash left open: it may cover what else would be outdated.
    for open in work.open(&facts, Some(Vec::new())).await? {
        work.facts(&open).await?;
    }
    if !stop.is_cancelled() {
        let outdated = super::rules::outdated(&work.shared, &facts).await?;
        for open in work.open(&facts, Some(outdated)).await? {
            work.facts(&open).await?;
        }
    }
    work.finish().await
}

pub(super) struct Work<F> {
    shared: Arc<Shared<F>>,
    report: ReindexReport,
    stop: CancellationToken,
}

impl<F: Family> Work<F> {
    pub(super) fn new(shared: Arc<Shared<F>>, stop: &CancellationToken) -> Self {
        Self {
            shared,
            report: ReindexReport::default(),
            stop: stop.clone(),
        }
    }

    /// Says whether everything is live, and keeps the rules by which it was derived.
    pub(super) async fn finish(mut self) -> Result<ReindexReport, PipelineError> {
        self.report.finished = !self.stop.is_cancelled();
        if self.report.finished {
            super::rules::keep(&self.shared).await?;
        }
        Ok(self.report)
    }

    /// Re-derivations of a stage: those that a crash left open, else one for each of `spans`, else one for each committed
    /// run.
    pub(super) async fn open(&self, key: &StageKey, spans: Option<Vec<Span>>) -> Result<Vec<Reindex>, PipelineError> {
        let (db, lease) = (&self.shared.state_db, self.shared.lease());
        // Those of another decoder begin again under this one.
        self.shared.pending(key).await?;
        let left = db.reindexes(key).await?;
        if !left.is_empty() {
            return Ok(left);
        }
        let spans = match spans {
            Some(spans) => spans,
            None => db.live_ranges(key).await?.live.runs(),
        };
        let mut opened = Vec::new();
        for span in spans {
            opened.push(
                db.bump_generation(lease, key, span, self.shared.rules.decoder())
                    .await?,
            );
        }
        Ok(opened)
    }

    /// What is left of a re-derivation, lowest first: claims that a crash left, and ranges not claimed yet.
    pub(super) async fn todo(&self, open: &Reindex) -> Result<Vec<(Span, Option<ClaimedRange>)>, PipelineError> {
        let db = &self.shared.state_db;
        let claims = self.shared.pending(&open.key).await?;
        let ours = claims.into_iter().filter(|claim| claim.generation == open.generation);
        let mut todo: Vec<_> = ours.map(|claim| (claim.span, Some(claim))).collect();
        for hole in db.reindex_holes(open).await? {
            todo.extend(self.shared.settings.cut.all(hole).into_iter().map(|span| (span, None)));
        }
        todo.sort_by_key(|(span, _)| *span);
        Ok(todo)
    }

    async fn facts(&mut self, open: &Reindex) -> Result<(), PipelineError> {
        for (span, claim) in self.todo(open).await? {
            if self.stop.is_cancelled() {
                return Ok(());
            }
            let raws = self.shared.vault.read(span).await?;
            self.again(open, span, claim, raws).await?;
        }
        Ok(())
    }

    /// Derives and commits one part of an open re-derivation of the facts.
    pub(super) async fn again(
        &mut self,
        open: &Reindex,
        span: Span,
        claim: Option<ClaimedRange>,
        raws: Vec<F::Raw>,
    ) -> Result<(), PipelineError> {
        let shared = self.shared.clone();
        let derive = move || {
            let blocks = shared.rules.decode(&shared.chain.chain_id, &raws)?;
            derive_facts(&shared.rules, shared.origin(), &blocks)
        };
        let batch = match tokio::task::spawn_blocking(derive).await? {
            Ok(batch) => batch,
            Err(rejected) => return self.cancel(open, rejected).await,
        };
        let claim = self.claim(open, span, claim).await?;
        self.shared.committer.commit(&claim, &batch).await?;
        self.report.rows += batch.rows();
        self.report.facts_heights += span.heights();
        Ok(())
    }

    async fn state(&mut self, open: &Reindex) -> Result<(), PipelineError> {
        let snapshot = self.shared.state_db.stage_first(&open.key).await?;
        let todo = apart(self.todo(open).await?, snapshot);
        let Some((first, _)) = todo.first() else { return Ok(()) };
        let mut state = match self.begin(first.from, snapshot).await? {
            Ok(state) => state,
            Err(rejected) => return self.cancel(open, rejected).await,
        };
        for (span, claim) in todo {
            if self.stop.is_cancelled() {
                return Ok(());
            }
            let derived = match state {
                Some(state) => self.step(span, state).await?,
                None => bootstrap::seeded(&self.shared, span.from).await?,
            };
            let (next, batch) = match derived {
                Ok(derived) => derived,
                Err(rejected) => return self.cancel(open, rejected).await,
            };
            let claim = self.claim(open, span, claim).await?;
            self.shared.committer.commit(&claim, &batch).await?;
            self.report.rows += batch.rows();
            self.report.state_heights += span.heights();
            state = Some(next);
        }
        match state {
            Some(state) => checkpoint::keep(&self.shared, &state).await,
            None => Ok(()),
        }
    }

    /// The state after an archived range, and its rows.
    async fn step(
        &self,
        span: Span,
        state: F::Machine,
    ) -> Result<Result<(F::Machine, Batch), Rejected>, PipelineError> {
        let raws = self.shared.vault.read(span).await?;
        let shared = self.shared.clone();
        let stepped = tokio::task::spawn_blocking(move || step_range(&shared, state, &raws)).await?;
        Ok(stepped.map(|stepped| (stepped.state, stepped.batch)))
    }

    /// The state before a height, from the genesis or the snapshot: a checkpoint may be what is to be corrected. `None`:
    /// the height is that of the snapshot.
    async fn begin(
        &self,
        next: u64,
        snapshot: Option<u64>,
    ) -> Result<Result<Option<F::Machine>, Rejected>, PipelineError> {
        let network = self.shared.chain.network.clone();
        let state = match snapshot {
            Some(height) if height == next => return Ok(Ok(None)),
            Some(height) => match bootstrap::seeded(&self.shared, height).await? {
                Ok((state, _)) => state,
                Err(rejected) => return Ok(Err(rejected)),
            },
            None => {
                let Some(document) = self.shared.vault.genesis().await? else {
                    return Err(PipelineError::Genesis {
                        network,
                        why: "it is not in the archive".to_owned(),
                    });
                };
                checkpoint::first_state(&self.shared, document).await?
            }
        };
        match checkpoint::replay(&self.shared, state, next.saturating_sub(1)).await? {
            Start::At(state) => Ok(Ok(Some(state))),
            Start::Rejected(rejected) => Ok(Err(rejected)),
            Start::Waiting(why) => Err(PipelineError::Genesis { network, why }),
        }
    }

    async fn claim(
        &self,
        open: &Reindex,
        span: Span,
        left: Option<ClaimedRange>,
    ) -> Result<ClaimedRange, PipelineError> {
        match left {
            Some(claim) => Ok(claim),
            None => Ok(self
                .shared
                .state_db
                .claim_reindex(self.shared.lease(), open, span)
                .await?),
        }
    }

    /// Gives a re-derivation up; what is live stays live.
    async fn cancel(&self, open: &Reindex, rejected: Rejected) -> Result<(), PipelineError> {
        self.shared.state_db.cancel_reindex(self.shared.lease(), open).await?;
        Err(PipelineError::Rejected(rejected))
    }
}

/// What is left to do, with the height of a snapshot as a part of its own: no block is behind it.
fn apart(todo: Vec<(Span, Option<ClaimedRange>)>, snapshot: Option<u64>) -> Vec<(Span, Option<ClaimedRange>)> {
    let Some(height) = snapshot else { return todo };
    let parts = todo.into_iter().flat_map(|(span, claim)| {
        let alone = claim.is_none() && span.from == height;
        let rest = height.checked_add(1).and_then(|from| Span::new(from, span.to));
        match rest.filter(|_| alone) {
            None => vec![(span, claim)],
            Some(rest) => vec![
                (
                    Span {
                        from: height,
                        to: height,
                    },
                    None,
                ),
                (rest, None),
            ],
        }
    });
    parts.collect()
}
