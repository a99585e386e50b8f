//! Bad answers and refusals of a node, and what the source makes of them.
#![allow(clippy::unwrap_used)]

mod solana_support;

use std::num::NonZeroU32;
use std::time::Duration;

use gridproof_indexer::source::solana::{RateLimits, SolanaSource};
use gridproof_indexer::source::{Class, EndpointState, FetchError, Source};
use serde_json::Value;
use solana_support::{Chain, Node, Peer, Reply, address, config, fetch, fetch_patiently, source};

fn world() -> (Chain, Vec<String>) {
    let mut chain = Chain::of(1..=40);
    let a = address(1);
    for slot in [5, 17, 30] {
        chain.tx(slot, &[&a]);
    }
    (chain, vec![a])
}

/// Answers the first `times` calls of `method` badly.
fn at_first(method: &'static str, times: usize, reply: Reply) -> impl Fn(&str, &Value, usize) -> Option<Reply> + Send {
    move |asked, _, nth| (asked == method && nth < times).then(|| reply.clone())
}

#[tokio::test]
async fn pitfall_15_retry_after_is_honoured_before_anything_else_is_sent() {
    let (chain, followed) = world();
    let limited = Reply::Http(429, vec![("retry-after", "1".into())], "slow down".into());
    let peer = Peer::with_fault(Node::new(chain.clone(), 40), at_first("getTransaction", 1, limited)).await;
    let mut config = config(&[&peer], &followed);
    config.parallel = 1;
    config.patience = Duration::from_secs(10);
    let source = SolanaSource::new(config).unwrap();
    assert_eq!(fetch(&source, 1, 40).await.unwrap(), chain.truth(&followed, 1, 40));
    let shared = peer.lock();
    let refused = shared
        .seen
        .iter()
        .position(|seen| seen.method == "getTransaction")
        .unwrap();
    let pause = shared.seen[refused + 1].at - shared.seen[refused].at;
    assert!(
        pause >= Duration::from_secs(1),
        "the next request of any method came after {pause:?}"
    );
}

#[tokio::test]
async fn pitfall_15_a_429_without_retry_after_and_a_403_are_waited_out_and_never_a_hot_loop() {
    let (chain, followed) = world();
    for status in [429, 403] {
        let refusal = Reply::Http(status, vec![], String::new());
        let peer = Peer::with_fault(
            Node::new(chain.clone(), 40),
            at_first("getTransaction", usize::MAX, refusal),
        )
        .await;
        let error = fetch(&source(&[&peer], &followed), 1, 40).await.unwrap_err();
        assert_eq!(error.class(), Class::Retry, "{error}");
        let tries = peer.count("getTransaction");
        assert!(tries <= 12, "{tries} requests in a second and a half of refusals");
    }
}

#[tokio::test]
async fn pitfall_15_a_refusal_in_the_body_counts_like_one_in_the_status() {
    let (chain, followed) = world();
    for code in [429, 403] {
        let refusal = Reply::Error(code, "Too many requests for a specific RPC call", Value::Null);
        let peer = Peer::with_fault(
            Node::new(chain.clone(), 40),
            at_first("getSignaturesForAddress", 1, refusal),
        )
        .await;
        let honest = Peer::start(Node::new(chain.clone(), 40)).await;
        let source = source(&[&peer, &honest], &followed);
        for _ in 0..4 {
            assert_eq!(fetch(&source, 1, 40).await.unwrap(), chain.truth(&followed, 1, 40));
        }
        let limited = source.endpoints().iter().map(|e| e.rate_limited_total).sum::<u64>();
        assert_eq!(limited, 1, "booked at the endpoint that refused");
    }
}

#[tokio::test]
async fn pitfall_15_a_dead_endpoint_is_asked_less_and_less_while_another_serves() {
    let (chain, followed) = world();
    let dead = Peer::with_fault(Node::new(chain.clone(), 40), |_, _, _| {
        Some(Reply::Http(502, vec![], "bad".into()))
    })
    .await;
    let honest = Peer::start(Node::new(chain.clone(), 40)).await;
    let source = source(&[&dead, &honest], &followed);
    for _ in 0..30 {
        assert_eq!(fetch(&source, 1, 40).await.unwrap(), chain.truth(&followed, 1, 40));
    }
    let asked = dead.lock().seen.len();
    assert!(asked <= 6, "{asked} requests to an endpoint that never answered");
}

#[tokio::test]
async fn pitfall_15_the_limits_per_method_and_in_all_are_ours_before_they_are_the_nodes() {
    let (chain, followed) = world();
    let peer = Peer::start(Node::new(chain, 40)).await;
    let mut config = config(&[&peer], &followed);
    config.rates = RateLimits {
        window: Duration::from_millis(400),
        per_method: NonZeroU32::new(4).unwrap(),
        total: NonZeroU32::new(8).unwrap(),
    };
    let source = SolanaSource::new(config).unwrap();
    for _ in 0..4 {
        fetch(&source, 1, 40).await.unwrap();
    }
    assert!(source.counters().rate_limit_waits > 0);
}

#[tokio::test]
async fn pages_of_proxies_cut_bodies_and_huge_bodies_are_refused_and_the_next_try_is_whole() {
    let (chain, followed) = world();
    let html = Reply::Http(
        200,
        vec![("content-type", "text/html".into())],
        "<html>Checking your browser</html>".into(),
    );
    let half = Reply::Http(200, vec![], r#"{"jsonrpc":"2.0","result":[{"signature":"#.into());
    let huge = Reply::Http(200, vec![], format!(r#"{{"result":"{}"}}"#, "x".repeat(300_000)));
    let moved = Reply::Http(302, vec![("location", "http://127.0.0.1:1/".into())], String::new());
    for reply in [
        html,
        half,
        huge,
        moved,
        Reply::Cut,
        Reply::Http(200, vec![], String::new()),
    ] {
        let fault = at_first("getSignaturesForAddress", 1, reply.clone());
        let peer = Peer::with_fault(Node::new(chain.clone(), 40), fault).await;
        let mut config = config(&[&peer], &followed);
        config.limits.body_bytes = 200_000;
        let source = SolanaSource::new(config).unwrap();
        assert_eq!(
            fetch_patiently(&source, 1, 40).await,
            chain.truth(&followed, 1, 40),
            "{reply:?}"
        );
        assert_eq!(source.endpoints()[0].errors_total, 1, "and it is booked: {reply:?}");
    }
}

#[tokio::test]
async fn bad_bodies_that_stay_bad_are_quarantined_and_say_what_they_are() {
    let (chain, followed) = world();
    for (reply, words) in [
        (Reply::Http(200, vec![], "<html></html>".into()), "HTML"),
        (
            Reply::Http(200, vec![], r#"{"jsonrpc":"2.0","result":[{"#.into()),
            "truncated",
        ),
        (Reply::Result(Value::from("a word")), "invalid type"),
        (
            Reply::Http(200, vec![], r#"{"jsonrpc":"2.0","id":1}"#.into()),
            "neither result nor error",
        ),
    ] {
        let fault = at_first("getSignaturesForAddress", usize::MAX, reply);
        let peer = Peer::with_fault(Node::new(chain.clone(), 40), fault).await;
        let error = fetch(&source(&[&peer], &followed), 1, 40).await.unwrap_err();
        assert_eq!(error.class(), Class::Quarantine, "{error}");
        assert!(
            error.to_string().to_lowercase().contains(&words.to_lowercase()),
            "{error}"
        );
    }
}

#[tokio::test]
async fn pitfall_17_a_node_of_another_cluster_is_never_used() {
    let (chain, followed) = world();
    let mainnet = Peer::start(Node::new(chain.clone(), 40)).await;
    let mut other = Node::new(Chain::of(1..=400), 400);
    other.genesis = address(99);
    let devnet = Peer::start(other).await;
    let mut config = config(&[&devnet, &mainnet], &followed);
    config.genesis_hash = Some(address(1));
    let source = SolanaSource::new(config).unwrap();
    assert_eq!(source.head().await.unwrap().height, 40, "its slots do not count");
    for _ in 0..5 {
        assert_eq!(fetch(&source, 1, 40).await.unwrap(), chain.truth(&followed, 1, 40));
    }
    assert_eq!(source.endpoints()[0].state, EndpointState::WrongChain);
    assert_eq!(devnet.count("getSignaturesForAddress"), 0);
    let alone = {
        let mut config = solana_support::config(&[&devnet], &followed);
        config.genesis_hash = Some(address(1));
        SolanaSource::new(config).unwrap()
    };
    let error = fetch(&alone, 1, 40).await.unwrap_err();
    assert!(
        matches!(error, FetchError::WrongChain { .. }),
        "not an empty range: {error}"
    );
}

#[tokio::test]
async fn pitfall_17_without_a_configured_hash_the_first_cluster_that_answers_is_kept_to() {
    let (chain, followed) = world();
    let peer = Peer::start(Node::new(chain.clone(), 40)).await;
    let source = source(&[&peer], &followed);
    source.head().await.unwrap();
    assert_eq!(source.genesis_hash(), Some(address(1).as_str()));
}

#[tokio::test]
async fn a_mint_with_other_decimals_or_of_another_program_is_not_indexed() {
    let (chain, followed) = world();
    let good = Node::new(chain, 40);
    let (mut decimals, mut program) = (good.clone(), good.clone());
    decimals.decimals = 6;
    program.program = "11111111111111111111111111111111";
    for (node, words) in [(decimals, "6 decimals"), (program, "belongs to program 1111")] {
        let peer = Peer::start(node).await;
        let error = source(&[&peer], &followed).head().await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    let mut token_2022 = good;
    token_2022.program = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
    let peer = Peer::start(token_2022).await;
    assert_eq!(source(&[&peer], &followed).head().await.unwrap().height, 40);
}

#[tokio::test]
async fn an_endpoint_without_history_is_out_of_use_and_says_why() {
    let (chain, followed) = world();
    let refusal = Reply::Error(
        -32011,
        "Transaction history is not available from this node",
        Value::Null,
    );
    let peer = Peer::with_fault(
        Node::new(chain, 40),
        at_first("getSignaturesForAddress", usize::MAX, refusal),
    )
    .await;
    let source = source(&[&peer], &followed);
    let error = fetch(&source, 1, 40).await.unwrap_err();
    assert!(matches!(error, FetchError::Unfit { .. }), "{error}");
    assert_eq!(source.endpoints()[0].state, EndpointState::Unfit);
}

#[tokio::test]
async fn a_key_in_the_address_of_an_endpoint_is_never_shown() {
    let (chain, followed) = world();
    let peer = Peer::start(Node::new(chain, 40)).await;
    let mut config = config(&[&peer], &followed);
    config.endpoints = vec![format!("{}/v2/hunter2secret?api-key=hunter2secret", peer.url())];
    let source = SolanaSource::new(config).unwrap();
    let error = source.head().await.unwrap_err();
    let shown = format!("{error} {error:?} {:?} {source:?}", source.endpoints());
    assert!(error.to_string().contains(&peer.url()));
    let leaks = shown.matches("hunter2secret").count() - format!("{source:?}").matches("hunter2secret").count();
    assert_eq!(leaks, 0, "{error} {:?}", source.endpoints());
}

#[tokio::test]
async fn what_was_done_is_counted_by_method_and_outcome() {
    let (chain, followed) = world();
    let unknown = Reply::Result(Value::Null);
    let peer = Peer::with_fault(Node::new(chain, 40), at_first("getTransaction", 1, unknown)).await;
    let source = source(&[&peer], &followed);
    fetch_patiently(&source, 1, 40).await;
    let counters = source.counters();
    let count = |method: &str, outcome: &str| {
        let of = counters
            .requests
            .iter()
            .find(|r| r.method == method && r.outcome == outcome);
        of.map_or(0, |r| r.count)
    };
    assert_eq!((counters.transactions_fetched, counters.null_transactions), (3, 1));
    assert_eq!(count("getTransaction", "ok"), 4, "null is an answer");
    assert_eq!(count("getGenesisHash", "ok"), 1);
    assert!(counters.pages >= 1 && counters.signatures_listed >= 3);
}
