//! The same block in the shape of an old node and of a modern one decodes to the same model.

use super::change::with_results;
use crate::chain::akash::decode::{DecodeError, decode_block};
use crate::chain::akash::testing::raw_blocks;
use crate::source::RawBlock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn recode(events: &mut Value, text: impl Fn(&str) -> String + Copy) {
    for event in events.as_array_mut().into_iter().flatten() {
        for attribute in event["attributes"].as_array_mut().into_iter().flatten() {
            for part in ["key", "value"] {
                if let Some(old) = attribute[part].as_str() {
                    attribute[part] = Value::String(text(old));
                }
            }
        }
    }
}

fn with_mode(mut events: Value, mode: &str) -> Vec<Value> {
    for event in events.as_array_mut().into_iter().flatten() {
        event["attributes"]
            .as_array_mut()
            .unwrap()
            .push(json!({"key": "mode", "value": mode, "index": false}));
    }
    events.as_array().cloned().unwrap_or_default()
}

/// What a modern node makes of an old block: plain text, both lists in one, each event with its mode.
fn modernised(result: &mut Value) {
    let decode = |text: &str| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    let mut begin = result["begin_block_events"].take();
    let mut end = result["end_block_events"].take();
    recode(&mut begin, decode);
    recode(&mut end, decode);
    for tx in result["txs_results"].as_array_mut().into_iter().flatten() {
        recode(&mut tx["events"], decode);
    }
    let all: Vec<Value> = with_mode(begin, "BeginBlock")
        .into_iter()
        .chain(with_mode(end, "EndBlock"))
        .collect();
    let fields = result.as_object_mut().unwrap();
    fields.remove("begin_block_events");
    fields.remove("end_block_events");
    fields.insert("finalize_block_events".to_owned(), Value::Array(all));
}

/// What an old node made of a block that a modern one serves.
fn aged(result: &mut Value) {
    let encode = |text: &str| STANDARD.encode(text);
    let mode = |event: &Value| event["attributes"].as_array().unwrap().last().unwrap()["value"].clone();
    let all = result["finalize_block_events"]
        .take()
        .as_array()
        .cloned()
        .unwrap_or_default();
    let (mut begin, mut end): (Vec<Value>, Vec<Value>) = all.into_iter().partition(|event| mode(event) == "BeginBlock");
    for event in begin.iter_mut().chain(&mut end) {
        event["attributes"].as_array_mut().unwrap().pop();
    }
    let (mut begin, mut end) = (Value::Array(begin), Value::Array(end));
    recode(&mut begin, encode);
    recode(&mut end, encode);
    for tx in result["txs_results"].as_array_mut().into_iter().flatten() {
        recode(&mut tx["events"], encode);
    }
    let fields = result.as_object_mut().unwrap();
    fields.remove("finalize_block_events");
    fields.insert("begin_block_events".to_owned(), begin);
    fields.insert("end_block_events".to_owned(), end);
}

#[test]
fn an_old_nodes_answer_equals_a_modern_nodes_answer() {
    for raw in raw_blocks("akash-gridlocal-v038") {
        let modern = with_results(&raw, modernised);
        assert_eq!(
            decode_block(&modern).unwrap(),
            decode_block(&raw).unwrap(),
            "{}",
            raw.height
        );
    }
}

#[test]
fn a_modern_nodes_answer_for_an_old_block_equals_what_the_old_node_said() {
    let legacy = raw_blocks("akash-gridlocal-all").into_iter().take(89);
    for raw in legacy {
        let old = with_results(&raw, aged);
        assert_eq!(
            decode_block(&old).unwrap(),
            decode_block(&raw).unwrap(),
            "{}",
            raw.height
        );
    }
}

#[test]
fn null_lists_are_empty_and_absent_ones_are_an_error() {
    let empty = raw_blocks("akash-gridlocal-1")
        .into_iter()
        .find(|raw| raw.height == 1)
        .unwrap();
    let null = with_results(&empty, |result| {
        result["finalize_block_events"] = Value::Null;
        result["txs_results"] = Value::Null;
    });
    assert!(decode_block(&null).unwrap().events.is_empty());
    let absent = with_results(&empty, |result| {
        result.as_object_mut().unwrap().remove("finalize_block_events");
    });
    assert!(matches!(decode_block(&absent), Err(DecodeError::Missing { .. })));
}

#[test]
fn a_block_without_transactions_needs_no_body() {
    let raws = raw_blocks("akash-gridlocal-1");
    let empty = raws
        .iter()
        .find(|raw| decode_block(raw).unwrap().txs.is_empty())
        .unwrap();
    let without = RawBlock {
        block: None,
        ..empty.clone()
    };
    assert_eq!(decode_block(&without).unwrap(), decode_block(empty).unwrap());
    let full = raws
        .iter()
        .find(|raw| !decode_block(raw).unwrap().txs.is_empty())
        .unwrap();
    let without = RawBlock {
        block: None,
        ..full.clone()
    };
    assert!(matches!(decode_block(&without), Err(DecodeError::Missing { .. })));
}
