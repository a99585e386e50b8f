//! An archive as a replay store: range files, opened when a height in them is asked for.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use gridproof_store::archive::{Archive, ArchiveError, ArchiveKey, ArchiveLine, BlobRef};
use gridproof_store::state_db::ArchivedFile;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::lines::invalid;
use super::store::{ReplayStore, StoredHeight};

/// Opened files kept: a fetch walks through one and begins the next.
const OPEN_FILES: usize = 2;
/// How the archive names the genesis document.
const GENESIS_PREFIX: &str = "genesis-";

type Heights = Arc<BTreeMap<u64, StoredHeight>>;

/// The newest contiguous heights of one network in an archive, each file checked against its hash when it is opened.
pub struct ArchiveReplay {
    archive: Archive,
    chain_id: String,
    /// By last height; where files overlap, later ones begin where earlier ones end.
    files: BTreeMap<u64, ArchivedFile>,
    first: u64,
    last: u64,
    genesis: Option<Bytes>,
    open: Mutex<VecDeque<(String, Heights)>>,
}

#[derive(Deserialize)]
struct Meta {
    header: Header,
}

#[derive(Deserialize)]
struct Header {
    chain_id: String,
}

impl ArchiveReplay {
    /// Opens `network` in the archive in `folder`; without a name, the one network that the folder has.
    ///
    /// # Errors
    /// The folder cannot be read, has no such network or several, or its newest file is damaged.
    pub async fn open_folder(folder: &Path, network: Option<&str>) -> io::Result<Self> {
        let network = match network {
            Some(name) => name.to_owned(),
            None => only_network(folder)?,
        };
        let archive = Archive::open_folder(folder).map_err(other)?;
        let genesis = match genesis_blob(folder, &network)? {
            Some(blob) => Some(archive.get_blob(&blob).await.map_err(other)?.into()),
            None => None,
        };
        Self::open(archive, &network, genesis).await
    }

    /// Opens `network` in an archive, wherever it lies.
    ///
    /// # Errors
    /// The archive has no blocks of this network, or its newest file is damaged.
    pub async fn open(archive: Archive, network: &str, genesis: Option<Bytes>) -> io::Result<Self> {
        let listed = archive.list(network).await.map_err(other)?;
        let files: BTreeMap<u64, ArchivedFile> = listed.into_iter().map(|f| (f.span.to, f)).collect();
        let Some(last) = files.keys().next_back().copied() else {
            return Err(invalid(format!("the archive has no blocks of {network}")));
        };
        let first = contiguous_from(&files);
        let hidden = files.values().next().is_some_and(|f| f.span.from < first);
        if hidden {
            tracing::warn!(
                network,
                first,
                last,
                "the archive has a hole: only the heights above it are replayed"
            );
        }
        let open = Mutex::default();
        let mut replay = Self {
            archive,
            chain_id: String::new(),
            files,
            first,
            last,
            genesis,
            open,
        };
        let newest = replay
            .find(last)
            .await?
            .ok_or_else(|| invalid(format!("height {last} is not in its file")))?;
        replay.chain_id = serde_json::from_slice::<Meta>(&newest.meta)?.header.chain_id;
        Ok(replay)
    }

    async fn find(&self, height: u64) -> io::Result<Option<StoredHeight>> {
        let Some((_, file)) = self.files.range(height..).next() else {
            return Ok(None);
        };
        if height < self.first || height < file.span.from {
            return Ok(None);
        }
        Ok(self.heights_of(file).await?.get(&height).cloned())
    }

    /// The heights of a file. Requests for a file that is being opened wait for it instead of opening it again.
    async fn heights_of(&self, file: &ArchivedFile) -> io::Result<Heights> {
        let mut open = self.open.lock().await;
        if let Some((_, heights)) = open.iter().find(|(path, _)| *path == file.path) {
            return Ok(heights.clone());
        }
        let reader = self.archive.get_range(file).await.map_err(other)?;
        let parse = tokio::task::spawn_blocking(move || reader.map(|line| stored(&line?)).collect());
        let heights: Result<BTreeMap<u64, StoredHeight>, ArchiveError> = parse.await.map_err(io::Error::other)?;
        let heights = Arc::new(heights.map_err(other)?);
        open.push_back((file.path.clone(), heights.clone()));
        if open.len() > OPEN_FILES {
            open.pop_front();
        }
        Ok(heights)
    }
}

impl ReplayStore for ArchiveReplay {
    fn chain_id(&self) -> &str {
        &self.chain_id
    }

    fn heights(&self) -> RangeInclusive<u64> {
        self.first..=self.last
    }

    fn height(&self, height: u64) -> BoxFuture<'_, io::Result<Option<StoredHeight>>> {
        self.find(height).boxed()
    }

    fn genesis(&self) -> BoxFuture<'_, io::Result<Option<Bytes>>> {
        std::future::ready(Ok(self.genesis.clone())).boxed()
    }
}

/// Lowest height from which there is no hole up to the end.
fn contiguous_from(files: &BTreeMap<u64, ArchivedFile>) -> u64 {
    let mut first = u64::MAX;
    for file in files.values().rev() {
        if first != u64::MAX && file.span.to < first.saturating_sub(1) {
            break;
        }
        first = first.min(file.span.from);
    }
    first
}

fn stored(line: &ArchiveLine) -> Result<(u64, StoredHeight), ArchiveError> {
    let corrupt = |reason: &str| ArchiveError::Corrupt {
        path: format!("{:?}", line.key),
        reason: reason.to_owned(),
    };
    let ArchiveKey::Height(height) = line.key else {
        return Err(corrupt("the line is not about a height"));
    };
    let body = |name: &str| line.body(name).cloned();
    let meta = body("meta").ok_or_else(|| corrupt("the line has no header"))?;
    let results = body("block_results").ok_or_else(|| corrupt("the line has no results"))?;
    Ok((
        height,
        StoredHeight {
            meta,
            block: body("block"),
            results,
        },
    ))
}

fn only_network(folder: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(folder).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", folder.display())))?
    {
        let entry = entry?;
        if entry.path().join("ranges").is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(invalid(format!("{} holds no archive", folder.display()))),
        many => Err(invalid(format!(
            "{} holds several networks, name one of {}",
            folder.display(),
            many.join(", ")
        ))),
    }
}

/// The genesis document of a network, found by its file name.
fn genesis_blob(folder: &Path, network: &str) -> io::Result<Option<BlobRef>> {
    let entries = match std::fs::read_dir(folder.join(network).join("blobs")) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let hash = name
            .strip_prefix(GENESIS_PREFIX)
            .and_then(|n| n.strip_suffix(".zst"))
            .filter(|h| h.len() == 64);
        if let Some(sha256) = hash {
            let (path, bytes) = (format!("{network}/blobs/{name}"), entry.metadata()?.len());
            return Ok(Some(BlobRef {
                path,
                sha256: sha256.to_owned(),
                bytes,
            }));
        }
    }
    Ok(None)
}

fn other(error: ArchiveError) -> io::Error {
    io::Error::other(error)
}
