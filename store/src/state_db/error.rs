//! What the state database refuses.

use super::{Segment, Span, StageKey};

/// A refused or failed operation on the state database.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The database itself failed.
    #[error("state database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("state database cannot be migrated: {0}; if a migration file was edited, restore it")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The name belongs to another chain.
    #[error("network {network} is chain {known} here, not {got}; use another network name or another data folder")]
    OtherChain {
        /// Network name.
        network: String,
        /// Chain id on record.
        known: String,
        /// Chain id offered.
        got: String,
    },
    /// The chain has another history than the one indexed.
    #[error(
        "network {network} has block {known} at height {height} here, the chain now says {got}; \
         it is another chain or was restarted: use another network name or another data folder"
    )]
    OtherBlock {
        /// Network name.
        network: String,
        /// Height of the block.
        height: u64,
        /// Hash on record.
        known: String,
        /// Hash offered.
        got: String,
    },
    /// A name that cannot be part of paths and tokens.
    #[error("network name {0:?} may only hold letters, digits, '.', '_' and '-', and not begin with '.'")]
    BadName(String),
    /// Nothing was registered under the name.
    #[error("network {0} is not registered")]
    UnknownNetwork(String),
    /// Another process holds the lease.
    #[error("{name} is written by {owner}, whose lease runs for another {remaining_ms} ms; stop it first")]
    LeaseHeld {
        /// Name of the lease.
        name: String,
        /// Who holds it.
        owner: String,
        /// How long it still runs.
        remaining_ms: i64,
    },
    /// Another process took the lease over.
    #[error("the lease {name} (fence {fence}) was taken over by {owner} (fence {current}); this process must stop")]
    LeaseLost {
        /// Name of the lease.
        name: String,
        /// Fence of this process.
        fence: u64,
        /// Who holds it now.
        owner: String,
        /// The fence now.
        current: u64,
    },
    /// The range overlaps another one.
    #[error("range {span} of {key} overlaps {other} of generation {generation}, which is {status}")]
    Overlap {
        /// Stage.
        key: StageKey,
        /// The range asked for.
        span: Span,
        /// The range in the way.
        other: Span,
        /// Its generation.
        generation: u32,
        /// `claimed`, `quarantined` or `committed`.
        status: String,
    },
    /// The range begins before the network does.
    #[error("range {span} of {key} begins before the first height {first}")]
    BeforeFirst {
        /// Stage.
        key: StageKey,
        /// The range asked for.
        span: Span,
        /// First height of the network.
        first: u64,
    },
    /// A stage can begin at another height only as long as nothing of it is there.
    #[error(
        "{key} cannot begin at height {height}: it begins at {first} and already has {other} of generation {generation}, \
         which is {status}"
    )]
    Begun {
        /// Stage.
        key: StageKey,
        /// The height asked for.
        height: u64,
        /// Where it begins.
        first: u64,
        /// What is there.
        other: Span,
        /// Its generation.
        generation: u32,
        /// `claimed`, `quarantined` or `committed`.
        status: String,
    },
    /// The claim is not, or no longer, what the database has.
    #[error("range {span} of {key} is not claimed under generation {generation} by decoder {decoder}: {found}")]
    NotClaimed {
        /// Stage.
        key: StageKey,
        /// The range.
        span: Span,
        /// Generation of the claim.
        generation: u32,
        /// Decoder of the claim.
        decoder: u32,
        /// What the database has instead.
        found: String,
    },
    /// Rows of the range may exist, it can only be run to its end.
    #[error("range {span} of {key} may have rows already and cannot be released; run it again")]
    Inserting {
        /// Stage.
        key: StageKey,
        /// The range.
        span: Span,
    },
    /// Only what is committed can be derived again.
    #[error("range {span} of {key} cannot be derived again: {hole} of it is not committed")]
    NotCommitted {
        /// Stage.
        key: StageKey,
        /// The range asked for.
        span: Span,
        /// First part that is missing.
        hole: Span,
    },
    /// A re-derivation of some of these heights is open.
    #[error("range {span} of {key} is being derived again already: {open} as generation {generation}")]
    ReindexOpen {
        /// Stage.
        key: StageKey,
        /// The range asked for.
        span: Span,
        /// The open one.
        open: Span,
        /// Its generation.
        generation: u32,
    },
    /// The re-derivation is finished or was cancelled.
    #[error("generation {generation} of {key} is not being derived any more")]
    ReindexClosed {
        /// Stage.
        key: StageKey,
        /// Generation asked for.
        generation: u32,
    },
    /// What is no entry of the watch list.
    #[error("{what} of a watched account: {why}")]
    BadWatch {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two entries of the watch list would speak of one account at once.
    #[error(
        "{address} is on the watch list as {role} from slot {from_slot} ({status}); \
         retire that entry before the first slot of the new one, or name another first slot"
    )]
    WatchClash {
        /// The account.
        address: String,
        /// Role of the entry in the way.
        role: String,
        /// Its first slot.
        from_slot: u64,
        /// Its status.
        status: &'static str,
    },
    /// No such entry of the watch list.
    #[error("{address} from slot {from_slot} is not on the watch list of {network}; list it to see what is")]
    NotWatched {
        /// Network.
        network: String,
        /// The account.
        address: String,
        /// First slot asked for.
        from_slot: u64,
    },
    /// A number that the database cannot hold, or one that it should not hold.
    #[error("{what} is out of range: {value}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: String,
    },
}

impl StateError {
    /// An overlap with something committed.
    pub(super) fn overlap(key: &StageKey, span: Span, other: Segment) -> Self {
        Self::Overlap {
            key: key.clone(),
            span,
            other: other.span,
            generation: other.generation,
            status: "committed".to_owned(),
        }
    }
}
