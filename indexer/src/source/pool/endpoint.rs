//! One endpoint of the pool: its client, its health, and permits to use it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::client::{Client, NodeStatus};
use super::health::{EndpointState, Health};
use crate::source::{Attempt, FetchError};

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
pub(in crate::source) struct Endpoint<C> {
    pub(in crate::source) index: usize,
    pub(in crate::source) client: C,
    health: Mutex<Health>,
    /// Told whenever something may have changed for those who wait for an endpoint.
    changed: Arc<Notify>,
}

impl<C: Client> Endpoint<C> {
    pub(in crate::source) fn new(index: usize, client: C, max_in_flight: u32, changed: Arc<Notify>) -> Self {
        Self {
            index,
            client,
            health: Mutex::new(Health::new(max_in_flight)),
            changed,
        }
    }

    pub(in crate::source) fn name(&self) -> &str {
        self.client.name()
    }

    /// The lock is held for a few assignments; a panic in between leaves whole values.
    pub(in crate::source) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::source) fn snapshot(&self) -> EndpointStatus {
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
    pub(in crate::source) async fn probe(self: &Arc<Self>) -> Result<NodeStatus, FetchError> {
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
    pub(in crate::source) fn attempt(&self, error: Option<FetchError>) -> Attempt {
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
    pub(in crate::source) fn permit(self: &Arc<Self>) -> Permit<C> {
        let mut health = self.health();
        health.in_flight += 1;
        health.requests_total += 1;
        drop(health);
        Permit { endpoint: self.clone() }
    }
}

/// Ends a probe, also one that is dropped half-way.
struct Probing<'a, C: Client>(&'a Endpoint<C>);

impl<C: Client> Drop for Probing<'_, C> {
    fn drop(&mut self) {
        self.0.health().probing = false;
    }
}

/// A request in flight. Dropping it, also half-way, frees its place.
pub(in crate::source) struct Permit<C: Client> {
    pub(in crate::source) endpoint: Arc<Endpoint<C>>,
}

impl<C: Client> Permit<C> {
    /// Runs a request and books its outcome.
    pub(in crate::source) async fn measure<T>(
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

impl<C: Client> Drop for Permit<C> {
    fn drop(&mut self) {
        self.endpoint.health().in_flight -= 1;
        self.endpoint.changed.notify_waiters();
    }
}
