//! A chain that has not come to its end: nothing newer is known, and the state is that of the tip.

use std::time::Duration;

use super::*;

const MINT: &str = "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe";

fn truth() -> Value {
    let bytes = std::fs::read(folder().join("truth_epochs.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn supply_and_balances_at_each_epoch_end_are_what_the_node_answered_then() {
    let peer = Peer::whole().await;
    let truth = truth();
    let mut balances = 0;
    for epoch in truth.as_array().unwrap() {
        peer.handle.set_tip(epoch["last_slot"].as_u64().unwrap());
        let supply = peer.result("getTokenSupply", json!([MINT])).await;
        assert_eq!(supply["value"], epoch["supply"]["value"], "epoch {}", epoch["epoch"]);
        if epoch["last_slot"].as_u64() < Some(*world().slots().end()) {
            assert_eq!(supply["context"]["slot"], epoch["last_slot"]);
        }
        for (name, balance) in epoch["balances"].as_object().unwrap() {
            let account = json!([balance["account"], {"encoding": "jsonParsed"}]);
            let shown = peer.result("getAccountInfo", account).await;
            let info = &shown["value"]["data"]["parsed"]["info"];
            let amount = info["tokenAmount"]["amount"]
                .as_str()
                .map(|text| text.parse::<u64>().unwrap());
            assert_eq!(amount.unwrap_or(0), balance["amount"].as_u64().unwrap(), "{name}");
            if amount.is_some() {
                assert_eq!(info["owner"], balance["owner"], "{name}");
            }
            balances += 1;
        }
    }
    assert!(balances > 14 * 10, "{balances}");
}

#[tokio::test]
async fn nothing_beyond_the_tip_is_known() {
    let tip = 25_091_520;
    let peer = Peer::at(tip).await;
    assert_eq!(peer.result("getSlot", json!([])).await, tip);
    let page = peer.result("getSignaturesForAddress", json!([MINT])).await;
    assert!(
        page.as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["slot"].as_u64().unwrap() <= tip)
    );
    let world = world();
    let next = world.transactions.iter().find(|t| t.slot > tip + 31).unwrap();
    let options = json!({"maxSupportedTransactionVersion": 1});
    assert_eq!(
        peer.result("getTransaction", json!([next.signature, options])).await,
        Value::Null
    );
    assert_eq!(peer.code("getBlock", json!([next.slot, options])).await, -32004);
    assert_eq!(peer.code("getBlockTime", json!([next.slot])).await, -32004);
    assert_eq!(peer.result("getBlocks", json!([tip + 1, next.slot])).await, json!([]));
    let before = json!([MINT, {"before": next.signature}]);
    assert_eq!(peer.code("getSignaturesForAddress", before).await, -32020);
    peer.handle.set_tip(next.slot);
    assert!(
        peer.result("getTransaction", json!([next.signature, options]))
            .await
            .is_object()
    );
}

#[tokio::test]
async fn what_is_confirmed_only_is_not_listed_as_finalized() {
    let world = world();
    let next = &world.transactions[100];
    let peer = Peer::at(next.slot - 1).await;
    let newest = |commitment: &str| json!([MINT, {"commitment": commitment, "limit": 1}]);
    let finalized = peer.result("getSignaturesForAddress", newest("finalized")).await;
    assert!(finalized[0]["slot"].as_u64().unwrap() < next.slot);
    let confirmed = peer.result("getSignaturesForAddress", newest("confirmed")).await;
    assert_eq!(confirmed[0]["slot"], next.slot);
    assert_eq!(confirmed[0]["confirmationStatus"], "confirmed");
    assert_eq!(
        peer.result("getSlot", json!([{"commitment": "confirmed"}])).await,
        next.slot + 30
    );
}

#[tokio::test]
async fn a_growing_tip_goes_from_transaction_to_transaction_up_to_the_end() {
    let every = Duration::from_millis(1);
    let tip = TipPolicy::Growing { start: 0, every };
    let peer = Peer::new(ReplayOptions {
        tip,
        ..ReplayOptions::default()
    })
    .await;
    let slots = world().transaction_slots();
    let mut seen = 0;
    while peer.handle.tip() < *world().slots().end() {
        let tip = peer.result("getSlot", json!([])).await.as_u64().unwrap();
        assert!(tip >= seen && (tip == 0 || slots.binary_search(&tip).is_ok()));
        seen = tip;
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.result("getSlot", json!([])).await, *world().slots().end());
}

#[tokio::test]
async fn accounts_that_do_not_exist_yet_are_null_and_in_no_list() {
    let peer = Peer::at(100).await;
    let world = world();
    let (account, holding) = world
        .ledger
        .holdings(u64::MAX)
        .map(|(a, h)| (a.to_owned(), h))
        .next()
        .unwrap();
    assert_eq!(
        peer.result("getAccountInfo", json!([account])).await["value"],
        Value::Null
    );
    let listed = json!([holding.owner, {"mint": MINT}, {"encoding": "jsonParsed"}]);
    assert_eq!(
        peer.result("getTokenAccountsByOwner", listed.clone()).await["value"],
        json!([])
    );
    assert_eq!(peer.code("getTokenAccountBalance", json!([account])).await, -32602);
    peer.handle.set_tip(u64::MAX);
    let found = peer.result("getTokenAccountsByOwner", listed).await;
    assert_eq!(found["value"][0]["pubkey"], account);
    assert_eq!(
        found["value"][0]["account"]["data"]["parsed"]["info"]["tokenAmount"]["amount"],
        holding.amount.to_string()
    );
}
