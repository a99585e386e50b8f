//! A generated chain as a recording folder, such as `gridproof replay` serves.

use super::CHAIN_ID;
use gridproof_indexer::source::RawBlock;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Headers on a page of `/blockchain`.
const PAGE: usize = 20;
const LEVEL: i32 = 3;

/// Writes `blocks.jsonl.zst`, `blockchain.jsonl.zst`, `genesis.json.zst`, `status.json` and
/// `recording.json`. `template` is the folder of a recording of the same software: genesis and status are
/// its own with another chain id.
pub fn write_recording(folder: &Path, template: &Path, blocks: &[RawBlock]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    write_lines(&folder.join("blocks.jsonl.zst"), blocks.iter().map(line))?;
    write_lines(
        &folder.join("blockchain.jsonl.zst"),
        blocks.chunks(PAGE).map(|page| headers(page, blocks.len())),
    )?;
    let genesis = zstd::decode_all(fs::File::open(template.join("genesis.json.zst"))?)?;
    let mut genesis: Value = serde_json::from_slice(&genesis)?;
    genesis["chain_id"] = json!(CHAIN_ID);
    fs::write(
        folder.join("genesis.json.zst"),
        zstd::encode_all(genesis.to_string().as_bytes(), LEVEL)?,
    )?;
    let status: Value = serde_json::from_slice(&fs::read(template.join("status.json"))?)?;
    fs::write(folder.join("status.json"), status_of(status, blocks)?.to_string())?;
    let recording = json!({
        "kind": "akash", "chain_id": CHAIN_ID, "first_height": 1, "last_height": blocks.len(),
        "starts_on": "v2.1.0", "upgrades": [],
    });
    fs::write(folder.join("recording.json"), recording.to_string())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("null")
}

fn line(raw: &RawBlock) -> String {
    let block = raw.block.as_deref().map_or("null", text);
    format!(
        r#"{{"height":{},"block":{block},"block_results":{}}}"#,
        raw.height,
        text(&raw.results)
    )
}

/// A page as nodes serve it: newest first.
fn headers(page: &[RawBlock], last: usize) -> String {
    let metas: Vec<&str> = page.iter().rev().map(|raw| text(&raw.meta)).collect();
    let (min, max) = (page[0].height, page[page.len() - 1].height);
    format!(
        r#"{{"min":{min},"max":{max},"body":{{"jsonrpc":"2.0","id":-1,"result":{{"last_height":"{last}","block_metas":[{}]}}}}}}"#,
        metas.join(",")
    )
}

fn write_lines(path: &Path, lines: impl Iterator<Item = String>) -> io::Result<()> {
    let mut file = zstd::Encoder::new(fs::File::create(path)?, LEVEL)?;
    for line in lines {
        file.write_all(line.as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.finish().map(|_| ())
}

fn status_of(mut status: Value, blocks: &[RawBlock]) -> io::Result<Value> {
    let ends = [("earliest", blocks.first()), ("latest", blocks.last())];
    for (end, raw) in ends {
        let meta: Value = serde_json::from_slice(&raw.ok_or(io::ErrorKind::InvalidInput)?.meta)?;
        let info = &mut status["result"]["sync_info"];
        info[format!("{end}_block_hash")] = meta["block_id"]["hash"].clone();
        info[format!("{end}_app_hash")] = meta["header"]["app_hash"].clone();
        info[format!("{end}_block_height")] = meta["header"]["height"].clone();
        info[format!("{end}_block_time")] = meta["header"]["time"].clone();
    }
    status["result"]["node_info"]["network"] = json!(CHAIN_ID);
    Ok(status)
}
