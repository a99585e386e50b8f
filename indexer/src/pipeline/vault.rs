//! The archive as the pipeline uses it: raw blocks, the genesis document and states, by height.

use super::error::PipelineError;
use super::snapshot;
use crate::source::{RawState, RawUnit};
use bytes::Bytes;
use gridproof_store::archive::{Archive, ArchiveError, BlobRef, EncodedLines};
use gridproof_store::state_db::{ArchivedFile, Checkpoint, Span, StageKey, StateDb, WriterLease};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// Stage under which the genesis document is on record.
const GENESIS_STAGE: &str = "genesis";
/// Stage under which the rules are on record.
const RULES_STAGE: &str = "rules";
/// Stage under which observations are on record, and committed.
pub(super) const OBSERVATIONS_STAGE: &str = "observations";

/// Stage under which snapshots are on record: by height, of no decoder.
const SNAPSHOTS_STAGE: &str = "snapshots";

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
    pub async fn put<R: RawUnit>(&self, span: Span, units: &[R]) -> Result<ArchivedFile, PipelineError> {
        let lines = units.iter().map(RawUnit::line);
        let file = self.archive.put_range(&self.network, span, lines).await?;
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

    /// Everything that was served for `span`, in height order.
    ///
    /// # Errors
    /// A file is damaged, or the archive has a hole there.
    pub async fn read<R: RawUnit>(&self, span: Span) -> Result<Vec<R>, PipelineError> {
        let mut files = self.state_db.archived(&self.network, span).await?;
        // The file of exactly this range is what its rows came from; others may hold the same heights cut otherwise.
        if let Some(exact) = files.iter().position(|file| file.span == span) {
            files = vec![files.swap_remove(exact)];
        }
        let several = files.len() > 1;
        let mut found: BTreeMap<u64, R> = BTreeMap::new();
        for file in files {
            for unit in self.read_file::<R>(&file, span).await? {
                match found.entry(unit.height()) {
                    Entry::Vacant(place) => drop(place.insert(unit)),
                    Entry::Occupied(mut known) => known.get_mut().merge(unit),
                }
            }
        }
        let mut units: Vec<R> = found.into_values().collect();
        if let Some(height) = R::first_missing(span, &units) {
            let network = self.network.clone();
            return Err(PipelineError::NotArchived { network, height });
        }
        if several {
            R::settle(&mut units);
        }
        units.retain(|unit| span.from <= unit.height() && unit.height() <= span.to);
        Ok(units)
    }

    /// Units of a file that say anything about `span`.
    async fn read_file<R: RawUnit>(&self, file: &ArchivedFile, span: Span) -> Result<Vec<R>, PipelineError> {
        let (reader, path) = (self.archive.get_range(file).await?, file.path.clone());
        let read = move || {
            let mut units = Vec::new();
            for line in reader {
                let unit = R::from_line(&line?).map_err(|reason| ArchiveError::Corrupt {
                    path: path.clone(),
                    reason,
                })?;
                if unit.concerns(span) {
                    units.push(unit);
                }
            }
            Ok::<_, ArchiveError>(units)
        };
        Ok(tokio::task::spawn_blocking(read).await??)
    }

    /// Reads a file to its end: its hash, its compression, every line.
    pub async fn verify(&self, file: &ArchivedFile) -> Result<u64, ArchiveError> {
        self.archive.verify(file).await
    }

    /// The genesis document, if it is archived.
    pub async fn genesis(&self) -> Result<Option<Bytes>, PipelineError> {
        Ok(self.document(GENESIS_STAGE, 0).await?.map(Bytes::from))
    }

    /// Keeps the genesis document.
    pub async fn put_genesis(&self, document: &[u8]) -> Result<(), PipelineError> {
        self.put_document(GENESIS_STAGE, 0, GENESIS_STAGE, document).await
    }

    /// The rules under which the network was last followed, as JSON, so that it can be derived again where neither
    /// configuration nor recording is at hand.
    pub async fn rules(&self) -> Result<Option<Vec<u8>>, PipelineError> {
        self.document(RULES_STAGE, 0).await
    }

    /// Keeps the rules.
    pub async fn put_rules(&self, rules: &[u8]) -> Result<(), PipelineError> {
        self.put_document(RULES_STAGE, 0, RULES_STAGE, rules).await
    }

    /// The newest observation at or below `height`.
    pub async fn observation(&self, height: u64) -> Result<Option<Vec<u8>>, PipelineError> {
        self.document(OBSERVATIONS_STAGE, height).await
    }

    /// Keeps an observation.
    pub async fn put_observation(&self, height: u64, observed: &[u8]) -> Result<(), PipelineError> {
        let name = format!("observation-{height}");
        self.put_document(OBSERVATIONS_STAGE, height, &name, observed).await
    }

    /// Keeps the bytes of a snapshot. It counts only once [`Self::record_snapshot`] names it.
    pub async fn put_snapshot(&self, state: &Arc<RawState>) -> Result<Checkpoint, PipelineError> {
        let (copy, height) = (state.clone(), state.height);
        let name = format!("snapshot-{height}");
        let encode = move || EncodedLines::new(&name, snapshot::lines(&copy));
        let encoded = tokio::task::spawn_blocking(encode).await??;
        let stored = self.archive.put_lines(&self.network, encoded).await?;
        Ok(record(height, 0, stored))
    }

    /// Names a kept snapshot.
    pub async fn record_snapshot(&self, kept: &Checkpoint) -> Result<(), PipelineError> {
        let key = StageKey::new(&self.network, SNAPSHOTS_STAGE);
        Ok(self.state_db.add_checkpoint(&self.lease, &key, kept).await?)
    }

    /// The file of the snapshot of exactly this height, if it is on record.
    pub async fn snapshot_file(&self, height: u64) -> Result<Option<Checkpoint>, PipelineError> {
        let key = StageKey::new(&self.network, SNAPSHOTS_STAGE);
        let found = self.state_db.latest_checkpoint(&key, 0, height).await?;
        Ok(found.filter(|found| found.height == height))
    }

    /// The snapshot of exactly this height, as served.
    ///
    /// # Errors
    /// It is not on record, its file is damaged, or the file is of another height.
    pub async fn snapshot(&self, height: u64) -> Result<RawState, PipelineError> {
        let Some(file) = self.snapshot_file(height).await? else {
            let network = self.network.clone();
            return Err(PipelineError::NotArchived { network, height });
        };
        let reader = self.archive.get_lines(&blob(&file)).await?;
        let state = tokio::task::spawn_blocking(move || {
            let state = snapshot::read(&file.path, reader)?;
            if state.height == height {
                return Ok(state);
            }
            Err(ArchiveError::Corrupt {
                reason: format!("it is of height {}, not of {height}", state.height),
                path: file.path,
            })
        });
        Ok(state.await??)
    }

    /// Hash of the block of an archived snapshot.
    pub async fn snapshot_block(&self, height: u64) -> Result<String, PipelineError> {
        let Some(file) = self.snapshot_file(height).await? else {
            let network = self.network.clone();
            return Err(PipelineError::NotArchived { network, height });
        };
        let reader = self.archive.get_lines(&blob(&file)).await?;
        Ok(snapshot::block_hash(&file.path, reader)?)
    }

    /// Deletes the snapshots of other heights: earlier attempts recorded them, and nothing was derived from them.
    pub async fn keep_only_snapshot(&self, height: u64) -> Result<(), PipelineError> {
        let key = StageKey::new(&self.network, SNAPSHOTS_STAGE);
        let others = self.state_db.stale_checkpoints(&key, 0, i64::MAX as u64).await?;
        for old in others.into_iter().filter(|old| old.height != height) {
            self.state_db.forget_checkpoint(&self.lease, &key, &old).await?;
            self.archive.delete(&old.path).await?;
        }
        Ok(())
    }

    /// Deletes a file that nothing names.
    pub async fn drop_file(&self, kept: &Checkpoint) -> Result<(), PipelineError> {
        Ok(self.archive.delete(&kept.path).await?)
    }

    /// The document of an entry of a series.
    pub async fn entry(&self, stage: &str, sequence: u64) -> Result<Option<Vec<u8>>, PipelineError> {
        match self.document_record(stage, sequence).await? {
            Some(record) if record.height == sequence => Ok(Some(self.archive.get_blob(&blob(&record)).await?)),
            _ => Ok(None),
        }
    }

    /// Number of the newest entry of a series that is archived.
    pub async fn newest_entry(&self, stage: &str) -> Result<Option<u64>, PipelineError> {
        let record = self.document_record(stage, u64::MAX).await?;
        Ok(record.map(|record| record.height))
    }

    /// Keeps the document of an entry of a series.
    pub async fn put_entry(&self, stage: &str, sequence: u64, document: &[u8]) -> Result<(), PipelineError> {
        let name = format!("{stage}-{sequence}");
        self.put_document(stage, sequence, &name, document).await
    }

    /// The newest document of a stage at or below `height`, by its record.
    async fn document_record(&self, stage: &str, height: u64) -> Result<Option<Checkpoint>, PipelineError> {
        let key = StageKey::new(&self.network, stage);
        Ok(self.state_db.latest_checkpoint(&key, 0, height).await?)
    }

    /// A document that no decoder version belongs to.
    async fn document(&self, stage: &str, height: u64) -> Result<Option<Vec<u8>>, PipelineError> {
        match self.document_record(stage, height).await? {
            Some(record) => Ok(Some(self.archive.get_blob(&blob(&record)).await?)),
            None => Ok(None),
        }
    }

    /// The bytes first, then their record.
    async fn put_document(&self, stage: &str, height: u64, name: &str, bytes: &[u8]) -> Result<(), PipelineError> {
        let stored = self.archive.put_blob(&self.network, name, bytes).await?;
        let key = StageKey::new(&self.network, stage);
        self.state_db
            .add_checkpoint(&self.lease, &key, &record(height, 0, stored))
            .await?;
        Ok(())
    }

    /// The newest state of this decoder at or below `height`, with the height after which it was taken.
    pub async fn newest_state(&self, decoder: u32, height: u64) -> Result<Option<(u64, Vec<u8>)>, PipelineError> {
        let Some(record) = self
            .state_db
            .latest_checkpoint(&self.state_key(), decoder, height)
            .await?
        else {
            return Ok(None);
        };
        Ok(Some((record.height, self.archive.get_blob(&blob(&record)).await?)))
    }

    /// Whether a state of exactly this height is on record.
    pub async fn has_state(&self, decoder: u32, height: u64) -> Result<bool, PipelineError> {
        let key = self.state_key();
        let record = self.state_db.latest_checkpoint(&key, decoder, height).await?;
        Ok(record.is_some_and(|record| record.height == height))
    }

    /// Keeps the bytes of a state. It counts only once [`Self::record_state`] names it.
    pub async fn put_state(&self, decoder: u32, height: u64, state: &[u8]) -> Result<Checkpoint, PipelineError> {
        let stored = self
            .archive
            .put_blob(&self.network, &format!("state-{height}"), state)
            .await?;
        Ok(record(height, decoder, stored))
    }

    /// Names a kept state.
    pub async fn record_state(&self, checkpoint: &Checkpoint) -> Result<(), PipelineError> {
        self.state_db
            .add_checkpoint(&self.lease, &self.state_key(), checkpoint)
            .await?;
        Ok(())
    }

    /// Deletes states that no start will use: those below `keep_from`, and those of other releases.
    pub async fn drop_states_below(&self, decoder: u32, keep_from: u64) -> Result<(), PipelineError> {
        let key = self.state_key();
        for old in self.state_db.stale_checkpoints(&key, decoder, keep_from).await? {
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
