//! The RPC bodies of a generated block, in the shape of CometBFT 0.38.

use super::CHAIN_ID;
use super::scenario::Content;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gridproof_indexer::chain::akash::decode::transactions_root;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Time of height 0, Unix seconds.
const GENESIS_UNIX_S: i64 = 1_790_000_000;
const BLOCK_S: i64 = 6;
const PROPOSER: &str = "68A9C31D15826D61F7D5050E6FEBC235D31BDFF4";

/// An event with its attributes in order.
#[derive(Clone)]
pub(super) struct Event {
    kind: String,
    attributes: Vec<(String, String)>,
}

impl Event {
    /// Values as they are.
    pub(super) fn plain(kind: &str, attributes: &[(&str, &str)]) -> Self {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Self {
            kind: kind.to_owned(),
            attributes: attributes.iter().map(own).collect(),
        }
    }

    /// Values as JSON text.
    pub(super) fn typed(kind: &str, fields: &[(&str, Value)]) -> Self {
        let own = |(key, value): &(&str, Value)| ((*key).to_owned(), value.to_string());
        Self {
            kind: kind.to_owned(),
            attributes: fields.iter().map(own).collect(),
        }
    }

    /// With what the chain appends.
    pub(super) fn with(mut self, key: &str, value: &str) -> Self {
        self.attributes.push((key.to_owned(), value.to_owned()));
        self
    }

    fn json(&self) -> Value {
        let one = |(key, value): &(String, String)| json!({ "key": key, "value": value, "index": true });
        json!({ "type": self.kind, "attributes": self.attributes.iter().map(one).collect::<Vec<_>>() })
    }
}

/// A transaction with its result.
pub(super) struct Transaction {
    pub(super) bytes: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) events: Vec<Event>,
}

/// The bodies of one height.
pub(super) struct Served {
    pub(super) hash: String,
    pub(super) meta: Vec<u8>,
    pub(super) block: Vec<u8>,
    pub(super) results: Vec<u8>,
}

fn sha(text: &str) -> String {
    hex::encode_upper(Sha256::digest(text))
}

impl Served {
    pub(super) fn new(height: u64, parent: &str, content: &Content) -> Self {
        let leaves: Vec<[u8; 32]> = content.txs.iter().map(|tx| Sha256::digest(&tx.bytes).into()).collect();
        let header = header(height, parent, &hex::encode_upper(transactions_root(&leaves)));
        let hash = sha(&header.to_string());
        let id = json!({ "hash": hash, "parts": { "total": 1, "hash": sha(&hash) } });
        let num_txs = content.txs.len().to_string();
        let meta = json!({ "block_id": id, "block_size": "5000", "header": header, "num_txs": num_txs });
        let txs: Vec<String> = content.txs.iter().map(|tx| STANDARD.encode(&tx.bytes)).collect();
        let last =
            json!({ "height": (height - 1).to_string(), "round": 0, "block_id": { "hash": parent }, "signatures": [] });
        let block = json!({
            "block_id": id,
            "block": { "header": header, "data": { "txs": txs }, "evidence": { "evidence": [] }, "last_commit": last },
        });
        Self {
            meta: meta.to_string().into_bytes(),
            block: envelope(&block),
            results: envelope(&results(height, content)),
            hash,
        }
    }
}

fn envelope(result: &Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": -1, "result": result })
        .to_string()
        .into_bytes()
}

fn header(height: u64, parent: &str, data_hash: &str) -> Value {
    let seconds = GENESIS_UNIX_S + BLOCK_S * i64::try_from(height).unwrap();
    let time = OffsetDateTime::from_unix_timestamp(seconds)
        .unwrap()
        .format(&Rfc3339)
        .unwrap();
    json!({
        "version": { "block": "11" },
        "chain_id": CHAIN_ID,
        "height": height.to_string(),
        "time": time,
        "last_block_id": { "hash": parent, "parts": { "total": 1, "hash": sha(parent) } },
        "data_hash": data_hash,
        "validators_hash": sha("validators"),
        "next_validators_hash": sha("validators"),
        "consensus_hash": sha("consensus"),
        "app_hash": sha(parent),
        "last_results_hash": sha(data_hash),
        "evidence_hash": sha(""),
        "proposer_address": PROPOSER,
    })
}

fn results(height: u64, content: &Content) -> Value {
    let events = |events: &[Event]| events.iter().map(Event::json).collect::<Vec<_>>();
    let tx = |tx: &Transaction| {
        json!({
            "code": 0, "data": STANDARD.encode(&tx.data), "log": "", "info": "", "gas_wanted": "200000",
            "gas_used": "120000", "events": events(&tx.events), "codespace": "",
        })
    };
    json!({
        "height": height.to_string(),
        "txs_results": content.txs.iter().map(tx).collect::<Vec<_>>(),
        "finalize_block_events": events(&content.events),
        "validator_updates": null,
        "app_hash": "Ksy6iuoqQ1Ad76eVT82YLJJtYLdKsgqGrWYuwho9AvA=",
    })
}
