//! Why a height could not be fetched, parsed into what the caller can do about it.

use std::fmt;
use std::time::Duration;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An endpoint's refusal or failure. Endpoints are named by their URL without credentials.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The chain has not reached this height (or has not stored its results yet).
    #[error("{endpoint}: height {height} is not available yet{}", tip_words(*tip))]
    NotYet {
        /// Who said so.
        endpoint: String,
        /// Height asked for.
        height: u64,
        /// Tip that the node named.
        tip: Option<u64>,
    },
    /// The node no longer has this height.
    #[error("{endpoint}: height {height} is pruned, the lowest is {lowest}: add an endpoint that keeps older blocks")]
    Pruned {
        /// Who said so.
        endpoint: String,
        /// Height asked for.
        height: u64,
        /// Lowest height that the node still has.
        lowest: u64,
    },
    /// The node asks for fewer requests.
    #[error("{endpoint}: rate limited{}", wait_words(*retry_after))]
    RateLimited {
        /// Who said so.
        endpoint: String,
        /// What the node's `Retry-After` said.
        retry_after: Option<Duration>,
    },
    /// The node belongs to another chain.
    #[error("{endpoint}: wrong chain: expected {expected}, the endpoint serves {got}: remove it or mend `chain_id`")]
    WrongChain {
        /// Who serves the other chain.
        endpoint: String,
        /// Configured chain id.
        expected: String,
        /// What `/status` said.
        got: String,
    },
    /// May pass: a time-out, a 5xx, a broken connection.
    #[error("{endpoint}: {reason}")]
    Transient {
        /// Who failed.
        endpoint: String,
        /// What happened.
        reason: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Cause>,
    },
    /// Will not pass by retrying: a request or a configuration that cannot work.
    #[error("{endpoint}: {reason}")]
    Permanent {
        /// Who failed.
        endpoint: String,
        /// What happened.
        reason: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Cause>,
    },
    /// The endpoint answered with what the protocol does not allow.
    #[error("{endpoint}: {}{defect}", height_words(*height))]
    Malformed {
        /// Who answered so.
        endpoint: String,
        /// Height asked for; 0 where the question was not about a height.
        height: u64,
        /// What is wrong with the answer.
        #[source]
        defect: Defect,
    },
    /// The node has not come as far as the question needs. Others may have, and so will this one.
    #[error("{endpoint}: slot {needed} is not reached yet{}: another endpoint must answer", tip_words(*at))]
    Behind {
        /// Who lags.
        endpoint: String,
        /// Slot that the answer must include.
        needed: u64,
        /// Where the node is, if it says so.
        at: Option<u64>,
    },
    /// The node refuses this client, or this method to this client.
    #[error("{endpoint}: access refused (status 403){}: ask its operator, or use another endpoint", wait_words(*retry_after))]
    Forbidden {
        /// Who refuses.
        endpoint: String,
        /// What the node's `Retry-After` said.
        retry_after: Option<Duration>,
    },
    /// The node says that a slot has no block, which may as well mean that the node does not have it.
    #[error(
        "{endpoint}: has no block in slot {slot}: skipped only if the next block passes over it, unknown until then"
    )]
    SlotSkipped {
        /// Who said so.
        endpoint: String,
        /// The slot.
        slot: u64,
    },
    /// The node does not know the transaction that a list was to begin or to end at.
    #[error("{endpoint}: does not know transaction {signature}, which its list was to begin after")]
    UnknownCursor {
        /// Who does not know it.
        endpoint: String,
        /// Signature of the transaction, if the node quotes it.
        signature: String,
    },
    /// The node holds back a transaction because of its version: there is one, and nobody may pass over it.
    #[error("{endpoint}: height {height}: a transaction of an unsupported version: {said}: update gridproof")]
    UnsupportedVersion {
        /// Who holds it back.
        endpoint: String,
        /// Slot of the transaction, or 0.
        height: u64,
        /// What the node said.
        said: String,
    },
    /// The endpoint is not of the kind that is needed: it keeps no history of transactions.
    #[error("{endpoint}: cannot be used: {reason}: use an endpoint that keeps the history of transactions")]
    Unfit {
        /// Which endpoint.
        endpoint: String,
        /// What it lacks.
        reason: String,
    },
    /// Two endpoints serve different blocks at one height; nobody here can tell which is right.
    #[error(
        "endpoints disagree on the block at height {height}: {first} says {first_hash}, {second} says {second_hash}: \
         remove the one that is on a fork"
    )]
    Disagreement {
        /// Height of the block.
        height: u64,
        /// One endpoint.
        first: String,
        /// Its block hash.
        first_hash: String,
        /// The other endpoint.
        second: String,
        /// Its block hash.
        second_hash: String,
    },
    /// No endpoint could do it.
    #[error("no endpoint could serve {what}: {}", attempts_words(attempts))]
    Exhausted {
        /// What was asked for.
        what: String,
        /// Which endpoints were tried, and what each said last.
        attempts: Vec<Attempt>,
    },
}

/// One endpoint's last word on a request that nobody could serve.
#[derive(Debug)]
pub struct Attempt {
    /// The endpoint, without credentials.
    pub endpoint: String,
    /// What it said.
    pub error: FetchError,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// A page for people.
    #[error("an HTML page instead of JSON (status {status})")]
    Html {
        /// HTTP status of the page.
        status: u16,
    },
    /// The JSON ends in the middle.
    #[error("the JSON is truncated after {bytes} bytes")]
    Truncated {
        /// Bytes received.
        bytes: usize,
    },
    /// The JSON cannot be read as this method's answer.
    #[error("the body is not what the method answers: {why}")]
    Shape {
        /// What the parser said.
        why: String,
    },
    /// An error that is neither JSON-RPC nor a known status.
    #[error("status {status}: {text}")]
    Status {
        /// HTTP status.
        status: u16,
        /// Beginning of the body.
        text: String,
    },
    /// A redirect: a node's answers do not move, so it is not followed.
    #[error("redirected to {to}, which is not followed")]
    Redirect {
        /// Where to.
        to: String,
    },
    /// More bytes than a body may have.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The answer is about another height.
    #[error("the answer is about height {got}")]
    Height {
        /// Height in the answer.
        got: u64,
    },
    /// The header belongs to another chain.
    #[error("the header belongs to chain {got}, expected {expected}")]
    ChainId {
        /// Configured chain id.
        expected: String,
        /// Chain id in the header.
        got: String,
    },
    /// The header does not follow the block before it.
    #[error("the parent hash is {got}, but the block before has hash {expected}")]
    Parent {
        /// Hash of the block before.
        expected: String,
        /// Parent hash in the header.
        got: String,
    },
    /// The block is not the one that the header names.
    #[error("the hash of the block is {got}, the header says {expected}")]
    Hash {
        /// Hash by the header.
        expected: String,
        /// Hash by the block.
        got: String,
    },
    /// The header counts other transactions than the block has.
    #[error("the block has {got} transactions, the header says {expected}")]
    Transactions {
        /// Number by the header.
        expected: u64,
        /// Number in the block.
        got: u64,
    },
    /// The header counts other transactions than there are results.
    #[error("{got} transaction results, the header says {expected} transactions")]
    Results {
        /// Number by the header.
        expected: u64,
        /// Number of results.
        got: u64,
    },
    /// The node is configured to throw results away.
    #[error("the node does not keep block results")]
    NoResults,
}

/// What the caller does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Wait for the chain.
    Wait,
    /// Try again later: the cause may pass.
    Retry,
    /// The height is gone from every endpoint: a hole that only another endpoint fills.
    Gone,
    /// The data is wrong: quarantine the range and show it.
    Quarantine,
}

impl FetchError {
    /// What to do about this error.
    pub fn class(&self) -> Class {
        match self {
            Self::NotYet { .. } => Class::Wait,
            Self::Pruned { .. } => Class::Gone,
            Self::RateLimited { .. }
            | Self::Forbidden { .. }
            | Self::Transient { .. }
            | Self::Behind { .. }
            | Self::SlotSkipped { .. }
            | Self::UnknownCursor { .. } => Class::Retry,
            Self::WrongChain { .. }
            | Self::Permanent { .. }
            | Self::Malformed { .. }
            | Self::Disagreement { .. }
            | Self::UnsupportedVersion { .. }
            | Self::Unfit { .. } => Class::Quarantine,
            Self::Exhausted { attempts, .. } => class_of_all(attempts),
        }
    }

    pub(super) fn transient(endpoint: &str, reason: impl Into<String>) -> Self {
        Self::Transient {
            endpoint: endpoint.to_owned(),
            reason: reason.into(),
            source: None,
        }
    }

    pub(super) fn malformed(endpoint: &str, height: u64, defect: Defect) -> Self {
        Self::Malformed {
            endpoint: endpoint.to_owned(),
            height,
            defect,
        }
    }
}

/// One endpoint that may come back is reason to try again; wrong data from all others is not outvoted by pruning.
fn class_of_all(attempts: &[Attempt]) -> Class {
    let classes: Vec<Class> = attempts.iter().map(|a| a.error.class()).collect();
    let any = |class| classes.contains(&class);
    if classes.is_empty() || any(Class::Retry) || any(Class::Wait) {
        Class::Retry
    } else if any(Class::Quarantine) {
        Class::Quarantine
    } else {
        Class::Gone
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

fn height_words(height: u64) -> String {
    if height == 0 {
        String::new()
    } else {
        format!("height {height}: ")
    }
}

fn tip_words(tip: Option<u64>) -> String {
    tip.map(|t| format!(", the tip is {t}")).unwrap_or_default()
}

fn wait_words(retry_after: Option<Duration>) -> String {
    retry_after.map(|d| format!(", retry after {d:?}")).unwrap_or_default()
}

fn attempts_words(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "no endpoint is configured".to_owned();
    }
    attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; ")
}
