//! Why a range could not be committed.

use crate::client::ClientError;
use crate::state_db::{Span, StageKey, StateError};

/// A refused or failed commit. The claim of the range stands.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The state database refused: another writer, an overlap, another generation.
    #[error(transparent)]
    State(#[from] StateError),
    /// Rows were not acknowledged.
    #[error("rows of table {table} were not acknowledged (token {token}): {source}")]
    Insert {
        /// The table.
        table: &'static str,
        /// Token of the insert; trying again uses the same.
        token: String,
        /// What ClickHouse said.
        #[source]
        source: ClientError,
    },
    /// Rows that were acknowledged could not be looked up.
    #[error("whether table {table} holds all acknowledged rows could not be looked up: {source}")]
    Lookup {
        /// The table.
        table: &'static str,
        /// What ClickHouse said.
        #[source]
        source: ClientError,
    },
    /// ClickHouse acknowledges rows again and again and does not have them.
    #[error(
        "clickhouse acknowledged the rows of table {table} for {span} {rounds} times under fresh tokens, but does not \
         hold {missing} of them; check its disk and its error log, and whether somebody else deletes from this table"
    )]
    RowsMissing {
        /// The table.
        table: &'static str,
        /// The range.
        span: Span,
        /// Rows that are not there.
        missing: u64,
        /// How often they were sent.
        rounds: u32,
    },
    /// The range is committed, but readers do not see it yet.
    #[error("live ranges could not be mirrored into {table}: {source}; they are mirrored at the next commit or start")]
    Mirror {
        /// The mirror.
        table: &'static str,
        /// What ClickHouse said.
        #[source]
        source: ClientError,
    },
    /// ClickHouse has no trace of what is committed.
    #[error(
        "{key} has committed ranges in the state database, but ClickHouse does not know the network; restore its \
         data, or delete the state database to derive everything again from the archive"
    )]
    RowsLost {
        /// The stage.
        key: StageKey,
    },
    /// ClickHouse holds what another state database committed.
    #[error(
        "the rows of network {network} in ClickHouse were committed by another state database; use the data folder \
         that belongs to them, or another ClickHouse database"
    )]
    OtherState {
        /// The network.
        network: String,
    },
    /// Superseded rows could not be dropped.
    #[error("superseded rows of table {table} could not be dropped: {source}")]
    Gc {
        /// The table.
        table: String,
        /// What ClickHouse said.
        #[source]
        source: ClientError,
    },
    /// The batch is of another network than the range.
    #[error("the batch holds rows of network {batch}, the range is of {range}")]
    OtherNetwork {
        /// Network of the batch.
        batch: String,
        /// Network of the range.
        range: String,
    },
    /// The batch has rows outside the range.
    #[error("the batch holds rows of height {height}, outside the range {span}")]
    OutsideRange {
        /// The height.
        height: u64,
        /// The range.
        span: Span,
    },
}
