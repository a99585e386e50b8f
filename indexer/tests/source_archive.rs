//! An archive is replayed as the node that it was fetched from.
#![allow(clippy::unwrap_used)]

mod source_support;

use std::path::Path;

use gridproof_indexer::source::replay::{ReplayHandle, ReplayOptions, open, serve};
use gridproof_indexer::source::{FetchError, RawBlock, Source};
use gridproof_store::archive::{Archive, ArchiveLine};
use gridproof_store::state_db::Span;
use source_support::{CHAIN, faulty, get, pool};

async fn fetched(from: u64, to: u64) -> Vec<RawBlock> {
    let endpoint = faulty([]).await;
    pool([endpoint.url()]).fetch_range(from, to).await.unwrap()
}

/// Archives ranges of the recording, and the genesis document.
async fn archive(folder: &Path, ranges: &[(u64, u64)]) -> Archive {
    let archive = Archive::open_folder(folder).unwrap();
    for (from, to) in ranges {
        let blocks = fetched(*from, *to).await;
        let lines = blocks.into_iter().map(|b| {
            let bodies = [
                ("meta", Some(b.meta)),
                ("block", b.block),
                ("block_results", Some(b.results)),
            ];
            ArchiveLine::at_height(b.height, bodies)
        });
        archive
            .put_range("akash", Span::new(*from, *to).unwrap(), lines)
            .await
            .unwrap();
    }
    let endpoint = faulty([]).await;
    let genesis = pool([endpoint.url()]).genesis().await.unwrap();
    archive.put_blob("akash", "genesis", &genesis.unwrap()).await.unwrap();
    archive.put_blob("akash", "state-10", b"not a genesis").await.unwrap();
    archive
}

async fn served(folder: &Path) -> ReplayHandle {
    let store = open(folder, None).await.unwrap();
    serve(store, "127.0.0.1:0".parse().unwrap(), ReplayOptions::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_fetched_from_an_archive_is_what_was_put_there() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), &[(1, 100), (101, 150), (151, 230)]).await;
    let endpoint = served(folder.path()).await;
    let pool = pool([endpoint.url()]);
    let head = pool.head().await.unwrap();
    assert_eq!((head.floor, head.height), (1, 230));
    assert_eq!(pool.fetch_range(1, 230).await.unwrap(), fetched(1, 230).await);
    let original = faulty([]).await;
    assert_eq!(
        pool.genesis().await.unwrap(),
        source_support::pool([original.url()]).genesis().await.unwrap()
    );
}

#[tokio::test]
async fn the_block_of_a_height_without_transactions_is_made_from_its_header() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), &[(1, 20)]).await;
    let (endpoint, original) = (served(folder.path()).await, faulty([]).await);
    let block = async |url: String| -> serde_json::Value {
        serde_json::from_str(&get(&format!("{url}/block?height=1")).await.1).unwrap()
    };
    let (made, real) = (block(endpoint.url()).await, block(original.url()).await);
    assert_eq!(made["result"]["block_id"], real["result"]["block_id"]);
    assert_eq!(made["result"]["block"]["header"], real["result"]["block"]["header"]);
    assert_eq!(made["result"]["block"]["data"], real["result"]["block"]["data"]);
    let status: serde_json::Value = serde_json::from_str(&get(&format!("{}/status", endpoint.url())).await.1).unwrap();
    assert_eq!(status["result"]["node_info"]["network"], CHAIN);
}

#[tokio::test]
async fn below_a_hole_an_archive_is_a_pruned_node() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), &[(1, 40), (61, 80), (81, 100)]).await;
    let endpoint = served(folder.path()).await;
    let pool = pool([endpoint.url()]);
    assert_eq!(pool.head().await.unwrap().floor, 61);
    assert!(matches!(
        pool.fetch_range(30, 70).await.unwrap_err(),
        FetchError::Pruned { lowest: 61, .. }
    ));
    assert_eq!(pool.fetch_range(61, 100).await.unwrap(), fetched(61, 100).await);
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_never_data() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), &[(1, 50), (51, 80)]).await;
    let ranges = folder.path().join("akash/ranges");
    let oldest = std::fs::read_dir(&ranges)
        .unwrap()
        .map(|e| e.unwrap().path())
        .min()
        .unwrap();
    let mut bytes = std::fs::read(&oldest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&oldest, bytes).unwrap();
    let endpoint = served(folder.path()).await;
    assert_eq!(get(&format!("{}/block_results?height=60", endpoint.url())).await.0, 200);
    let (status, body) = get(&format!("{}/block_results?height=20", endpoint.url())).await;
    assert_eq!(status, 500);
    assert!(
        body.contains("Internal error") && !body.contains("txs_results"),
        "{body}"
    );
}

#[tokio::test]
async fn a_folder_with_nothing_to_replay_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let why = async || open(folder.path(), None).await.err().unwrap().to_string();
    assert!(why().await.contains("holds no archive"));
    for network in ["akash", "other"] {
        std::fs::create_dir_all(folder.path().join(network).join("ranges")).unwrap();
    }
    assert!(why().await.contains("akash, other"));
    let named = open(folder.path(), Some("akash")).await.err().unwrap().to_string();
    assert!(named.contains("no blocks of akash"), "{named}");
}
