//! Recordings of real nodes as raw and decoded blocks, for the tests of this chain.
#![allow(clippy::unwrap_used)]

use crate::chain::akash::decode::decode_block;
use crate::chain::akash::model::Block;
use crate::source::RawBlock;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

/// All four recordings.
pub(crate) const RECORDINGS: [&str; 4] = [
    "akash-gridlocal-1",
    "akash-gridlocal-v12",
    "akash-gridlocal-v038",
    "akash-gridlocal-all",
];

#[derive(Deserialize)]
struct Line {
    height: u64,
    block: Option<Box<RawValue>>,
    block_results: Box<RawValue>,
}

#[derive(Deserialize)]
struct Page {
    body: PageBody,
}

#[derive(Deserialize)]
struct PageBody {
    result: PageResult,
}

#[derive(Deserialize)]
struct PageResult {
    block_metas: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct MetaHeight {
    header: HeaderHeight,
}

#[derive(Deserialize)]
struct HeaderHeight {
    height: String,
}

/// Path of a file of a recording.
pub(crate) fn path(recording: &str, file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata"))
        .join(recording)
        .join(file)
}

fn lines(recording: &str, file: &str) -> Vec<String> {
    let file = std::fs::File::open(path(recording, file)).unwrap();
    let reader = BufReader::new(zstd::Decoder::new(file).unwrap());
    reader.lines().map(Result::unwrap).collect()
}

fn bytes(raw: Box<RawValue>) -> Bytes {
    Bytes::from(String::from(Box::<str>::from(raw)))
}

/// Every height of a recording, in order.
pub(crate) fn raw_blocks(recording: &str) -> Vec<RawBlock> {
    let mut metas = BTreeMap::new();
    for line in lines(recording, "blockchain.jsonl.zst") {
        let page: Page = serde_json::from_str(&line).unwrap();
        for meta in page.body.result.block_metas {
            let height: MetaHeight = serde_json::from_str(meta.get()).unwrap();
            metas.insert(height.header.height.parse::<u64>().unwrap(), bytes(meta));
        }
    }
    let raw = |line: String| {
        let line: Line = serde_json::from_str(&line).unwrap();
        RawBlock {
            height: line.height,
            meta: metas[&line.height].clone(),
            block: line.block.map(bytes),
            results: bytes(line.block_results),
        }
    };
    lines(recording, "blocks.jsonl.zst").into_iter().map(raw).collect()
}

/// Every block of a recording, decoded.
pub(crate) fn blocks(recording: &str) -> Vec<Block> {
    raw_blocks(recording)
        .iter()
        .map(|raw| decode_block(raw).unwrap())
        .collect()
}

/// What the recording says of itself.
pub(crate) fn counts(recording: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path(recording, "counts.json")).unwrap()).unwrap()
}
