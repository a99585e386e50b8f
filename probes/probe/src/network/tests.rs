//! The baseline against a verifier on loopback, honest and not.

#![allow(clippy::unwrap_used)]

use super::baseline::{BaselineError, measure};
use super::limits::Limits;
use super::stub::{Manner, start};
use gridproof_probe_protocol::report::NetworkBaseline;
use std::time::{Duration, Instant};

fn limits() -> Limits {
    Limits {
        transfer: Duration::from_millis(300),
        window: Duration::from_millis(30),
        transfer_bytes: 16 << 20,
        silence: Duration::from_millis(500),
        total: Duration::from_secs(10),
        ..Limits::default()
    }
}

async fn against(manner: Manner) -> Result<NetworkBaseline, BaselineError> {
    let began = Instant::now();
    let result = measure(&start(manner).await, &limits()).await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{manner:?} took {:?}",
        began.elapsed()
    );
    result
}

#[tokio::test]
async fn an_honest_verifier_gives_latency_and_both_directions() {
    let baseline = against(Manner::Honest).await.unwrap();
    assert!(baseline.latency_ms.values.len() >= 30);
    assert!(baseline.latency_ms.median > 0.0 && baseline.latency_ms.p95 >= baseline.latency_ms.median);
    assert!(baseline.up_mbps.median > 0.0 && baseline.down_mbps.median > 0.0);
    assert!(baseline.verifier.starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn whoever_breaks_the_contract_is_refused_with_the_reason() {
    for (manner, reason) in [
        (Manner::WrongEcho, "an echo is not what was sent"),
        (Manner::HugeEcho, "the verifier refused Echo: OutOfRange"),
        (Manner::NoEcho, "silent for too long in Echo"),
        (Manner::HugeChunks, "empty or longer than 64 KiB"),
        (Manner::EmptyChunks, "empty or longer than 64 KiB"),
        (Manner::Stalls, "silent for too long in Download"),
        (Manner::Miscounts, "other bytes than were sent"),
        (Manner::Refuses, "refused Echo: PermissionDenied: go[2J away"),
    ] {
        let error = against(manner).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{manner:?}: {error}");
    }
}

#[tokio::test]
async fn an_endless_download_ends_by_bytes_and_by_time() {
    let endpoint = start(Manner::Endless).await;
    let few_bytes = Limits {
        transfer: Duration::from_secs(8),
        transfer_bytes: 1 << 20,
        ..limits()
    };
    let error = measure(&endpoint, &few_bytes).await.unwrap_err().to_string();
    assert!(error.contains("more bytes than were asked for"), "{error}");
    let short = Limits {
        transfer: Duration::from_millis(50),
        transfer_bytes: 1 << 40,
        ..limits()
    };
    measure(&endpoint, &short)
        .await
        .expect("time is up long before the bytes are");
}

#[tokio::test]
async fn nobody_there_is_told_with_a_next_step() {
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let error = measure(&endpoint, &limits()).await.unwrap_err().to_string();
    assert!(
        error.contains("cannot reach the verifier") && error.contains("firewall"),
        "{error}"
    );
}
