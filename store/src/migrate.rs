//! Schema migrations, embedded in the program: `migrations/clickhouse` by our own runner,
//! `migrations/state` by sqlx.
//!
//! A file is applied once, in the order of the numbers. Numbers come in blocks, one per part of the schema,
//! so that a new file may stand before one that is applied already. A file that was applied and then edited
//! is refused: write a new file instead. ClickHouse has no transactions over statements, so every statement
//! can run twice (`IF NOT EXISTS`, `OR REPLACE`) and a file that was cut short simply runs again.

pub mod clickhouse;
mod files;
mod lock;
mod plan;
pub mod state;

pub use files::{FileError, MigrationFile, clickhouse_files};
pub use plan::{Applied, DriftError, Entry, EntryStatus, Report};

use crate::client::ClientError;

/// Why the ClickHouse schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The embedded files are not in order.
    #[error(transparent)]
    Files(#[from] FileError),
    /// The database does not match the files.
    #[error(transparent)]
    Drift(#[from] DriftError),
    /// A statement failed.
    #[error("migration {version:04}_{name}, statement {statement}: {source}")]
    Statement {
        /// Number of the file.
        version: u32,
        /// Its name.
        name: String,
        /// Which statement, from 1.
        statement: usize,
        /// What ClickHouse said.
        #[source]
        source: ClientError,
    },
    /// The bookkeeping failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Another process migrates.
    #[error(
        "migrations are locked by {owner} since {age_s} s; wait for it, or if it no longer runs, \
         drop the table {table}"
    )]
    Locked {
        /// Who holds the lock.
        owner: String,
        /// For how long, in seconds.
        age_s: u64,
        /// Table that is the lock.
        table: &'static str,
    },
}
