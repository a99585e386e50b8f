//! Bodies that must not pass.

use crate::chain::render::decode::{Fault, decode_slot};
use crate::chain::render::testing::body::{Body, SLOT, TIME, TOKEN, checked, key, plain};
use crate::chain::render::testing::{json, raw_slot, raw_transaction};
use bytes::Bytes;
use serde_json::{Value, json as value};

fn payment() -> Body {
    Body::new()
        .call(TOKEN, &["a", "mint", "b", "payer"], &checked(12, 3))
        .inner(TOKEN, &["a", "b", "payer"], &plain(3, 2))
        .balance("a", "alice", Some(9), Some(4))
        .balance("b", "bob", Some(0), Some(5))
}

/// What a body is refused for, after a change to it.
fn refused(change: impl FnOnce(&mut Value)) -> Fault {
    let body = payment();
    let mut json = body.json();
    change(&mut json);
    fault(&json, &body.signature())
}

fn fault(body: &Value, signature: &str) -> Fault {
    let mut raw = raw_transaction(&payment().json(), signature);
    raw.body = Bytes::from(body.to_string());
    let error = decode_slot(&raw_slot(SLOT, vec![raw])).unwrap_err();
    assert!(error.to_string().contains("slot 1000"), "{error}");
    error.fault
}

fn set(path: &'static str, to: Value) -> impl FnOnce(&mut Value) {
    move |body| *body.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = to
}

#[test]
fn what_a_node_does_not_know_is_unknown_and_never_empty() {
    assert!(matches!(
        fault(&Value::Null, &payment().signature()),
        Fault::Unknown("the transaction")
    ));
    assert!(matches!(refused(set("/meta", Value::Null)), Fault::Unknown("meta")));
    for field in ["innerInstructions", "preTokenBalances", "postTokenBalances"] {
        let null = refused(|body| body["meta"][field] = Value::Null);
        assert!(matches!(null, Fault::Unknown(name) if name.ends_with(field)), "{null}");
        let missing = refused(|body| drop(body["meta"].as_object_mut().unwrap().remove(field)));
        assert!(
            matches!(missing, Fault::Unknown(name) if name.ends_with(field)),
            "{missing}"
        );
    }
    let unsaid = refused(|body| drop(body["meta"].as_object_mut().unwrap().remove("err")));
    assert!(
        matches!(unsaid, Fault::Json(_)),
        "a missing error is no success: {unsaid}"
    );
}

#[test]
fn a_body_of_another_slot_transaction_or_time_is_refused() {
    assert!(matches!(refused(set("/slot", value!(999))), Fault::OtherSlot(999)));
    let other = refused(set(
        "/transaction/signatures/0",
        value!(bs58::encode([9; 64]).into_string()),
    ));
    assert!(matches!(other, Fault::OtherSignature(_)), "{other}");
    assert!(matches!(
        refused(set("/blockTime", value!(TIME + 1))),
        Fault::OtherTime { .. }
    ));
    assert!(matches!(refused(set("/slot", value!(1000.5))), Fault::Json(_)));
}

#[test]
fn two_transactions_of_a_slot_have_one_time_and_none_is_there_twice() {
    let body = payment();
    let one = raw_transaction(&body.json(), &body.signature());
    let twice = decode_slot(&raw_slot(SLOT, vec![one.clone(), one.clone()])).unwrap_err();
    assert!(matches!(twice.fault, Fault::Duplicate), "{twice}");
    let mut later = one.clone();
    later.block_time += 1;
    let times = decode_slot(&raw_slot(SLOT, vec![one, later])).unwrap_err();
    assert!(matches!(times.fault, Fault::OtherTime { .. }), "{times}");
}

#[test]
fn indexes_must_point_somewhere() {
    let keys = 200;
    for path in [
        "/transaction/message/instructions/0/programIdIndex",
        "/transaction/message/instructions/0/accounts/0",
        "/meta/innerInstructions/0/instructions/0/accounts/2",
        "/meta/innerInstructions/0/index",
        "/meta/preTokenBalances/0/accountIndex",
    ] {
        assert!(
            matches!(refused(set(path, value!(keys))), Fault::Index { index: 200, .. }),
            "{path}"
        );
        assert!(matches!(refused(set(path, value!(-1))), Fault::Json(_)), "{path}");
    }
}

#[test]
fn nothing_may_be_listed_twice() {
    let twice = |path: &'static str| {
        refused(move |body| {
            let list = body.pointer_mut(path).unwrap().as_array_mut().unwrap();
            list.push(list[0].clone());
        })
    };
    assert!(matches!(twice("/meta/postTokenBalances"), Fault::Twice { .. }));
    assert!(matches!(twice("/meta/innerInstructions"), Fault::Twice { .. }));
}

#[test]
fn amounts_are_digits_of_64_bits() {
    for text in ["", "-1", "+1", "1.0", "1e3", " 1", "18446744073709551616", "0x10", "１"] {
        let wrong = refused(set("/meta/postTokenBalances/0/uiTokenAmount/amount", value!(text)));
        assert!(matches!(wrong, Fault::Amount(_)), "{text}: {wrong}");
    }
    let number = refused(set("/meta/postTokenBalances/0/uiTokenAmount/amount", value!(4)));
    assert!(
        matches!(number, Fault::Json(_)),
        "an amount that went through a float is none: {number}"
    );
}

#[test]
fn addresses_signatures_and_data_must_be_base58() {
    for (path, text) in [
        ("/transaction/message/accountKeys/0", "0OIl"),
        ("/transaction/message/accountKeys/0", "1111"),
        ("/transaction/message/instructions/0/data", "0"),
        ("/transaction/signatures/0", "abc"),
        ("/meta/preTokenBalances/0/mint", "x"),
        ("/meta/preTokenBalances/0/owner", "lower-case l is no letter of base58"),
    ] {
        let wrong = refused(set(path, value!(text)));
        assert!(matches!(wrong, Fault::Text { .. }), "{path}: {wrong}");
    }
}

#[test]
fn lookup_tables_and_loaded_accounts_must_fit() {
    let body = Body::new()
        .loads(&["a", "b"], &["mint"])
        .call(TOKEN, &["a", "b", "payer"], &plain(3, 1));
    for json in [body.json(), body.base64()] {
        let changed = |change: fn(&mut Value)| {
            let mut json = json.clone();
            change(&mut json);
            fault(&json, &body.signature())
        };
        let fewer = changed(|json| {
            drop(
                json["meta"]["loadedAddresses"]["writable"]
                    .as_array_mut()
                    .unwrap()
                    .pop(),
            )
        });
        assert!(matches!(fewer, Fault::Loaded { expected: 2, found: 1 }), "{fewer}");
        let missing = changed(|json| json["meta"]["loadedAddresses"] = Value::Null);
        assert!(matches!(missing, Fault::Unknown("meta.loadedAddresses")), "{missing}");
        let legacy = changed(|json| json["version"] = value!("legacy"));
        assert!(matches!(legacy, Fault::OtherVersion { .. }), "{legacy}");
    }
    let more = refused(|json| json["meta"]["loadedAddresses"]["readonly"] = value!([key("x")]));
    assert!(matches!(more, Fault::Loaded { expected: 0, found: 1 }), "{more}");
}

#[test]
fn a_header_must_fit_its_accounts_and_signatures() {
    for signers in [0, 2, 255] {
        let wrong = refused(set(
            "/transaction/message/header/numRequiredSignatures",
            value!(signers),
        ));
        assert!(matches!(wrong, Fault::Header { .. }), "{signers}: {wrong}");
    }
}

#[test]
fn what_is_larger_than_honest_is_refused() {
    let many = |count: usize, item: Value| value!(vec![item; count]);
    let keys = refused(set("/transaction/message/accountKeys", many(257, value!(key("x")))));
    assert!(matches!(keys, Fault::TooLarge { what: "accounts", .. }), "{keys}");
    let call = value!({"programIdIndex": 0, "accounts": [], "data": ""});
    let calls = refused(set("/meta/innerInstructions/0/instructions", many(1_100, call)));
    assert!(
        matches!(
            calls,
            Fault::TooLarge {
                what: "instructions",
                ..
            }
        ),
        "{calls}"
    );
    let accounts = refused(set(
        "/transaction/message/instructions/0/accounts",
        many(5_000, value!(0)),
    ));
    assert!(matches!(accounts, Fault::TooLarge { .. }), "{accounts}");
    let data = refused(set(
        "/transaction/message/instructions/0/data",
        value!("1".repeat(20_000)),
    ));
    assert!(
        matches!(
            data,
            Fault::TooLarge {
                what: "instruction data",
                ..
            }
        ),
        "{data}"
    );
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut raw = raw_transaction(&payment().json(), &payment().signature());
    raw.body = Bytes::from(format!("{{\"x\":{deep}}}"));
    assert!(
        decode_slot(&raw_slot(SLOT, vec![raw.clone()])).is_err(),
        "depth is bounded"
    );
    raw.body = Bytes::from(vec![b' '; 5 * 1024 * 1024]);
    let body = decode_slot(&raw_slot(SLOT, vec![raw])).unwrap_err().fault;
    assert!(matches!(body, Fault::TooLarge { what: "the body", .. }), "{body}");
}

#[test]
fn a_failed_transaction_may_lack_lists_but_not_move_anything() {
    let mut body = payment().memo("late");
    body.err = value!({"InstructionError": [0, {"Custom": 1}]});
    let moved = fault(&body.json(), &body.signature());
    assert!(matches!(moved, Fault::FailedButMoved(account) if account == key("a") || account == key("b")));
    let mut unloaded = body.json();
    for field in [
        "innerInstructions",
        "preTokenBalances",
        "postTokenBalances",
        "loadedAddresses",
    ] {
        unloaded["meta"][field] = Value::Null;
    }
    let raw = raw_slot(SLOT, vec![raw_transaction(&unloaded, &body.signature())]);
    let transaction = decode_slot(&raw).unwrap().transactions.remove(0);
    assert_eq!(
        transaction.error.as_deref(),
        Some("{\"InstructionError\":[0,{\"Custom\":1}]}")
    );
    assert_eq!((transaction.memo().as_str(), transaction.before.len()), ("late", 0));
}

#[test]
fn json_parsed_is_refused() {
    let pairs = json("render-rpc/surfpool_rpc_fixtures.json");
    let parsed = |pair: &&Value| pair["method"] == "getTransaction" && pair["params"][1]["encoding"] == "jsonParsed";
    let bodies: Vec<&Value> = pairs
        .as_array()
        .unwrap()
        .iter()
        .filter(parsed)
        .map(|pair| &pair["response"]["result"])
        .collect();
    assert_eq!(bodies.len(), 10);
    for body in bodies {
        let signature = body["transaction"]["signatures"][0].as_str().unwrap();
        let raw = raw_slot(body["slot"].as_u64().unwrap(), vec![raw_transaction(body, signature)]);
        assert!(matches!(decode_slot(&raw).unwrap_err().fault, Fault::Json(_)));
    }
    let body = payment();
    let mut other = body.base64();
    other["transaction"][1] = value!("base58");
    assert!(matches!(fault(&other, &body.signature()), Fault::Encoding(name) if name == "base58"));
}
