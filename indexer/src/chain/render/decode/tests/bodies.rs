//! Encodings and versions that no recording has.

use crate::chain::render::decode::{DecodeError, Fault, decode_slot};
use crate::chain::render::model::{Transaction, Version};
use crate::chain::render::testing::body::{Body, MEMO, SLOT, TOKEN, checked, key, plain};
use crate::chain::render::testing::{raw_slot, raw_transaction};
use crate::source::RawSlot;
use bytes::Bytes;
use serde_json::Value;

fn decode(body: &Value, signature: &str) -> Result<Transaction, DecodeError> {
    let raw = raw_slot(SLOT, vec![raw_transaction(body, signature)]);
    Ok(decode_slot(&raw)?.transactions.remove(0))
}

/// A transaction with all that a message can have, but for lookup tables.
fn rich() -> Body {
    Body::new()
        .signed_by("second")
        .call(TOKEN, &["a", "mint", "b", "payer"], &checked(12, 3))
        .inner(TOKEN, &["a", "b", "payer"], &plain(3, 2))
        .inner(MEMO, &[], b"within")
        .memo("{\"epoch\": 3}")
        .balance("a", "alice", Some(9), Some(4))
        .balance("b", "bob", None, Some(5))
}

#[test]
fn the_same_transaction_in_every_encoding_and_version_differs_in_its_version_alone() {
    let body = rich();
    let json = decode(&body.json(), &body.signature()).unwrap();
    assert_eq!(json, decode(&body.base64(), &body.signature()).unwrap());
    let mut first = decode(&body.version_1(), &body.signature()).unwrap();
    assert_eq!((json.version, first.version), (Version::Legacy, Version::V1));
    first.version = Version::Legacy;
    assert_eq!(json, first);
    assert_eq!(json.memo(), "within\n{\"epoch\": 3}", "in the order in which they ran");
    assert_eq!((json.fee_payer(), json.signers), (key("payer").as_str(), 2));
}

#[test]
fn version_1_has_all_sizes_first_then_all_bytes_and_signatures_last() {
    let bytes = rich().version_1_bytes();
    let keys = usize::from(bytes[41]);
    assert_eq!((bytes[0], bytes[1], bytes[40]), (0x81, 2, 2));
    let configuration = 42 + 32 * keys;
    let heads = configuration + 8 + 4;
    assert_eq!(bytes[heads + 1], 4, "accounts of the first instruction");
    assert_eq!(
        bytes[heads + 8..heads + 12],
        [2, 3, 4, 0][..],
        "and its accounts begin behind two heads"
    );
    assert_eq!(bytes.len() - heads - 8, 4 + 10 + 12 + 2 * 64);
}

#[test]
fn loaded_accounts_come_behind_the_static_ones_writable_before_readonly() {
    let body = Body::new()
        .loads(&["a"], &["mint"])
        .call(TOKEN, &["a", "mint", "payer"], &plain(8, 3))
        .balance("a", "alice", Some(9), Some(6));
    let json = decode(&body.json(), &body.signature()).unwrap();
    assert_eq!(json, decode(&body.base64(), &body.signature()).unwrap());
    assert_eq!(json.version, Version::V0);
    assert_eq!(json.keys, [key("payer"), TOKEN.to_owned(), key("a"), key("mint")]);
    assert_eq!(json.instructions[0].accounts, [2, 3, 0]);
    assert_eq!(json.before[0].account, 2);
}

#[test]
fn all_three_memo_programs_are_memos() {
    for program in [
        MEMO,
        "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
        "Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH",
    ] {
        let body = Body::new().call(program, &["payer"], "grüße".as_bytes());
        assert_eq!(body.transaction().memo(), "grüße");
    }
    let bytes = Body::new().call(MEMO, &[], &[0xff, b'a']);
    assert_eq!(
        bytes.transaction().memo(),
        "\u{fffd}a",
        "bytes that are no text are replaced"
    );
}

#[test]
fn a_null_stack_height_unknown_fields_and_an_unstated_version_are_fine() {
    let body = rich();
    let mut json = body.json();
    json["meta"]["costUnits"] = 7.into();
    json["meta"]["someday"] = serde_json::json!({"new": [1, {"deep": null}]});
    json["transaction"]["message"]["instructions"][0]["stackHeight"] = 1.into();
    json.as_object_mut().unwrap().remove("version");
    assert_eq!(
        decode(&json, &body.signature()).unwrap(),
        decode(&body.base64(), &body.signature()).unwrap()
    );
}

#[test]
fn a_window_is_read_with_or_without_transactions() {
    let window = |to: u64, time: &str| RawSlot {
        slot: SLOT,
        window: Some(Bytes::from(format!(
            "{{\"from\":5,\"to\":{to},\"block_time\":{time},\"addresses\":[\"x\"]}}"
        ))),
        transactions: Vec::new(),
    };
    let slot = decode_slot(&window(SLOT, "1790000001")).unwrap();
    assert_eq!((slot.block_time, slot.window.unwrap().from), (Some(1_790_000_001), 5));
    assert_eq!(decode_slot(&window(SLOT, "null")).unwrap().block_time, None);
    let other = decode_slot(&window(SLOT + 1, "null")).unwrap_err();
    assert!(matches!(other.fault, Fault::Window { .. }), "{other}");
    let never = decode_slot(&window(SLOT, "-5")).unwrap_err();
    assert!(matches!(never.fault, Fault::Time(-5)), "{never}");
}
