//! A recording of a real node as raw blocks.

use bytes::Bytes;
use gridproof_indexer::chain::akash::state::{ChainRules, State};
use gridproof_indexer::source::RawBlock;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

#[derive(Deserialize)]
struct Line {
    height: u64,
    block: Option<Box<RawValue>>,
    block_results: Box<RawValue>,
}

fn open(recording: &str, file: &str) -> std::fs::File {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata"));
    std::fs::File::open(folder.join(recording).join(file)).unwrap()
}

fn lines(recording: &str, file: &str) -> Vec<String> {
    BufReader::new(zstd::Decoder::new(open(recording, file)).unwrap())
        .lines()
        .map(Result::unwrap)
        .collect()
}

fn bytes(raw: &RawValue) -> Bytes {
    Bytes::copy_from_slice(raw.get().as_bytes())
}

/// Every height of a recording in `testdata`.
pub fn recorded(recording: &str) -> Vec<RawBlock> {
    let mut metas = BTreeMap::new();
    for line in lines(recording, "blockchain.jsonl.zst") {
        let page: serde_json::Value = serde_json::from_str(&line).unwrap();
        for meta in page["body"]["result"]["block_metas"].as_array().unwrap() {
            let height: u64 = meta["header"]["height"].as_str().unwrap().parse().unwrap();
            metas.insert(height, Bytes::from(meta.to_string()));
        }
    }
    let raw = |line: String| {
        let line: Line = serde_json::from_str(&line).unwrap();
        let block = line.block.as_deref().map(bytes);
        RawBlock {
            height: line.height,
            meta: metas[&line.height].clone(),
            block,
            results: bytes(&line.block_results),
        }
    };
    lines(recording, "blocks.jsonl.zst").into_iter().map(raw).collect()
}

/// The state before the first block of a recording in `testdata`; `chain_id`: of a chain that began the same.
pub fn first_state(recording: &str, chain_id: Option<&str>) -> State {
    let about: serde_json::Value = serde_json::from_reader(open(recording, "recording.json")).unwrap();
    let text = |value: &'static str| about[value].as_str().unwrap();
    let upgrades = about["upgrades"].as_array().unwrap().iter();
    let upgrades = upgrades.map(|one| (one["name"].as_str().unwrap(), one["height"].as_u64().unwrap()));
    let rules = ChainRules::parse(chain_id.unwrap_or(text("chain_id")), text("starts_on"), upgrades).unwrap();
    let genesis = zstd::decode_all(open(recording, "genesis.json.zst")).unwrap();
    State::new(rules, Some(&serde_json::from_slice(&genesis).unwrap())).unwrap()
}
