//! Ranges: what is listed is fetched, compared with the list, dated, and handed on byte for byte.
#![allow(clippy::unwrap_used)]

mod solana_support;

use gridproof_indexer::source::solana::{AgaveRpc, SolanaSource, TokenObservation};
use gridproof_indexer::source::{Class, FetchError, RawWindow, Source};
use serde_json::{Value, json};
use solana_support::{Chain, Node, Peer, Reply, address, config, fetch, fetch_patiently, source, world};

fn chain() -> (Chain, Vec<String>) {
    let mut chain = Chain::of(1..=40);
    let a = address(1);
    for slot in [5, 17, 17, 30] {
        chain.tx(slot, &[&a]);
    }
    chain.failed(31, &[&a]);
    (chain, vec![a])
}

#[tokio::test]
async fn pitfall_01_version_1_and_finalized_are_asked_for_in_every_request_that_knows_them() {
    let (chain, followed) = chain();
    let peer = Peer::start(Node::new(chain, 40)).await;
    let source = source(&[&peer], &followed);
    source.head().await.unwrap();
    fetch(&source, 1, 40).await.unwrap();
    source.slot_fact(12).await.unwrap();
    for method in ["getTransaction", "getBlock"] {
        let all = peer.params(method);
        assert!(
            !all.is_empty() && all.iter().all(|p| p[1]["maxSupportedTransactionVersion"] == 1),
            "{method}"
        );
    }
    let (slots, lists) = (peer.params("getSlot"), peer.params("getSignaturesForAddress"));
    assert!(slots.iter().all(|p| p[0]["commitment"] == "finalized"));
    assert!(
        lists
            .iter()
            .all(|p| p[1]["commitment"] == "finalized" && p[1]["minContextSlot"] == 40)
    );
    for method in ["getTransaction", "getBlock"] {
        assert!(
            peer.params(method).iter().all(|p| p[1]["commitment"] == "finalized"),
            "{method}"
        );
    }
}

#[tokio::test]
async fn pitfall_01_a_transaction_of_an_unsupported_version_stops_the_range_and_is_never_skipped() {
    let (chain, followed) = chain();
    let peer = Peer::with_fault(Node::new(chain, 40), |method, _, _| {
        (method == "getTransaction").then_some(Reply::Error(
            -32015,
            "Transaction version (2) is not supported",
            Value::Null,
        ))
    })
    .await;
    let error = fetch(&source(&[&peer], &followed), 1, 40).await.unwrap_err();
    assert!(matches!(error, FetchError::UnsupportedVersion { .. }), "{error}");
    assert_eq!(error.class(), Class::Quarantine);
}

#[tokio::test]
async fn the_body_of_a_transaction_comes_through_byte_for_byte() {
    let (chain, followed) = chain();
    let peer = Peer::start(Node::new(chain.clone(), 40)).await;
    // Order of keys, spelling of numbers, escapes and spaces that no parser would give back.
    let odd = format!(
        r#"{{"slot" : 5 ,"zz":1.50,"a":1e3, "transaction":{{"signatures":["{}"],"x":"\u00e9\/"}},"meta":{{"err":null}},"blockTime":1700000002}}"#,
        chain.truth(&followed, 5, 5)[0].1
    );
    let body = format!(r#"{{"id":1,"result":{odd},"jsonrpc":"2.0"}}"#);
    peer.lock().fault = Some(Box::new(move |method, _, _| {
        (method == "getTransaction").then(|| Reply::Http(200, vec![], body.clone()))
    }));
    let slots = source(&[&peer], &followed).fetch_range(1, 10).await.unwrap();
    assert_eq!(std::str::from_utf8(&slots[0].transactions[0].body).unwrap(), odd);
    assert_eq!(slots[0].transactions[0].block_time, 1_700_000_002);
}

#[tokio::test]
async fn the_last_slot_is_always_there_and_says_what_was_asked() {
    let (chain, followed) = chain();
    let peer = Peer::start(Node::new(chain, 40)).await;
    let slots = source(&[&peer], &followed).fetch_range(6, 16).await.unwrap();
    assert_eq!((slots.len(), slots[0].slot, slots[0].transactions.len()), (1, 16, 0));
    let window: RawWindow = serde_json::from_slice(slots[0].window.as_ref().unwrap()).unwrap();
    let expected = RawWindow {
        from: 6,
        to: 16,
        block_time: Some(1_700_000_006),
        addresses: followed,
    };
    assert_eq!(window, expected);
}

#[tokio::test]
async fn pitfall_16_null_right_after_the_list_is_another_node_that_is_behind_and_is_asked_again() {
    let (chain, followed) = chain();
    let peer = Peer::with_fault(Node::new(chain.clone(), 40), |method, _, nth| {
        (method == "getTransaction" && nth % 2 == 0).then_some(Reply::Result(Value::Null))
    })
    .await;
    assert_eq!(
        fetch_patiently(&source(&[&peer], &followed), 1, 40).await,
        chain.truth(&followed, 1, 40)
    );
    let never = Peer::with_fault(Node::new(chain.clone(), 40), |method, _, _| {
        (method == "getTransaction").then_some(Reply::Result(Value::Null))
    })
    .await;
    let honest = Peer::start(Node::new(chain.clone(), 40)).await;
    assert_eq!(
        fetch(&source(&[&never, &honest], &followed), 1, 40).await.unwrap(),
        chain.truth(&followed, 1, 40)
    );
    let error = fetch(&source(&[&never], &followed), 1, 40).await.unwrap_err();
    assert_eq!(error.class(), Class::Retry, "never a shorter range: {error}");
}

#[tokio::test]
async fn a_body_that_is_not_what_the_list_says_is_refused_and_another_endpoint_is_asked() {
    let (chain, followed) = chain();
    let truth = chain.truth(&followed, 1, 40);
    for (pointer, value) in [
        ("/slot", json!(6)),
        ("/transaction/signatures/0", json!("abc")),
        ("/meta/err", json!({"InstructionError": [0, "Custom"]})),
        ("/transaction", Value::Null),
    ] {
        let node = Node::new(chain.clone(), 40);
        let honest = Peer::start(node.clone()).await;
        let liar = Peer::with_fault(node.clone(), move |method, params, _| {
            match node.answer(method, params) {
                Reply::Result(mut body) if method == "getTransaction" => {
                    *body.pointer_mut(pointer).unwrap() = value.clone();
                    Some(Reply::Result(body))
                }
                _ => None,
            }
        })
        .await;
        let error = fetch(&source(&[&liar], &followed), 1, 40).await.unwrap_err();
        assert_eq!(error.class(), Class::Quarantine, "{pointer}: {error}");
        assert_eq!(
            fetch(&source(&[&liar, &honest], &followed), 1, 40).await.unwrap(),
            truth,
            "{pointer}"
        );
    }
}

#[tokio::test]
async fn pitfall_17_a_missing_block_time_is_asked_of_the_block_and_never_guessed() {
    let (chain, followed) = chain();
    let untimed = |also: &'static [&'static str]| {
        let node = Node::new(chain.clone(), 40);
        move |method: &str, params: &Value, _: usize| match node.answer(method, params) {
            Reply::Result(mut body) if method == "getTransaction" => {
                body["blockTime"] = Value::Null;
                Some(Reply::Result(body))
            }
            Reply::Result(mut body) if method == "getBlock" && also.contains(&method) => {
                body["blockTime"] = Value::Null;
                Some(Reply::Result(body))
            }
            Reply::Result(_) if also.contains(&method) => Some(Reply::Result(Value::Null)),
            _ => None,
        }
    };
    for also in [&[][..], &["getBlockTime"]] {
        let peer = Peer::with_fault(Node::new(chain.clone(), 40), untimed(also)).await;
        let slots = source(&[&peer], &followed).fetch_range(1, 20).await.unwrap();
        assert_eq!(slots[0].transactions[0].block_time, 1_700_000_002, "without {also:?}");
    }
    let peer = Peer::with_fault(Node::new(chain.clone(), 40), untimed(&["getBlockTime", "getBlock"])).await;
    let error = fetch(&source(&[&peer], &followed), 1, 20).await.unwrap_err();
    assert!(error.to_string().contains("no time"), "{error}");
}

#[tokio::test]
async fn pitfall_17_block_times_that_go_back_from_slot_to_slot_are_kept_as_served() {
    let (mut chain, followed) = chain();
    chain.blocks.get_mut(&17).unwrap().time = Some(1_600_000_000);
    let peer = Peer::start(Node::new(chain, 40)).await;
    let slots = source(&[&peer], &followed).fetch_range(1, 40).await.unwrap();
    let times: Vec<i64> = slots
        .iter()
        .flat_map(|s| s.transactions.iter().map(|t| t.block_time))
        .collect();
    assert_eq!(
        times,
        [
            1_700_000_002,
            1_600_000_000,
            1_600_000_000,
            1_700_000_012,
            1_700_000_012
        ]
    );
}

#[tokio::test]
async fn a_node_that_lags_is_not_believed_about_slots_it_has_not_seen() {
    let (chain, followed) = chain();
    let slow = Peer::start(Node::new(chain.clone(), 20)).await;
    let error = fetch(&source(&[&slow], &followed), 1, 40).await.unwrap_err();
    assert_eq!(error.class(), Class::Retry, "{error}");
    let fast = Peer::start(Node::new(chain.clone(), 40)).await;
    let both = source(&[&slow, &fast], &followed);
    for _ in 0..5 {
        assert_eq!(fetch(&both, 1, 40).await.unwrap(), chain.truth(&followed, 1, 40));
    }
    assert_eq!(
        both.head().await.unwrap().height,
        40,
        "the newest that one serves and none contradicts"
    );
    let lag: Vec<u64> = both.counters().lag.iter().map(|lag| lag.slots).collect();
    assert_eq!(lag, [20, 0]);
}

#[tokio::test]
async fn a_node_that_falls_behind_between_two_requests_costs_a_retry_and_no_transaction() {
    let (chain, followed) = chain();
    let lagging = Node::new(chain.clone(), 20);
    let peer = Peer::with_fault(Node::new(chain.clone(), 40), move |method, params, nth| {
        (method != "getSlot" && nth % 3 == 1).then(|| lagging.answer(method, params))
    })
    .await;
    assert_eq!(
        fetch_patiently(&source(&[&peer], &followed), 1, 40).await,
        chain.truth(&followed, 1, 40)
    );
}

#[tokio::test]
async fn pitfall_12_a_range_that_failed_is_whole_when_it_is_asked_for_again() {
    let (chain, followed) = chain();
    let peer = Peer::with_fault(Node::new(chain.clone(), 40), |method, _, nth| {
        (method == "getTransaction" && nth == 2).then_some(Reply::Error(-32602, "Invalid params", Value::Null))
    })
    .await;
    let source = source(&[&peer], &followed);
    assert_eq!(fetch(&source, 1, 40).await.unwrap_err().class(), Class::Quarantine);
    for _ in 0..2 {
        assert_eq!(
            fetch(&source, 1, 40).await.unwrap(),
            chain.truth(&followed, 1, 40),
            "and the same once more"
        );
    }
}

#[tokio::test]
async fn pitfall_13_and_14_after_an_outage_or_a_reader_that_stood_still_nothing_is_missing() {
    let (mut chain, followed) = chain();
    let peer = Peer::start(Node::new(chain.clone(), 40)).await;
    let source = std::sync::Arc::new(source(&[&peer], &followed));
    let stop = tokio_util::sync::CancellationToken::new();
    let mut heads = source.heads();
    let following = tokio::spawn(source.clone().follow(stop.clone()));
    heads.wait_for(|head| *head == 40).await.unwrap();
    fetch_patiently(&source, 1, 40).await;
    peer.lock().fault = Some(Box::new(|_, _, _| Some(Reply::Http(503, vec![], "down".into()))));
    for slot in 41..=200 {
        chain.block(slot, 0);
        chain.tx(slot, &[&followed[0]]);
    }
    peer.lock().node = Node::new(chain.clone(), 200);
    peer.mend();
    heads.wait_for(|head| *head == 200).await.unwrap();
    assert_eq!(fetch_patiently(&source, 41, 200).await, chain.truth(&followed, 41, 200));
    stop.cancel();
    following.await.unwrap();
}

#[tokio::test]
async fn supply_and_balances_are_observed_at_one_slot() {
    let (chain, followed) = chain();
    let mut node = Node::new(chain, 40);
    node.supply = u64::MAX - 7;
    node.balances = vec![(followed[0].clone(), address(50), 9_007_199_254_740_993)];
    let addresses = [followed.clone(), vec![world::mint(), address(2)]].concat();
    let peer = Peer::start(node).await;
    let seen = source(&[&peer], &addresses).observe().await.unwrap().unwrap();
    assert_eq!(
        (seen.height, seen.time_s, seen.endpoint),
        (40, 1_700_000_016, peer.url())
    );
    let body: TokenObservation = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!((body.slot, body.supply, body.decimals), (40, u64::MAX - 7, 8));
    assert_eq!(
        body.accounts.len(),
        1,
        "the mint is no holder, and address 2 has no account"
    );
    assert_eq!(
        (body.accounts[0].owner.clone(), body.accounts[0].amount),
        (address(50), 9_007_199_254_740_993)
    );
}

#[tokio::test]
async fn supply_and_balances_of_different_slots_are_no_observation() {
    let (chain, followed) = chain();
    let node = Node::new(chain, 40);
    let peer = Peer::with_fault(node.clone(), move |method, params, nth| {
        match node.answer(method, params) {
            Reply::Result(mut body) if method == "getTokenSupply" => {
                body["context"]["slot"] = json!(39 - nth % 2);
                Some(Reply::Result(body))
            }
            _ => None,
        }
    })
    .await;
    let source = source(&[&peer], &followed);
    let error = source.observe().await.unwrap_err();
    assert_eq!(error.class(), Class::Retry, "{error}");
    assert!(peer.count("getTokenSupply") >= 8, "it was tried");
}

#[tokio::test]
async fn an_address_or_a_mint_that_is_none_is_refused_before_anything_is_sent() {
    let (chain, followed) = chain();
    let peer = Peer::start(Node::new(chain, 40)).await;
    let lower = vec![followed[0].to_lowercase()];
    let error = SolanaSource::<AgaveRpc>::new(config(&[&peer], &lower)).unwrap_err();
    assert!(error.to_string().contains("case-sensitive"), "{error}");
}
