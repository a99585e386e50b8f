//! A recording of a real node as raw blocks.

use bytes::Bytes;
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

fn lines(recording: &str, file: &str) -> Vec<String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata"));
    let file = std::fs::File::open(folder.join(recording).join(file)).unwrap();
    BufReader::new(zstd::Decoder::new(file).unwrap())
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
