//! The whole way: blocks, state, rows, the committer, the engine, the as-of views, the comparison.
#![allow(clippy::unwrap_used)]

use super::super::rows::Provider;
use super::super::{HeightReport, OBJECT, Snapshot, compare_state_dir, diff, height_folders};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::facts::derive;
use crate::chain::akash::state::State;
use crate::chain::akash::testing::{RECORDINGS, blocks, path};
use gridproof_store::batch::{Batch, Origin};
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate;
use gridproof_store::state_db::{Network, Span, StageKey, StateDb};
use std::time::Duration;
use tempfile::TempDir;

/// Heights of one commit: several commits per recording, of uneven ends.
const RANGE: usize = 211;

pub(super) struct Stand {
    pub(super) client: ClickHouse,
    committer: Committer,
    state_db: StateDb,
    _engine: TestEngine,
    _dir: TempDir,
}

pub(super) async fn stand() -> Stand {
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

/// Commits a whole recording; gives the name of its network.
pub(super) async fn ingest(stand: &Stand, recording: &str) -> String {
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
    let lease = stand.committer.lease().clone();
    let origin = Origin {
        network: network.clone(),
        chain_id: rules.chain_id.clone(),
    };
    let mut state = State::new(rules, Some(&genesis)).unwrap();
    for range in blocks(recording).chunks(RANGE) {
        let (mut facts, mut batch) = (Batch::new(origin.clone()), Batch::new(origin.clone()));
        for block in range {
            let out = state.step(block).unwrap();
            state.write_rows(&block.header, &out, &mut batch).unwrap();
            derive(block, &mut facts).unwrap();
        }
        let span = Span::new(range[0].header.height, range[range.len() - 1].header.height).unwrap();
        for (stage, batch) in [(StageKey::FACTS, &facts), (StageKey::STATE, &batch)] {
            let key = StageKey::new(&network, stage);
            let claimed = stand.state_db.claim(&lease, &key, span, 1).await.unwrap();
            stand.committer.commit(&claimed, batch).await.unwrap();
        }
    }
    network
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_every_recording_equal_every_truth() {
    let stand = stand().await;
    for recording in RECORDINGS {
        let network = ingest(&stand, recording).await;
        let folder = path(recording, "state");
        let reports = compare_state_dir(stand.client.raw(), &network, &folder).await.unwrap();
        assert_eq!(reports.len(), height_folders(&folder).unwrap().len(), "{recording}");
        for HeightReport {
            height,
            compared,
            differences,
        } in reports
        {
            let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
            assert!(
                lines.is_empty(),
                "{recording} {height}: {} differences\n{}",
                lines.len(),
                lines.join("\n")
            );
            assert!(compared.len() >= 10, "{recording} {height}: {compared:?}");
        }
    }
    tables_that_no_truth_file_lists_agree_with_those_that_it_does(&stand).await;
    a_planted_row_is_found(&stand).await;
    what_is_not_indexed_is_no_comparison(&stand).await;
}

/// A height above the last committed one, or a network that is not there, is one difference and no pass.
async fn what_is_not_indexed_is_no_comparison(stand: &Stand) {
    for (network, reached) in [("rec-gridlocal-v12", "582"), ("no-such-network", "0")] {
        let folder = path("akash-gridlocal-1", "state");
        let reports = compare_state_dir(stand.client.raw(), network, &folder).await.unwrap();
        let last = reports.last().unwrap();
        let found = last.differences.first().unwrap();
        assert_eq!((last.height, last.differences.len()), (860, 1));
        assert_eq!(
            (found.field.as_str(), found.expected.as_str(), found.got.as_str()),
            ("indexed_to", "860", reached)
        );
        assert!(reports.iter().all(|report| !report.differences.is_empty()));
    }
}

/// Provider attributes one by one are those of the providers; the oracle's aggregate is the chain's.
async fn tables_that_no_truth_file_lists_agree_with_those_that_it_does(stand: &Stand) {
    let query = "SELECT owner, concat('\"', key, '\"=\"', value, '\"') \
                 FROM provider_attributes_as_of(network = 'rec-gridlocal-1', as_of = 860)";
    let mut stored: Vec<(String, String)> = stand.client.fetch_all(query).await.unwrap();
    let truth = Snapshot::from_truth_dir(&path("akash-gridlocal-1", "state/860")).unwrap();
    let providers = truth.providers.unwrap();
    let pairs = |(owner, provider): (&String, &Provider)| {
        let lines = provider.attributes.iter().map(|line| (owner.clone(), line.clone()));
        lines.collect::<Vec<_>>()
    };
    let mut expected: Vec<(String, String)> = providers.iter().flat_map(pairs).collect();
    stored.sort();
    expected.sort();
    assert!(expected.len() > 50);
    assert_eq!(stored, expected);

    let query = "SELECT denom, toString(median_price), toString(twap), healthy \
                 FROM oracle_status_as_of(network = 'rec-gridlocal-1', as_of = 860)";
    let stored: Vec<(String, Option<String>, Option<String>, u8)> = stand.client.fetch_all(query).await.unwrap();
    let answer = std::fs::read(path("akash-gridlocal-1", "state/860/oracle_aggregated_akt.json")).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let price = |name: &str| {
        answer["aggregated_price"][name]
            .as_str()
            .unwrap()
            .parse::<Dec>()
            .unwrap()
    };
    let [(denom, median, twap, healthy)] = stored.as_slice() else {
        panic!("one asset: {stored:?}")
    };
    let parse = |text: &Option<String>| text.as_ref().unwrap().parse::<Dec>().unwrap();
    assert_eq!(
        (denom.as_str(), parse(median), parse(twap)),
        ("akt", price("median_price"), price("twap"))
    );
    assert_eq!(*healthy == 1, answer["price_health"]["is_healthy"].as_bool().unwrap());
}

/// One row too many, one wrong value and one lost object in the real tables.
async fn a_planted_row_is_found(stand: &Stand) {
    let (network, height) = ("rec-gridlocal-1", 860);
    for statement in [
        "INSERT INTO supply SELECT * REPLACE (toUInt128(1) AS amount, 860 AS height, 999 AS event_index) FROM supply \
         WHERE network = 'rec-gridlocal-1' AND denom = 'uact' LIMIT 1",
        "INSERT INTO leases SELECT * REPLACE (1 AS removed, 860 AS height, 999 AS event_index) FROM leases \
         WHERE network = 'rec-gridlocal-1' LIMIT 1",
        "INSERT INTO audits SELECT * REPLACE ('nobody' AS auditor) FROM audits \
         WHERE network = 'rec-gridlocal-1' AND removed = 0 LIMIT 1",
    ] {
        stand.client.execute(statement).await.unwrap();
    }
    let expected = Snapshot::from_truth_dir(&path("akash-gridlocal-1", "state/860")).unwrap();
    let got = Snapshot::from_tables(stand.client.raw(), network, height, &expected.sections())
        .await
        .unwrap();
    let found = diff(&expected, &got);
    let named: Vec<(&str, &str, &str)> = found
        .iter()
        .map(|one| (one.table, one.field.as_str(), one.got.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("leases", OBJECT, "absent"),
            ("audits", OBJECT, "present"),
            ("supply", "amount", "1")
        ]
    );
    let absent = Snapshot::from_tables(stand.client.raw(), "no-such-network", height, &expected.sections())
        .await
        .unwrap();
    let objects: usize = expected
        .sections()
        .into_iter()
        .map(|section| expected.count(section))
        .sum();
    assert_eq!(diff(&expected, &absent).len(), objects);
}
