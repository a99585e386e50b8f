//! Faults do what their names say, the same ones in every run.

use std::time::Duration;

use super::*;

const MINT: &str = "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe";

fn listed(page: &Value) -> Vec<String> {
    let entries = page.as_array().unwrap().iter();
    entries.map(|entry| text(&entry["signature"]).to_owned()).collect()
}

#[test]
fn the_grammar_takes_what_it_names_and_nothing_else() {
    for good in [
        "getTransaction:429",
        "any:retry-after-3",
        "any:403@x2",
        "getTransaction:null@0.1",
        "getBlock:-32007",
        "getBlock:-32015@x1",
        "any:html@0.5",
        "any:truncated",
        "getSignaturesForAddress:reversed",
        "getSignaturesForAddress:duplicated",
        "getSignaturesForAddress:overlapping",
        "getSignaturesForAddress:short",
        "getTransaction:no-balances",
        "getTransaction:no-time",
        "lag:150",
        "genesis:abc",
    ] {
        assert!(good.parse::<SolanaFault>().is_ok(), "{good}");
    }
    for bad in [
        "",
        "html",
        "getBlock",
        "getBlock:",
        "getBlock:-1",
        "lag:x",
        "genesis:",
        "html:40",
        "any:null@2",
        "any:null@x",
        "any:null@NaN",
        "sendTransaction:null",
    ] {
        let why = bad.parse::<SolanaFault>().unwrap_err();
        assert!(why.contains("METHOD:KIND"), "{bad}: {why}");
    }
}

#[tokio::test]
async fn the_transport_can_refuse() {
    let peer = Peer::faulty(&[
        "getSlot:429@x1",
        "getSlot:retry-after-3@x1",
        "getSlot:403@x1",
        "getSlot:html@x1",
        "getSlot:truncated@x1",
    ])
    .await;
    let call = || peer.post(r#"{"jsonrpc":"2.0","id":1,"method":"getSlot"}"#);
    let first = call().await;
    assert_eq!(
        (first.status().as_u16(), first.headers().get("retry-after")),
        (429, None)
    );
    let second = call().await;
    assert_eq!(
        (
            second.status().as_u16(),
            second.headers()["retry-after"].to_str().unwrap()
        ),
        (429, "3")
    );
    assert_eq!(call().await.status(), 403);
    assert!(call().await.text().await.unwrap().contains("<html>"));
    assert!(serde_json::from_str::<Value>(&call().await.text().await.unwrap()).is_err());
    assert_eq!(peer.result("getSlot", json!([])).await, 170_243_699);
}

#[tokio::test]
async fn the_node_can_answer_wrongly() {
    let codes = [
        -32001, -32004, -32005, -32007, -32009, -32011, -32015, -32016, -32019, -32020,
    ];
    let faults: Vec<String> = codes.iter().map(|code| format!("getBlock:{code}@x1")).collect();
    let peer = Peer::faulty(&faults.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for code in codes {
        assert_eq!(peer.code("getBlock", json!([62])).await, code);
    }
    let signature = &world().transactions[9].signature;
    let params = json!([signature, {"maxSupportedTransactionVersion": 1}]);
    let null = Peer::faulty(&["getTransaction:null"]).await;
    assert_eq!(null.result("getTransaction", params.clone()).await, Value::Null);
    let blind = Peer::faulty(&["getTransaction:no-balances"]).await;
    let transaction = blind.result("getTransaction", params.clone()).await;
    assert_eq!(transaction["meta"]["preTokenBalances"], Value::Null);
    let timeless = Peer::faulty(&["any:no-time"]).await;
    assert_eq!(
        timeless.result("getTransaction", params).await["blockTime"],
        Value::Null
    );
    assert_eq!(timeless.result("getBlockTime", json!([62])).await, Value::Null);
}

#[tokio::test]
async fn pages_can_be_reordered_doubled_short_and_overlapping() {
    let good = Peer::whole().await;
    let params = json!([MINT, {"limit": 20}]);
    let page = listed(&good.result("getSignaturesForAddress", params.clone()).await);
    let faulty = async |kind: &str, params: &Value| {
        let peer = Peer::faulty(&[&format!("getSignaturesForAddress:{kind}")]).await;
        listed(&peer.result("getSignaturesForAddress", params.clone()).await)
    };
    assert_eq!(
        faulty("reversed", &params).await,
        page.iter().rev().cloned().collect::<Vec<_>>()
    );
    assert_eq!(faulty("short", &params).await, page[..10]);
    let doubled = faulty("duplicated", &params).await;
    assert_eq!((doubled.len(), &doubled[0], &doubled[1]), (40, &page[0], &page[0]));
    let next = json!([MINT, {"limit": 20, "before": page[19]}]);
    let overlapping = faulty("overlapping", &next).await;
    assert_eq!(overlapping.len(), 22);
    assert!(overlapping.contains(&page[19]));
}

#[tokio::test]
async fn a_node_can_lag_and_be_of_another_cluster() {
    let peer = Peer::faulty(&["lag:12000000", "genesis:other"]).await;
    let slot = peer.result("getSlot", json!([])).await.as_u64().unwrap();
    assert_eq!(slot, 170_243_699 - 12_000_000);
    assert_eq!(peer.code("getHealth", json!([])).await, -32005);
    let wanted = json!([MINT, {"minContextSlot": 170_243_699}]);
    assert_eq!(peer.code("getSignaturesForAddress", wanted).await, -32016);
    assert_eq!(peer.result("getGenesisHash", json!([])).await, "other");
}

#[tokio::test]
async fn the_same_calls_go_wrong_in_every_run_with_one_seed() {
    let run = async |seed: u64, backwards: bool| {
        let peer = Peer::new(ReplayOptions {
            faults: vec!["getBlockTime:null@0.3".parse().unwrap()],
            seed,
            ..ReplayOptions::default()
        })
        .await;
        let mut slots = world().transaction_slots();
        if backwards {
            slots.reverse();
        }
        let mut wrong = std::collections::BTreeSet::new();
        for slot in slots {
            if peer.result("getBlockTime", json!([slot])).await.is_null() {
                wrong.insert(slot);
            }
        }
        wrong
    };
    let first = run(1, false).await;
    assert!((50..130).contains(&first.len()), "{}", first.len());
    assert_eq!(run(1, true).await, first);
    assert_ne!(run(2, false).await, first);
}

#[tokio::test]
async fn the_endpoint_can_be_slow_limited_and_failing() {
    let peer = Peer::new(ReplayOptions {
        latency: Duration::from_millis(30),
        ..ReplayOptions::default()
    })
    .await;
    let before = std::time::Instant::now();
    peer.result("getSlot", json!([])).await;
    assert!(before.elapsed() >= Duration::from_millis(30));
    let failing = Peer::new(ReplayOptions {
        errors: 1.0,
        ..ReplayOptions::default()
    })
    .await;
    assert_eq!(failing.post("{}").await.status(), 500);
}
