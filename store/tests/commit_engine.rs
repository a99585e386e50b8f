//! The commit protocol against the embedded engine.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::batch::{Batch, Identity};
use gridproof_store::client::ClickHouse;
use gridproof_store::commit::{CommitError, Committer};
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::state_db::{StageKey, StateError};
use std::time::Duration;
use support::{DECODER, Fee, NETWORK, TTL, commit, dump, key, number, rows, span, state_in};

struct Fixture {
    engine: TestEngine,
    client: ClickHouse,
    committer: Committer,
    _folder: tempfile::TempDir,
}

async fn fixture() -> Fixture {
    let (engine, client) = support::engine().await;
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let committer = Committer::new(client.clone(), db, lease);
    Fixture {
        engine,
        client,
        committer,
        _folder: folder,
    }
}

impl Fixture {
    async fn live(&self) -> Vec<(u64, u64, u32)> {
        let sql = "SELECT from_height, to_height, generation FROM live ORDER BY from_height";
        self.client.fetch_all(sql).await.unwrap()
    }

    async fn count(&self, table: &str) -> u64 {
        number(&self.client, &format!("SELECT count() FROM {table}")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committed_range_is_in_the_tables_and_live() {
    let f = fixture().await;
    commit(&f.committer, span(1, 10)).await;
    assert_eq!(f.live().await, [(1, 10, 0)]);
    assert_eq!((f.count("tx_fees").await, f.count("mint").await), (20, 10));
    let first = &dump(&f.client, "tx_fees").await[0];
    assert!(
        first.starts_with("('testnet','test-1',1,'2023-11-14 22:13:26.000',0,-1,0,0,"),
        "{first}"
    );
    let sql = "SELECT groupBitXor(row_hash) FROM (SELECT row_hash FROM tx_fees UNION ALL SELECT row_hash FROM mint)";
    assert_eq!(number(&f.client, sql).await, rows(span(1, 10), u128::from).digest().xor);
}

#[tokio::test(flavor = "multi_thread")]
async fn running_the_same_range_again_inserts_nothing_twice() {
    let f = fixture().await;
    let claim = f
        .committer
        .state()
        .claim(f.committer.lease(), &key(), span(1, 10), DECODER)
        .await
        .unwrap();
    let batch = rows(span(1, 10), u128::from);
    f.committer.commit(&claim, &batch).await.unwrap();
    let before = dump(&f.client, "tx_fees").await;
    assert_eq!(before.len(), 20);
    // Another state database that knows nothing of it: the cursor of a process that died before it moved.
    f.client.execute("TRUNCATE TABLE networks").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let again = db.claim(&lease, &key(), span(1, 10), DECODER).await.unwrap();
    assert_eq!(again, claim);
    Committer::new(f.client.clone(), db, lease)
        .commit(&again, &batch)
        .await
        .unwrap();
    assert_eq!(dump(&f.client, "tx_fees").await, before, "without FINAL");
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_join_in_the_mirror_and_a_lost_mirror_is_made_up_for() {
    let f = fixture().await;
    commit(&f.committer, span(11, 20)).await;
    commit(&f.committer, span(1, 5)).await;
    assert_eq!(f.live().await, [(1, 5, 0), (11, 20, 0)]);
    commit(&f.committer, span(6, 10)).await;
    assert_eq!(f.live().await, [(1, 20, 0)]);
    f.committer.resume().await.unwrap();
    f.client.execute("TRUNCATE TABLE live_ranges").await.unwrap();
    assert_eq!(f.live().await, []);
    f.committer.resume().await.unwrap();
    f.committer.resume().await.unwrap();
    assert_eq!(f.live().await, [(1, 20, 0)]);
    let networks = f
        .client
        .fetch_all::<String>("SELECT chain_id FROM networks FINAL")
        .await
        .unwrap();
    assert_eq!(networks, ["test-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rederivation_with_fewer_rows_leaves_nothing_stale_and_can_be_cleaned_up() {
    let f = fixture().await;
    commit(&f.committer, span(1, 30)).await;
    assert_eq!(f.count("tx_fees_live").await, 60);
    let (state, lease) = (f.committer.state(), f.committer.lease());
    let reindex = state
        .bump_generation(lease, &key(), span(11, 20), DECODER + 1)
        .await
        .unwrap();
    let fewer = |from, to| {
        let mut batch = Batch::new(support::origin());
        batch.append(rows(span(from, to), |height| u128::from(height) + 1000));
        batch.tables.remove("mint");
        batch
    };
    let first = state.claim_reindex(lease, &reindex, span(11, 15)).await.unwrap();
    f.committer.commit(&first, &fewer(11, 15)).await.unwrap();
    assert_eq!(f.live().await, [(1, 30, 0)]);
    assert_eq!(
        number(&f.client, "SELECT count() FROM tx_fees_live WHERE amount > 1000").await,
        0
    );
    let second = state.claim_reindex(lease, &reindex, span(16, 20)).await.unwrap();
    f.committer.commit(&second, &fewer(16, 20)).await.unwrap();
    assert_eq!(f.live().await, [(1, 10, 0), (11, 20, 1), (21, 30, 0)]);
    assert_eq!(f.count("tx_fees_live").await, 60);
    assert_eq!(
        number(&f.client, "SELECT count() FROM tx_fees_live WHERE amount > 1000").await,
        20
    );
    let live = dump(&f.client, "tx_fees_live").await;

    assert_eq!(
        f.committer.gc(&key(), Duration::from_secs(60)).await.unwrap().dropped,
        []
    );
    let report = f.committer.gc(&key(), Duration::ZERO).await.unwrap();
    assert_eq!(report.dropped[0].segment.span, span(11, 20));
    assert_eq!(report.tables, ["mint", "tx_fees"]);
    assert_eq!((f.count("tx_fees").await, f.count("mint").await), (60, 20));
    assert_eq!(dump(&f.client, "tx_fees_live").await, live);
    assert_eq!(f.committer.gc(&key(), Duration::ZERO).await.unwrap().dropped, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_lost_its_lease_commits_nothing() {
    let f = fixture().await;
    let claim = f
        .committer
        .state()
        .claim(f.committer.lease(), &key(), span(1, 10), DECODER)
        .await
        .unwrap();
    f.committer.state().release_writer(f.committer.lease()).await.unwrap();
    f.committer
        .state()
        .acquire_writer("indexer", "other", TTL)
        .await
        .unwrap();
    let refused = f.committer.commit(&claim, &rows(span(1, 10), u128::from)).await;
    assert!(matches!(refused, Err(CommitError::State(StateError::LeaseLost { .. }))));
    assert_eq!((f.count("tx_fees").await, f.live().await), (0, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_does_not_belong_to_the_range_is_refused() {
    let f = fixture().await;
    let claim = f
        .committer
        .state()
        .claim(f.committer.lease(), &key(), span(1, 10), DECODER)
        .await
        .unwrap();
    let outside = f.committer.commit(&claim, &rows(span(1, 11), u128::from)).await;
    assert!(matches!(outside, Err(CommitError::OutsideRange { height: 11, .. })));
    let mut foreign = rows(span(1, 10), u128::from);
    foreign.origin.network = "other".into();
    assert!(matches!(
        f.committer.commit(&claim, &foreign).await,
        Err(CommitError::OtherNetwork { .. })
    ));
    assert_eq!(f.count("tx_fees").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_range_is_visible_to_readers_until_it_is_mended() {
    let f = fixture().await;
    let state = f.committer.state();
    let claim = state
        .claim(f.committer.lease(), &key(), span(1, 10), DECODER)
        .await
        .unwrap();
    f.committer.quarantine(&claim, "height 4: it's broken").await.unwrap();
    let sql = "SELECT from_height, to_height, reason FROM quarantined";
    let shown = f.client.fetch_all::<(u64, u64, String)>(sql).await.unwrap();
    assert_eq!(shown, [(1, 10, "height 4: it's broken".to_owned())]);
    state.retry_quarantined(f.committer.lease(), &key()).await.unwrap();
    let claim = state
        .pending(f.committer.lease(), &key(), DECODER)
        .await
        .unwrap()
        .remove(0);
    f.committer
        .commit(&claim, &rows(span(1, 10), u128::from))
        .await
        .unwrap();
    assert_eq!(f.client.fetch_all::<(u64, u64, String)>(sql).await.unwrap(), []);
    assert_eq!(f.live().await, [(1, 10, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_range_is_committed_too() {
    let f = fixture().await;
    let claim = f
        .committer
        .state()
        .claim(f.committer.lease(), &key(), span(1, 10), DECODER)
        .await
        .unwrap();
    let watermark = f
        .committer
        .commit(&claim, &Batch::new(support::origin()))
        .await
        .unwrap();
    assert_eq!(watermark.complete_to, Some(10));
    assert_eq!(f.live().await, [(1, 10, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stages_of_a_network_have_their_own_ranges() {
    let f = fixture().await;
    commit(&f.committer, span(1, 20)).await;
    let state_key = StageKey::new(NETWORK, StageKey::STATE);
    let claim = f
        .committer
        .state()
        .claim(f.committer.lease(), &state_key, span(1, 5), 1)
        .await
        .unwrap();
    let mut batch = rows(span(1, 5), u128::from);
    batch.tables.remove("tx_fees");
    f.committer.commit(&claim, &batch).await.unwrap();
    let sql = "SELECT stage, from_height, to_height FROM live ORDER BY stage";
    let live = f.client.fetch_all::<(String, u64, u64)>(sql).await.unwrap();
    assert_eq!(live, [("facts".into(), 1, 20), ("state".into(), 1, 5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_is_waited_for_and_no_row_is_lost_or_doubled() {
    let mut f = fixture().await;
    commit(&f.committer, span(1, 10)).await;
    for round in 1..=3u64 {
        f.engine.kill();
        let from = round * 10 + 1;
        let committer = f.committer.clone();
        let running = tokio::spawn(async move { commit(&committer, span(from, from + 9)).await });
        tokio::time::sleep(Duration::from_millis(150)).await;
        f.engine.restart();
        running.await.unwrap();
    }
    assert_eq!(f.live().await, [(1, 40, 0)]);
    assert_eq!((f.count("tx_fees").await, f.count("mint").await), (80, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_their_cursor_and_a_cursor_without_its_rows_are_refused() {
    let f = fixture().await;
    f.committer.resume().await.unwrap();
    commit(&f.committer, span(1, 10)).await;
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let stranger = Committer::new(f.client.clone(), db, lease);
    assert!(matches!(stranger.resume().await, Err(CommitError::OtherState { .. })));
    f.client.execute("TRUNCATE TABLE networks").await.unwrap();
    assert!(matches!(f.committer.resume().await, Err(CommitError::RowsLost { .. })));
    stranger.resume().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_several_inserts_is_written_once_and_in_bounded_memory() {
    // One more than one insert takes: two inserts, each with a token of its own.
    const ROWS: u64 = 250_001;
    let f = fixture().await;
    let claim = f
        .committer
        .state()
        .claim(f.committer.lease(), &key(), span(1, 10), DECODER)
        .await
        .unwrap();
    let mut batch = Batch::new(support::origin());
    for row in 0..ROWS {
        let identity = Identity {
            height: 1 + row % 10,
            block_time_ms: 0,
            tx_index: 0,
            msg_index: -1,
            event_index: (row / 10) as i32,
        };
        batch
            .push(
                &identity,
                &Fee {
                    payer: "akash1abcdefghijklmnopqrstuvwxyz0123456789abc".into(),
                    amount: 1,
                },
            )
            .unwrap();
    }
    assert!(batch.bytes() as u64 <= ROWS * 105, "{} bytes", batch.bytes());
    f.committer.commit(&claim, &batch).await.unwrap();
    assert_eq!(f.count("tx_fees").await, ROWS);
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    db.claim(&lease, &key(), span(1, 10), DECODER).await.unwrap();
    f.client.execute("TRUNCATE TABLE networks").await.unwrap();
    Committer::new(f.client.clone(), db, lease)
        .commit(&claim, &batch)
        .await
        .unwrap();
    assert_eq!(f.count("tx_fees").await, ROWS, "without FINAL");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_stops_the_range_and_names_the_table() {
    let f = fixture().await;
    f.client.execute("DROP TABLE mint SYNC").await.unwrap();
    let claim = f
        .committer
        .state()
        .claim(f.committer.lease(), &key(), span(1, 10), DECODER)
        .await
        .unwrap();
    let error = f
        .committer
        .commit(&claim, &rows(span(1, 10), u128::from))
        .await
        .unwrap_err();
    let CommitError::Insert {
        table: "mint", source, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(source.code(), Some(60));
    assert_eq!(f.live().await, []);
}
