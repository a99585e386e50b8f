//! Token buckets of one endpoint: so many requests in a window of time, by method and in all.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter, state};
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

type Bucket = RateLimiter<state::NotKeyed, state::InMemoryState, RuntimeClock, NoOpMiddleware<Duration>>;

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
    RateLimiter::direct_with_clock(quota(limit, window), clock.clone())
}

/// A burst and an even flow after it, which together never exceed `limit` in any window.
fn quota(limit: NonZeroU32, window: Duration) -> Quota {
    let burst = NonZeroU32::new(limit.get() / BURST_PART).unwrap_or(NonZeroU32::MIN);
    let steady = (limit.get() - burst.get()).max(1);
    let between = (window / steady).max(Duration::from_nanos(1));
    // Only a period of zero has no quota.
    let flow = Quota::with_period(between).unwrap_or_else(|| Quota::per_second(limit));
    flow.allow_burst(burst)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use governor::clock::FakeRelativeClock;

    const WINDOW: Duration = Duration::from_secs(10);

    fn number(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    /// When each of `count` requests may go out that are all there from the beginning, through buckets of these limits.
    fn sent(limits: &[u32], count: usize) -> Vec<Duration> {
        let clock = FakeRelativeClock::default();
        let buckets: Vec<_> = limits
            .iter()
            .map(|limit| RateLimiter::direct_with_clock(quota(number(*limit), WINDOW), clock.clone()))
            .collect();
        let mut now = Duration::ZERO;
        let mut times = Vec::new();
        for _ in 0..count {
            for bucket in &buckets {
                while let Err(not_until) = bucket.check() {
                    let wait = not_until.wait_time_from(clock.now());
                    clock.advance(wait);
                    now += wait;
                }
            }
            times.push(now);
        }
        times
    }

    fn most_in_a_window(times: &[Duration]) -> usize {
        let within = |start: &Duration| times.iter().filter(|t| *t >= start && **t < *start + WINDOW).count();
        times.iter().map(within).max().unwrap()
    }

    #[test]
    fn no_window_has_more_requests_of_a_method_than_allowed_and_the_allowance_is_used() {
        let times = sent(&[40], 200);
        assert!(most_in_a_window(&times) <= 40, "{}", most_in_a_window(&times));
        assert!(times[199] < Duration::from_secs(70), "{:?}", times[199]);
    }

    #[test]
    fn a_request_passes_the_bucket_of_its_method_and_that_of_all() {
        let times = sent(&[100, 40], 200);
        assert!(most_in_a_window(&times) <= 40);
        assert!(most_in_a_window(&sent(&[400, 100], 500)) <= 100);
    }

    #[test]
    fn a_limit_of_one_is_kept_and_does_not_hang() {
        assert_eq!(sent(&[1], 3), [Duration::ZERO, WINDOW, 2 * WINDOW]);
    }

    #[tokio::test]
    async fn what_the_buckets_allow_goes_out_at_once_and_is_not_counted_as_a_wait() {
        let throttle = Throttle::new(RateLimits::default());
        for _ in 0..10 {
            throttle.acquire("getSlot").await;
        }
        assert_eq!(throttle.waits_total(), 0);
        let tight = Throttle::new(RateLimits {
            // Long, so that even a machine that stands still between the two calls has not let the window pass.
            window: Duration::from_secs(2),
            per_method: number(1),
            total: number(1),
        });
        tight.acquire("getSlot").await;
        tight.acquire("getSlot").await;
        assert_eq!(tight.waits_total(), 1, "the second waits for its place");
    }
}
