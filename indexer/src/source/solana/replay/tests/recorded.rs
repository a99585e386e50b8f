//! What was recorded comes back, and what is computed is the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::node::{Node, View};
use super::super::params::Params;
use super::*;

fn node(slot: u64) -> Node {
    let (_, tips) = tokio::sync::watch::channel((slot, std::time::Instant::now()));
    Node::new(world(), super::super::faults::Faults::default(), tips)
}

#[tokio::test]
async fn every_recorded_request_gets_the_recorded_bytes() {
    let peer = Peer::whole().await;
    let pairs = pairs();
    assert_eq!(pairs.len(), 960);
    for pair in pairs {
        let (method, params) = (&pair.request.method, &pair.request.params);
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        assert_eq!(
            peer.text(call.to_string()).await,
            pair.response.get(),
            "{method} {params}"
        );
    }
}

#[test]
fn what_is_computed_equals_what_was_recorded() {
    let node = node(*world().slots().end());
    let view = View {
        finalized: *world().slots().end(),
        is_end: true,
    };
    let mut compared = BTreeMap::new();
    for pair in pairs() {
        let (method, params) = (pair.request.method.as_str(), &pair.request.params);
        let computed = || node.computed(method, Params::new(Some(params)).unwrap(), view).unwrap();
        let envelope = |result: &str| format!(r#"{{"jsonrpc":"2.0","result":{result},"id":1}}"#);
        match method {
            // What the recorded node says of itself beyond the recording: its version, its transactions, and a height
            // that is one less than its own blocks say.
            "getVersion" | "getEpochInfo" | "getBlockHeight" => continue,
            "getTokenSupply" | "getTokenLargestAccounts" | "getAccountInfo" => {
                let computed: Value = serde_json::from_str(&computed()).unwrap();
                assert_eq!(computed["value"], pair.result()["value"], "{method}");
            }
            "getProgramAccounts" => {
                let set = |list: Value| -> BTreeSet<String> {
                    list.as_array().unwrap().iter().map(Value::to_string).collect()
                };
                let computed = set(serde_json::from_str(&computed()).unwrap());
                assert_eq!(computed, set(pair.result()));
            }
            _ => assert_eq!(envelope(&computed()), pair.response.get(), "{method} {params}"),
        }
        *compared.entry(method.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(compared["getTransaction"], 592);
    assert_eq!(compared["getSignaturesForAddress"], 16);
    assert_eq!(compared.values().sum::<i32>(), 957);
}

#[test]
fn the_transactions_alone_give_the_recorded_pages() {
    let mut named: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    let mut pages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in pairs() {
        let first = || text(&pair.request.params[0]).to_owned();
        match pair.request.method.as_str() {
            "getTransaction" if pair.request.params[1]["encoding"] == "json" => {
                let parsed = super::super::transaction::parse(&pair.result().to_string()).unwrap();
                for key in parsed.keys {
                    let list = named.entry(key).or_default();
                    list.push((parsed.slot, parsed.signature.clone()));
                }
            }
            "getSignaturesForAddress" => {
                let page = pair.result();
                let listed = page.as_array().unwrap().iter();
                let signatures = listed.map(|entry| text(&entry["signature"]).to_owned());
                pages.entry(first()).or_default().extend(signatures);
            }
            _ => {}
        }
    }
    assert_eq!(pages.len(), 8);
    for (address, page) in pages {
        let list = named.get_mut(&address).unwrap();
        list.sort();
        let newest_first: Vec<String> = list.iter().rev().map(|(_, signature)| signature.clone()).collect();
        assert_eq!(newest_first, page, "{address}");
    }
}

#[test]
fn a_sound_recording_has_no_oddities() {
    assert_eq!(world().oddities(), &[] as &[String]);
    assert_eq!(world().len(), 296);
    assert_eq!(
        world().genesis_hash(),
        Some("FgQ1W4Kw1DTLF8uYvvWcqwbCgtiVTz6nvJ2Gr9WnXJVF")
    );
    assert_eq!(world().slots(), 62..=170_243_699);
}

#[tokio::test]
async fn blocks_are_cut_as_a_node_cuts_them() {
    let peer = Peer::whole().await;
    let options =
        |details: &str| json!({"transactionDetails": details, "maxSupportedTransactionVersion": 0, "rewards": false});
    let full = peer.result("getBlock", json!([279, options("full")])).await;
    let signature = &full["transactions"][0]["transaction"]["signatures"][0];

    let none = peer.result("getBlock", json!([279, options("none")])).await;
    let names: Vec<&String> = none.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "blockHeight",
            "blockTime",
            "blockhash",
            "parentSlot",
            "previousBlockhash"
        ]
    );

    let signatures = peer.result("getBlock", json!([279, options("signatures")])).await;
    assert_eq!(signatures["signatures"], json!([signature]));

    let accounts = peer.result("getBlock", json!([279, options("accounts")])).await;
    let cut = &accounts["transactions"][0];
    assert_eq!(
        cut["meta"]["postTokenBalances"],
        full["transactions"][0]["meta"]["postTokenBalances"]
    );
    assert_eq!(cut["meta"].get("logMessages"), None);
    let keys = full["transactions"][0]["transaction"]["message"]["accountKeys"]
        .as_array()
        .unwrap();
    let shown = cut["transaction"]["accountKeys"].as_array().unwrap();
    assert_eq!(
        shown.iter().map(|key| &key["pubkey"]).collect::<Vec<_>>(),
        keys.iter().collect::<Vec<_>>()
    );
    assert_eq!(
        shown[0],
        json!({"pubkey": keys[0], "signer": true, "source": "transaction", "writable": true})
    );
}
