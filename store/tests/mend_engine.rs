//! Rows that ClickHouse acknowledged and does not have: the committer finds and inserts them, each once.
#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use clickhouse::Row;
use gridproof_store::batch::{Batch, SeriesIdentity, TableRow};
use gridproof_store::client::ClickHouse;
use gridproof_store::commit::{CommitError, Committer};
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::integrity;
use gridproof_store::state_db::{ClaimedRange, Span, StageKey};
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use support::{DECODER, NETWORK, commit, key, number, rows, span, state_in};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

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

fn batch(span: Span) -> Batch {
    rows(span, u128::from)
}

impl Fixture {
    async fn claim(&self, span: Span) -> ClaimedRange {
        let (state, lease) = (self.committer.state(), self.committer.lease());
        state.claim(lease, &key(), span, DECODER).await.unwrap()
    }

    /// A process that noted its inserts, made them and died before the cursor.
    async fn insert_and_die(&self, claim: &ClaimedRange, batch: &Batch) {
        let tables: Vec<&str> = batch.tables.keys().copied().collect();
        let (state, lease) = (self.committer.state(), self.committer.lease());
        assert!(!state.begin_insert(lease, claim, &tables).await.unwrap());
        for (table, rows) in &batch.tables {
            let columns: Vec<&str> = rows.columns().collect();
            let mut bytes = Vec::new();
            rows.write_rows(0..rows.rows as usize, &shared(claim), &mut bytes);
            let bytes = Bytes::from(bytes);
            let body = || std::iter::once(bytes.clone());
            let token = claim.token(table);
            let done = self.client.insert_batch_table(table, &columns, body, &token).await;
            assert!(!done.unwrap().retried());
        }
    }

    /// Takes rows out of a table; ClickHouse goes on remembering their token, as after a kill between the two.
    async fn lose(&self, table: &str, condition: &str) {
        let sql = format!("ALTER TABLE {table} DELETE WHERE {condition} SETTINGS mutations_sync = 2");
        self.client.execute(&sql).await.unwrap();
    }

    /// Rows without `FINAL`, and how many different ones.
    async fn count(&self, table: &str) -> (u64, u64) {
        let count = number(&self.client, &format!("SELECT count() FROM {table}")).await;
        let unique = number(&self.client, &format!("SELECT uniqExact(row_hash) FROM {table}")).await;
        (count, unique)
    }

    /// Asserts that exactly the rows of `1..=last` stand, each once, and that what is committed says the same.
    async fn holds_all_to(&self, last: u64) {
        assert_eq!(self.count("tx_fees").await, (2 * last, 2 * last));
        assert_eq!(self.count("mint").await, (last, last));
        let state = self.committer.state();
        let report = integrity::check(&self.client, state, &key(), span(1, last))
            .await
            .unwrap();
        assert_eq!((report.rows, report.copies, report.differences.len()), (3 * last, 0, 0));
    }
}

fn shared(claim: &ClaimedRange) -> Vec<u8> {
    let mut shared = Vec::new();
    for text in ["testnet", "test-1"] {
        shared.push(text.len() as u8);
        shared.extend_from_slice(text.as_bytes());
    }
    shared.extend_from_slice(&claim.generation.to_le_bytes());
    shared
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_lost_behind_its_token_is_inserted_again() {
    let f = fixture().await;
    // Neighbors of the same generation and an earlier range of the same tables must not be taken for it.
    commit(&f.committer, span(1, 10)).await;
    commit(&f.committer, span(21, 30)).await;
    let claim = f.claim(span(11, 20)).await;
    f.insert_and_die(&claim, &batch(claim.span)).await;
    f.lose("tx_fees", "height BETWEEN 11 AND 20").await;
    f.lose("mint", "height IN (12, 19)").await;
    f.committer.commit(&claim, &batch(claim.span)).await.unwrap();
    f.holds_all_to(30).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_mending_is_mended_in_turn() {
    let f = fixture().await;
    let claim = f.claim(span(1, 10)).await;
    f.insert_and_die(&claim, &batch(claim.span)).await;
    f.lose("tx_fees", "1").await;
    // The process died again and again, each time after the rows were noted and before they were there.
    let batch = batch(claim.span);
    let rows = &batch.tables["tx_fees"];
    for round in 1..=3 {
        let mut bytes = Vec::new();
        rows.write_rows(0..rows.rows as usize, &shared(&claim), &mut bytes);
        let (bytes, columns) = (Bytes::from(bytes), rows.columns().collect::<Vec<_>>());
        let token = format!("{}~{round}", claim.token("tx_fees"));
        let body = || std::iter::once(bytes.clone());
        let done = f.client.insert_batch_table("tx_fees", &columns, body, &token).await;
        assert!(!done.unwrap().retried());
        f.lose("tx_fees", "1").await;
    }
    f.committer.commit(&claim, &batch).await.unwrap();
    f.holds_all_to(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_not_inserted_again_after_a_crash() {
    let f = fixture().await;
    let claim = f.claim(span(1, 10)).await;
    f.insert_and_die(&claim, &batch(claim.span)).await;
    f.committer.commit(&claim, &batch(claim.span)).await.unwrap();
    f.holds_all_to(10).await;
    let tokens = "SELECT count() FROM system.parts WHERE database = 'gridproof' AND table = 'tx_fees' AND active";
    assert_eq!(number(&f.client, tokens).await, 1);
}

/// Passes connections on to `to`. The first one that inserts into `table` is cut off after its insert was acknowledged
/// and `lost` has run, so that the client does not learn of it.
async fn break_first_insert(
    to: SocketAddr,
    table: &'static str,
    lost: impl Fn() -> String + Send + Sync + 'static,
) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let broken = Arc::new(AtomicU32::new(0));
    let (count, lost) = (Arc::clone(&broken), Arc::new(lost));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (count, lost) = (Arc::clone(&count), Arc::clone(&lost));
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                let (mut seen, mut sent, mut answer) = (Vec::new(), vec![0; 64 << 10], vec![0; 64 << 10]);
                let marker = format!("INSERT+INTO+%60{table}%60");
                loop {
                    tokio::select! {
                        read = client.read(&mut sent) => {
                            let read = read.unwrap_or(0);
                            if read == 0 { return }
                            seen.extend_from_slice(&sent[..read]);
                            server.write_all(&sent[..read]).await.unwrap();
                        }
                        read = server.read(&mut answer) => {
                            let read = read.unwrap_or(0);
                            if read == 0 { return }
                            let inserted = String::from_utf8_lossy(&seen).contains(&marker);
                            if inserted && count.fetch_add(1, Ordering::SeqCst) == 0 {
                                support::client(&format!("http://{to}")).execute(&lost()).await.unwrap();
                                return;
                            }
                            client.write_all(&answer[..read]).await.unwrap();
                            if inserted {
                                // Later ones pass.
                                let _ = copy_bidirectional(&mut client, &mut server).await;
                                return;
                            }
                        }
                    }
                }
            });
        }
    });
    (url, broken)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broken_connection_hid_is_looked_up() {
    let f = fixture().await;
    let delete = || "ALTER TABLE tx_fees DELETE WHERE height > 3 SETTINGS mutations_sync = 2".to_owned();
    let (url, broken) = break_first_insert(f.engine.address(), "tx_fees", delete).await;
    let (db, lease) = (f.committer.state().clone(), f.committer.lease().clone());
    let committer = Committer::new(support::client(&url), db, lease);
    commit(&committer, span(1, 10)).await;
    assert!(broken.load(Ordering::SeqCst) >= 2, "the insert was cut off and retried");
    f.holds_all_to(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_was_lost_behind_its_token_is_written_again() {
    let f = fixture().await;
    commit(&f.committer, span(1, 10)).await;
    let delete = || "ALTER TABLE live_ranges DELETE WHERE 1 SETTINGS mutations_sync = 2".to_owned();
    let (url, broken) = break_first_insert(f.engine.address(), "live_ranges", delete).await;
    let (db, lease) = (f.committer.state().clone(), f.committer.lease().clone());
    let committer = Committer::new(support::client(&url), db, lease);
    commit(&committer, span(11, 20)).await;
    assert!(broken.load(Ordering::SeqCst) >= 2);
    let live = f
        .client
        .fetch_all::<(u64, u64)>("SELECT from_height, to_height FROM live")
        .await
        .unwrap();
    assert_eq!(live, [(1, 20)]);
}

#[derive(Row, Serialize)]
struct Tick {
    price: u64,
}

impl TableRow for Tick {
    const TABLE: &'static str = "ticks";
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_looked_up_by_its_entries_and_not_by_the_height_of_the_chain() {
    let f = fixture().await;
    let table = "CREATE TABLE ticks (network LowCardinality(String), chain_id LowCardinality(String), \
                 sequence UInt64, observed_at DateTime64(3, 'UTC'), item UInt32, height UInt64, generation UInt32, \
                 row_hash UInt64, price UInt64) ENGINE = ReplacingMergeTree \
                 ORDER BY (network, sequence, item, generation) SETTINGS non_replicated_deduplication_window = 10000";
    f.client.execute(table).await.unwrap();
    let key = StageKey::new(NETWORK, StageKey::PRICES);
    let (state, lease) = (f.committer.state(), f.committer.lease());
    let claim = state.claim(lease, &key, span(1, 3), DECODER).await.unwrap();
    let mut batch = Batch::new(support::origin());
    for sequence in 1..=3 {
        let identity = SeriesIdentity {
            sequence,
            observed_at_ms: 0,
            item: 0,
            height: 27_000_000,
        };
        batch.push(&identity, &Tick { price: sequence }).unwrap();
    }
    f.insert_and_die(&claim, &batch).await;
    f.lose("ticks", "sequence = 2").await;
    f.committer.commit(&claim, &batch).await.unwrap();
    assert_eq!(f.count("ticks").await, (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_never_stay_are_refused_and_the_claim_stands() {
    let f = fixture().await;
    // Every insert is acknowledged, none stays.
    f.client
        .execute("RENAME TABLE tx_fees TO tx_fees_before")
        .await
        .unwrap();
    let null = "CREATE TABLE tx_fees AS tx_fees_before ENGINE = Null";
    f.client.execute(null).await.unwrap();
    let claim = f.claim(span(1, 3)).await;
    f.insert_and_die(&claim, &batch(claim.span)).await;
    let error = f.committer.commit(&claim, &batch(claim.span)).await.unwrap_err();
    assert!(
        matches!(
            error,
            CommitError::RowsMissing {
                table: "tx_fees",
                missing: 6,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(f.committer.state().claimed(&key()).await.unwrap(), [claim]);
}
