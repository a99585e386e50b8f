//! The data folder: where everything lies, and the note that a running process leaves in it.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataDir {
    root: PathBuf,
}

/// What a running process tells other commands, in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunNote {
    /// Process id.
    pub(crate) pid: u32,
    /// URL of the ClickHouse in use.
    pub(crate) clickhouse: String,
    /// Address of `/metrics`, `/status` and the health checks.
    pub(crate) operations: Option<String>,
    /// Address of the page and API.
    pub(crate) api: Option<String>,
}

impl DataDir {
    /// The folder at `root`.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Creates the folder.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.root).with_context(|| {
            format!(
                "cannot create the data folder {}; choose another with --data-dir",
                self.root.display()
            )
        })
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Raw ranges and checkpoints.
    pub(crate) fn archive(&self) -> PathBuf {
        self.root.join("archive")
    }

    /// The state database.
    pub(crate) fn state_db(&self) -> PathBuf {
        self.root.join("state.db")
    }

    fn note(&self) -> PathBuf {
        self.root.join("run.json")
    }

    /// Leaves the note; it replaces one that a killed process left.
    pub(crate) fn write_note(&self, note: &RunNote) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(note)?;
        let (path, draft) = (self.note(), self.root.join("run.json.new"));
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Takes the note away. One that stays behind is harmless: readers check that its process answers.
    pub(crate) fn remove_note(&self) {
        if let Err(error) = std::fs::remove_file(self.note())
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "run.json stays behind");
        }
    }

    /// The note of a process that may still run.
    pub(crate) fn read_note(&self) -> Option<RunNote> {
        serde_json::from_slice(&std::fs::read(self.note()).ok()?).ok()
    }
}
