//! The client of provider status against mock providers on loopback: each thing that a provider may do fails alone, in time,
//! with its own code.
#![allow(clippy::unwrap_used)]

mod providers;

#[path = "providers/dialing.rs"]
mod dialing;
#[path = "providers/honest.rs"]
mod honest;
#[path = "providers/hostile.rs"]
mod hostile;

use std::time::{Duration, Instant};

use futures::StreamExt;
use gridproof_indexer::source::provider::guard::Policy;
use gridproof_indexer::source::provider::{ProviderLimits, Refusal, StatusClient, StatusReport, StatusSource};

/// Local addresses are allowed, or no mock could be reached.
pub const LOCAL: Policy = Policy {
    allow_private: true,
    allow_http: true,
};

/// Limits under which a test is short: a second for each step.
pub fn limits() -> ProviderLimits {
    ProviderLimits {
        step: Duration::from_secs(1),
        heartbeat: Duration::from_millis(400),
        ..ProviderLimits::default()
    }
}

/// A client that may reach the mocks.
pub fn client() -> StatusClient {
    StatusClient::new(LOCAL, limits()).unwrap()
}

/// All that a watch gives, at most so many items, and how long it took.
pub async fn watched(uri: &str, items: usize) -> (Vec<Result<StatusReport, Refusal>>, Duration) {
    let start = Instant::now();
    let given = client().watch(uri).take(items).collect::<Vec<_>>();
    let given = tokio::time::timeout(Duration::from_secs(20), given)
        .await
        .expect("bounded time");
    (given, start.elapsed())
}

/// What one question gives, and how long it took.
pub async fn asked(uri: &str) -> (Result<StatusReport, Refusal>, Duration) {
    let start = Instant::now();
    let answer = tokio::time::timeout(Duration::from_secs(20), client().get(uri))
        .await
        .expect("bounded time");
    (answer, start.elapsed())
}
