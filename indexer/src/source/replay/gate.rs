//! The limits and the random failures in front of a replay endpoint, whatever it speaks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::options::ReplayOptions;

/// Rate, latency and dice of an endpoint.
pub(in crate::source) struct Gate {
    limiter: Option<DefaultDirectRateLimiter>,
    latency: Duration,
    errors: f64,
    refusals: f64,
    dice: Mutex<fastrand::Rng>,
}

impl Gate {
    /// A gate that behaves as the options say.
    pub(in crate::source) fn new<F>(options: &ReplayOptions<F>) -> Self {
        Self {
            limiter: options.rate.map(|n| RateLimiter::direct(Quota::per_second(n))),
            latency: options.latency,
            errors: options.errors,
            refusals: options.refusals,
            dice: Mutex::new(fastrand::Rng::with_seed(options.seed)),
        }
    }

    /// Lets a request pass, late if so told; `Err` is the answer to one that is refused.
    pub(in crate::source) async fn pass(&self) -> Result<(), Box<Response>> {
        if let Some(refused) = self.refuse() {
            return Err(Box::new(refused));
        }
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        Ok(())
    }

    fn refuse(&self) -> Option<Response> {
        if let Some(Err(not_until)) = self.limiter.as_ref().map(DefaultDirectRateLimiter::check) {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            return Some(too_many(Some(wait.as_secs_f64().ceil().max(1.0))));
        }
        if self.errors <= 0.0 && self.refusals <= 0.0 {
            return None;
        }
        let roll = self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64();
        if roll < self.errors {
            return Some((StatusCode::INTERNAL_SERVER_ERROR, "upstream connect error\n").into_response());
        }
        (roll < self.errors + self.refusals).then(|| too_many(Some(0.0)))
    }
}

/// 429, with `Retry-After` where seconds are given.
pub(in crate::source) fn too_many(seconds: Option<f64>) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "too many requests\n").into_response();
    let value = seconds.and_then(|seconds| HeaderValue::from_str(&format!("{seconds:.0}")).ok());
    if let Some(value) = value {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}
