//! One request, sent until some endpoint answers it or all have been ruled out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::{Instant, sleep, sleep_until};

use super::choose::{Choice, choose};
use super::client::Client;
use super::endpoint::{Endpoint, Permit};
use super::group::Group;
use crate::source::{Attempt, Defect, FetchError};

/// Failures of one endpoint on one request after which the request goes elsewhere for good.
const FAILURES_PER_ENDPOINT: u32 = 4;
/// Wrong answers of one endpoint to one request: once may be a cut line, twice is what it has.
const WRONG_ANSWERS_PER_ENDPOINT: u32 = 2;
/// A node stores the results of a block a moment after the block.
const FRESH_WAIT: Duration = Duration::from_millis(500);
/// Tries of a fresh height that one endpoint does not have yet.
const FRESH_TRIES: u32 = 8;
/// A choice is looked at again at least this often.
const RECHECK: Duration = Duration::from_millis(250);

/// A request as the pool sees it.
#[derive(Clone, Debug)]
pub(in crate::source) struct Need {
    /// What errors call it.
    pub(in crate::source) what: String,
    /// Height that the endpoint must have; 0: any endpoint will do.
    pub(in crate::source) height: u64,
    /// The block is known to exist: an endpoint that says "not yet" will have it in a moment.
    pub(in crate::source) exists: bool,
    /// Endpoints that must not be asked.
    pub(in crate::source) not: BTreeSet<usize>,
}

impl Need {
    pub(in crate::source) fn height(what: impl Into<String>, height: u64) -> Self {
        Self {
            what: what.into(),
            height,
            exists: false,
            not: BTreeSet::new(),
        }
    }

    pub(in crate::source) fn existing(what: impl Into<String>, height: u64) -> Self {
        Self {
            exists: true,
            ..Self::height(what, height)
        }
    }
}

/// What has been tried for one request.
struct Tries {
    excluded: BTreeSet<usize>,
    failures: BTreeMap<usize, u32>,
    last: BTreeMap<usize, FetchError>,
}

impl<C: Client> Group<C> {
    /// Sends a request until an endpoint answers it; tells which one did.
    ///
    /// An endpoint that fails is left for another at once; the waits between rounds grow, with jitter.
    pub(in crate::source) async fn request<T, F>(
        &self,
        need: &Need,
        send: impl Fn(C) -> F,
    ) -> Result<(T, Arc<Endpoint<C>>), FetchError>
    where
        F: Future<Output = Result<T, FetchError>>,
    {
        let start = Instant::now();
        let mut tries = Tries {
            excluded: need.not.clone(),
            failures: BTreeMap::new(),
            last: BTreeMap::new(),
        };
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(5))
            .with_jitter()
            .without_max_times()
            .build();
        while let Some(permit) = self.acquire(need.height, &tries.excluded, start).await {
            let endpoint = permit.endpoint.clone();
            match permit.measure(send(endpoint.client.clone())).await {
                Ok(value) => {
                    endpoint.health().shown(need.height);
                    self.answered();
                    return Ok((value, endpoint));
                }
                Err(error) => {
                    drop(permit);
                    let wait = tries.failed(endpoint.index, error, need, waits.next().unwrap_or_default());
                    if !wait.is_zero() && Instant::now() + wait < self.deadline(start) {
                        sleep(wait).await;
                    }
                }
            }
        }
        Err(self.give_up(need, tries))
    }

    /// Waits for an endpoint that may take the request. `None`: all have been ruled out, or patience is over.
    async fn acquire(&self, height: u64, excluded: &BTreeSet<usize>, start: Instant) -> Option<Permit<C>> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            self.probe_due();
            let now = Instant::now();
            let until = match choose(&self.members, height, excluded, now) {
                Choice::Take(permit) => return Some(permit),
                Choice::Nobody => return None,
                Choice::Wait(_) if now >= self.deadline(start) => return None,
                Choice::Wait(until) => until
                    .unwrap_or(now + RECHECK)
                    .clamp(now + Duration::from_millis(1), now + RECHECK),
            };
            tokio::select! {
                () = changed => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Starts a probe of each endpoint that is due for one.
    pub(in crate::source) fn probe_due(&self) {
        for endpoint in &self.members {
            let mut health = endpoint.health();
            if health.due(Instant::now()) {
                health.probing = true;
                drop(health);
                let endpoint = endpoint.clone();
                // The outcome is booked in the health of the endpoint.
                tokio::spawn(async move { drop(endpoint.probe().await) });
            }
        }
    }

    /// The error of a request that nobody could serve.
    fn give_up(&self, need: &Need, mut tries: Tries) -> FetchError {
        let asked = self.members.iter().filter(|e| !need.not.contains(&e.index));
        let attempts = asked.map(|e| e.attempt(tries.last.remove(&e.index))).collect();
        collapse(need.what.clone(), attempts)
    }
}

/// The plain error where all endpoints agree, or where there is only one; else what each said.
pub(in crate::source) fn collapse(what: String, mut attempts: Vec<Attempt>) -> FetchError {
    let all = |is: fn(&FetchError) -> bool| attempts.iter().all(|a| is(&a.error));
    let agree = all(|e| matches!(e, FetchError::NotYet { .. })) || all(|e| matches!(e, FetchError::Pruned { .. }));
    if agree || attempts.len() == 1 {
        // The endpoint that comes nearest speaks for all.
        attempts.sort_by_key(|a| match a.error {
            FetchError::NotYet { tip, .. } => tip.unwrap_or(0),
            FetchError::Pruned { lowest, .. } => u64::MAX - lowest,
            _ => 0,
        });
        if let Some(nearest) = attempts.pop() {
            return nearest.error;
        }
    }
    FetchError::Exhausted { what, attempts }
}

impl Tries {
    /// Books a failure; tells how long to wait before the next try.
    fn failed(&mut self, index: usize, error: FetchError, need: &Need, backoff: Duration) -> Duration {
        let count = self.failures.entry(index).or_default();
        *count += 1;
        let (limit, wait) = match &error {
            FetchError::NotYet { .. } if need.exists => (FRESH_TRIES, FRESH_WAIT),
            FetchError::Malformed {
                defect: Defect::Results { .. },
                ..
            } => (WRONG_ANSWERS_PER_ENDPOINT, FRESH_WAIT),
            FetchError::Malformed { .. } => (WRONG_ANSWERS_PER_ENDPOINT, backoff),
            // The endpoint's own pause keeps it from being asked again too soon, and the deadline bounds it all.
            FetchError::RateLimited { .. } | FetchError::Forbidden { .. } => (u32::MAX, Duration::ZERO),
            FetchError::Behind { .. } => (FRESH_TRIES, FRESH_WAIT),
            FetchError::Transient { .. } => (FAILURES_PER_ENDPOINT, backoff),
            _ => (1, Duration::ZERO),
        };
        let spent = *count >= limit;
        if spent {
            self.excluded.insert(index);
        }
        self.last.insert(index, error);
        if spent { Duration::ZERO } else { wait }
    }
}
