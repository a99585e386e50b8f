//! What the archive refuses.

use std::path::PathBuf;

/// A failed or refused operation on the archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The folder cannot be created.
    #[error("archive folder {folder} cannot be created: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store failed.
    #[error("archive store failed: {0}")]
    Store(#[from] object_store::Error),
    /// Compression failed.
    #[error("archive file cannot be compressed: {0}")]
    Compress(#[source] std::io::Error),
    /// The file is not there.
    #[error("archive file {path} is missing; fetch the range again or restore the file")]
    Missing {
        /// Path within the archive.
        path: String,
    },
    /// The content is not what was stored.
    #[error(
        "archive file {path} is damaged: its sha-256 is {found}, not {expected}; restore it or fetch the range again"
    )]
    HashMismatch {
        /// Path within the archive.
        path: String,
        /// Hash on record, hex.
        expected: String,
        /// Hash of the content, hex.
        found: String,
    },
    /// The hash is right, the content is not: it was written wrongly.
    #[error("archive file {path} cannot be read: {reason}")]
    Corrupt {
        /// Path within the archive.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Beyond what is read into memory.
    #[error("{what} is too large for one archive file; use smaller ranges")]
    TooLarge {
        /// Range or path.
        what: String,
    },
    /// A body name that is not a plain word.
    #[error("{0:?} cannot name a body in the archive, use letters, digits and '_'")]
    Name(String),
}

impl ArchiveError {
    /// Whether a file is missing or is not what was stored: asking again would give the same.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. } | Self::HashMismatch { .. } | Self::Corrupt { .. } | Self::TooLarge { .. }
        )
    }
}
