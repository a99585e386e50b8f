//! Lists the signatures of one address: the walk over its pages, asked of the pool.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::SolanaSource;
use super::counters::Counters;
use super::history::{History, Plan};
use super::member::Member;
use super::rpc::{Listed, MAX_SIGNATURES, SignaturesQuery, SolanaRpc};
use super::walk::{Step, Walk, WalkError};
use crate::source::pool::{Endpoint, Need};
use crate::source::{Defect, FetchError};

/// Signatures of the first page of a look at the newest: mostly there are few.
const LIVE_PAGE: usize = 50;

/// A followed address and what is known of its history.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) address: String,
    pub(super) history: Mutex<History>,
}

impl Followed {
    pub(super) fn new(address: String) -> Self {
        Self {
            address,
            history: Mutex::default(),
        }
    }
}

type By<R> = Arc<Endpoint<Member<R>>>;

impl<R: SolanaRpc> SolanaSource<R> {
    /// All finalized signatures of an address in `from..=to`, each once, by slot and signature.
    pub(super) async fn list(&self, followed: &Followed, from: u64, to: u64) -> Result<Vec<Listed>, FetchError> {
        let mut history = followed.history.lock().await;
        match history.plan(from, to) {
            Plan::Known(entries) => Ok(entries),
            Plan::Extend(walk) => {
                let walk = self.walk(&followed.address, walk, self.config.page, from, to).await?;
                Ok(history.extend(walk, from, to))
            }
            Plan::Apart(walk) => {
                let first = self.config.page.min(LIVE_PAGE);
                let walk = self.walk(&followed.address, walk, first, from, to).await?;
                Ok(history.learn(walk, from, to))
            }
        }
    }

    /// Walks to the end. An endpoint whose list goes round is left out, and the walk begins anew.
    async fn walk(&self, address: &str, plan: Walk, first: usize, from: u64, to: u64) -> Result<Walk, FetchError> {
        let mut not = BTreeSet::new();
        loop {
            let mut asked = Vec::new();
            let error = match self
                .walk_without(address, plan.anew(), first, (from, to), &not, &mut asked)
                .await
            {
                Ok(walk) => return Ok(walk),
                Err(Stopped::Fetch(error)) => return Err(error),
                Err(Stopped::Walk(error)) => error,
            };
            let (error, blamed) = blame(error, to, &asked);
            if let Some(by) = &blamed {
                by.health().failed(&error, tokio::time::Instant::now(), fastrand::f64());
                not.insert(by.index);
            }
            if blamed.is_none() || not.len() >= self.group.members.len() {
                return Err(error);
            }
        }
    }

    async fn walk_without(
        &self,
        address: &str,
        mut walk: Walk,
        first: usize,
        (from, to): (u64, u64),
        not: &BTreeSet<usize>,
        asked: &mut Vec<By<R>>,
    ) -> Result<Walk, Stopped> {
        let mut limit = if walk.is_from_the_newest() {
            first
        } else {
            self.config.page
        };
        while let Step::Ask(before) = walk.step() {
            let query = SignaturesQuery {
                address: address.to_owned(),
                limit: limit.clamp(1, MAX_SIGNATURES),
                before,
                min_context_slot: to,
            };
            match self.page(&query, walk.empty_is_the_end(), from, not).await {
                Ok((page, floor, by)) => {
                    asked.push(by);
                    walk.page(page, floor)?;
                }
                Err(error) if names_unknown_cursor(&error) => walk.unknown()?,
                Err(error) => return Err(Stopped::Fetch(error)),
            }
            limit = self.config.page;
        }
        Ok(walk)
    }

    /// One page. Where it is empty and would end the history, the node's first block must not lie above `from`: a
    /// node that has forgotten answers like one that has nothing. The node is asked for it after the page, for what it
    /// forgets in between would be missing.
    async fn page(
        &self,
        query: &SignaturesQuery,
        empty_is_the_end: bool,
        from: u64,
        not: &BTreeSet<usize>,
    ) -> Result<(Vec<Listed>, Option<u64>, By<R>), FetchError> {
        let what = format!("the signatures of {} down to slot {from}", query.address);
        let need = Need {
            not: not.clone(),
            ..Need::height(what, query.min_context_slot)
        };
        let ask = |member: Member<R>| async move {
            let page = member.rpc.signatures(query).await?;
            if !page.is_empty() || !empty_is_the_end {
                return Ok((page, None));
            }
            let lowest = member.rpc.first_available_block().await?;
            if lowest > from {
                return Err(FetchError::Pruned {
                    endpoint: member.rpc.name().to_owned(),
                    height: from,
                    lowest,
                });
            }
            Ok((page, Some(lowest)))
        };
        let ((page, floor), by) = self.group.request(&need, ask).await?;
        Counters::add(&self.counters.pages, 1);
        Counters::add(&self.counters.signatures, page.len());
        Ok((page, floor, by))
    }
}

/// Why a walk stopped.
enum Stopped {
    Fetch(FetchError),
    Walk(WalkError),
}

impl From<WalkError> for Stopped {
    fn from(error: WalkError) -> Self {
        Self::Walk(error)
    }
}

/// The error of a walk, and who is to be left out of the next try.
fn blame<R: SolanaRpc>(error: WalkError, to: u64, asked: &[By<R>]) -> (FetchError, Option<By<R>>) {
    let last = asked.last().cloned();
    let name = |by: Option<&By<R>>| by.map(|by| by.name().to_owned()).unwrap_or_default();
    match error {
        WalkError::Conflict { one, other } => {
            let first = asked
                .iter()
                .find(|by| last.as_ref().is_none_or(|last| last.index != by.index));
            let told = |entry: &Listed| format!("{} in slot {}, outcome {}", entry.signature, entry.slot, entry.err);
            let error = FetchError::Disagreement {
                height: one.slot.min(other.slot),
                first: name(first.or(last.as_ref())),
                first_hash: told(&one),
                second: name(last.as_ref()),
                second_hash: told(&other),
            };
            (error, None)
        }
        // What a node does not know now it may know when it is asked again.
        WalkError::Lost { .. } => (FetchError::transient(&name(last.as_ref()), error.to_string()), None),
        WalkError::Circle { .. } | WalkError::Endless => {
            let why = error.to_string();
            (
                FetchError::malformed(&name(last.as_ref()), to, Defect::Shape { why }),
                last,
            )
        }
    }
}

/// Whether an endpoint does not know the signature that a page was to begin after.
fn names_unknown_cursor(error: &FetchError) -> bool {
    match error {
        FetchError::UnknownCursor { .. } => true,
        FetchError::Exhausted { attempts, .. } => attempts.iter().any(|a| names_unknown_cursor(&a.error)),
        _ => false,
    }
}
