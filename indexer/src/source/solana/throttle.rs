//! Token buckets of one endpoint: so many requests in a window of time, by method and in all.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::{Instant, sleep};

/// Part of a window's requests that may go out at once. The rest follows evenly, so that no window of that length,
/// wherever it begins, has more than the limit.
const BURST_PART: u32 = 4;

/// What an endpoint allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Length of the window.
    pub window: Duration,
    /// Requests of one method in a window.
    pub per_method: NonZeroU32,
    /// Requests of all methods in a window.
    pub total: NonZeroU32,
}

impl Default for RateLimits {
    /// Those of the public endpoint of mainnet.
    fn default() -> Self {
        Self {
            window: Duration::from_secs(10),
            per_method: NonZeroU32::new(40).unwrap_or(NonZeroU32::MIN),
            total: NonZeroU32::new(100).unwrap_or(NonZeroU32::MIN),
        }
    }
}

/// The runtime's clock, which tests can stop.
#[derive(Clone, Debug)]
struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<Duration>>;

/// The buckets of one endpoint.
#[derive(Debug)]
pub(super) struct Throttle {
    limits: RateLimits,
    clock: RuntimeClock,
    total: Bucket,
    methods: Mutex<BTreeMap<&'static str, Arc<Bucket>>>,
    waits: AtomicU64,
}

impl Throttle {
    pub(super) fn new(limits: RateLimits) -> Self {
        let clock = RuntimeClock(Instant::now());
        Self {
            total: bucket(limits.total, limits.window, &clock),
            limits,
            clock,
            methods: Mutex::default(),
            waits: AtomicU64::new(0),
        }
    }

    /// Returns when a request of this method may go out.
    pub(super) async fn acquire(&self, method: &'static str) {
        let own = self
            .methods
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(method)
            .or_insert_with(|| Arc::new(bucket(self.limits.per_method, self.limits.window, &self.clock)))
            .clone();
        self.wait(&own).await;
        self.wait(&self.total).await;
    }

    /// Requests that had to wait since the start.
    pub(super) fn waits_total(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }

    async fn wait(&self, bucket: &Bucket) {
        let mut waited = false;
        while let Err(not_until) = bucket.check() {
            if !waited {
                self.waits.fetch_add(1, Ordering::Relaxed);
                waited = true;
            }
            let wait = not_until.earliest_possible().saturating_sub(self.clock.now());
            sleep(wait.max(Duration::from_millis(1))).await;
        }
    }
}

fn bucket(limit: NonZeroU32, window: Duration, clock: &RuntimeClock) -> Bucket {
    let burst = NonZeroU32::new(limit.get() / BURST_PART).unwrap_or(NonZeroU32::MIN);
    let steady = (limit.get() - burst.get()).max(1);
    let between = (window / steady).max(Duration::from_nanos(1));
    // Only a period of zero has no quota.
    let quota = Quota::with_period(between).unwrap_or_else(|| Quota::per_second(limit));
    RateLimiter::direct_with_clock(quota.allow_burst(burst), clock.clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// When each of `count` requests of `method` went out.
    async fn sent(throttle: &Throttle, method: &'static str, count: usize) -> Vec<Instant> {
        let mut times = Vec::new();
        for _ in 0..count {
            throttle.acquire(method).await;
            times.push(Instant::now());
        }
        times
    }

    fn most_in_a_window(times: &[Instant], window: Duration) -> usize {
        let within = |start: &Instant| times.iter().filter(|t| *t >= start && **t < *start + window).count();
        times.iter().map(within).max().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_has_more_requests_of_a_method_than_allowed() {
        let throttle = Throttle::new(RateLimits::default());
        let times = sent(&throttle, "getTransaction", 200).await;
        assert!(most_in_a_window(&times, Duration::from_secs(10)) <= 40);
        let took = times[199] - times[0];
        assert!(took < Duration::from_secs(70), "and the allowance is used: {took:?}");
        assert!(throttle.waits_total() > 0);
    }

    #[tokio::test(start_paused = true)]
    async fn all_methods_together_keep_the_limit_of_the_endpoint() {
        let throttle = Throttle::new(RateLimits::default());
        let (a, b, c, d) = tokio::join!(
            sent(&throttle, "getTransaction", 60),
            sent(&throttle, "getSignaturesForAddress", 60),
            sent(&throttle, "getSlot", 60),
            sent(&throttle, "getBlock", 60),
        );
        let all: Vec<Instant> = [a, b, c, d].concat();
        assert!(most_in_a_window(&all, Duration::from_secs(10)) <= 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_of_one_is_kept_and_does_not_hang() {
        let one = NonZeroU32::MIN;
        let throttle = Throttle::new(RateLimits {
            window: Duration::from_secs(10),
            per_method: one,
            total: one,
        });
        let times = sent(&throttle, "getSlot", 3).await;
        assert_eq!(times[2] - times[0], Duration::from_secs(20));
    }
}
