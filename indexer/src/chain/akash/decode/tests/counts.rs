//! What is decoded is exactly what the recordings count, type by type.
//!
//! The bodies are read a second time here with a plain JSON parser, so that the decoder is not its own
//! judge; `counts.json` was made by a third program.

use crate::chain::akash::model::{Block, Event, EventBody, Phase, Tx};
use crate::chain::akash::testing::{RECORDINGS, blocks, counts, raw_blocks};
use crate::source::RawBlock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cosmrs::proto::cosmos::tx::v1beta1::{TxBody, TxRaw};
use cosmrs::proto::prost::Message as _;
use serde_json::Value;
use std::collections::BTreeMap;

type Counts = BTreeMap<String, u64>;

fn add(counts: &mut Counts, key: String) {
    *counts.entry(key).or_default() += 1;
}

fn expected(recording: &str, part: &str) -> Counts {
    serde_json::from_value(counts(recording)[part].clone()).unwrap()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Type URLs of the outermost messages of each transaction.
fn outer_types(raw: &RawBlock) -> Vec<Vec<String>> {
    let block = raw.block.as_ref().map_or(Value::Null, |bytes| json(bytes));
    let types = |tx: &Value| {
        let bytes = STANDARD.decode(tx.as_str().unwrap()).unwrap();
        let body = TxBody::decode(TxRaw::decode(bytes.as_slice()).unwrap().body_bytes.as_slice()).unwrap();
        body.messages.into_iter().map(|any| any.type_url).collect()
    };
    list(&block["result"]["block"]["data"]["txs"])
        .iter()
        .map(types)
        .collect()
}

#[test]
fn messages_and_codes_are_those_of_the_recording() {
    for recording in RECORDINGS {
        let (mut messages, mut codes) = (Counts::new(), Counts::new());
        for (raw, block) in raw_blocks(recording).iter().zip(blocks(recording)) {
            let outer = outer_types(raw);
            assert_eq!(outer.len(), block.txs.len());
            for (types, tx) in outer.iter().zip(&block.txs) {
                add(&mut codes, format!("{}:{}", tx.codespace, tx.code));
                for (msg_index, type_url) in (0u32..).zip(types) {
                    // The recordings count the messages that took effect.
                    if tx.succeeded() {
                        add(&mut messages, type_url.clone());
                    }
                    check_unfolded(tx, msg_index, type_url);
                }
            }
        }
        assert_eq!(messages, expected(recording, "messages"), "{recording}");
        assert_eq!(codes, expected(recording, "tx_codes"), "{recording}");
    }
}

/// A plain message appears once, under its own type; a wrapper gives way to what is in it.
fn check_unfolded(tx: &Tx, msg_index: u32, type_url: &str) {
    let unfolded: Vec<_> = tx
        .messages
        .iter()
        .filter(|message| message.msg_index == msg_index)
        .collect();
    if type_url == "/cosmos.authz.v1beta1.MsgExec" {
        assert!(!unfolded.is_empty(), "an empty wrapper");
        assert!(unfolded.iter().all(|message| message.type_url != type_url));
    } else {
        assert_eq!(unfolded.len(), 1);
        assert_eq!(unfolded[0].type_url, type_url);
        assert_eq!(unfolded[0].inner_index, 0);
    }
}

/// An event as a plain parser sees it.
struct Served {
    kind: String,
    attributes: Vec<(String, String)>,
}

fn served(event: &Value, base64: bool) -> Served {
    let text = |value: &Value| match value.as_str() {
        Some(text) if base64 => String::from_utf8(STANDARD.decode(text).unwrap()).unwrap(),
        Some(text) => text.to_owned(),
        None => String::new(),
    };
    let pair = |attribute: &Value| (text(&attribute["key"]), text(&attribute["value"]));
    Served {
        kind: event["type"].as_str().unwrap().to_owned(),
        attributes: list(&event["attributes"]).iter().map(pair).collect(),
    }
}

/// Events outside transactions, then those of each transaction.
fn all_served(raw: &RawBlock) -> (Vec<Served>, Vec<Vec<Served>>) {
    let body = json(&raw.results);
    let result = &body["result"];
    let base64 = result.get("finalize_block_events").is_none();
    let lists = ["begin_block_events", "end_block_events", "finalize_block_events"];
    let outside = lists
        .iter()
        .flat_map(|name| list(&result[*name]))
        .map(|event| served(event, base64))
        .collect();
    let of_tx = |tx: &Value| list(&tx["events"]).iter().map(|event| served(event, base64)).collect();
    (outside, list(&result["txs_results"]).iter().map(of_tx).collect())
}

/// Which arm of the model an event must become; nothing where it is left alone.
fn arm(event: &Served) -> Option<String> {
    let attribute = |key: &str| {
        event
            .attributes
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    };
    let kind = event.kind.as_str();
    Some(match kind {
        "transfer" => "Transfer".to_owned(),
        "coinbase" => "Coinbase".to_owned(),
        "burn" => "Burn".to_owned(),
        "mint" => "Mint".to_owned(),
        "active_proposal" => "Proposal".to_owned(),
        "tx" => attribute("fee").map(|_| "Fee".to_owned())?,
        "submit_proposal" => attribute("proposal_id").map(|_| "Proposal".to_owned())?,
        "akash.v1" => camel(attribute("action").unwrap()),
        _ if kind.starts_with("akash.bme.") || kind.starts_with("akash.oracle.") => return Some(kind.to_owned()),
        _ if kind.starts_with("akash.epochs.") => return None,
        _ if kind.starts_with("akash.") => kind.rsplit_once(".Event").unwrap().1.to_owned(),
        _ => return None,
    })
    .map(|name| {
        name.replace("TrustedAuditorCreated", "AuditSigned")
            .replace("TrustedAuditorDeleted", "AuditDeleted")
    })
    .map(|name| name.replace("AuditAudit", "Audit"))
}

fn camel(action: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    action.split('-').map(capital).collect()
}

/// A typed event that is kept field by field names its type.
fn arm_of(event: &Event) -> String {
    if let EventBody::Typed { package, name, .. } = &event.body {
        return format!("{package}.{name}");
    }
    let text = format!("{:?}", event.body);
    text.split([' ', '{', '(']).next().unwrap().to_owned()
}

fn check_list(served: &[Served], events: &[Event], failed: bool, place: &str) {
    let mut events = events.iter();
    for (index, event) in (0u32..).zip(served) {
        let Some(arm) = arm(event).filter(|arm| !failed || arm == "Fee") else {
            continue;
        };
        let decoded = events
            .next()
            .unwrap_or_else(|| panic!("{place}: {arm} at {index} is missing"));
        assert_eq!((decoded.event_index, arm_of(decoded)), (index, arm), "{place}");
    }
    assert!(events.next().is_none(), "{place}: more events than were served");
}

#[test]
fn events_are_those_of_the_recording_each_in_its_arm() {
    for recording in RECORDINGS {
        let mut counted = Counts::new();
        for (raw, block) in raw_blocks(recording).iter().zip(blocks(recording)) {
            let (outside, inside) = all_served(raw);
            outside
                .iter()
                .for_each(|event| add(&mut counted, format!("[block] {}", event.kind)));
            inside
                .iter()
                .flatten()
                .for_each(|event| add(&mut counted, event.kind.clone()));
            check_list(&outside, &block.events, false, &format!("{recording} {}", raw.height));
            for (served, tx) in inside.iter().zip(&block.txs) {
                check_list(
                    served,
                    &tx.events,
                    tx.code != 0,
                    &format!("{recording} {} {}", raw.height, tx.index),
                );
            }
        }
        assert_eq!(counted, expected(recording, "events"), "{recording}");
    }
}

#[test]
fn no_recording_holds_a_type_that_the_decoder_does_not_know() {
    let unknown = |block: &Block| {
        let events = block.events.iter().chain(block.txs.iter().flat_map(|tx| &tx.events));
        events
            .filter(|event| matches!(event.body, EventBody::Unknown { .. }))
            .count()
    };
    for recording in RECORDINGS {
        assert_eq!(blocks(recording).iter().map(unknown).sum::<usize>(), 0, "{recording}");
    }
}

#[test]
fn every_event_of_a_message_names_it() {
    for recording in RECORDINGS {
        for block in blocks(recording) {
            for tx in &block.txs {
                for event in tx
                    .events
                    .iter()
                    .filter(|event| !matches!(event.body, EventBody::Fee { .. }))
                {
                    let Phase::Tx { tx_index, msg_index } = event.phase else {
                        panic!("{event:?}")
                    };
                    assert_eq!(tx_index, tx.index);
                    // The ante-handler's transfer of the fee comes before the fee's event.
                    let fee = tx
                        .events
                        .iter()
                        .find(|event| matches!(event.body, EventBody::Fee { .. }))
                        .unwrap();
                    let ante = event.event_index < fee.event_index;
                    assert_eq!(
                        msg_index.is_none(),
                        ante,
                        "{recording} {} {event:?}",
                        block.header.height
                    );
                    let named = tx.messages.iter().any(|message| {
                        Some(message.msg_index) == msg_index && Some(message.inner_index) == event.inner_index
                    });
                    assert!(ante || named, "{recording} {} {event:?}", block.header.height);
                }
            }
        }
    }
}
