//! A replayed chain of Akash with its query services, and the configuration that names them.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, missing_docs)]

use super::{code, gridproof, quiet, recording, run, words};
use gridproof_indexer::source::replay::{
    Recording, ReplayHandle, ReplayOptions, StateFault, StateHandle, StateOptions, serve, serve_state,
};
use serde_json::Value;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const RECORDING: &str = "akash-gridlocal-1";

/// Which query services a configuration names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Grpc,
    Rest,
    Both,
}

/// A chain and a node that is asked for its state.
pub struct Nodes {
    folder: TempDir,
    blocks: ReplayHandle,
    state: StateHandle,
    _runtime: Runtime,
}

impl Nodes {
    /// A node that answers as the recorded one did, but for these faults.
    pub fn with(faults: &[&str]) -> Self {
        Self::over(&recording(RECORDING), faults)
    }

    /// The blocks of the recording, and the state that a folder of its form holds.
    pub fn over(state: &Path, faults: &[&str]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = StateOptions {
            faults: faults.iter().map(|text| text.parse::<StateFault>().unwrap()).collect(),
            ..StateOptions::default()
        };
        let (blocks, state) = runtime.block_on(async {
            let store = Arc::new(Recording::open(&recording(RECORDING)).unwrap());
            let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let blocks = serve(store, free, ReplayOptions::default()).await.unwrap();
            (blocks, serve_state(state, options).await.unwrap())
        });
        Self {
            folder: tempfile::tempdir().unwrap(),
            blocks,
            state,
            _runtime: runtime,
        }
    }

    /// A configuration of one network `akash` over these nodes.
    pub fn config(&self, by: By) -> PathBuf {
        let path = self.folder.path().join(format!("{by:?}.toml"));
        let url = |wanted: bool, url: String| if wanted { format!("'{url}'") } else { String::new() };
        let (grpc, rest) = (
            url(by != By::Rest, self.state.grpc_url()),
            url(by != By::Grpc, self.state.rest_url()),
        );
        let text = format!(
            "[[network]]\nname = 'akash'\nkind = 'akash'\nchain_id = 'gridlocal-1'\nstarts_on = 'v2.1.0-rc12'\n\
             endpoints = ['{}']\ngrpc = [{grpc}]\nrest = [{rest}]\n",
            self.blocks.url()
        );
        fs::write(&path, text).unwrap();
        path
    }

    /// A command over a data folder and these nodes.
    pub fn command(&self, by: By, data: &Path, args: &[&str]) -> Command {
        let mut command = gridproof();
        command.args(args).arg("--config").arg(self.config(by));
        super::small_ranges(quiet(&mut command, data));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, by: By, data: &Path, args: &[&str]) -> Output {
        run(&mut self.command(by, data, args))
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, by: By, data: &Path, args: &[&str]) -> Output {
        let output = self.run(by, data, args);
        assert_eq!(code(&output), Some(0), "{args:?}: {}", words(&output));
        output
    }
}

/// A copy of what a query node needs of the recording, with one file of `state/HEIGHT` changed.
pub struct Changed(TempDir);

impl Changed {
    pub fn new() -> Self {
        let (folder, whole) = (tempfile::tempdir().unwrap(), recording(RECORDING));
        for file in ["recording.json", "blockchain.jsonl.zst"] {
            fs::copy(whole.join(file), folder.path().join(file)).unwrap();
        }
        for part in ["grpc", "state/286", "state/573", "state/860"] {
            let target = folder.path().join(part);
            fs::create_dir_all(&target).unwrap();
            for entry in fs::read_dir(whole.join(part)).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
            }
        }
        Self(folder)
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Changes a recorded answer.
    pub fn file(&self, height: u64, name: &str, change: impl FnOnce(&mut Value)) {
        let path = self.0.path().join(format!("state/{height}/{name}.json"));
        let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let before = document.clone();
        change(&mut document);
        assert_ne!(document, before, "{name} was to be changed");
        fs::write(path, document.to_string()).unwrap();
    }
}
