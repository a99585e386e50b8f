//! Why an answered state is refused.

use crate::chain::akash::decode::FieldError;
use crate::chain::akash::model::Version;
use crate::source::RawAnswer;
use std::fmt;

/// A page of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAt {
    /// Method.
    pub method: String,
    /// What was asked about; may be empty.
    pub subject: String,
    /// Number of the page, from 0.
    pub page: u32,
}

impl PageAt {
    /// In a box: an error is to be smaller than what it interrupts.
    pub(super) fn of(answer: &RawAnswer) -> Box<Self> {
        Box::new(Self {
            method: answer.method.clone(),
            subject: answer.subject.clone(),
            page: answer.page,
        })
    }
}

impl fmt::Display for PageAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.method)?;
        if !self.subject.is_empty() {
            write!(f, " of {}", self.subject.escape_debug())?;
        }
        write!(f, ", page {}", self.page)
    }
}

/// The answers are no state that can be followed. Nothing of them may be used: a state with one wrong object gives
/// wrong amounts from then on.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is of another chain.
    #[error("the state is of chain {got:?}, the network is {expected:?}: ask a node of that chain")]
    Chain {
        /// Chain of the network.
        expected: String,
        /// Chain of the answers.
        got: String,
    },
    /// A version whose queries answer in a shape that is not read, or not at all.
    #[error(
        "height {height} runs under {version:?}: a state can be asked of a node from v1.0.0 on; follow it from the genesis, \
         or ask for a later height"
    )]
    Version {
        /// Height.
        height: u64,
        /// Version in force.
        version: Version,
    },
    /// A height that no state can have.
    #[error("the state is of height {height}, which no block has: take it again")]
    Height {
        /// Height.
        height: u64,
    },
    /// A query that was not answered.
    #[error(
        "{method} was not answered, and the state of {version:?} needs it: take it again from a node that serves it"
    )]
    Missing {
        /// Method.
        method: String,
        /// Version in force.
        version: Version,
    },
    /// A query of a version that is not known.
    #[error("{method} is of a version that this build cannot read ({known} is known): a newer gridproof is needed")]
    UnknownMethod {
        /// Method that was answered.
        method: String,
        /// The one that can be read.
        known: &'static str,
    },
    /// A page that cannot be read at all.
    #[error("{at}: {what}; take the state again, from another endpoint if this repeats")]
    Page {
        /// Where.
        at: Box<PageAt>,
        /// What is wrong.
        what: String,
    },
    /// A page without this object, or with one that cannot be read.
    #[error("{at}, object {object}: {what}")]
    Shape {
        /// Where.
        at: Box<PageAt>,
        /// Number in its page, from 0.
        object: usize,
        /// What is wrong, with the path to the field.
        what: String,
    },
    /// A field with an impossible value.
    #[error("{at}, object {object} {key}: {source}")]
    Field {
        /// Where.
        at: Box<PageAt>,
        /// Number in its page, from 0.
        object: usize,
        /// Key of the object, as far as it was read.
        key: String,
        /// Which field, and why.
        #[source]
        source: FieldError,
    },
    /// Objects that do not fit together.
    #[error("{at}, object {object} {key}: {what}; the answers are not of one state, take it again")]
    Inconsistent {
        /// Where.
        at: Box<PageAt>,
        /// Number in its page, from 0.
        object: usize,
        /// Key of the object.
        key: String,
        /// What does not fit.
        what: String,
    },
    /// Answers that do not fit together as a whole.
    #[error("{method}: {what}; the answers are not of one state, take it again")]
    Disagree {
        /// Method.
        method: &'static str,
        /// What does not fit.
        what: String,
    },
}
