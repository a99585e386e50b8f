//! Why a state could not be had: what is wrong, who said it, on which page, and what to do about it.

use std::time::Duration;

use crate::source::Class;

/// No state was given.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// An endpoint that cannot be used as it is configured.
    #[error("{endpoint}: {reason}")]
    Config {
        /// Which, without credentials.
        endpoint: String,
        /// What to mend.
        reason: String,
    },
    /// An answer that cannot be taken, or no answer.
    #[error("{endpoint}: {}: {defect}", place(method, subject, *page))]
    Page {
        /// Who was asked, without credentials.
        endpoint: String,
        /// Fully qualified method.
        method: String,
        /// What the method was asked about; empty where it is about nothing in particular.
        subject: String,
        /// Number of the page, from 0.
        page: u32,
        /// What is wrong.
        #[source]
        defect: QueryDefect,
    },
    /// No endpoint gave the whole state.
    #[error("no endpoint gave the whole state: {}", words(attempts))]
    Exhausted {
        /// What each endpoint failed with, in the order of the configuration.
        attempts: Vec<QueryError>,
    },
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryDefect {
    /// Nobody answers.
    #[error("cannot be reached: {reason}: check the address and the network, or add another endpoint")]
    Unreachable {
        /// What the system said.
        reason: String,
    },
    /// No whole answer in time.
    #[error("no whole answer within {0:?}: ask for smaller pages, or use another endpoint")]
    TimedOut(Duration),
    /// The node asks for fewer requests.
    #[error("rate limited{}: wait, or use another endpoint", wait(*retry_after))]
    RateLimited {
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },
    /// The node, or what stands in front of it, cannot answer at present.
    #[error("unavailable: {said}: try again later, or use another endpoint")]
    Unavailable {
        /// What it said.
        said: String,
    },
    /// The node refuses this client.
    #[error("access refused: {said}: ask its operator, or use another endpoint")]
    Denied {
        /// What it said.
        said: String,
    },
    /// The node refuses the question.
    #[error("refused with code {code}: {said}: use another endpoint")]
    Refused {
        /// gRPC status code.
        code: i32,
        /// What it said.
        said: String,
    },
    /// There is nothing under what was asked about.
    #[error("there is nothing: {said}")]
    Nothing {
        /// What it said.
        said: String,
    },
    /// The node has no such method, and no state is whole without it.
    #[error(
        "the node does not have this method, which every supported version (v1.0.0 and later) has: is it a node of Akash?"
    )]
    Unimplemented,
    /// The state of the height is gone.
    #[error(
        "the state of height {height} is not available ({said}): ask for a newer height, or an endpoint that keeps it"
    )]
    Pruned {
        /// Height.
        height: u64,
        /// What the node said.
        said: String,
    },
    /// The node has not come to this height.
    #[error("height {height} is in the future of this node ({said}): wait, or use an endpoint that is further")]
    Future {
        /// Height.
        height: u64,
        /// What the node said.
        said: String,
    },
    /// Another chain.
    #[error("wrong chain: expected {expected}, the endpoint serves {got}: remove it or mend `chain_id`")]
    WrongChain {
        /// Configured chain id.
        expected: String,
        /// Chain id in the header.
        got: String,
    },
    /// The answer is of another height than it was asked for.
    #[error(
        "the answer is of height {got}, asked for was {expected}: the endpoint does not hold a height; use another one"
    )]
    OtherHeight {
        /// Height asked for.
        expected: u64,
        /// Height of the answer.
        got: u64,
    },
    /// The answer does not say of which height it is.
    #[error(
        "the answer does not say of which height it is (no x-cosmos-block-height): use an endpoint that passes it on"
    )]
    NoHeight,
    /// The page ends in the middle.
    #[error("the page is truncated ({why}): use another endpoint")]
    Truncated {
        /// How that shows.
        why: String,
    },
    /// The page is not what the method answers.
    #[error("garbage: {why}: use another endpoint")]
    Garbage {
        /// How that shows.
        why: String,
    },
    /// The next key is that of the page itself.
    #[error("the next key repeats the key of this page, so the list never ends: use another endpoint")]
    RepeatedKey,
    /// The next key is that of an earlier page.
    #[error("the next key leads back to page {to}, so the list never ends: use another endpoint")]
    BackwardsKey {
        /// The page that had this key.
        to: u32,
    },
    /// An object came twice.
    #[error("object {object} of the page came before: the list is not walked in order; use another endpoint")]
    RepeatedObject {
        /// Its number on the page, from 0.
        object: usize,
    },
    /// A page without an object that is not the last.
    #[error("the page is empty and names a next key: use another endpoint")]
    EmptyPage,
    /// The node counts other objects than it gave.
    #[error("the node counts {said} objects and gave {got}: something is missing; use another endpoint")]
    Total {
        /// What it counts.
        said: u64,
        /// What it gave.
        got: u64,
    },
    /// A page of more bytes than one may have.
    #[error("the page is larger than {limit} bytes: ask for smaller pages, or raise the limit")]
    PageTooLarge {
        /// The limit.
        limit: usize,
    },
    /// More pages than a list may have.
    #[error("more than {limit} pages: ask for larger pages, or raise the limit")]
    TooManyPages {
        /// The limit.
        limit: u32,
    },
    /// More bytes than a state may have.
    #[error("the state is larger than {limit} bytes: raise the limit, if there is memory for it")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
}

impl QueryDefect {
    pub(super) fn garbage(why: impl Into<String>) -> Self {
        Self::Garbage { why: why.into() }
    }

    pub(super) fn truncated(why: impl Into<String>) -> Self {
        Self::Truncated { why: why.into() }
    }

    /// Whether the same question may be answered a moment later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::TimedOut(_) | Self::RateLimited { .. } | Self::Unavailable { .. }
        )
    }

    fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut(_)
            | Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::Denied { .. } => Class::Retry,
            Self::Future { .. } => Class::Wait,
            Self::Pruned { .. } => Class::Gone,
            _ => Class::Quarantine,
        }
    }
}

impl QueryError {
    /// What to do about this error, as for [`crate::source::FetchError::class`].
    pub fn class(&self) -> Class {
        match self {
            Self::Config { .. } => Class::Quarantine,
            Self::Page { defect, .. } => defect.class(),
            Self::Exhausted { attempts } => {
                let any = |class| attempts.iter().any(|attempt| attempt.class() == class);
                let first = [Class::Retry, Class::Wait, Class::Quarantine]
                    .into_iter()
                    .find(|class| any(*class));
                first.unwrap_or(Class::Gone)
            }
        }
    }

    /// What is wrong with the answer of the endpoint that was asked last; `None`: nobody was asked.
    pub fn defect(&self) -> Option<&QueryDefect> {
        match self {
            Self::Config { .. } => None,
            Self::Page { defect, .. } => Some(defect),
            Self::Exhausted { attempts } => attempts.iter().rev().find_map(Self::defect),
        }
    }
}

/// Longest text of a node that is passed on, in characters.
const SAID_CHARS: usize = 300;

/// What a node said, as it may be shown: short, on one line.
pub(super) fn said(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SAID_CHARS)
        .collect()
}

fn place(method: &str, subject: &str, page: u32) -> String {
    match subject {
        "" => format!("{method}, page {page}"),
        subject => format!("{method} of {subject}, page {page}"),
    }
}

fn wait(retry_after: Option<Duration>) -> String {
    retry_after.map(|d| format!(", retry after {d:?}")).unwrap_or_default()
}

fn words(attempts: &[QueryError]) -> String {
    attempts
        .iter()
        .map(QueryError::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
