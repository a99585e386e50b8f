//! What is fetched through the source is what was recorded, byte for byte.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridproof_indexer::source::replay::{Recording, ReplayHandle, ReplayOptions, ReplayStore, serve};
use gridproof_indexer::source::{Pool, PoolConfig, Source};

fn testdata(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(name)
}

async fn replay(name: &str) -> (Arc<Recording>, ReplayHandle) {
    let recording = Arc::new(Recording::open(&testdata(name)).unwrap());
    let loopback = "127.0.0.1:0".parse().unwrap();
    let handle = serve(recording.clone(), loopback, ReplayOptions::default()).await.unwrap();
    (recording, handle)
}

async fn round_trip(name: &str) {
    let (recording, handle) = replay(name).await;
    let pool = Pool::new(PoolConfig::new(recording.chain_id(), vec![handle.url()])).unwrap();
    let head = pool.head().await.unwrap();
    assert_eq!(head.floor..=head.height, recording.heights());
    let blocks = pool.fetch_range(head.floor, head.height).await.unwrap();
    assert_eq!(blocks.len(), recording.len());
    for (block, height) in blocks.iter().zip(recording.heights()) {
        let stored = recording.height(height).unwrap().unwrap();
        assert_eq!(block.height, height);
        assert_eq!(block.meta, stored.meta, "header of {height}");
        assert_eq!(block.results, stored.results, "results of {height}");
        let without_txs = String::from_utf8_lossy(&stored.meta).contains(r#""num_txs":"0""#);
        assert_eq!(block.block, stored.block.filter(|_| !without_txs), "block of {height}");
    }
    assert_eq!(pool.genesis().await.unwrap(), recording.genesis().unwrap().unwrap());
    handle.shutdown().await;
}

#[tokio::test]
async fn the_bme_era_comes_back_as_recorded() {
    round_trip("akash-gridlocal-1").await;
}

#[tokio::test]
async fn the_typed_era_comes_back_as_recorded() {
    round_trip("akash-gridlocal-v12").await;
}

#[tokio::test]
async fn the_legacy_era_comes_back_as_recorded() {
    round_trip("akash-gridlocal-v038").await;
}

#[tokio::test]
async fn a_chain_through_all_upgrades_comes_back_as_recorded() {
    round_trip("akash-gridlocal-all").await;
}
