//! Recordings for tests: what nodes answered, as the source would hand it over.
#![allow(clippy::unwrap_used)]

pub(super) mod body;

use super::RenderRules;
use super::decode::decode_slot;
use super::epochs::EpochTable;
use super::model::{Slot, Transaction};
use super::watch::WatchSet;
use crate::source::{RawSlot, RawTransaction};
use bytes::Bytes;
use gridproof_store::batch::{Batch, Origin};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The recording with an economy in it.
pub(crate) const WORLD: &str = "render-world-1";

/// A file in `testdata/`.
pub(super) fn testdata(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(path)
}

/// Its bytes.
pub(super) fn read(path: &str) -> Vec<u8> {
    std::fs::read(testdata(path)).unwrap()
}

/// Its JSON.
pub(super) fn json(path: &str) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

/// The rules of a recording.
pub(crate) fn rules(recording: &str) -> RenderRules {
    RenderRules {
        chain_id: json(&format!("{recording}/recording.json"))["chain_id"]
            .as_str()
            .unwrap()
            .to_owned(),
        watch: WatchSet::from_accounts_json(&read(&format!("{recording}/accounts.json"))).unwrap(),
        epochs: EpochTable::from_recording(&read(&format!("{recording}/truth_epochs.json"))).unwrap(),
    }
}

/// Every request of a recording with its answer.
pub(super) fn pairs(recording: &str) -> Vec<(Value, Value)> {
    let packed = read(&format!("{recording}/rpc.jsonl.zst"));
    let text = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    let pair = |line: &str| {
        let mut pair: Value = serde_json::from_str(line).unwrap();
        (pair["request"].take(), pair["response"].take())
    };
    text.lines().map(pair).collect()
}

/// A body of getTransaction as the source hands it over.
pub(super) fn raw_transaction(body: &Value, signature: &str) -> RawTransaction {
    RawTransaction {
        signature: signature.to_owned(),
        block_time: body["blockTime"].as_i64().unwrap(),
        tx_index: None,
        body: Bytes::from(serde_json::to_vec(body).unwrap()),
    }
}

/// A slot of some transactions.
pub(super) fn raw_slot(slot: u64, transactions: Vec<RawTransaction>) -> RawSlot {
    RawSlot {
        slot,
        window: None,
        transactions,
    }
}

/// All transactions of a recording in one encoding, slot by slot.
pub(crate) fn raw_slots(recording: &str, encoding: &str) -> Vec<RawSlot> {
    let mut slots: BTreeMap<u64, RawSlot> = BTreeMap::new();
    for (request, response) in pairs(recording) {
        let body = &response["result"];
        let wanted = request["method"] == "getTransaction" && request["params"][1]["encoding"] == encoding;
        if wanted && !body.is_null() {
            let slot = body["slot"].as_u64().unwrap();
            let transaction = raw_transaction(body, request["params"][0].as_str().unwrap());
            let place = slots.entry(slot).or_insert_with(|| raw_slot(slot, Vec::new()));
            place.transactions.push(transaction);
        }
    }
    slots.into_values().collect()
}

/// All slots of a recording, decoded.
pub(super) fn slots(recording: &str) -> Vec<Slot> {
    raw_slots(recording, "json")
        .iter()
        .map(|raw| decode_slot(raw).unwrap())
        .collect()
}

/// One body, decoded as the only transaction of its slot.
pub(super) fn transaction(body: &Value, signature: &str) -> Transaction {
    let slot = body["slot"].as_u64().unwrap();
    let raw = raw_slot(slot, vec![raw_transaction(body, signature)]);
    decode_slot(&raw).unwrap().transactions.remove(0)
}

/// An empty batch.
pub(super) fn batch() -> Batch {
    Batch::new(Origin {
        network: "rec".to_owned(),
        chain_id: "rec".to_owned(),
    })
}
