//! A series: documents of a poller, numbered 1, 2, 3, …, each archived, then claimed, then committed.
//!
//! The document is in the archive before anything else: once it is there its rows will be committed, by this run or by
//! the next one, exactly once. The number of the next entry is always asked of the state database.

mod again;
mod check;
#[cfg(test)]
pub(in crate::pipeline) mod testing;
#[cfg(test)]
mod tests;

pub(super) use again::reindex;
pub(super) use check::derived;

use super::error::PipelineError;
use super::metrics::Metrics;
use super::quarantine::{Fault, Rejected};
use super::shared::Shared;
use super::vault::Vault;
use crate::chain::SeriesKind;
use gridproof_store::batch::{Batch, Origin};
use gridproof_store::commit::Committer;
use gridproof_store::crash::CrashPoints;
use gridproof_store::state_db::{ClaimedRange, Span, StageKey, StateDb};

/// Where the series of a network are kept.
#[derive(Clone, Debug)]
pub struct SeriesHome {
    /// The network that they belong to; it is registered.
    pub origin: Origin,
    /// Its archive.
    pub vault: Vault,
    /// What writes rows.
    pub committer: Committer,
    /// What knows progress.
    pub state_db: StateDb,
    /// Operational metrics.
    pub metrics: Metrics,
    /// Where tests may end the process.
    pub crash: CrashPoints,
}

impl<F> Shared<F> {
    /// Where the series of this network are kept.
    pub fn series_home(&self) -> SeriesHome {
        SeriesHome {
            origin: Origin {
                network: self.chain.network.clone(),
                chain_id: self.chain.chain_id.clone(),
            },
            vault: self.vault.clone(),
            committer: self.committer.clone(),
            state_db: self.state_db.clone(),
            metrics: self.metrics.clone(),
            crash: self.crash.clone(),
        }
    }
}

/// One series of one network. It has one writer: whoever holds this value.
#[derive(Debug)]
pub struct Series {
    home: SeriesHome,
    kind: SeriesKind,
    key: StageKey,
    /// Whether every archived entry is committed or set aside.
    settled: bool,
}

impl Series {
    /// Opens the series and finishes what a crash left: claims, and documents that were archived and not claimed.
    ///
    /// # Errors
    /// The network is not registered, or rows cannot be written. An entry that cannot be derived any more is set aside,
    /// which is no error.
    pub async fn open(home: SeriesHome, kind: SeriesKind) -> Result<Self, PipelineError> {
        let key = StageKey::new(&home.origin.network, kind.stage);
        let mut series = Self {
            home,
            kind,
            key,
            settled: false,
        };
        series.settle().await?;
        Ok(series)
    }

    /// Archives a document and commits its rows; gives the number of its entry.
    ///
    /// After an error it is not known how far the entry came: call it again with the same document, which is then entered
    /// once, or open the series anew, which enters it if it was archived. A document that is too long or that gives no
    /// rows is rejected, and nothing of it is kept.
    ///
    /// # Errors
    /// The archive, the state database or the tables cannot be written.
    pub async fn append(&mut self, document: &[u8]) -> Result<Result<u64, Rejected>, PipelineError> {
        if !self.settled {
            self.settle().await?;
            if let Some(newest) = self.newest_archived().await?
                && self.home.vault.entry(self.kind.stage, newest).await?.as_deref() == Some(document)
            {
                return Ok(Ok(newest));
            }
        }
        let sequence = self.next().await?;
        let batch = match self.derive(sequence, document.to_vec()).await? {
            Ok(batch) => batch,
            Err(rejected) => return Ok(Err(rejected)),
        };
        self.settled = false;
        self.home.vault.put_entry(self.kind.stage, sequence, document).await?;
        self.home.crash.pass("after-archive");
        let claim = self.claim(sequence).await?;
        self.commit(&claim, &batch).await?;
        self.settled = true;
        Ok(Ok(sequence))
    }

    /// The name of its stage.
    pub fn stage(&self) -> &'static str {
        self.kind.stage
    }

    /// Commits what is claimed or archived and not committed, lowest first.
    async fn settle(&mut self) -> Result<(), PipelineError> {
        let (db, lease) = (&self.home.state_db, self.home.committer.lease());
        let claims = db.pending(lease, &self.key, self.kind.decoder).await?;
        let reindexes = db.reindexes(&self.key).await?;
        // Claims of an open re-derivation are its own; what they replace is live.
        let again = |claim: &&ClaimedRange| reindexes.iter().any(|open| open.generation == claim.generation);
        for claim in claims.iter().filter(|claim| !again(claim)) {
            self.finish(claim).await?;
        }
        let archived = self.newest_archived().await?.unwrap_or_default();
        for sequence in self.newest_taken().await? + 1..=archived {
            let claim = self.claim(sequence).await?;
            self.finish(&claim).await?;
        }
        self.settled = true;
        Ok(())
    }

    /// Commits a claim by what is archived, or sets it aside.
    async fn finish(&self, claim: &ClaimedRange) -> Result<(), PipelineError> {
        match derived(&self.home.vault, &self.kind, self.home.origin.clone(), claim.span).await? {
            Ok(batch) => self.commit(claim, &batch).await,
            Err(rejected) => {
                let (network, stage) = (self.key.network.as_str(), self.kind.stage);
                tracing::error!(network, stage, range = %claim.span, %rejected, "entries set aside");
                Ok(self.home.committer.quarantine(claim, &rejected.to_string()).await?)
            }
        }
    }

    async fn commit(&self, claim: &ClaimedRange, batch: &Batch) -> Result<(), PipelineError> {
        self.home.committer.commit(claim, batch).await?;
        self.home
            .metrics
            .committed(&self.key.network, self.kind.stage, batch.rows());
        Ok(())
    }

    async fn claim(&self, sequence: u64) -> Result<ClaimedRange, PipelineError> {
        let (one, lease) = (
            Span {
                from: sequence,
                to: sequence,
            },
            self.home.committer.lease(),
        );
        Ok(self
            .home
            .state_db
            .claim(lease, &self.key, one, self.kind.decoder)
            .await?)
    }

    /// Number of the next entry.
    async fn next(&self) -> Result<u64, PipelineError> {
        let archived = self.newest_archived().await?.unwrap_or_default();
        Ok(self.newest_taken().await?.max(archived) + 1)
    }

    /// Number of the newest entry that is committed, claimed or set aside; 0: none.
    async fn newest_taken(&self) -> Result<u64, PipelineError> {
        let db = &self.home.state_db;
        let live = db.live_ranges(&self.key).await?.live;
        let claimed = db.claimed(&self.key).await?;
        let aside = db.quarantined(&self.key).await?;
        let ends = (live.runs().into_iter())
            .chain(claimed.into_iter().map(|claim| claim.span))
            .chain(aside.into_iter().map(|entry| entry.range.span))
            .map(|span| span.to);
        Ok(ends.max().unwrap_or_default())
    }

    async fn newest_archived(&self) -> Result<Option<u64>, PipelineError> {
        self.home.vault.newest_entry(self.kind.stage).await
    }

    /// The rows of a document, computed on a thread for computations.
    async fn derive(&self, sequence: u64, document: Vec<u8>) -> Result<Result<Batch, Rejected>, PipelineError> {
        let (kind, origin) = (self.kind, self.home.origin.clone());
        Ok(tokio::task::spawn_blocking(move || derive_one(&kind, origin, sequence, &document)).await?)
    }
}

/// The rows of one document of bounded length.
fn derive_one(kind: &SeriesKind, origin: Origin, sequence: u64, document: &[u8]) -> Result<Batch, Rejected> {
    if document.len() > kind.max_bytes {
        let why = format!(
            "a document of {} bytes, of which {} are allowed",
            document.len(),
            kind.max_bytes
        );
        return Err(Rejected::because(Fault::BadBody, sequence, why));
    }
    (kind.derive)(origin, sequence, document)
}
