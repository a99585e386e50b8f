//! Requests that no good client sends.

use super::*;

const MINT: &str = "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe";

async fn raw(peer: &Peer, body: &str) -> Value {
    serde_json::from_str(&peer.text(body.to_owned()).await).unwrap()
}

#[tokio::test]
async fn what_is_no_call_is_refused_by_its_number() {
    let peer = Peer::whole().await;
    for (body, code) in [
        ("{", -32700),
        ("", -32700),
        ("7", -32600),
        ("[]", -32600),
        (r#"{"id":1,"method":"getSlot"}"#, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"getSlot"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"getSlot"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"getSlott"}"#, -32601),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"getSlot","params":{"a":1}}"#,
            -32602,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"getTransaction"}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"getBlock","params":["7"]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"getBlock","params":[-7]}"#, -32602),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"getBlock","params":[1e300]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"getBlocks","params":[0, 9999999]}"#,
            -32602,
        ),
    ] {
        assert_eq!(raw(&peer, body).await["error"]["code"], code, "{body}");
    }
}

#[tokio::test]
async fn the_id_comes_back_whatever_it_is() {
    let peer = Peer::whole().await;
    for id in [
        json!(1),
        json!("a\"b"),
        json!(null),
        json!(18_446_744_073_709_551_615_u64),
    ] {
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "getSlot"});
        assert_eq!(raw(&peer, &call.to_string()).await["id"], id);
        let wrong = json!({"jsonrpc": "2.0", "id": id, "method": "none"});
        assert_eq!(raw(&peer, &wrong.to_string()).await["id"], id);
    }
    let notification = peer.text(r#"{"jsonrpc":"2.0","method":"getSlot"}"#.into()).await;
    assert_eq!(notification, "");
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order() {
    let peer = Peer::whole().await;
    let call = |id: u64, method: &str| json!({"jsonrpc": "2.0", "id": id, "method": method});
    let batch =
        json!([call(1, "getHealth"), call(2, "none"), {"jsonrpc": "2.0", "method": "getSlot"}, 7, call(3, "getSlot")]);
    let answers = raw(&peer, &batch.to_string()).await;
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "result": "ok", "id": 1}));
    assert_eq!(
        (&answers[1]["id"], &answers[1]["error"]["code"]),
        (&json!(2), &json!(-32601))
    );
    assert_eq!(answers[2]["error"]["code"], -32600);
    assert_eq!(answers[3]["result"], 170_243_699);
    assert_eq!(answers.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn get_is_refused_but_for_the_health() {
    let peer = Peer::whole().await;
    let get = |path: &str| peer.client.get(format!("{}{path}", peer.handle.url())).send();
    assert_eq!(get("/").await.unwrap().status(), 405);
    assert_eq!(get("/health").await.unwrap().text().await.unwrap(), "ok");
    let form = peer.client.post(peer.handle.url()).body("{}").send().await.unwrap();
    assert_eq!(form.status(), 415);
}

#[tokio::test]
async fn huge_and_deep_bodies_are_refused_and_the_next_call_is_answered() {
    let peer = Peer::whole().await;
    assert_eq!(peer.post(vec![b' '; 60 * 1024]).await.status(), 413);
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(raw(&peer, &deep).await["error"]["code"], -32700);
    let nested = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"getSlot","params":{}1{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    assert_eq!(raw(&peer, &nested).await["error"]["code"], -32700);
    let long = json!([format!("1{}", "z".repeat(40_000))]);
    assert_eq!(peer.code("getTransaction", long.clone()).await, -32602);
    assert_eq!(peer.code("getAccountInfo", long).await, -32602);
    assert_eq!(peer.result("getHealth", json!([])).await, "ok");
}

#[tokio::test]
async fn wrong_types_are_named() {
    let peer = Peer::whole().await;
    for (method, params) in [
        ("getTransaction", json!([7])),
        ("getTransaction", json!(["abc"])),
        (
            "getTransaction",
            json!([bs58::encode([1; 64]).into_string(), {"encoding": "xml"}]),
        ),
        ("getSignaturesForAddress", json!(["0OIl"])),
        ("getSignaturesForAddress", json!([MINT, [1]])),
        ("getSignaturesForAddress", json!([MINT, {}, 7])),
        ("getTokenSupply", json!([bs58::encode([1; 32]).into_string()])),
        (
            "getTokenSupply",
            json!(["FYU5DKYStNqssjzeMc76QRc9fpAqhTiANso7vaZwcVRF"]),
        ),
        ("getMultipleAccounts", json!([vec![MINT; 101]])),
        ("getMultipleAccounts", json!([MINT])),
        ("getTokenAccountsByOwner", json!([MINT, {}])),
        (
            "getTokenAccountsByOwner",
            json!([MINT, {"mint": MINT, "programId": MINT}]),
        ),
        ("getProgramAccounts", json!([MINT, {"filters": [{}]}])),
        (
            "getProgramAccounts",
            json!([MINT, {"filters": [{"memcmp": {"offset": 0, "bytes": "0OIl"}}]}]),
        ),
        (
            "getProgramAccounts",
            json!([MINT, {"filters": vec![json!({"dataSize": 1}); 5]}]),
        ),
        ("getAccountInfo", json!([MINT, {"dataSlice": {"offset": 1}}])),
        ("getBlock", json!([279, {"transactionDetails": "some"}])),
        ("getSignatureStatuses", json!([7])),
    ] {
        assert_eq!(peer.code(method, params.clone()).await, -32602, "{method} {params}");
    }
}

#[tokio::test]
async fn a_version_that_the_caller_does_not_know_is_an_error_and_not_a_hole() {
    let peer = Peer::whole().await;
    let world = world();
    let versioned = world
        .transactions
        .iter()
        .find(|t| t.version == super::super::transaction::Version::Number(0))
        .unwrap();
    let answer = peer.answer("getTransaction", &json!([versioned.signature])).await;
    assert_eq!(answer["error"]["code"], -32015);
    assert!(text(&answer["error"]["message"]).contains("\"maxSupportedTransactionVersion\": 0"));
    let options = json!({"maxSupportedTransactionVersion": 0});
    let whole = peer
        .result("getTransaction", json!([versioned.signature, options]))
        .await;
    assert_eq!(whole["version"], 0);
    // To a caller that names no version, a legacy transaction comes without one.
    let legacy = peer
        .result("getTransaction", json!([world.transactions[0].signature]))
        .await;
    assert_eq!(legacy.get("version"), None);
    let block = world
        .blocks
        .iter()
        .find(|(_, block)| block.version > super::super::transaction::Version::Legacy);
    let slot = block.unwrap().0;
    assert_eq!(peer.code("getBlock", json!([slot])).await, -32015);
    assert!(
        peer.result("getBlock", json!([slot, {"transactionDetails": "signatures"}]))
            .await
            .is_object()
    );
}

#[tokio::test]
async fn slots_without_a_block_are_missing_and_those_to_come_are_not_available() {
    let peer = Peer::whole().await;
    assert_eq!(peer.code("getBlock", json!([100])).await, -32009);
    assert_eq!(peer.code("getBlockTime", json!([100])).await, -32009);
    assert_eq!(peer.code("getBlock", json!([170_250_000])).await, -32004);
    assert_eq!(peer.code("getBlock", json!([3])).await, -32001);
    assert_eq!(peer.result("getBlocks", json!([62, 130])).await, json!([62, 93, 124]));
    assert_eq!(
        peer.result("getBlocksWithLimit", json!([63, 2])).await,
        json!([93, 124])
    );
    assert_eq!(
        peer.result("getTransaction", json!([bs58::encode([1; 64]).into_string()]))
            .await,
        Value::Null
    );
}

#[tokio::test]
async fn accounts_come_in_every_encoding() {
    let peer = Peer::whole().await;
    let burn = "FYU5DKYStNqssjzeMc76QRc9fpAqhTiANso7vaZwcVRF";
    let slice = json!({"offset": 0, "length": 32});
    let shown = peer
        .result(
            "getAccountInfo",
            json!([burn, {"encoding": "base58", "dataSlice": slice}]),
        )
        .await;
    assert_eq!(shown["value"]["data"], json!([MINT, "base58"]));
    assert_eq!(shown["value"]["space"], 165);
    assert_eq!(peer.code("getAccountInfo", json!([burn])).await, -32600);
    let nobody = bs58::encode([9; 32]).into_string();
    let several = peer
        .result(
            "getMultipleAccounts",
            json!([[burn, nobody, MINT], {"dataSlice": slice}]),
        )
        .await;
    assert_eq!(
        several["value"][0]["owner"],
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
    );
    assert_eq!(several["value"][1], Value::Null);
    assert_eq!(several["value"][2]["space"], 82);
}
