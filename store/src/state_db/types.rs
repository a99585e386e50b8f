//! What the state database speaks about.

use super::spans::{Coverage, Segment, Span};
use serde::Serialize;

/// A sequence of ranges with its own watermark: one stage of one network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StageKey {
    /// Network name.
    pub network: String,
    /// Stage, such as [`StageKey::FACTS`].
    pub stage: String,
}

impl StageKey {
    /// Stage whose ranges are committed in any order.
    pub const FACTS: &'static str = "facts";
    /// Stage whose ranges follow in height order.
    pub const STATE: &'static str = "state";
    /// Series of what providers say of themselves.
    pub const INVENTORY: &'static str = "inventory";
    /// Series of prices.
    pub const PRICES: &'static str = "prices";
    /// Stages whose unit is no height of the chain but an entry of a series, numbered from 1.
    pub const SERIES: [&'static str; 2] = [Self::INVENTORY, Self::PRICES];

    /// The stage `stage` of `network`.
    pub fn new(network: impl Into<String>, stage: impl Into<String>) -> Self {
        Self {
            network: network.into(),
            stage: stage.into(),
        }
    }

    /// Whether the stage counts entries of a series.
    pub fn is_series(&self) -> bool {
        Self::SERIES.contains(&self.stage.as_str())
    }

    /// Column of the stage's tables in which its ranges count. The `height` of a series is that of the chain at the
    /// time, which no range bounds.
    pub fn counts_in(&self) -> &'static str {
        if self.is_series() { "sequence" } else { "height" }
    }
}

impl std::fmt::Display for StageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network, self.stage)
    }
}

/// A network as the configuration or a recording declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Name, unique in the database; may only hold letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Chain id; another one under the same name is refused.
    pub chain_id: String,
    /// Kind of chain, such as `akash`.
    pub kind: String,
    /// First height there is to index.
    pub first_height: u64,
    /// What readers should be told, such as why a recording is served; may be empty.
    pub note: String,
}

/// A range that this process may insert and commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClaimedRange {
    /// Whose range.
    pub key: StageKey,
    /// The heights.
    pub span: Span,
    /// Generation of its rows.
    pub generation: u32,
    /// Version of the code that derives them.
    pub decoder: u32,
}

impl ClaimedRange {
    /// Deduplication token of its rows in `table`.
    pub fn token(&self, table: &str) -> String {
        let Self {
            key,
            span,
            generation,
            decoder,
        } = self;
        format!("{}:{table}:g{generation}:v{decoder}:{span}", key.network)
    }
}

/// How far a stage is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Watermark {
    /// End of the unbroken run that begins at the first height of the stage; never falls.
    pub complete_to: Option<u64>,
    /// The newest unbroken run: what readers of facts see.
    pub newest_run: Option<Span>,
}

/// A quarantined range and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// The range.
    #[serde(flatten)]
    pub range: ClaimedRange,
    /// What is wrong with it.
    pub reason: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// An open or finished re-derivation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reindex {
    /// Of which stage.
    pub key: StageKey,
    /// The heights that are derived again.
    pub span: Span,
    /// Their new generation.
    pub generation: u32,
    /// Version of the code that derives them.
    pub decoder: u32,
}

/// The list of live segments to mirror, with the version that orders such lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveList {
    /// Rises with every change.
    pub version: u64,
    /// The segments.
    pub live: Coverage,
    /// When the last change was made, milliseconds since the Unix epoch.
    pub committed_ms: i64,
}

/// Rows that no reader sees any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// Of which stage.
    pub key: StageKey,
    /// Where, and of which generation.
    #[serde(flatten)]
    pub segment: Segment,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// A committed range with what was written, for checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommittedRange {
    /// The range.
    #[serde(flatten)]
    pub range: ClaimedRange,
    /// Rows, all tables.
    pub rows: u64,
    /// XOR of the row hashes, all tables but `blocks`.
    pub digest_xor: u64,
    /// Wrapping sum of the row hashes, all tables but `blocks`.
    pub digest_sum: u64,
}

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArchivedFile {
    /// Heights in it.
    pub span: Span,
    /// Path within the archive.
    pub path: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
}

/// A stored state of the state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// Height after which the state was taken.
    pub height: u64,
    /// Version of the code that wrote it.
    pub decoder: u32,
    /// Path within the archive.
    pub path: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
}

/// What is known about an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EndpointHealth {
    /// Its address.
    pub url: String,
    /// `ok`, `degraded`, `down`, or what the pool calls it.
    pub state: String,
    /// Recent latency in milliseconds.
    pub latency_ms: Option<u64>,
    /// Highest height that it named.
    pub tip_height: Option<u64>,
    /// Lowest height that it still has.
    pub lowest_height: Option<u64>,
    /// Requests so far.
    pub requests: u64,
    /// Of these, failed.
    pub failures: u64,
    /// Last success, milliseconds since the Unix epoch.
    pub last_ok_ms: Option<i64>,
    /// Last failure.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_ms: Option<i64>,
}

/// The right to write, held by one process at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WriterLease {
    /// What it is for, such as `indexer`.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Rises with every change of hands.
    pub fence: u64,
}
