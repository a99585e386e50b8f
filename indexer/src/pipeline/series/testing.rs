//! A data folder with a series, for tests.
#![allow(clippy::unwrap_used)]

use super::SeriesHome;
use crate::chain::SeriesKind;
use crate::chain::akash::state::ChainRules;
use crate::pipeline::integrity::check_with;
use crate::pipeline::{Finding, Metrics, Vault};
use gridproof_store::archive::Archive;
use gridproof_store::batch::Origin;
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::crash::{CrashPoints, VARIABLE};
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate;
use gridproof_store::state_db::{Network, StateDb};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(super) const URL: &str = "TEST_SERIES_URL";
pub(super) const DATABASE: &str = "TEST_SERIES_DATABASE";
pub(super) const FOLDER: &str = "TEST_SERIES_FOLDER";
pub(super) const NETWORK: &str = "akash";
/// Tables of a kind of series that only tests have.
const TABLES: [&str; 2] = ["test_letters", "test_firsts"];

/// A data folder and a database of an engine.
pub(in crate::pipeline) struct Case {
    pub(in crate::pipeline) client: ClickHouse,
    pub(in crate::pipeline) folder: PathBuf,
    _dir: Option<tempfile::TempDir>,
}

impl Case {
    pub(in crate::pipeline) async fn new(engine: &TestEngine, database: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let case = Self::over(&engine.url(), database, dir.path());
        migrate::clickhouse::up(&case.client).await.unwrap();
        for table in TABLES {
            let sql = format!(
                "CREATE TABLE {table} (network LowCardinality(String), chain_id LowCardinality(String), sequence UInt64, \
                 observed_at DateTime64(3, 'UTC'), item UInt32, height UInt64, generation UInt32, row_hash UInt64, \
                 letter String) ENGINE = ReplacingMergeTree ORDER BY (network, letter, sequence, item, generation) \
                 SETTINGS non_replicated_deduplication_window = 10000"
            );
            case.client.execute(&sql).await.unwrap();
        }
        Self {
            _dir: Some(dir),
            ..case
        }
    }

    pub(super) fn over(url: &str, database: &str, folder: &Path) -> Self {
        let client = ClickHouse::new(ClickHouseConfig {
            url: url.to_owned(),
            user: String::new(),
            password: String::new(),
            database: database.to_owned(),
        });
        Self {
            client,
            folder: folder.to_owned(),
            _dir: None,
        }
    }

    pub(in crate::pipeline) async fn home(&self, crash: CrashPoints) -> SeriesHome {
        let state_db = StateDb::open_file(&self.folder.join("state.db")).await.unwrap();
        let network = Network {
            name: NETWORK.into(),
            chain_id: "akashnet-2".into(),
            kind: "akash".into(),
            // A chain that is followed from a snapshot on begins far above entry 1.
            first_height: 24_000_000,
            note: String::new(),
        };
        state_db.register_network(&network).await.unwrap();
        let lease = state_db
            .acquire_writer("indexer", "test", Duration::from_secs(600))
            .await
            .unwrap();
        let archive = Archive::open_folder(&self.folder.join("archive")).unwrap();
        SeriesHome {
            origin: Origin {
                network: NETWORK.into(),
                chain_id: "akashnet-2".into(),
            },
            vault: Vault::new(archive, state_db.clone(), lease.clone(), NETWORK),
            committer: Committer::new(self.client.clone(), state_db.clone(), lease).with_crash_points(crash.clone()),
            state_db,
            metrics: Metrics::new(&prometheus::Registry::new()).unwrap(),
            crash,
        }
    }

    /// Runs the child to its end, or to the given point; gives the signal that ended it.
    pub(super) fn run(&self, database: &str, url: &str, crash_at: Option<&str>) -> Option<i32> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["pipeline::series::tests::child", "--exact", "--ignored", "--nocapture"])
            .env(URL, url)
            .env(DATABASE, database)
            .env(FOLDER, &self.folder)
            .env_remove(VARIABLE);
        if let Some(point) = crash_at {
            command.env(VARIABLE, point);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || output.status.signal().is_some(), "{said}");
        output.status.signal()
    }

    /// Rows of the tables without `FINAL`, and what readers see of the stage.
    pub(super) async fn contents(&self) -> Vec<Vec<String>> {
        let mut contents = Vec::new();
        for sql in [
            "SELECT concat(toString(sequence), letter, toString(item), hex(row_hash)) AS s FROM test_letters ORDER BY s",
            "SELECT concat(toString(sequence), letter, toString(item), hex(row_hash)) AS s FROM test_firsts ORDER BY s",
            "SELECT concat(stage, toString(from_height), '-', toString(to_height)) AS s FROM live ORDER BY s",
        ] {
            contents.push(self.client.fetch_all::<String>(sql).await.unwrap());
        }
        contents
    }

    /// What an integrity check finds in a series of this kind.
    pub(in crate::pipeline) async fn findings_of(&self, home: &SeriesHome, kind: SeriesKind) -> Vec<Finding> {
        let status = home.state_db.status().await.unwrap();
        let rules = ChainRules::mainnet();
        let (db, vault) = (&home.state_db, &home.vault);
        check_with(&rules, &[kind], db, vault, &self.client, &status.networks[0])
            .await
            .unwrap()
            .findings
    }

    pub(super) fn blob(&self, sequence: u64) -> PathBuf {
        let blobs = std::fs::read_dir(self.folder.join("archive/akash/blobs")).unwrap();
        let of = |path: &PathBuf| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(&format!("inventory-{sequence}-"))
        };
        blobs.map(|entry| entry.unwrap().path()).find(of).unwrap()
    }
}
