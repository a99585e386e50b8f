//! Lists of signatures: every transaction of a followed address once, whatever the pages look like.
#![allow(clippy::unwrap_used)]

mod solana_support;

use gridproof_indexer::source::{Class, FetchError};
use serde_json::{Value, json};
use solana_support::{Chain, Node, Order, Peer, Reply, address, fetch, fetch_patiently, paged, signature, source};

/// 60 slots; in each third slot up to four transactions of address 1, in each fifth one of address 2, some of both.
fn chain() -> Chain {
    let mut chain = Chain::of(1..=60);
    let (a, b) = (address(1), address(2));
    for slot in (3..=60).step_by(3) {
        for n in 0..slot % 4 + 1 {
            match n {
                0 => chain.tx(slot, &[&a, &b]),
                1 => chain.failed(slot, &[&a]),
                _ => chain.tx(slot, &[&a]),
            };
        }
    }
    for slot in (5..=60).step_by(5) {
        chain.tx(slot, &[&b]);
    }
    chain
}

fn followed() -> Vec<String> {
    vec![address(1), address(2)]
}

/// Turns a page of the truth into another one.
fn with_pages(
    node: Node,
    edit: impl Fn(Vec<Value>, usize) -> Vec<Value> + Send + 'static,
) -> impl Fn(&str, &Value, usize) -> Option<Reply> + Send {
    move |method, params, nth| {
        if method != "getSignaturesForAddress" {
            return None;
        }
        match node.answer(method, params) {
            Reply::Result(Value::Array(page)) => Some(Reply::Result(Value::Array(edit(page, nth)))),
            other => Some(other),
        }
    }
}

#[tokio::test]
async fn every_page_size_lists_every_transaction_once() {
    let chain = chain();
    for page in [1, 2, 3, 5, 8, 1000] {
        let peer = Peer::start(Node::new(chain.clone(), 60)).await;
        let source = paged(&[&peer], &followed(), page);
        assert_eq!(
            fetch(&source, 10, 50).await.unwrap(),
            chain.truth(&followed(), 10, 50),
            "pages of {page}"
        );
    }
}

#[tokio::test]
async fn pitfall_11_pages_that_are_reordered_overlap_or_repeat_lose_nothing_and_add_nothing() {
    let chain = chain();
    let node = Node::new(chain.clone(), 60);
    let twice: fn(Vec<Value>, usize) -> Vec<Value> = |page, _| page.iter().chain(&page).cloned().collect();
    let reversed: fn(Vec<Value>, usize) -> Vec<Value> = |page, _| page.into_iter().rev().collect();
    let rotated: fn(Vec<Value>, usize) -> Vec<Value> = |mut page, nth| {
        let middle = (nth * 3).checked_rem(page.len()).unwrap_or(0);
        page.rotate_left(middle);
        page
    };
    for (name, edit) in [("twice", twice), ("reversed", reversed), ("rotated", rotated)] {
        for page in [3, 7] {
            let peer = Peer::with_fault(node.clone(), with_pages(node.clone(), edit)).await;
            let source = paged(&[&peer], &followed(), page);
            let got = fetch(&source, 10, 50).await.unwrap();
            assert_eq!(got, chain.truth(&followed(), 10, 50), "{name}, pages of {page}");
        }
    }
}

#[tokio::test]
async fn pitfall_11_nodes_that_order_a_slot_differently_lose_nothing_at_the_border_of_a_page() {
    let mut chain = Chain::of(1..=40);
    let a = address(1);
    for slot in (2..=40).step_by(2) {
        (0..3).for_each(|_| drop(chain.tx(slot, &[&a])));
    }
    let mut nodes = [Node::new(chain.clone(), 40), Node::new(chain.clone(), 40)];
    nodes[1].order = Order::OldestFirst;
    for page in [4, 5, 7] {
        // One address in front of two nodes that take turns, as behind a load balancer.
        let pair = nodes.clone();
        let turns = move |method: &str, params: &Value, nth: usize| Some(pair[nth % 2].answer(method, params));
        let peer = Peer::with_fault(nodes[0].clone(), turns).await;
        let source = paged(&[&peer], std::slice::from_ref(&a), page);
        let got = fetch(&source, 5, 35).await.unwrap();
        assert_eq!(got, chain.truth(std::slice::from_ref(&a), 5, 35), "pages of {page}");
    }
}

#[tokio::test]
async fn a_page_that_is_shorter_than_asked_for_is_not_the_end() {
    let chain = chain();
    let mut node = Node::new(chain.clone(), 60);
    node.cap = 4;
    let peer = Peer::start(node).await;
    let source = source(&[&peer], &followed());
    assert_eq!(fetch(&source, 1, 60).await.unwrap(), chain.truth(&followed(), 1, 60));
}

#[tokio::test]
async fn pitfall_11_a_list_that_goes_round_is_an_error_and_another_endpoint_is_asked() {
    let chain = chain();
    let node = Node::new(chain.clone(), 60);
    let first_page = {
        let node = node.clone();
        move |method: &str, params: &Value, _| {
            let mut params = params.clone();
            if method == "getSignaturesForAddress" {
                params[1]["before"] = Value::Null;
            }
            Some(node.answer(method, &params))
        }
    };
    let round = Peer::with_fault(node.clone(), first_page).await;
    let alone = paged(&[&round], &followed(), 5);
    let error = fetch(&alone, 1, 50).await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    assert_eq!(error.class(), Class::Quarantine);
    let honest = Peer::start(node).await;
    let both = paged(&[&round, &honest], &followed(), 5);
    for _ in 0..5 {
        assert_eq!(fetch_patiently(&both, 1, 50).await, chain.truth(&followed(), 1, 50));
    }
}

#[tokio::test]
async fn pitfall_11_an_unknown_before_begins_again_with_the_newest_and_skips_nothing() {
    let chain = chain();
    let peer = Peer::with_fault(Node::new(chain.clone(), 60), |method, params, nth| {
        let asked_before = method == "getSignaturesForAddress" && params[1]["before"].is_string();
        (asked_before && nth < 4).then_some(Reply::Error(-32020, "Transaction abc not found", Value::Null))
    })
    .await;
    let source = paged(&[&peer], &followed(), 6);
    assert_eq!(fetch_patiently(&source, 1, 50).await, chain.truth(&followed(), 1, 50));
    assert!(peer.count("getSignaturesForAddress") > 8);
}

#[tokio::test]
async fn a_before_that_stays_unknown_is_an_error_that_may_pass_and_not_a_short_list() {
    let peer = Peer::with_fault(Node::new(chain(), 60), |method, params, _| {
        let asked_before = method == "getSignaturesForAddress" && params[1]["before"].is_string();
        asked_before.then_some(Reply::Error(-32020, "Transaction abc not found", Value::Null))
    })
    .await;
    let error = fetch(&paged(&[&peer], &followed(), 6), 1, 50).await.unwrap_err();
    assert_eq!(error.class(), Class::Retry, "{error}");
}

#[tokio::test]
async fn a_node_that_has_forgotten_is_not_taken_for_one_with_nothing_to_tell() {
    let chain = chain();
    let mut node = Node::new(chain.clone(), 60);
    node.first = 31;
    let short = Peer::start(node).await;
    let alone = source(&[&short], &followed());
    let error = fetch(&alone, 20, 40).await.unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Pruned {
                height: 20,
                lowest: 31,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(error.class(), Class::Gone);
    assert_eq!(
        fetch(&alone, 31, 40).await.unwrap(),
        chain.truth(&followed(), 31, 40),
        "what it keeps it serves"
    );
    let whole = Peer::start(Node::new(chain.clone(), 60)).await;
    let both = source(&[&short, &whole], &followed());
    for _ in 0..5 {
        assert_eq!(fetch(&both, 20, 40).await.unwrap(), chain.truth(&followed(), 20, 40));
    }
}

#[tokio::test]
async fn an_address_that_nothing_names_is_an_empty_range_with_its_window_as_evidence() {
    let peer = Peer::start(Node::new(chain(), 60)).await;
    let source = source(&[&peer], &[address(77)]);
    assert_eq!(fetch(&source, 10, 50).await.unwrap(), []);
}

#[tokio::test]
async fn a_backfill_from_the_new_to_the_old_asks_for_each_page_once_and_keeps_little() {
    let mut chain = Chain::of(1..=2000);
    let a = address(1);
    for slot in 1..=2000 {
        chain.tx(slot, &[&a]);
    }
    let peer = Peer::start(Node::new(chain.clone(), 2000)).await;
    let source = paged(&[&peer], std::slice::from_ref(&a), 100);
    for to in (100..=2000).rev().step_by(50) {
        let from = to - 49;
        assert_eq!(
            fetch(&source, from, to).await.unwrap(),
            chain.truth(std::slice::from_ref(&a), from, to)
        );
        assert!(
            source.index_len().await <= 150,
            "{} entries kept",
            source.index_len().await
        );
    }
    let pages = peer.count("getSignaturesForAddress");
    assert!(pages <= 21, "{pages} pages of 100 for 1950 signatures");
}

#[tokio::test]
async fn ranges_in_any_order_and_again_are_the_truth() {
    let chain = chain();
    let peer = Peer::start(Node::new(chain.clone(), 60)).await;
    let source = paged(&[&peer], &followed(), 4);
    for (from, to) in [
        (51, 60),
        (31, 40),
        (41, 50),
        (31, 40),
        (1, 10),
        (11, 30),
        (51, 60),
        (1, 60),
        (60, 60),
        (21, 22),
    ] {
        assert_eq!(
            fetch(&source, from, to).await.unwrap(),
            chain.truth(&followed(), from, to),
            "{from} to {to}"
        );
    }
}

#[tokio::test]
async fn ranges_at_the_same_time_are_the_truth() {
    let chain = chain();
    let peer = Peer::start(Node::new(chain.clone(), 60)).await;
    let source = paged(&[&peer], &followed(), 4);
    let ranges = (0..6).rev().map(|n| (n * 10 + 1, n * 10 + 10));
    let fetched = futures::future::join_all(ranges.clone().map(|(from, to)| fetch(&source, from, to))).await;
    for ((from, to), got) in ranges.zip(fetched) {
        assert_eq!(got.unwrap(), chain.truth(&followed(), from, to));
    }
}

#[tokio::test]
async fn new_slots_are_listed_with_a_small_page() {
    let mut chain = chain();
    let peer = Peer::start(Node::new(chain.clone(), 60)).await;
    let source = source(&[&peer], &followed());
    fetch(&source, 1, 60).await.unwrap();
    let expected = chain.tx(65, &[&address(1)]);
    peer.lock().node = Node::new(chain.clone(), 70);
    assert_eq!(fetch(&source, 61, 70).await.unwrap(), [(65, expected)]);
    let last = peer.params("getSignaturesForAddress").pop().unwrap();
    assert_eq!(
        (&last[1]["limit"], &last[1]["minContextSlot"]),
        (&json!(50), &json!(70))
    );
}

#[tokio::test]
async fn one_signature_with_two_stories_is_a_disagreement() {
    let node = Node::new(chain(), 60);
    let moved = with_pages(node.clone(), |mut page, nth| {
        if nth % 2 == 1 {
            for entry in &mut page {
                entry["err"] = json!("AccountInUse");
            }
        }
        page
    });
    let peer = Peer::with_fault(node, moved).await;
    let error = fetch(&paged(&[&peer], &followed(), 5), 1, 50).await.unwrap_err();
    assert!(matches!(error, FetchError::Disagreement { .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_finalized_or_not_a_signature_is_refused() {
    for (field, value) in [("confirmationStatus", json!("confirmed")), ("signature", json!("abc"))] {
        let node = Node::new(chain(), 60);
        let spoilt = with_pages(node.clone(), move |mut page, _| {
            page[0][field] = value.clone();
            page
        });
        let peer = Peer::with_fault(node, spoilt).await;
        let error = fetch(&source(&[&peer], &[address(1)]), 1, 50).await.unwrap_err();
        assert_eq!(error.class(), Class::Quarantine, "{error}");
    }
    assert_ne!(signature(1), signature(2));
}
