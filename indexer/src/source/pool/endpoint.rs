//! One endpoint of the pool: its client, its health, and permits to use it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::health::{EndpointState, Health};
use crate::source::{Attempt, CometClient, FetchError, NodeStatus};

/// State of an endpoint, for `status`, metrics and error messages.
#[derive(Clone, Debug, Serialize)]
pub struct EndpointStatus {
    /// The endpoint, without credentials.
    pub url: String,
    /// Where it stands.
    pub state: EndpointState,
    /// Average latency of its answers, in milliseconds.
    pub latency_ms: Option<f64>,
    /// Tip that is believed.
    pub tip: Option<u64>,
    /// Whether it claimed a tip that it could not serve.
    pub tip_distrusted: bool,
    /// Whether it tells of new blocks over a websocket.
    pub websocket: bool,
    /// Lowest height that it keeps.
    pub floor: Option<u64>,
    /// Requests in flight.
    pub in_flight: u32,
    /// Requests that may be in flight.
    pub limit: u32,
    /// Its last error.
    pub last_error: Option<String>,
    /// Errors since the start.
    pub errors_total: u64,
    /// Requests since the start.
    pub requests_total: u64,
    /// Refusals for too many requests since the start.
    pub rate_limited_total: u64,
}

/// An endpoint of the pool.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) index: usize,
    pub(super) client: CometClient,
    health: Mutex<Health>,
    /// Told whenever something may have changed for those who wait for an endpoint.
    changed: Arc<Notify>,
}

impl Endpoint {
    pub(super) fn new(index: usize, client: CometClient, max_in_flight: u32, changed: Arc<Notify>) -> Self {
        Self {
            index,
            client,
            health: Mutex::new(Health::new(max_in_flight)),
            changed,
        }
    }

    pub(super) fn name(&self) -> &str {
        self.client.name()
    }

    /// The lock is held for a few assignments; a panic in between leaves whole values.
    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self) -> EndpointStatus {
        let now = Instant::now();
        let health = self.health();
        EndpointStatus {
            url: self.name().to_owned(),
            state: health.state(now),
            latency_ms: health.latency_ms(),
            tip: health.tip(now),
            tip_distrusted: health.distrusted(now),
            websocket: health.subscribed,
            floor: health.floor,
            in_flight: health.in_flight,
            limit: health.aimd.limit(),
            last_error: health.last_error.clone(),
            errors_total: health.errors_total,
            requests_total: health.requests_total,
            rate_limited_total: health.rate_limited_total,
        }
    }

    /// Asks the endpoint for its status, which checks its chain id and puts it to use.
    pub(super) async fn probe(self: &Arc<Self>) -> Result<NodeStatus, FetchError> {
        self.health().probing = true;
        let permit = self.permit();
        let _done = Probing(self);
        let outcome = permit.measure(self.client.status()).await;
        if let Ok(status) = &outcome {
            self.health().status(status);
        }
        outcome
    }

    /// The endpoint's last word on a request: the error of this request, or why it was not asked.
    pub(super) fn attempt(&self, error: Option<FetchError>) -> Attempt {
        let error = error.unwrap_or_else(|| self.not_asked());
        Attempt {
            endpoint: self.name().to_owned(),
            error,
        }
    }

    fn not_asked(&self) -> FetchError {
        let health = self.health();
        if let Some(got) = health.wrong_chain(Instant::now()) {
            let (expected, got) = (self.client.chain_id().to_owned(), got.to_owned());
            return FetchError::WrongChain {
                endpoint: self.name().to_owned(),
                expected,
                got,
            };
        }
        let said = health.last_error.as_deref().unwrap_or("no answer in time");
        // The kept text begins with the endpoint's name, which the error says itself.
        let reason = said
            .strip_prefix(self.name())
            .and_then(|s| s.strip_prefix(": "))
            .unwrap_or(said);
        FetchError::transient(self.name(), reason)
    }

    /// Counts a request that starts now.
    pub(super) fn permit(self: &Arc<Self>) -> Permit {
        let mut health = self.health();
        health.in_flight += 1;
        health.requests_total += 1;
        drop(health);
        Permit { endpoint: self.clone() }
    }
}

/// Ends a probe, also one that is dropped half-way.
struct Probing<'a>(&'a Endpoint);

impl Drop for Probing<'_> {
    fn drop(&mut self) {
        self.0.health().probing = false;
    }
}

/// A request in flight. Dropping it, also half-way, frees its place.
pub(super) struct Permit {
    pub(super) endpoint: Arc<Endpoint>,
}

impl Permit {
    /// Runs a request and books its outcome.
    pub(super) async fn measure<T>(
        &self,
        request: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        let start = Instant::now();
        let outcome = request.await;
        let now = Instant::now();
        let mut health = self.endpoint.health();
        match &outcome {
            Ok(_) => health.succeeded(now - start),
            Err(error) => health.failed(error, now, fastrand::f64()),
        }
        outcome
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.endpoint.health().in_flight -= 1;
        self.endpoint.changed.notify_waiters();
    }
}
