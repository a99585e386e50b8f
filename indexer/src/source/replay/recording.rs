//! A recording folder as a replay store.

use std::fs::File;
use std::future::ready;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::RangeInclusive;
use std::path::Path;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lines::{Lines, LinesBuilder, invalid};
use super::store::{ReplayStore, StoredHeight};

/// No line and no document of a recording is longer than this.
const MAX_LINE: u64 = 256 * 1024 * 1024;

/// `recording.json`: what a recording says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RecordingInfo {
    /// `akash` or `render`.
    pub kind: String,
    /// Chain id of the recorded node.
    pub chain_id: String,
    /// First recorded height.
    pub first_height: u64,
    /// Last recorded height.
    pub last_height: u64,
    /// Version of the chain's software at the first height.
    pub starts_on: String,
    /// Upgrades that ran within the recording, in height order.
    #[serde(default)]
    pub upgrades: Vec<RecordedUpgrade>,
}

/// An upgrade within a recording.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RecordedUpgrade {
    /// Name of the upgrade, which is the version that it leads to.
    #[serde(alias = "version")]
    pub name: String,
    /// Height whose block ran the upgrade.
    pub height: u64,
}

impl RecordingInfo {
    /// Reads `recording.json` of a folder.
    ///
    /// # Errors
    /// The file is missing or is not a description of a recording.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let path = folder.join("recording.json");
        let bytes = std::fs::read(&path).map_err(|e| at(&path, &e))?;
        serde_json::from_slice(&bytes).map_err(|e| invalid(format!("{}: {e}", path.display())))
    }
}

/// A recording folder: `recording.json`, `blocks.jsonl.zst`, `blockchain.jsonl.zst`, `genesis.json.zst`, `status.json`.
pub struct Recording {
    info: RecordingInfo,
    blocks: Lines,
    metas: Lines,
    genesis: Option<Bytes>,
    status: Option<Bytes>,
}

#[derive(Deserialize)]
struct BlockLine<'a> {
    height: u64,
    #[serde(borrow)]
    block: Option<&'a RawValue>,
    #[serde(borrow)]
    block_results: &'a RawValue,
}

#[derive(Deserialize)]
struct PageLine<'a> {
    #[serde(borrow)]
    body: PageBody<'a>,
}

#[derive(Deserialize)]
struct PageBody<'a> {
    #[serde(borrow)]
    result: PageResult<'a>,
}

#[derive(Deserialize)]
struct PageResult<'a> {
    #[serde(borrow)]
    block_metas: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct MetaHeight {
    header: HeaderHeight,
}

#[derive(Deserialize)]
struct HeaderHeight {
    height: String,
    chain_id: String,
}

impl Recording {
    /// Opens a recording: reads it once and keeps it compressed in memory.
    ///
    /// # Errors
    /// A file is missing, is not what the layout says, or a height lacks its header or its results.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let info = RecordingInfo::read(folder)?;
        if info.kind != "akash" {
            return Err(invalid(format!(
                "{}: kind {:?} is not served over CometBFT RPC",
                folder.display(),
                info.kind
            )));
        }
        let blocks = read_blocks(&folder.join("blocks.jsonl.zst"))?;
        let metas = read_metas(&folder.join("blockchain.jsonl.zst"), &info.chain_id)?;
        let want = (info.first_height, info.last_height);
        if blocks.bounds() != Some(want) {
            return Err(invalid(format!(
                "{}: heights {want:?} promised, {:?} found",
                folder.display(),
                blocks.bounds()
            )));
        }
        // A height that is not there is asked for again and again: only here can it be said to never come.
        let missing = |lines: &Lines| (want.0..=want.1).find(|height| !lines.contains(*height));
        for (what, lines) in [("block", &blocks), ("header", &metas)] {
            if let Some(height) = missing(lines) {
                return Err(invalid(format!("{}: no {what} of height {height}", folder.display())));
            }
        }
        let genesis = read_genesis(&folder.join("genesis.json.zst"))?;
        let status = match std::fs::read(folder.join("status.json")) {
            Ok(bytes) => Some(Bytes::from(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(at(&folder.join("status.json"), &e)),
        };
        Ok(Self {
            info,
            blocks,
            metas,
            genesis,
            status,
        })
    }

    fn bodies(&self, height: u64) -> io::Result<Option<StoredHeight>> {
        let (Some(line), Some(meta)) = (self.blocks.get(height)?, self.metas.get(height)?) else {
            return Ok(None);
        };
        let parsed: BlockLine<'_> = serde_json::from_slice(&line)?;
        if parsed.height != height {
            return Err(invalid(format!("the line of height {height} says {}", parsed.height)));
        }
        let body = |raw: &RawValue| line.slice_ref(raw.get().as_bytes());
        let (block, results) = (parsed.block.map(body), body(parsed.block_results));
        Ok(Some(StoredHeight { meta, block, results }))
    }

    /// What the recording says about itself.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Number of heights in the recording.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether the recording has no height.
    pub fn is_empty(&self) -> bool {
        self.blocks.len() == 0
    }
}

impl ReplayStore for Recording {
    fn chain_id(&self) -> &str {
        &self.info.chain_id
    }

    fn heights(&self) -> RangeInclusive<u64> {
        self.info.first_height..=self.info.last_height
    }

    fn height(&self, height: u64) -> BoxFuture<'_, io::Result<Option<StoredHeight>>> {
        ready(self.bodies(height)).boxed()
    }

    fn meta(&self, height: u64) -> BoxFuture<'_, io::Result<Option<Bytes>>> {
        ready(self.metas.get(height)).boxed()
    }

    fn genesis(&self) -> BoxFuture<'_, io::Result<Option<Bytes>>> {
        ready(Ok(self.genesis.clone())).boxed()
    }

    fn status(&self) -> Option<Bytes> {
        self.status.clone()
    }
}

fn read_genesis(path: &Path) -> io::Result<Option<Bytes>> {
    if !path.exists() {
        return Ok(None);
    }
    let mut document = Vec::new();
    open(path)?
        .take(MAX_LINE)
        .read_to_end(&mut document)
        .map_err(|e| at(path, &e))?;
    Ok(Some(document.into()))
}

fn read_blocks(path: &Path) -> io::Result<Lines> {
    let mut lines = LinesBuilder::default();
    each_line(path, |line| {
        let parsed: BlockLine<'_> = serde_json::from_slice(line)?;
        lines.push(parsed.height, line)
    })?;
    lines.finish()
}

pub(super) fn read_metas(path: &Path, chain_id: &str) -> io::Result<Lines> {
    let mut metas = LinesBuilder::default();
    each_line(path, |line| {
        let page: PageLine<'_> = serde_json::from_slice(line)?;
        for meta in page.body.result.block_metas {
            let header = serde_json::from_str::<MetaHeight>(meta.get())?.header;
            let (height, served) = (header.height, header.chain_id);
            if served != chain_id {
                return Err(invalid(format!(
                    "a header is of chain {served:?}, recording.json says {chain_id:?}"
                )));
            }
            let height: u64 = height
                .parse()
                .map_err(|_| invalid(format!("a header has height {height:?}")))?;
            metas.push(height, meta.get().as_bytes())?;
        }
        Ok(())
    })?;
    metas.finish()
}

/// Calls `f` with each line of a compressed file; errors name the file and the line.
fn each_line(path: &Path, mut f: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 * 1024, open(path)?);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut reader)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|e| at(path, &e))?;
        if read == 0 {
            break;
        }
        let trimmed = line.strip_suffix(b"\n").unwrap_or(&line);
        f(trimmed).map_err(|e| invalid(format!("{} line {number}: {e}", path.display())))?;
    }
    Ok(())
}

fn open(path: &Path) -> io::Result<zstd::Decoder<'static, BufReader<File>>> {
    let file = File::open(path).map_err(|e| at(path, &e))?;
    zstd::Decoder::new(file).map_err(|e| at(path, &e))
}

pub(super) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
