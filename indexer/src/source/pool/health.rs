//! What is known about one endpoint, and how each answer changes it. Pure: time is passed in.

use std::time::Duration;

use tokio::time::Instant;

use super::aimd::Aimd;
use super::client::NodeStatus;
use crate::source::{Defect, FetchError};

/// Failures in a row after which an endpoint rests.
const FAILURES_TO_REST: u32 = 3;
/// First rest; each further one in a row is twice as long.
const FIRST_REST: Duration = Duration::from_secs(1);
/// Longest rest of an endpoint that fails.
const MAX_REST: Duration = Duration::from_secs(120);
/// Rest of an endpoint that serves another chain or keeps no results: a person must mend it.
const UNFIT_REST: Duration = Duration::from_secs(600);
/// Wait after a refusal without `Retry-After`, doubled for each one in a row.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Longest wait after a refusal without `Retry-After`.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// How long a claimed tip is not believed after the endpoint could not serve it.
const DISTRUST: Duration = Duration::from_secs(300);
/// Weight of the newest request in the average latency.
const EWMA_WEIGHT: f64 = 0.2;

/// Where an endpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// Not asked yet.
    Unknown,
    /// Checked and in use.
    Ready,
    /// In use, but it asked for a pause.
    Limited,
    /// Resting after failures; it is asked again when the rest is over.
    Resting,
    /// It serves another chain.
    WrongChain,
    /// It keeps no block results, or no history.
    Unfit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Unknown,
    Ready,
    Out { state: EndpointState, until: Instant },
}

/// Health of one endpoint.
#[derive(Debug)]
pub(in crate::source) struct Health {
    standing: Standing,
    pub(super) aimd: Aimd,
    pub(in crate::source) in_flight: u32,
    pub(in crate::source) probing: bool,
    pub(in crate::source) subscribed: bool,
    not_before: Option<Instant>,
    latency: Option<Duration>,
    claimed_tip: Option<u64>,
    /// Highest height that a proof or a request has shown to be there.
    shown_tip: u64,
    distrusted_until: Option<Instant>,
    pub(in crate::source) floor: Option<u64>,
    wrong_chain: Option<String>,
    failures: u32,
    rests: u32,
    refusals: u32,
    pub(in crate::source) last_error: Option<String>,
    pub(in crate::source) errors_total: u64,
    pub(in crate::source) requests_total: u64,
    pub(in crate::source) rate_limited_total: u64,
}

impl Health {
    pub(in crate::source) fn new(max_in_flight: u32) -> Self {
        Self {
            standing: Standing::Unknown,
            aimd: Aimd::new(max_in_flight),
            in_flight: 0,
            probing: false,
            subscribed: false,
            not_before: None,
            latency: None,
            claimed_tip: None,
            shown_tip: 0,
            distrusted_until: None,
            floor: None,
            wrong_chain: None,
            failures: 0,
            rests: 0,
            refusals: 0,
            last_error: None,
            errors_total: 0,
            requests_total: 0,
            rate_limited_total: 0,
        }
    }

    pub(in crate::source) fn state(&self, now: Instant) -> EndpointState {
        match self.standing {
            Standing::Unknown => EndpointState::Unknown,
            Standing::Ready if self.paused_until(now).is_some() => EndpointState::Limited,
            Standing::Ready => EndpointState::Ready,
            Standing::Out { state, .. } => state,
        }
    }

    /// Checked, and not out of use.
    pub(in crate::source) fn ready(&self) -> bool {
        self.standing == Standing::Ready
    }

    /// Out of use until a person mends it, and not to be waited for.
    pub(in crate::source) fn hopeless(&self, now: Instant) -> bool {
        matches!(self.standing, Standing::Out { state: EndpointState::WrongChain | EndpointState::Unfit, until } if until > now)
    }

    /// The other chain that the endpoint serves, if it is out of use for that.
    pub(in crate::source) fn wrong_chain(&self, now: Instant) -> Option<&str> {
        self.wrong_chain
            .as_deref()
            .filter(|_| self.state(now) == EndpointState::WrongChain)
    }

    /// Whether the endpoint must be asked for its status before it is used.
    pub(in crate::source) fn due(&self, now: Instant) -> bool {
        !self.probing
            && self.paused_until(now).is_none()
            && match self.standing {
                Standing::Unknown => true,
                Standing::Ready => false,
                Standing::Out { until, .. } => until <= now,
            }
    }

    /// When something about this endpoint changes by itself.
    pub(in crate::source) fn wakes(&self, now: Instant) -> Option<Instant> {
        match self.standing {
            Standing::Out { until, .. } => Some(until),
            _ => self.paused_until(now),
        }
    }

    /// The end of the pause that the endpoint asked for.
    fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|t| *t > now)
    }

    /// Whether a request may start now.
    pub(in crate::source) fn has_room(&self, now: Instant) -> bool {
        self.ready() && self.paused_until(now).is_none() && self.in_flight < self.aimd.limit()
    }

    /// The tip that is believed: the claimed one, unless it was found to be a lie.
    pub(in crate::source) fn tip(&self, now: Instant) -> Option<u64> {
        if self.distrusted(now) {
            Some(self.shown_tip)
        } else {
            self.claimed_tip
        }
    }

    /// Whether the endpoint claimed a tip that it could not serve, not long ago.
    pub(in crate::source) fn distrusted(&self, now: Instant) -> bool {
        self.distrusted_until.is_some_and(|t| t > now)
    }

    /// Cost of sending one more request here: lower is better.
    pub(in crate::source) fn score(&self) -> f64 {
        let latency = self.latency.unwrap_or(Duration::from_millis(1)).as_secs_f64();
        latency * f64::from(self.in_flight + 1)
    }

    /// Average latency in milliseconds.
    pub(in crate::source) fn latency_ms(&self) -> Option<f64> {
        self.latency.map(|l| l.as_secs_f64() * 1e3)
    }

    /// The node told its status.
    pub(in crate::source) fn status(&mut self, status: &NodeStatus) {
        self.standing = Standing::Ready;
        self.claim(status.tip);
        self.floor = Some(status.floor);
    }

    /// The node claims a tip, by its status or by a header that it announced.
    pub(in crate::source) fn claim(&mut self, tip: u64) {
        self.claimed_tip = Some(tip);
    }

    /// The tip that is claimed and not believed.
    pub(in crate::source) fn lie(&self, now: Instant) -> Option<u64> {
        self.claimed_tip.filter(|t| self.distrusted(now) && *t > self.shown_tip)
    }

    /// Puts a word about the endpoint where its last error is shown, without counting an error.
    pub(in crate::source) fn remark(&mut self, text: String) {
        self.last_error = Some(text);
    }

    /// The node was seen to serve this height; only then is it over its failures (a status alone proves little).
    pub(in crate::source) fn shown(&mut self, height: u64) {
        self.shown_tip = self.shown_tip.max(height);
        self.rests = 0;
    }

    /// The node claims a height that it does not serve; `tip` is what it says instead.
    pub(in crate::source) fn caught_lying(&mut self, tip: Option<u64>, why: String, now: Instant) {
        self.distrusted_until = Some(now + DISTRUST);
        self.shown_tip = tip.unwrap_or(self.shown_tip);
        self.note(why);
    }

    /// A request succeeded after `took`.
    pub(in crate::source) fn succeeded(&mut self, took: Duration) {
        let average = self
            .latency
            .map_or(took, |old| old.mul_f64(1.0 - EWMA_WEIGHT) + took.mul_f64(EWMA_WEIGHT));
        self.latency = Some(average);
        (self.failures, self.refusals) = (0, 0);
        self.aimd.succeeded();
    }

    /// A request failed. `jitter` is a random number from 0 to 1.
    pub(in crate::source) fn failed(&mut self, error: &FetchError, now: Instant, jitter: f64) {
        match error {
            FetchError::NotYet { height, tip, .. } => self.not_yet(*height, *tip, error, now),
            FetchError::Pruned { lowest, .. } => self.floor = Some(self.floor.unwrap_or(0).max(*lowest)),
            FetchError::RateLimited { retry_after, .. } => {
                let own = FIRST_WAIT.saturating_mul(1 << self.refusals.min(10)).min(MAX_WAIT);
                self.refused(retry_after.unwrap_or(own), error, now, jitter);
            }
            // A block of an address is lifted by time alone: asking on prolongs it.
            FetchError::Forbidden { retry_after, .. } => {
                self.refused(retry_after.unwrap_or(MAX_WAIT), error, now, jitter);
            }
            FetchError::Behind { at, .. } => {
                self.claimed_tip = at.or(self.claimed_tip);
                self.note(error.to_string());
            }
            // Slots without a block are part of the chain and say nothing about the node; nor does an unknown cursor.
            FetchError::SlotSkipped { .. } | FetchError::UnknownCursor { .. } => {}
            // It is about one transaction, but somebody must see it.
            FetchError::UnsupportedVersion { .. } => self.note(error.to_string()),
            FetchError::WrongChain { got, .. }
            | FetchError::Malformed {
                defect: Defect::ChainId { got, .. },
                ..
            } => {
                self.wrong_chain = Some(got.clone());
                self.out(EndpointState::WrongChain, now + UNFIT_REST);
                self.note(error.to_string());
            }
            FetchError::Unfit { .. }
            | FetchError::Malformed {
                defect: Defect::NoResults,
                ..
            } => {
                self.out(EndpointState::Unfit, now + UNFIT_REST);
                self.note(error.to_string());
            }
            other => self.fault(other, now, jitter),
        }
    }

    /// The node wants no request for a while.
    fn refused(&mut self, pause: Duration, error: &FetchError, now: Instant, jitter: f64) {
        let until = now + pause.mul_f64(1.0 + 0.1 * jitter);
        self.not_before = Some(self.not_before.map_or(until, |t| t.max(until)));
        self.refusals += 1;
        self.rate_limited_total += 1;
        self.aimd.overloaded(now);
        self.note(error.to_string());
    }

    fn not_yet(&mut self, height: u64, tip: Option<u64>, error: &FetchError, now: Instant) {
        let claimed = self.claimed_tip.is_some_and(|c| c >= height);
        match tip {
            Some(tip) if claimed && tip < height => self.caught_lying(Some(tip), error.to_string(), now),
            Some(tip) if !self.distrusted(now) => self.claimed_tip = Some(self.claimed_tip.unwrap_or(0).max(tip)),
            _ => {}
        }
    }

    fn fault(&mut self, error: &FetchError, now: Instant, jitter: f64) {
        self.note(error.to_string());
        self.failures += 1;
        if matches!(error, FetchError::Transient { .. }) {
            self.aimd.overloaded(now);
        }
        if self.failures >= FAILURES_TO_REST || !self.ready() {
            let rest = FIRST_REST.saturating_mul(1 << self.rests.min(10)).min(MAX_REST);
            self.rests += 1;
            self.failures = 0;
            self.out(EndpointState::Resting, now + rest.mul_f64(0.75 + 0.5 * jitter));
        }
    }

    fn out(&mut self, state: EndpointState, until: Instant) {
        self.standing = Standing::Out { state, until };
    }

    fn note(&mut self, error: String) {
        self.errors_total += 1;
        self.last_error = Some(error);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ready() -> Health {
        let mut health = Health::new(8);
        health.status(&NodeStatus {
            tip: 100,
            floor: 1,
            version: String::new(),
            catching_up: false,
        });
        health
    }

    fn transient() -> FetchError {
        FetchError::transient("http://a", "gone")
    }

    /// Fails until the endpoint rests; returns how long it rests.
    fn rest(health: &mut Health, now: Instant) -> Duration {
        while !matches!(health.standing, Standing::Out { .. }) {
            health.failed(&transient(), now, 0.5);
        }
        health.wakes(now).unwrap() - now
    }

    #[test]
    fn three_failures_in_a_row_are_a_rest_and_each_rest_is_twice_as_long() {
        let (mut health, now) = (ready(), Instant::now());
        health.failed(&transient(), now, 0.5);
        health.failed(&transient(), now, 0.5);
        health.succeeded(Duration::from_millis(10));
        health.failed(&transient(), now, 0.5);
        assert!(health.ready(), "a success in between starts the count anew");
        for seconds in [1, 2, 4, 8, 16, 32, 64, 120, 120] {
            assert_eq!(rest(&mut health, now), Duration::from_secs(seconds));
            assert!(!health.due(now) && health.due(now + Duration::from_secs(seconds)));
            // The status alone does not make it whole.
            health.succeeded(Duration::from_millis(10));
            health.status(&NodeStatus {
                tip: 100,
                floor: 1,
                version: String::new(),
                catching_up: false,
            });
        }
        health.shown(50);
        assert_eq!(rest(&mut health, now), Duration::from_secs(1));
    }

    #[test]
    fn a_pause_that_the_node_asks_for_is_kept_and_one_that_it_does_not_name_grows() {
        let (mut health, now) = (ready(), Instant::now());
        let refused = |secs: Option<u64>| FetchError::RateLimited {
            endpoint: "http://a".into(),
            retry_after: secs.map(Duration::from_secs),
        };
        health.failed(&refused(Some(7)), now, 0.0);
        assert_eq!(
            (health.state(now), health.wakes(now)),
            (EndpointState::Limited, Some(now + Duration::from_secs(7)))
        );
        assert!(!health.has_room(now + Duration::from_secs(6)) && health.has_room(now + Duration::from_secs(7)));
        // A shorter one that comes later does not cut it.
        health.failed(&refused(None), now, 0.0);
        assert_eq!(health.wakes(now), Some(now + Duration::from_secs(7)));
        let mut other = ready();
        for half_seconds in [1, 2, 4, 8] {
            other.failed(&refused(None), now, 0.0);
            assert_eq!(other.wakes(now), Some(now + Duration::from_millis(500) * half_seconds));
        }
    }

    #[test]
    fn a_tip_that_could_not_be_served_is_not_believed_for_a_while() {
        let (mut health, now) = (ready(), Instant::now());
        let not_yet = FetchError::NotYet {
            endpoint: "http://a".into(),
            height: 90,
            tip: Some(80),
        };
        health.failed(&not_yet, now, 0.0);
        assert_eq!((health.tip(now), health.lie(now)), (Some(80), Some(100)));
        health.shown(85);
        assert_eq!(health.tip(now), Some(85));
        assert_eq!(health.tip(now + DISTRUST), Some(100));
    }

    #[test]
    fn an_honest_not_yet_is_no_lie() {
        let (mut health, now) = (ready(), Instant::now());
        let not_yet = FetchError::NotYet {
            endpoint: "http://a".into(),
            height: 101,
            tip: Some(100),
        };
        health.failed(&not_yet, now, 0.0);
        assert!(!health.distrusted(now) && health.errors_total == 0);
    }

    #[test]
    fn an_endpoint_of_another_chain_is_out_until_it_is_asked_again() {
        let (mut health, now) = (ready(), Instant::now());
        let wrong = FetchError::WrongChain {
            endpoint: "http://a".into(),
            expected: "a-1".into(),
            got: "b-1".into(),
        };
        health.failed(&wrong, now, 0.0);
        assert!(health.hopeless(now) && health.wrong_chain(now) == Some("b-1"));
        assert!(health.due(now + UNFIT_REST) && !health.hopeless(now + UNFIT_REST));
    }
}
