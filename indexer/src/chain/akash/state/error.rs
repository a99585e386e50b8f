//! Why the state machine stops.

use crate::chain::akash::dec::DecError;
use crate::chain::akash::model::Version;

/// A chain's list of versions makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A release that this build knows no rules for.
    #[error("no settlement rules are known for release {name:?}: a newer gridproof is needed")]
    Unknown {
        /// The name as given, cut to 64 characters.
        name: String,
    },
    /// Versions or heights do not ascend.
    #[error("upgrade to {version:?} at height {height} is not after the one before it")]
    Order {
        /// Version.
        version: Version,
        /// Height.
        height: u64,
    },
}

/// The machine cannot go on: the chain did something that its rules (as we know them) do not allow,
/// or the block is not the next one. The range must stop; nothing of the block may be committed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The block does not follow the state.
    #[error("block {got} does not follow height {height}: feed blocks in order")]
    OutOfOrder {
        /// Height of the state.
        height: u64,
        /// Height of the block.
        got: u64,
    },
    /// The block is of another chain.
    #[error("block of chain {got:?} fed to the state of {expected:?}")]
    WrongChain {
        /// Chain of the state.
        expected: String,
        /// Chain of the block.
        got: String,
    },
    /// A successful message speaks of something that the state does not have.
    #[error("height {height}, {place}: {kind} {key} is not in the state")]
    Missing {
        /// Height.
        height: u64,
        /// Transaction and message, or the part of the block.
        place: String,
        /// Kind of object.
        kind: &'static str,
        /// Its key.
        key: String,
    },
    /// A successful message does what the rules in force forbid.
    #[error("height {height}, {place}: {what}")]
    Rule {
        /// Height.
        height: u64,
        /// Transaction and message, or the part of the block.
        place: String,
        /// Which rule, and on which object.
        what: String,
    },
    /// A number left the range of the decimals.
    #[error("height {height}, {place}: {source}")]
    Number {
        /// Height.
        height: u64,
        /// Transaction and message, or the part of the block.
        place: String,
        /// The cause.
        #[source]
        source: DecError,
    },
    /// A genesis document that cannot be read.
    #[error("genesis: {what}")]
    Genesis {
        /// What is wrong with it.
        what: String,
    },
    /// A checkpoint that cannot be read or written.
    #[error("checkpoint: {source}")]
    Checkpoint {
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A message or answer that a part of the state decodes by itself cannot be decoded.
    #[error("height {height}, {place}: {what}")]
    Payload {
        /// Height.
        height: u64,
        /// Transaction and message, or the part of the block.
        place: String,
        /// What is wrong with it.
        what: String,
    },
}
