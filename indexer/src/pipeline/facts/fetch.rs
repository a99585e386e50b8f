//! First step of the facts: ranges from the plan, through the endpoints, into the archive.

use super::Raw;
use crate::chain::Family;
use crate::pipeline::backoff::Backoff;
use crate::pipeline::error::PipelineError;
use crate::pipeline::metrics::Step;
use crate::pipeline::plan::Plan;
use crate::pipeline::quarantine::{Fault, Rejected};
use crate::pipeline::ranges::RangeSet;
use crate::pipeline::shared::{Goal, Shared};
use crate::source::{Attempt, Class, Defect, FetchError, RawUnit, Source};
use gridproof_store::state_db::{ClaimedRange, Span};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Time without a new head after which a finite run asks why.
const HEAD_WAIT: Duration = Duration::from_secs(2);

/// Fetches what the plan says until the goal is reached or `stop`.
pub(super) struct Fetcher<F: Family, S> {
    pub(super) shared: Arc<Shared<F>>,
    pub(super) source: Arc<S>,
    pub(super) plan: Plan,
    /// Claims that an earlier run left.
    pub(super) claims: HashMap<Span, ClaimedRange>,
    /// Spans that the archive must not answer for.
    pub(super) refetch: RangeSet,
    pub(super) heads: watch::Receiver<u64>,
    /// Whether every endpoint serves something else, and all that was left is set aside.
    pub(super) hopeless: bool,
    pub(super) out: mpsc::Sender<Raw<F::Raw>>,
    pub(super) stop: CancellationToken,
}

/// What became of one range.
enum Fetched<R> {
    /// Here it is.
    Units(Vec<R>),
    /// The chain is not there yet.
    NotYet,
    /// Its heights below the given one are gone everywhere.
    Gone(u64, Rejected),
    /// Its data is wrong.
    Wrong(Rejected),
    /// The process is ending.
    Stopped,
}

impl<F: Family, S: Source<Raw = F::Raw>> Fetcher<F, S> {
    /// Runs until everything up to the goal is fetched or set aside.
    pub(super) async fn run(mut self) -> Result<(), PipelineError> {
        while !self.stop.is_cancelled() {
            match self.plan.next(self.tip()) {
                Some(range) => self.one(range).await?,
                None if self.goal_reached() => break,
                None => self.wait_for_head().await?,
            }
        }
        Ok(())
    }

    /// The highest height to plan for.
    fn tip(&self) -> u64 {
        let head = *self.heads.borrow();
        match self.shared.settings.goal {
            Goal::Follow => head,
            Goal::Height(height) => head.min(height),
        }
    }

    fn goal_reached(&self) -> bool {
        let reached = |height| *self.heads.borrow() >= height || self.hopeless;
        matches!(self.shared.settings.goal, Goal::Height(height) if reached(height))
    }

    /// Waits until the chain moves. A finite run waits only so long, and not at all for endpoints that serve
    /// something else.
    async fn wait_for_head(&mut self) -> Result<(), PipelineError> {
        let Goal::Height(goal) = self.shared.settings.goal else {
            tokio::select! {
                () = self.stop.cancelled() => {}
                // The sender lives as long as the source, which is held here.
                _ = self.heads.changed() => {}
            }
            return Ok(());
        };
        let began = Instant::now();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                _ = self.heads.changed() => return Ok(()),
                () = tokio::time::sleep(HEAD_WAIT) => {}
            }
            let error = match self.source.head().await {
                Ok(head) if head.height >= goal => return Ok(()),
                Ok(head) => FetchError::NotYet {
                    endpoint: "all endpoints".into(),
                    height: goal,
                    tip: Some(head.height),
                },
                Err(error) if error.class() == Class::Quarantine => return self.nothing_fits(goal, &error).await,
                Err(error) => error,
            };
            if began.elapsed() >= self.shared.settings.patience {
                let network = self.shared.chain.network.clone();
                return Err(PipelineError::Upstream {
                    network,
                    what: format!("height {goal}"),
                    source: Box::new(error),
                });
            }
        }
    }

    /// No endpoint serves this chain: everything that is left is set aside with the reason.
    async fn nothing_fits(&mut self, goal: u64, error: &FetchError) -> Result<(), PipelineError> {
        while let Some(range) = self.plan.next(goal) {
            self.set_aside(range, &rejected(range, error)).await?;
        }
        self.hopeless = true;
        Ok(())
    }

    /// Takes one range from the archive or from the endpoints, and hands it on.
    async fn one(&mut self, range: Span) -> Result<(), PipelineError> {
        if !self.refetch.contains(range.from) && self.shared.vault.has(range).await? {
            let units = self.shared.vault.read(range).await?;
            let claim = self.claim(range).await?;
            return self.hand_on(claim, units).await;
        }
        match self.fetch(range).await? {
            Fetched::Units(units) => match F::Raw::first_missing(range, &units) {
                None => self.archive(range, units).await,
                Some(height) => self.set_aside(range, &unproved(height)).await,
            },
            Fetched::NotYet => {
                self.plan.release(range);
                self.wait_for_head().await
            }
            Fetched::Gone(lowest, rejected) => self.gone(range, lowest, &rejected).await,
            Fetched::Wrong(rejected) => self.set_aside(range, &rejected).await,
            Fetched::Stopped => Ok(()),
        }
    }

    /// Sets the part aside that no endpoint has any more; the rest is planned again.
    async fn gone(&mut self, range: Span, lowest: u64, rejected: &Rejected) -> Result<(), PipelineError> {
        let gone = Span::new(range.from, range.to.min(lowest.saturating_sub(1))).unwrap_or(range);
        self.plan.release(range);
        if gone != range
            && let Some(claim) = self.claims.remove(&range)
        {
            // It was never archived, so nothing was inserted under it.
            self.shared.state_db.release(self.shared.lease(), &claim).await?;
        }
        self.set_aside(gone, rejected).await
    }

    /// The claim of an earlier run, or a new one.
    async fn claim(&mut self, range: Span) -> Result<ClaimedRange, PipelineError> {
        match self.claims.remove(&range) {
            Some(claim) => Ok(claim),
            None => self.shared.claim(&self.shared.facts_key(), range).await,
        }
    }

    /// Claims a range only to set it aside.
    async fn set_aside(&mut self, range: Span, rejected: &Rejected) -> Result<(), PipelineError> {
        let claim = self.claim(range).await?;
        self.shared.quarantine(&claim, rejected).await?;
        self.plan.take(range);
        self.shared.refresh_stored().await
    }

    /// Keeps the bytes before anything is made of them. The claim comes first: what is archived is then taken in as
    /// exactly this range, whenever that is, so that no two files of the archive hold the same heights.
    async fn archive(&mut self, range: Span, units: Vec<F::Raw>) -> Result<(), PipelineError> {
        let (shared, claim) = (self.shared.clone(), self.claim(range).await?);
        let (network, started) = (&shared.chain.network, Instant::now());
        let bytes: usize = units.iter().map(RawUnit::bytes).sum();
        shared.vault.put(range, &units).await?;
        shared.metrics.step(network, Step::Archive, started.elapsed());
        shared.metrics.fetched(network, bytes as u64);
        self.hand_on(claim, units).await
    }

    /// Gives the range to the next step; waits while that is busy.
    async fn hand_on(&mut self, claim: ClaimedRange, units: Vec<F::Raw>) -> Result<(), PipelineError> {
        // The next step ends early only on an error of its own, which its task reports.
        let _ = self.out.send(Raw { claim, units }).await;
        Ok(())
    }

    /// Asks until there is an answer that asking again would not change.
    async fn fetch(&self, range: Span) -> Result<Fetched<F::Raw>, PipelineError> {
        let shared = &self.shared;
        let network = shared.chain.network.as_str();
        let (mut backoff, began) = (Backoff::default(), Instant::now());
        loop {
            let started = Instant::now();
            let answer = tokio::select! {
                () = self.stop.cancelled() => return Ok(Fetched::Stopped),
                answer = self.source.fetch_range(range.from, range.to) => answer,
            };
            shared.metrics.step(network, Step::Fetch, started.elapsed());
            let error = match answer {
                Ok(units) => return Ok(Fetched::Units(units)),
                Err(error) => error,
            };
            match error.class() {
                Class::Wait => return Ok(Fetched::NotYet),
                Class::Gone => {
                    return Ok(Fetched::Gone(
                        lowest(&error).unwrap_or(range.to),
                        rejected(range, &error),
                    ));
                }
                Class::Quarantine => return Ok(Fetched::Wrong(rejected(range, &error))),
                Class::Retry => {}
            }
            if shared.settings.goal != Goal::Follow && began.elapsed() >= shared.settings.patience {
                let what = format!("heights {range}");
                return Err(PipelineError::Upstream {
                    network: network.to_owned(),
                    what,
                    source: Box::new(error),
                });
            }
            let pause = backoff.next();
            shared.metrics.retried(network, "facts");
            shared.board.trouble(Some(format!(
                "heights {range}: {error}; trying again in {} s",
                pause.as_secs()
            )));
            tracing::warn!(network, %range, %error, retry_in_s = pause.as_secs(), "endpoints did not serve a range");
            tokio::select! {
                () = self.stop.cancelled() => return Ok(Fetched::Stopped),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// A source must not leave out what it was asked for.
fn unproved(height: u64) -> Rejected {
    Rejected::because(
        Fault::BadBody,
        height,
        "the endpoints gave nothing that speaks of this height",
    )
}

/// The lowest height that any endpoint still has, where all say that the range is pruned.
fn lowest(error: &FetchError) -> Option<u64> {
    match error {
        FetchError::Pruned { lowest, .. } => Some(*lowest),
        FetchError::Exhausted { attempts, .. } => attempts.iter().filter_map(|a| lowest(&a.error)).min(),
        _ => None,
    }
}

/// The fault behind an error that asking again will not change.
fn rejected(range: Span, error: &FetchError) -> Rejected {
    let (fault, height) = fault(error).unwrap_or((Fault::BadBody, None));
    Rejected::new(fault, height.unwrap_or(range.from), error)
}

/// Kind and height of the first endpoint's fault.
fn fault(error: &FetchError) -> Option<(Fault, Option<u64>)> {
    match error {
        FetchError::Pruned { height, .. } => Some((Fault::Pruned, Some(*height))),
        FetchError::WrongChain { .. } => Some((Fault::WrongChain, None)),
        FetchError::Disagreement { height, .. } => Some((Fault::Disagreement, Some(*height))),
        FetchError::UnsupportedVersion { .. } => Some((Fault::Decode, None)),
        FetchError::Unfit { .. } => Some((Fault::WrongChain, None)),
        FetchError::Malformed { height, defect, .. } => Some((
            match defect {
                Defect::ChainId { .. } => Fault::WrongChain,
                Defect::Parent { .. } | Defect::Hash { .. } => Fault::BrokenLink,
                _ => Fault::BadBody,
            },
            Some(*height),
        )),
        FetchError::Exhausted { attempts, .. } => worst(attempts),
        _ => None,
    }
}

/// Among several endpoints, one with wrong data says more than one that has pruned.
fn worst(attempts: &[Attempt]) -> Option<(Fault, Option<u64>)> {
    let faults: Vec<_> = attempts.iter().filter_map(|attempt| fault(&attempt.error)).collect();
    faults
        .iter()
        .find(|(fault, _)| *fault != Fault::Pruned)
        .or(faults.first())
        .copied()
}
