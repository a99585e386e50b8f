//! `getSignaturesForAddress` for any limit, before and until.

use super::*;

const MINT: &str = "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe";

async fn page(peer: &Peer, address: &str, options: Value) -> Vec<String> {
    let page = peer.result("getSignaturesForAddress", json!([address, options])).await;
    let entries = page.as_array().unwrap().iter();
    entries.map(|entry| text(&entry["signature"]).to_owned()).collect()
}

#[tokio::test]
async fn any_limit_walks_the_same_list() {
    let peer = Peer::whole().await;
    let all = page(&peer, MINT, json!({})).await;
    assert_eq!(all.len(), 256);
    for limit in [1, 7, 49, 50, 51, 255, 256, 257, 999, 1000] {
        let mut walked: Vec<String> = Vec::new();
        loop {
            let next = match walked.last() {
                None => page(&peer, MINT, json!({"limit": limit})).await,
                Some(last) => page(&peer, MINT, json!({"limit": limit, "before": last})).await,
            };
            assert!(next.len() <= limit);
            if next.is_empty() {
                break;
            }
            walked.extend(next);
        }
        assert_eq!(walked, all, "limit {limit}");
    }
}

#[tokio::test]
async fn before_and_until_are_not_part_of_the_page() {
    let peer = Peer::whole().await;
    let all = page(&peer, MINT, json!({})).await;
    let mut dice = fastrand::Rng::with_seed(7);
    for _ in 0..60 {
        let (newer, older) = (dice.usize(..all.len()), dice.usize(..all.len()));
        let limit = dice.usize(1..=1000);
        let options = json!({"limit": limit, "before": all[newer], "until": all[older]});
        let wanted: Vec<String> = all.iter().take(older).skip(newer + 1).take(limit).cloned().collect();
        assert_eq!(page(&peer, MINT, options).await, wanted);
    }
}

#[tokio::test]
async fn a_bound_may_be_a_transaction_that_does_not_name_the_address() {
    let peer = Peer::whole().await;
    let world = world();
    let burn = page(&peer, "FYU5DKYStNqssjzeMc76QRc9fpAqhTiANso7vaZwcVRF", json!({})).await;
    let foreign = world
        .transactions
        .iter()
        .find(|t| t.slot > 25_091_110 && !burn.contains(&t.signature))
        .unwrap();
    let slot_of = |signature: &String| world.listed(signature).unwrap().1.slot;
    let older: Vec<String> = burn.iter().filter(|s| slot_of(s) < foreign.slot).cloned().collect();
    let newer: Vec<String> = burn.iter().filter(|s| slot_of(s) > foreign.slot).cloned().collect();
    assert!(!older.is_empty() && !newer.is_empty());
    let address = "FYU5DKYStNqssjzeMc76QRc9fpAqhTiANso7vaZwcVRF";
    assert_eq!(page(&peer, address, json!({"before": foreign.signature})).await, older);
    assert_eq!(page(&peer, address, json!({"until": foreign.signature})).await, newer);
}

#[tokio::test]
async fn an_unknown_bound_is_an_error_and_never_an_empty_page() {
    let peer = Peer::whole().await;
    let unknown = bs58::encode([7; 64]).into_string();
    for bound in ["before", "until"] {
        let params = json!([MINT, {bound: unknown}]);
        let answer = peer.answer("getSignaturesForAddress", &params).await;
        assert_eq!(answer["error"]["code"], -32020);
        assert_eq!(answer["error"]["message"], format!("Transaction {unknown} not found"));
    }
}

#[tokio::test]
async fn accounts_that_nobody_recorded_are_listed_from_the_transactions() {
    let peer = Peer::whole().await;
    let world = world();
    // An operator's token account: in the truth, and in no recorded page.
    let operator = "9Rim4T8VM1fYS5jgFKQWdxCUxYZi7cau2ZV2gVct1ngU";
    let listed = page(&peer, operator, json!({})).await;
    let names = |id: &u64| {
        std::str::from_utf8(&world.body(*id).unwrap())
            .unwrap()
            .contains(operator)
    };
    let named = world
        .transactions
        .iter()
        .filter(|t| t.json.as_ref().is_some_and(names))
        .count();
    assert!(named > 0);
    assert_eq!(listed.len(), named);
    for signature in &listed {
        let transaction = peer
            .result(
                "getTransaction",
                json!([signature, {"maxSupportedTransactionVersion": 1}]),
            )
            .await;
        assert!(transaction["transaction"].to_string().contains(operator));
    }
    let slots: Vec<u64> = listed.iter().map(|s| world.listed(s).unwrap().1.slot).collect();
    assert!(slots.is_sorted_by(|newer, older| newer > older));
    let nobody = bs58::encode([9; 32]).into_string();
    assert!(page(&peer, &nobody, json!({})).await.is_empty());
}

#[tokio::test]
async fn limits_and_commitments_outside_the_allowed_are_refused() {
    let peer = Peer::whole().await;
    for options in [
        json!({"limit": 0}),
        json!({"limit": 1001}),
        json!({"limit": "7"}),
        json!({"limit": -1}),
        json!({"commitment": "processed"}),
        json!({"commitment": "certain"}),
        json!({"before": "short"}),
        json!({"before": 7}),
    ] {
        assert_eq!(
            peer.code("getSignaturesForAddress", json!([MINT, options])).await,
            -32602
        );
    }
    let later = json!([MINT, {"minContextSlot": 170_243_700}]);
    let answer = peer.answer("getSignaturesForAddress", &later).await;
    assert_eq!(answer["error"]["code"], -32016);
    assert_eq!(answer["error"]["data"]["contextSlot"], 170_243_699);
}
