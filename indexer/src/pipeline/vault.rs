//! The archive as the pipeline uses it: raw blocks, the genesis document and states, by height.

use super::error::PipelineError;
use super::shared::DECODER_VERSION;
use crate::source::RawBlock;
use bytes::Bytes;
use gridproof_store::archive::{Archive, ArchiveError, ArchiveKey, ArchiveLine, BlobRef};
use gridproof_store::state_db::{ArchivedFile, Checkpoint, Span, StageKey, StateDb, WriterLease};
use std::collections::BTreeMap;

/// Bodies of a line, as `recording.json` names them too.
const META: &str = "meta";
const BLOCK: &str = "block";
const RESULTS: &str = "block_results";

/// Stage under which the genesis document is on record.
const GENESIS_STAGE: &str = "genesis";

/// The archive of one network, with the records of what is in it.
#[derive(Clone, Debug)]
pub struct Vault {
    archive: Archive,
    state_db: StateDb,
    lease: WriterLease,
    network: String,
}

impl Vault {
    /// The archive of `network`.
    pub fn new(archive: Archive, state_db: StateDb, lease: WriterLease, network: &str) -> Self {
        Self {
            archive,
            state_db,
            lease,
            network: network.to_owned(),
        }
    }

    /// The archive of `network` for one who only reads: every record that it would make is refused.
    pub fn read_only(archive: Archive, state_db: StateDb, network: &str) -> Self {
        let lease = WriterLease {
            name: "reader".to_owned(),
            owner: String::new(),
            fence: 0,
        };
        Self::new(archive, state_db, lease, network)
    }

    /// Keeps a fetched range: its file first, then its record.
    pub async fn put(&self, span: Span, blocks: &[RawBlock]) -> Result<ArchivedFile, PipelineError> {
        let file = self
            .archive
            .put_range(&self.network, span, blocks.iter().map(line))
            .await?;
        self.state_db.record_archive(&self.lease, &self.network, &file).await?;
        Ok(file)
    }

    /// Whether exactly this range is archived.
    pub async fn has(&self, span: Span) -> Result<bool, PipelineError> {
        let files = self.state_db.archived(&self.network, span).await?;
        Ok(files.iter().any(|file| file.span == span))
    }

    /// Archived files with heights of `span`.
    pub async fn files(&self, span: Span) -> Result<Vec<ArchivedFile>, PipelineError> {
        Ok(self.state_db.archived(&self.network, span).await?)
    }

    /// All blocks of `span` in height order.
    ///
    /// # Errors
    /// A file is damaged, or the archive has a hole there.
    pub async fn read(&self, span: Span) -> Result<Vec<RawBlock>, PipelineError> {
        let mut found = BTreeMap::new();
        for file in self.state_db.archived(&self.network, span).await? {
            let reader = self.archive.get_range(&file).await?;
            let path = file.path;
            let part = tokio::task::spawn_blocking(move || {
                let mut blocks = Vec::new();
                for line in reader {
                    let raw = block(&line?, &path)?;
                    if span.from <= raw.height && raw.height <= span.to {
                        blocks.push(raw);
                    }
                }
                Ok::<_, ArchiveError>(blocks)
            });
            found.extend(part.await??.into_iter().map(|raw| (raw.height, raw)));
        }
        match (span.from..=span.to).find(|height| !found.contains_key(height)) {
            Some(height) => Err(PipelineError::NotArchived {
                network: self.network.clone(),
                height,
            }),
            None => Ok(found.into_values().collect()),
        }
    }

    /// Reads a file to its end: its hash, its compression, every line.
    pub async fn verify(&self, file: &ArchivedFile) -> Result<u64, ArchiveError> {
        self.archive.verify(file).await
    }

    /// The genesis document, if it is archived.
    pub async fn genesis(&self) -> Result<Option<Bytes>, PipelineError> {
        let key = StageKey::new(&self.network, GENESIS_STAGE);
        let Some(record) = self.state_db.latest_checkpoint(&key, 0, 0).await? else {
            return Ok(None);
        };
        Ok(Some(self.archive.get_blob(&blob(&record)).await?.into()))
    }

    /// Keeps the genesis document.
    pub async fn put_genesis(&self, document: &[u8]) -> Result<(), PipelineError> {
        let stored = self.archive.put_blob(&self.network, GENESIS_STAGE, document).await?;
        let key = StageKey::new(&self.network, GENESIS_STAGE);
        self.state_db
            .add_checkpoint(&self.lease, &key, &record(0, 0, stored))
            .await?;
        Ok(())
    }

    /// The newest state at or below `height`, with the height after which it was taken.
    pub async fn newest_state(&self, height: u64) -> Result<Option<(u64, Vec<u8>)>, PipelineError> {
        let Some(record) = self
            .state_db
            .latest_checkpoint(&self.state_key(), DECODER_VERSION, height)
            .await?
        else {
            return Ok(None);
        };
        Ok(Some((record.height, self.archive.get_blob(&blob(&record)).await?)))
    }

    /// Keeps the bytes of a state. It counts only once [`Self::record_state`] names it.
    pub async fn put_state(&self, height: u64, state: &[u8]) -> Result<Checkpoint, PipelineError> {
        let stored = self
            .archive
            .put_blob(&self.network, &format!("state-{height}"), state)
            .await?;
        Ok(record(height, DECODER_VERSION, stored))
    }

    /// Names a kept state.
    pub async fn record_state(&self, checkpoint: &Checkpoint) -> Result<(), PipelineError> {
        self.state_db
            .add_checkpoint(&self.lease, &self.state_key(), checkpoint)
            .await?;
        Ok(())
    }

    /// Deletes states that no start will use: those below `keep_from`, and those of other releases.
    pub async fn drop_states_below(&self, keep_from: u64) -> Result<(), PipelineError> {
        let key = self.state_key();
        for old in self
            .state_db
            .stale_checkpoints(&key, DECODER_VERSION, keep_from)
            .await?
        {
            self.state_db.forget_checkpoint(&self.lease, &key, &old).await?;
            self.archive.delete(&old.path).await?;
        }
        Ok(())
    }

    fn state_key(&self) -> StageKey {
        StageKey::new(&self.network, StageKey::STATE)
    }
}

fn record(height: u64, decoder: u32, stored: BlobRef) -> Checkpoint {
    Checkpoint {
        height,
        decoder,
        path: stored.path,
        sha256: stored.sha256,
        bytes: stored.bytes,
    }
}

fn blob(record: &Checkpoint) -> BlobRef {
    BlobRef {
        path: record.path.clone(),
        sha256: record.sha256.clone(),
        bytes: record.bytes,
    }
}

/// A raw block as a line; bodies are shared, not copied.
fn line(raw: &RawBlock) -> ArchiveLine {
    let bodies = [
        (META, Some(raw.meta.clone())),
        (BLOCK, raw.block.clone()),
        (RESULTS, Some(raw.results.clone())),
    ];
    ArchiveLine::at_height(raw.height, bodies)
}

/// A line as a raw block.
fn block(line: &ArchiveLine, path: &str) -> Result<RawBlock, ArchiveError> {
    let corrupt = |reason: String| ArchiveError::Corrupt {
        path: path.to_owned(),
        reason,
    };
    let ArchiveKey::Height(height) = line.key else {
        return Err(corrupt("a line has no height".to_owned()));
    };
    let body = |name: &str| {
        line.body(name)
            .cloned()
            .ok_or_else(|| corrupt(format!("height {height} has no {name}")))
    };
    Ok(RawBlock {
        height,
        meta: body(META)?,
        block: line.body(BLOCK).cloned(),
        results: body(RESULTS)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_block_survives_its_line() {
        for body in [None, Some(Bytes::from_static(b"{}"))] {
            let raw = RawBlock {
                height: 7,
                meta: Bytes::from_static(b"{\"a\":1}"),
                block: body,
                results: Bytes::from_static(b"[]"),
            };
            assert_eq!(block(&line(&raw), "p").unwrap(), raw);
        }
    }

    #[test]
    fn a_line_without_results_is_damage() {
        let bare = ArchiveLine::at_height(7, [(META, Some(Bytes::from_static(b"{}")))]);
        assert!(matches!(block(&bare, "p"), Err(ArchiveError::Corrupt { .. })));
    }
}
