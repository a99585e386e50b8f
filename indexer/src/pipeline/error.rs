//! What ends a follower: trouble that setting a range aside cannot cure.

use super::quarantine::Rejected;
use crate::source::FetchError;
use gridproof_store::archive::ArchiveError;
use gridproof_store::commit::CommitError;
use gridproof_store::reference::ReferenceError;
use gridproof_store::state_db::StateError as StateDbError;

/// Why a follower ended before its work was done.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// No endpoint could be asked, for longer than a finite run waits.
    #[error("network {network}: no endpoint could serve {what}: {source}")]
    Upstream {
        /// Network.
        network: String,
        /// What was asked for.
        what: String,
        /// The last answer.
        #[source]
        source: Box<FetchError>,
    },
    /// Rows could not be written.
    #[error("{0}")]
    Commit(#[source] Box<CommitError>),
    /// The state database failed.
    #[error("{0}")]
    StateDb(#[source] Box<StateDbError>),
    /// The archive could not be written or read.
    #[error("{0}")]
    Archive(#[source] Box<ArchiveError>),
    /// A range that was accepted once is not accepted any more.
    #[error("{0}; what is live stays as it is")]
    Rejected(Rejected),
    /// The archive has a hole where there should be none.
    #[error(
        "network {network}: height {height} is committed but not in the archive; restore the archive or fetch the range again"
    )]
    NotArchived {
        /// Network.
        network: String,
        /// The height.
        height: u64,
    },
    /// No node gave the state of the chain.
    #[error("network {network}: no node gave the state of the chain: {source}")]
    Asked {
        /// Network.
        network: String,
        /// What the last one said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The state of the network is there already; a snapshot would be a second beginning.
    #[error(
        "network {network} has its state already, heights {from} to {to}; compare it with a node's by `gridproof verify \
         --against-chain --network {network}`, or take the snapshot into an empty data folder"
    )]
    StateStands {
        /// Network.
        network: String,
        /// First height of what is there.
        from: u64,
        /// Last height of what is there.
        to: u64,
    },
    /// A state cannot be written.
    #[error("the state at height {height} cannot be kept: {why}")]
    Checkpoint {
        /// Height.
        height: u64,
        /// What went wrong.
        why: String,
    },
    /// The tables could not be read.
    #[error("the tables cannot be read: {0}; is the database migrated (`gridproof migrate up`)?")]
    Tables(#[from] clickhouse::error::Error),
    /// An entry of a series cannot be written down.
    #[error("an entry of a series cannot be written down: {0}; this is a fault of gridproof, please report it")]
    Entry(String),
    /// A worker thread died.
    #[error("a worker ended without an answer: {0}; this is a fault of gridproof, please report it")]
    Worker(#[from] tokio::task::JoinError),
    /// The rules have no document, or it cannot be read.
    #[error("network {network}: its rules cannot be kept: {why}")]
    Rules {
        /// Network.
        network: String,
        /// What is wrong.
        why: String,
    },
    /// The rules cannot be told to readers.
    #[error(transparent)]
    Reference(Box<ReferenceError>),
    /// The genesis document is not one.
    #[error("network {network}: the genesis document cannot be used: {why}")]
    Genesis {
        /// Network.
        network: String,
        /// What is wrong with it.
        why: String,
    },
}

impl PipelineError {
    /// Whether somebody else (an endpoint, a database) must come back before this can go on.
    pub fn is_upstream(&self) -> bool {
        matches!(
            self,
            Self::Upstream { .. } | Self::Asked { .. } | Self::Commit(_) | Self::Tables(_) | Self::Reference(_)
        )
    }
}

// Boxed by hand, so that a result of the pipeline stays small.

impl From<CommitError> for PipelineError {
    fn from(error: CommitError) -> Self {
        Self::Commit(Box::new(error))
    }
}

impl From<ReferenceError> for PipelineError {
    fn from(error: ReferenceError) -> Self {
        Self::Reference(Box::new(error))
    }
}

impl From<StateDbError> for PipelineError {
    fn from(error: StateDbError) -> Self {
        Self::StateDb(Box::new(error))
    }
}

impl From<ArchiveError> for PipelineError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(Box::new(error))
    }
}
