//! The whole way: blocks, state, rows, the committer, the engine, the as-of views, the comparison.
#![allow(clippy::unwrap_used)]

use super::super::{HeightReport, Section, Snapshot, diff, height_folders};
use crate::chain::akash::model::Block;
use crate::chain::akash::state::{State, StateOutput};
use crate::chain::akash::testing::{RECORDINGS, blocks, path};
use gridproof_store::batch::{Batch, Identity, Origin};
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate;
use gridproof_store::state_db::{Network, Span, StageKey, StateDb};
use std::time::Duration;
use tempfile::TempDir;

/// Heights of one commit: several commits per recording, of uneven ends.
const RANGE: usize = 97;

struct Stand {
    client: ClickHouse,
    committer: Committer,
    state_db: StateDb,
    _engine: TestEngine,
    _dir: TempDir,
}

async fn stand() -> Stand {
    let (engine, dir) = (TestEngine::start(), TempDir::new().unwrap());
    let client = ClickHouse::new(ClickHouseConfig {
        url: engine.url(),
        user: String::new(),
        password: String::new(),
        database: "gridproof".to_owned(),
    });
    migrate::clickhouse::up(&client).await.unwrap();
    let state_db = StateDb::open_file(&dir.path().join("state.db")).await.unwrap();
    let lease = state_db
        .acquire_writer("indexer", "test", Duration::from_secs(600))
        .await
        .unwrap();
    let committer = Committer::new(client.clone(), state_db.clone(), lease);
    Stand {
        client,
        committer,
        state_db,
        _engine: engine,
        _dir: dir,
    }
}

/// Rows of one block; the running number is the position of the object among those that changed.
fn push(state: &State, block: &Block, out: &StateOutput, batch: &mut Batch) {
    for (index, key) in out.changed().enumerate() {
        let identity = Identity {
            height: block.header.height,
            block_time_ms: (block.header.time.unix_timestamp_nanos() / 1_000_000) as i64,
            tx_index: Identity::END_BLOCK,
            msg_index: -1,
            event_index: i32::try_from(index).unwrap(),
        };
        state.ledger.push_row(key, &identity, batch).unwrap();
    }
}

/// Commits a whole recording; gives the name of its network.
async fn ingest(stand: &Stand, recording: &str) -> String {
    let (rules, genesis) = (super::rules(recording), super::genesis(recording));
    let network = format!("rec-{}", rules.chain_id);
    let declared = Network {
        name: network.clone(),
        chain_id: rules.chain_id.clone(),
        kind: "akash".to_owned(),
        first_height: 1,
        note: String::new(),
    };
    stand.state_db.register_network(&declared).await.unwrap();
    let (key, lease) = (
        StageKey::new(&network, StageKey::STATE),
        stand.committer.lease().clone(),
    );
    let origin = Origin {
        network: network.clone(),
        chain_id: rules.chain_id.clone(),
    };
    let mut state = State::new(rules, Some(&genesis)).unwrap();
    for range in blocks(recording).chunks(RANGE) {
        let mut batch = Batch::new(origin.clone());
        for block in range {
            let out = state.step(block).unwrap();
            push(&state, block, &out, &mut batch);
        }
        let span = Span::new(range[0].header.height, range[range.len() - 1].header.height).unwrap();
        let claimed = stand.state_db.claim(&lease, &key, span, 1).await.unwrap();
        stand.committer.commit(&claimed, &batch).await.unwrap();
    }
    network
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_every_recording_equal_every_truth() {
    let stand = stand().await;
    for recording in RECORDINGS {
        let network = ingest(&stand, recording).await;
        for (height, folder) in height_folders(&path(recording, "state")).unwrap() {
            let truth = Snapshot::from_truth_dir(&folder).unwrap();
            let sections: Vec<Section> = truth
                .sections()
                .into_iter()
                .filter(|section| *section >= Section::Providers)
                .collect();
            let got = Snapshot::from_tables(stand.client.raw(), &network, height, &sections)
                .await
                .unwrap();
            let mut truth = truth;
            super::only_ledger(&mut truth);
            let lines: Vec<String> = diff(&truth, &got).iter().map(ToString::to_string).collect();
            assert!(lines.is_empty(), "{recording} {height}:\n{}", lines.join("\n"));
            assert!(
                HeightReport::new(height, &truth, &got).objects() > 10,
                "{recording} {height}"
            );
        }
    }
}
