//! Transactions of Render per second and core, on the recorded bodies of a real node, in memory.
//!
//! `decode` is bodies of getTransaction to transactions; `derive` is that and explaining, classifying and encoding all rows:
//! everything that happens between the network and the database.

#![allow(missing_docs, clippy::unwrap_used)]

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gridproof_indexer::chain::render::RenderRules;
use gridproof_indexer::chain::render::decode::decode_slot;
use gridproof_indexer::chain::render::epochs::EpochTable;
use gridproof_indexer::chain::render::facts;
use gridproof_indexer::chain::render::watch::WatchSet;
use gridproof_indexer::source::{RawSlot, RawTransaction};
use gridproof_store::batch::{Batch, Origin};
use serde_json::Value;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

const RECORDING: &str = "render-world-1";

fn file(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(RECORDING);
    std::fs::read(folder.join(name)).unwrap()
}

fn rules() -> RenderRules {
    RenderRules {
        chain_id: "bench".to_owned(),
        watch: WatchSet::from_accounts_json(&file("accounts.json")).unwrap(),
        epochs: EpochTable::from_recording(&file("truth_epochs.json")).unwrap(),
    }
}

/// Every transaction of the recording in one encoding, each in a slot of its own as it was recorded.
fn slots(encoding: &str) -> Vec<RawSlot> {
    let text = String::from_utf8(zstd::decode_all(file("rpc.jsonl.zst").as_slice()).unwrap()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let wanted = |pair: &Value| {
        let request = &pair["request"];
        request["method"] == "getTransaction" && request["params"][1]["encoding"] == encoding
    };
    lines.filter(wanted).map(|pair| slot(&pair)).collect()
}

fn slot(pair: &Value) -> RawSlot {
    let body = &pair["response"]["result"];
    RawSlot {
        slot: body["slot"].as_u64().unwrap(),
        window: None,
        transactions: vec![RawTransaction {
            signature: pair["request"]["params"][0].as_str().unwrap().to_owned(),
            block_time: body["blockTime"].as_i64().unwrap(),
            tx_index: None,
            body: Bytes::from(serde_json::to_vec(body).unwrap()),
        }],
    }
}

fn derive(rules: &RenderRules, slots: &[RawSlot]) -> u64 {
    let mut batch = Batch::new(Origin {
        network: "bench".to_owned(),
        chain_id: "bench".to_owned(),
    });
    for raw in slots {
        facts::derive(rules, &decode_slot(raw).unwrap(), &mut batch).unwrap();
    }
    batch.rows()
}

fn bench(criterion: &mut Criterion) {
    let rules = rules();
    for encoding in ["json", "base64"] {
        let slots = slots(encoding);
        let mut group = criterion.benchmark_group("render");
        group
            .sample_size(20)
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(4))
            .throughput(Throughput::Elements(slots.len() as u64));
        group.bench_function(BenchmarkId::new("decode", encoding), |bench| {
            bench.iter(|| {
                slots
                    .iter()
                    .for_each(|raw| drop(black_box(decode_slot(black_box(raw)).unwrap())))
            });
        });
        group.bench_function(BenchmarkId::new("derive", encoding), |bench| {
            bench.iter(|| derive(&rules, black_box(&slots)));
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
