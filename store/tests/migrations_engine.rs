//! The migration runner against the embedded engine.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::client::ClickHouse;
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate::clickhouse::{plan, report, up, up_with, verify};
use gridproof_store::migrate::{DriftError, EntryStatus, MigrateError, MigrationFile, clickhouse_files};
use support::{client, number};

fn file(name: &str, sql: &str) -> MigrationFile {
    MigrationFile::parse(name, sql.as_bytes()).unwrap()
}

fn table(version: u32) -> MigrationFile {
    let sql = format!("CREATE TABLE IF NOT EXISTS t{version} (a UInt8) ENGINE = MergeTree ORDER BY a;");
    file(&format!("{version:04}_t.sql"), &sql)
}

fn fresh() -> (TestEngine, ClickHouse) {
    let engine = TestEngine::start();
    let client = client(&engine.url());
    (engine, client)
}

async fn locks(client: &ClickHouse) -> u64 {
    number(
        client,
        "SELECT count() FROM system.tables WHERE name LIKE '\\_migration\\_lock%'",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_database_is_brought_up_once() {
    let (_engine, client) = fresh();
    let files = [table(1), table(10)];
    let before = report(&client, &files).await.unwrap();
    assert_eq!(before.pending(), [1, 10]);
    assert_eq!(up_with(&client, &files).await.unwrap().applied, ["0001_t", "0010_t"]);
    let again = up_with(&client, &files).await.unwrap();
    assert!(again.applied.is_empty());
    again.report.check().unwrap();
    assert!(
        again
            .report
            .entries
            .iter()
            .all(|entry| entry.status == EntryStatus::Applied)
    );
    assert_eq!(locks(&client).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_may_stand_before_an_applied_one() {
    let (_engine, client) = fresh();
    up_with(&client, &[table(1), table(90)]).await.unwrap();
    let report = up_with(&client, &[table(1), table(11), table(90)]).await.unwrap();
    assert_eq!(report.applied, ["0011_t"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_file_is_refused_and_nothing_runs() {
    let (_engine, client) = fresh();
    up_with(&client, &[table(1)]).await.unwrap();
    let edited = file(
        "0001_t.sql",
        "CREATE TABLE IF NOT EXISTS t1 (a UInt16) ENGINE = MergeTree ORDER BY a",
    );
    let refused = up_with(&client, &[edited, table(2)]).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Drift(DriftError::Edited(label)) if label == "0001_t"));
    assert_eq!(
        number(&client, "SELECT count() FROM system.tables WHERE name = 't2'").await,
        0
    );
    assert_eq!(locks(&client).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_and_a_dropped_table_are_refused() {
    let (_engine, client) = fresh();
    up_with(&client, &[table(1), table(2)]).await.unwrap();
    let refused = up_with(&client, &[table(1)]).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Drift(DriftError::Unknown(label)) if label == "0002_t"));
    client.execute("DROP TABLE t1 SYNC").await.unwrap();
    let refused = up_with(&client, &[table(1), table(2)]).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Drift(DriftError::Missing { what, .. }) if what == "t1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_short_runs_again() {
    let (_engine, client) = fresh();
    let sql = "CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x\n-- @stmt\n\
               CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x";
    let broken = file("0001_t.sql", &sql.replace("b (x UInt8)", "b (x NoSuchType)"));
    let error = up_with(&client, &[broken]).await.unwrap_err();
    let MigrateError::Statement {
        version: 1,
        statement: 2,
        source,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(source.code(), Some(50), "{source}");
    assert_eq!(
        up_with(&client, &[file("0001_t.sql", sql)]).await.unwrap().applied,
        ["0001_t"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_at_the_same_time_apply_each_file_once() {
    let (_engine, client) = fresh();
    let files: Vec<MigrationFile> = (1..=8).map(table).collect();
    let runs = (0..6).map(|_| up_with(&client, &files));
    let reports = futures::future::join_all(runs).await;
    let applied: usize = reports.into_iter().map(|report| report.unwrap().applied.len()).sum();
    assert_eq!(applied, 8);
    assert_eq!(number(&client, "SELECT count() FROM _migrations").await, 8);
    assert_eq!(locks(&client).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_a_dead_process_is_broken_by_one_runner_only() {
    let (_engine, client) = fresh();
    client.create_database().await.unwrap();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    // No process has an id above the system's limit of 4194304.
    let sql = format!(
        "CREATE TABLE _migration_lock (nothing UInt8) ENGINE = Memory COMMENT '{} 4194305 5 0'",
        host.trim()
    );
    client.execute(&sql).await.unwrap();
    let files: Vec<MigrationFile> = (1..=4).map(table).collect();
    let reports = futures::future::join_all((0..4).map(|_| up_with(&client, &files))).await;
    let applied: usize = reports.into_iter().map(|report| report.unwrap().applied.len()).sum();
    assert_eq!(applied, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_files_apply_to_a_fresh_database_and_again() {
    let (_engine, client) = fresh();
    let embedded = clickhouse_files().unwrap();
    assert_eq!(plan(&client).await.unwrap().len(), embedded.len());
    let first = up(&client).await.unwrap();
    assert_eq!(first.applied.len(), embedded.len());
    assert!(up(&client).await.unwrap().applied.is_empty());
    let verified = verify(&client).await.unwrap();
    assert_eq!(verified, first.report);
    assert_eq!(plan(&client).await.unwrap(), []);
    let json = serde_json::to_value(&verified).unwrap();
    assert_eq!(json["entries"][0]["status"], "applied");
}

/// A crash in the middle of a file runs it again, so each statement must bear that.
#[tokio::test(flavor = "multi_thread")]
async fn every_embedded_statement_can_run_twice() {
    let (_engine, client) = fresh();
    up(&client).await.unwrap();
    for file in clickhouse_files().unwrap() {
        for statement in file.statements() {
            let result = client.execute(&statement).await;
            assert!(result.is_ok(), "{}: {result:?}", file.label());
        }
    }
}
