//! What the source did, for operators. Only ever growing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::source::FetchError;

/// Counters of a source, shared by its endpoints.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    pub(super) pages: AtomicU64,
    pub(super) signatures: AtomicU64,
    pub(super) transactions: AtomicU64,
    pub(super) nulls: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SolanaCounters {
    /// `render_rpc_requests_total{method, outcome}`.
    pub requests: Vec<RequestCount>,
    /// `render_rpc_rate_limit_waits_total`: requests that waited for our own token buckets.
    pub rate_limit_waits: u64,
    /// `render_rpc_pages_total`: pages of signatures.
    pub pages: u64,
    /// `render_rpc_signatures_listed_total`: entries of these pages, repetitions included.
    pub signatures_listed: u64,
    /// `render_rpc_transactions_fetched_total`.
    pub transactions_fetched: u64,
    /// `render_rpc_null_transactions_total`: listed transactions that a node did not have.
    pub null_transactions: u64,
    /// `render_rpc_endpoint_lag_slots{endpoint}`: slots behind the newest claim.
    pub lag: Vec<EndpointLag>,
}

/// Requests of one method that ended in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestCount {
    /// JSON-RPC method.
    pub method: &'static str,
    /// `ok`, or the kind of error.
    pub outcome: &'static str,
    /// How many.
    pub count: u64,
}

/// How far an endpoint is behind the one that claims most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndpointLag {
    /// The endpoint.
    pub endpoint: String,
    /// Slots.
    pub slots: u64,
}

impl Counters {
    pub(super) fn request<T>(&self, method: &'static str, outcome: &Result<T, FetchError>) {
        let outcome = outcome.as_ref().map_or_else(kind, |_| "ok");
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((method, outcome)).or_default() += 1;
    }

    pub(super) fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self, rate_limit_waits: u64, lag: Vec<EndpointLag>) -> SolanaCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |(&(method, outcome), &count): (&(&'static str, &'static str), &u64)| RequestCount {
            method,
            outcome,
            count,
        };
        SolanaCounters {
            requests: requests.iter().map(count).collect(),
            rate_limit_waits,
            pages: read(&self.pages),
            signatures_listed: read(&self.signatures),
            transactions_fetched: read(&self.transactions),
            null_transactions: read(&self.nulls),
            lag,
        }
    }
}

/// The kind of an error, as a label.
fn kind(error: &FetchError) -> &'static str {
    match error {
        FetchError::NotYet { .. } => "not_yet",
        FetchError::Pruned { .. } => "pruned",
        FetchError::RateLimited { .. } => "rate_limited",
        FetchError::Forbidden { .. } => "forbidden",
        FetchError::WrongChain { .. } => "wrong_chain",
        FetchError::Transient { .. } => "transient",
        FetchError::Permanent { .. } => "permanent",
        FetchError::Malformed { .. } => "malformed",
        FetchError::Behind { .. } => "behind",
        FetchError::SlotSkipped { .. } => "slot_skipped",
        FetchError::UnknownCursor { .. } => "unknown_cursor",
        FetchError::UnsupportedVersion { .. } => "unsupported_version",
        FetchError::Unfit { .. } => "unfit",
        FetchError::Disagreement { .. } => "disagreement",
        FetchError::Exhausted { .. } => "exhausted",
    }
}
