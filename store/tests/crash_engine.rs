//! A process that dies at each point of the commit protocol, and the run after it.
#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use gridproof_store::archive::{Archive, ArchiveLine};
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::crash::{CrashPoints, POINTS, VARIABLE};
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::lock::DataDirLock;
use gridproof_store::migrate;
use gridproof_store::state_db::ClaimedRange;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use support::{DECODER, NETWORK, dump, key, rows, span, state_in};

const URL: &str = "TEST_CHILD_URL";
const DATABASE: &str = "TEST_CHILD_DATABASE";
const FOLDER: &str = "TEST_CHILD_FOLDER";
const SIGABRT: i32 = 6;
const LAST_HEIGHT: u64 = 30;
const RANGE: u64 = 10;

fn client(url: &str, database: &str) -> ClickHouse {
    ClickHouse::new(ClickHouseConfig {
        url: url.into(),
        user: String::new(),
        password: String::new(),
        database: database.into(),
    })
}

/// A small indexer: what an earlier run left, then every hole, newest first.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the other tests as a child process"]
async fn child() {
    let Ok(url) = std::env::var(URL) else { return };
    let folder = std::env::var(FOLDER).unwrap();
    let lock = DataDirLock::acquire(Path::new(&folder)).unwrap();
    let (db, lease) = state_in(Path::new(&folder), lock.owner()).await;
    let crash = CrashPoints::from_env();
    let archive = Archive::open_folder(&Path::new(&folder).join("archive"))
        .unwrap()
        .with_crash_points(crash.clone());
    let client = client(&url, &std::env::var(DATABASE).unwrap());
    let committer = Committer::new(client, db, lease).with_crash_points(crash);
    committer.resume().await.unwrap();
    let (state, lease) = (committer.state(), committer.lease());
    for claim in state.pending(lease, &key(), DECODER).await.unwrap() {
        run(&committer, &archive, &claim).await;
    }
    while let Some(hole) = state.holes(&key(), span(1, LAST_HEIGHT)).await.unwrap().pop() {
        let newest = span(hole.to.saturating_sub(RANGE - 1).max(hole.from), hole.to);
        let claim = state.claim(lease, &key(), newest, DECODER).await.unwrap();
        run(&committer, &archive, &claim).await;
    }
}

async fn run(committer: &Committer, archive: &Archive, claim: &ClaimedRange) {
    let lines = (claim.span.from..=claim.span.to)
        .map(|height| ArchiveLine::at_height(height, [("results", Some(Bytes::from(format!("{{\"h\":{height}}}"))))]));
    let file = archive.put_range(NETWORK, claim.span, lines).await.unwrap();
    committer
        .state()
        .record_archive(committer.lease(), NETWORK, &file)
        .await
        .unwrap();
    committer.commit(claim, &rows(claim.span, u128::from)).await.unwrap();
}

/// One data folder and one database of the shared engine.
struct Case {
    url: String,
    database: String,
    folder: tempfile::TempDir,
}

impl Case {
    async fn new(engine: &TestEngine, database: &str) -> Self {
        let case = Self {
            url: engine.url(),
            database: database.into(),
            folder: tempfile::tempdir().unwrap(),
        };
        migrate::clickhouse::up_with(&case.client(), &support::migrations())
            .await
            .unwrap();
        case
    }

    fn client(&self) -> ClickHouse {
        client(&self.url, &self.database)
    }

    /// Runs the child to its end, or to the given point.
    fn run(&self, crash_at: Option<&str>) -> ExitStatus {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["child", "--exact", "--ignored", "--nocapture"])
            .env(URL, &self.url)
            .env(DATABASE, &self.database)
            .env(FOLDER, self.folder.path())
            .env_remove(VARIABLE);
        if let Some(point) = crash_at {
            command.env(VARIABLE, point);
        }
        command.output().unwrap().status
    }

    fn crash(&self, point: &str) {
        assert_eq!(self.run(Some(point)).signal(), Some(SIGABRT), "{point}");
    }

    /// All rows without `FINAL`, and what readers see.
    async fn content(&self) -> Vec<Vec<String>> {
        let client = self.client();
        let mut content = Vec::new();
        for table in ["tx_fees", "mint", "live", "tx_fees_live"] {
            content.push(dump(&client, table).await);
        }
        content
    }

    /// Number of rows that readers see: whole ranges at any time.
    async fn seen(&self) -> u64 {
        support::number(&self.client(), "SELECT count() FROM tx_fees_live").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_at_any_point_the_next_run_ends_with_the_same_rows() {
    let engine = TestEngine::start();
    let calm = Case::new(&engine, "calm").await;
    assert!(calm.run(None).success());
    let expected = calm.content().await;
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [60, 30, 1, 60]);
    let points = POINTS.into_iter().chain(["after-insert-2"]);
    for (number, point) in points.enumerate() {
        let case = Case::new(&engine, &format!("case_{number}")).await;
        for pass in [1, 2] {
            case.crash(&format!("{point}:{pass}"));
            assert_eq!(
                case.seen().await % (2 * RANGE),
                0,
                "{point}: readers see whole ranges only"
            );
        }
        assert!(case.run(None).success(), "{point}");
        assert_eq!(case.content().await, expected, "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_in_a_row_and_a_killed_engine_change_nothing() {
    let mut engine = TestEngine::start();
    let calm = Case::new(&engine, "calm").await;
    assert!(calm.run(None).success());
    let expected = calm.content().await;
    let case = Case::new(&engine, "many").await;
    for point in [
        "after-insert-1",
        "after-insert-all",
        "after-cursor",
        "after-insert-2",
        "after-claim",
    ] {
        case.crash(point);
        // The same address afterwards.
        engine.restart();
    }
    assert!(case.run(None).success());
    assert_eq!(case.content().await, expected);
}
