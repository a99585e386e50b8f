//! The generated chain is a chain: it decodes, links, pays what it owes, and is the same every time.

#![allow(clippy::unwrap_used)]

#[path = "../benches/support/mod.rs"]
mod support;

use gridproof_indexer::chain::akash::decode::{check_link, decode_block};
use gridproof_indexer::chain::akash::facts;
use gridproof_indexer::chain::akash::model::{Block, EventBody, MessageBody};
use gridproof_store::batch::{Batch, Origin};
use std::path::Path;

const HEIGHTS: u64 = 80;

fn blocks() -> Vec<Block> {
    support::chain(HEIGHTS, 1)
        .iter()
        .map(|raw| decode_block(raw).unwrap())
        .collect()
}

#[test]
fn it_decodes_and_links() {
    let blocks = blocks();
    assert!(
        blocks
            .windows(2)
            .all(|pair| check_link(&pair[0].header, &pair[1].header).is_ok())
    );
    assert!(blocks.iter().all(|block| block.txs.len() == 5));
    let mut messages = blocks
        .iter()
        .flat_map(|block| block.txs.iter().flat_map(|tx| &tx.messages));
    assert!(!messages.any(|message| matches!(message.body, MessageBody::Unknown { .. })));
}

/// What came into the escrow account less what left it.
fn in_escrow(blocks: &[Block]) -> i128 {
    let events = blocks
        .iter()
        .flat_map(|block| block.txs.iter().flat_map(|tx| &tx.events));
    let moved = events.map(|event| match &event.body {
        EventBody::Transfer { recipient, amount, .. } if recipient == facts::ESCROW => amount[0].amount,
        EventBody::Transfer { sender, amount, .. } if sender == facts::ESCROW => -amount[0].amount,
        _ => 0,
    });
    moved.sum()
}

#[test]
fn each_lease_pays_its_price_for_each_of_its_blocks() {
    let blocks = blocks();
    let events = || {
        blocks
            .iter()
            .flat_map(|block| block.txs.iter().flat_map(|tx| &tx.events))
    };
    let created = events().filter_map(|event| match &event.body {
        EventBody::LeaseCreated { id, price } => Some((id.clone(), price.amount.trunc())),
        _ => None,
    });
    let closed: Vec<_> = events()
        .filter(|event| matches!(event.body, EventBody::LeaseClosed { .. }))
        .collect();
    // Leases live for 20 blocks; the first is created at height 4.
    assert_eq!(created.clone().count(), 77);
    assert_eq!(closed.len(), 57);
    let held = in_escrow(&blocks);
    // Of 79 deployments and 78 bids 57 are closed and paid back; of the others 10 have drawn 10 blocks of pay.
    let drawn: i128 = created.skip(57).take(10).map(|(_, price)| price * 10).sum();
    assert_eq!(held, (79 - 57) * 5_000_000 + (78 - 57) * 500_000 - drawn);
    let mut batch = Batch::new(Origin {
        network: "n".to_owned(),
        chain_id: "c".to_owned(),
    });
    blocks
        .iter()
        .for_each(|block| facts::derive(block, &mut batch).unwrap());
    assert_eq!(batch.tables["lease_events"].rows, 77 + 57);
    assert!(!batch.tables.contains_key("unknown_types"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    assert_eq!(support::chain(30, 7), support::chain(30, 7));
    assert_ne!(support::chain(30, 7), support::chain(30, 8));
}

#[test]
fn it_can_be_written_as_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let template = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/akash-gridlocal-1"));
    support::write_recording(folder.path(), template, &support::chain(45, 1)).unwrap();
    let unpack = |name: &str| {
        let file = std::fs::File::open(folder.path().join(name)).unwrap();
        String::from_utf8(zstd::decode_all(file).unwrap()).unwrap()
    };
    assert_eq!(unpack("blocks.jsonl.zst").lines().count(), 45);
    let pages: Vec<serde_json::Value> = unpack("blockchain.jsonl.zst")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[2]["body"]["result"]["block_metas"][0]["header"]["height"], "45");
    let genesis: serde_json::Value = serde_json::from_str(&unpack("genesis.json.zst")).unwrap();
    assert_eq!(genesis["chain_id"], support::CHAIN_ID);
    let status = std::fs::read(folder.path().join("status.json")).unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
    assert_eq!(status["result"]["sync_info"]["latest_block_height"], "45");
}

/// 2,000 blocks are about 36 MB of RPC JSON, with five transactions each and about ten events in each of these.
#[test]
fn it_has_the_promised_size() {
    const BLOCKS: u64 = 300;
    let raws = support::chain(BLOCKS, 1);
    let bytes = support::size(&raws) / BLOCKS;
    assert!((17_500..18_500).contains(&bytes), "{bytes} bytes a block");
    let (mut txs, mut events) = (0, 0);
    for raw in &raws {
        let body: serde_json::Value = serde_json::from_slice(&raw.results).unwrap();
        for tx in body["result"]["txs_results"].as_array().unwrap() {
            txs += 1;
            events += tx["events"].as_array().unwrap().len() as u64;
        }
    }
    assert_eq!(txs, 5 * BLOCKS);
    assert!(
        (10 * txs..11 * txs).contains(&events),
        "{events} events in {txs} transactions"
    );
}
