//! Why a comparison could not be made. None of these is ever a pass.

use std::path::PathBuf;

/// A folder of truth that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The folder or a file of it cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// Folder or file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file is longer than any honest answer.
    #[error("{} has {bytes} bytes, more than the limit of {limit}", path.display())]
    TooLong {
        /// File.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A file is not JSON.
    #[error("{} is not JSON: {source}", path.display())]
    Json {
        /// File.
        path: PathBuf,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A file is not shaped as the chain answers.
    #[error("{file} at {path}: {what}")]
    Shape {
        /// File.
        file: String,
        /// Place in the document.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// Two folders are named after one height.
    #[error("{} and {} are named after the same height; keep one", path.display(), other.display())]
    Twice {
        /// Folder.
        path: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// There is nothing to compare.
    #[error("{}: nothing to compare: it holds no file that is compared", path.display())]
    Empty {
        /// Folder.
        path: PathBuf,
    },
}

/// A comparison that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The truth cannot be read.
    #[error(transparent)]
    Truth(#[from] TruthError),
    /// The tables cannot be read.
    #[error("cannot read {table} at height {height}: {source}; is the database migrated (`gridproof migrate up`)?")]
    Query {
        /// Table.
        table: &'static str,
        /// Height.
        height: u64,
        /// The cause.
        #[source]
        source: clickhouse::error::Error,
    },
    /// A stored value is not what its column promises.
    #[error("{table} of height {height}, {key}: {what}")]
    Stored {
        /// Table.
        table: &'static str,
        /// Height.
        height: u64,
        /// Key of the object.
        key: String,
        /// What is wrong.
        what: String,
    },
}
