//! Jittered back-off for requests that can pass.

use super::error::{ClientError, ErrorClass, classify};
use clickhouse::error::Error as DriverError;
use std::future::Future;
use std::time::Duration;

/// How long to go on trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, at least 1.
    pub attempts: u32,
    /// Longest wait after the first failure; it doubles with each one.
    pub base: Duration,
    /// Longest wait ever.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    /// About half a minute: an engine that was killed is back after less than one second.
    fn default() -> Self {
        Self {
            attempts: 14,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
        }
    }
}

impl RetryPolicy {
    /// One attempt only.
    pub const ONCE: Self = Self {
        attempts: 1,
        base: Duration::ZERO,
        cap: Duration::ZERO,
    };

    /// Wait before attempt `failures + 1`: between half and the whole of the doubled base ("equal jitter").
    fn delay(&self, failures: u32) -> Duration {
        let ceiling = self
            .base
            .saturating_mul(1 << failures.saturating_sub(1).min(16))
            .min(self.cap);
        ceiling.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Calls `attempt` until it succeeds, fails for good, or the attempts are used up.
    pub(super) async fn run<T, F>(&self, url: &str, attempt: impl Fn() -> F) -> Result<T, ClientError>
    where
        F: Future<Output = Result<T, DriverError>>,
    {
        let mut failures = 0;
        loop {
            let error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if classify(&error) == ErrorClass::Final {
                return Err(error.into());
            }
            failures += 1;
            if failures >= self.attempts {
                return Err(ClientError::Unreachable {
                    url: url.to_owned(),
                    attempts: failures,
                    source: error,
                });
            }
            let delay = self.delay(failures);
            tracing::warn!(url, failures, delay_ms = delay.as_millis() as u64, %error, "clickhouse request is retried");
            tokio::time::sleep(delay).await;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const FAST: RetryPolicy = RetryPolicy {
        attempts: 4,
        base: Duration::from_millis(1),
        cap: Duration::from_millis(4),
    };

    async fn run(errors: &[fn() -> DriverError]) -> (Result<u32, ClientError>, u32) {
        let calls = AtomicU32::new(0);
        let result = FAST
            .run("http://localhost", || {
                let call = calls.fetch_add(1, Ordering::SeqCst);
                let answer = errors.get(call as usize).map_or(Ok(call), |error| Err(error()));
                std::future::ready(answer)
            })
            .await;
        (result, calls.into_inner())
    }

    fn refused() -> DriverError {
        DriverError::Network("connection refused".into())
    }

    fn unknown_table() -> DriverError {
        DriverError::BadResponse("Code: 60. DB::Exception: no such table".into())
    }

    #[tokio::test]
    async fn a_restart_of_the_engine_is_waited_for() {
        assert!(matches!(run(&[refused, refused]).await, (Ok(2), 3)));
    }

    #[tokio::test]
    async fn a_wrong_statement_is_not_repeated() {
        let (result, calls) = run(&[refused, unknown_table]).await;
        assert_eq!(result.unwrap_err().code(), Some(60));
        assert_eq!(calls, 2);
    }

    #[tokio::test]
    async fn it_gives_up_after_the_last_attempt() {
        let (result, calls) = run(&[refused as fn() -> DriverError; 9]).await;
        assert!(matches!(result, Err(ClientError::Unreachable { attempts: 4, .. })));
        assert_eq!(calls, 4);
    }

    #[test]
    fn waits_grow_to_the_cap_and_no_further() {
        let policy = RetryPolicy::default();
        assert!(policy.delay(1) <= Duration::from_millis(100));
        assert!(policy.delay(1) >= Duration::from_millis(50));
        assert!(policy.delay(40) <= policy.cap);
        assert!(policy.delay(40) >= policy.cap / 2);
    }
}
