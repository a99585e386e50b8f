//! How a replayed node can be wrong: each fault is something that public endpoints have been seen to do.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use super::error::RpcError;

/// The grammar of a fault, for `--help` and for errors.
pub const SOLANA_FAULTS: &str = "use METHOD:KIND, such as getTransaction:null@0.1, where METHOD is a method or `any`, \
     KIND is 429, retry-after-SECONDS, 403, null, html, truncated, reversed, duplicated, overlapping, short, \
     no-balances, no-time or an error code such as -32007, and what follows the `@` is the share of calls (0 to 1) or \
     the first so many (x3); or lag:SLOTS, or genesis:HASH";

/// Requests that are remembered for the share of calls; beyond them counting begins again.
const MAX_COUNTED: usize = 100_000;

/// One way in which an endpoint can be wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum SolanaFault {
    /// The node is so many slots behind the others, and says so in `getHealth` only.
    Lag(u64),
    /// The node is of another cluster.
    Genesis(String),
    /// A call goes wrong.
    Call {
        /// Method, or every one.
        method: Option<String>,
        /// What goes wrong.
        kind: CallFault,
        /// How often.
        when: When,
    },
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// HTTP 429, with `Retry-After` where seconds are given.
    TooMany(Option<u32>),
    /// HTTP 403: the endpoint has had enough of this client.
    Forbidden,
    /// The result is null.
    Null,
    /// A page for people instead of JSON.
    Html,
    /// The body ends in the middle.
    Truncated,
    /// A list comes oldest first.
    Reversed,
    /// Every entry of a list comes twice.
    Duplicated,
    /// A page begins with entries that the page before it had.
    Overlapping,
    /// A page ends early though there is more.
    Short,
    /// The lists of token balances are null: the node does not keep them.
    NoBalances,
    /// `blockTime` is null.
    NoTime,
    /// A JSON-RPC error.
    Code(i64),
}

/// How often a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// Always.
    Always,
    /// A share of calls, 0 to 1; which ones follows from the seed and the request.
    Share(f64),
    /// The first so many calls.
    First(u32),
}

impl FromStr for SolanaFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no fault: {SOLANA_FAULTS}");
        let (name, rest) = text.split_once(':').ok_or_else(wrong)?;
        match name {
            "lag" => rest.parse().map(Self::Lag).map_err(|_| wrong()),
            "genesis" if !rest.is_empty() => Ok(Self::Genesis(rest.to_owned())),
            _ => {
                let (kind, when) = match rest.split_once('@') {
                    Some((kind, when)) => (kind, when_of(when).ok_or_else(wrong)?),
                    None => (rest, When::Always),
                };
                let method = (name != "any").then(|| name.to_owned());
                let is_method = name == "any" || name.starts_with("get") || name == "minimumLedgerSlot";
                let kind = kind_of(kind).filter(|_| is_method).ok_or_else(wrong)?;
                Ok(Self::Call { method, kind, when })
            }
        }
    }
}

fn kind_of(text: &str) -> Option<CallFault> {
    Some(match text {
        "429" => CallFault::TooMany(None),
        "403" => CallFault::Forbidden,
        "null" => CallFault::Null,
        "html" => CallFault::Html,
        "truncated" => CallFault::Truncated,
        "reversed" => CallFault::Reversed,
        "duplicated" => CallFault::Duplicated,
        "overlapping" => CallFault::Overlapping,
        "short" => CallFault::Short,
        "no-balances" => CallFault::NoBalances,
        "no-time" => CallFault::NoTime,
        _ => match text.strip_prefix("retry-after-") {
            Some(seconds) => CallFault::TooMany(Some(seconds.parse().ok()?)),
            None => {
                let code = text.parse().ok()?;
                RpcError::of_code(code, 0)?;
                CallFault::Code(code)
            }
        },
    })
}

fn when_of(text: &str) -> Option<When> {
    if let Some(count) = text.strip_prefix('x') {
        return count.parse().ok().map(When::First);
    }
    let share: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&share).then_some(When::Share(share))
}

/// The faults of an endpoint, asked call by call.
#[derive(Debug, Default)]
pub(super) struct Faults {
    faults: Vec<SolanaFault>,
    seed: u64,
    counts: Mutex<HashMap<u64, u32>>,
}

impl Faults {
    pub(super) fn new(faults: Vec<SolanaFault>, seed: u64) -> Self {
        Self {
            faults,
            seed,
            counts: Mutex::default(),
        }
    }

    pub(super) fn lag(&self) -> u64 {
        let lag = |fault: &SolanaFault| match fault {
            SolanaFault::Lag(slots) => Some(*slots),
            _ => None,
        };
        self.faults.iter().find_map(lag).unwrap_or(0)
    }

    pub(super) fn genesis(&self) -> Option<&str> {
        self.faults.iter().find_map(|fault| match fault {
            SolanaFault::Genesis(hash) => Some(hash.as_str()),
            _ => None,
        })
    }

    /// What goes wrong with this call, if anything does. The same calls go wrong in every run with one seed, in
    /// whichever order they come.
    pub(super) fn strike(&self, called: &str, request: &str) -> Option<CallFault> {
        for (number, fault) in self.faults.iter().enumerate() {
            let SolanaFault::Call { method, kind, when } = fault else {
                continue;
            };
            if method.as_deref().is_some_and(|method| method != called) {
                continue;
            }
            let strikes = match *when {
                When::Always => true,
                When::First(count) => self.nth(&(number, "first")) < count,
                When::Share(share) => {
                    let nth = self.nth(&(number, request));
                    share_of(&(self.seed, number, request, nth)) < share
                }
            };
            if strikes {
                return Some(*kind);
            }
        }
        None
    }

    /// How often this was asked before.
    fn nth(&self, what: &impl Hash) -> u32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_COUNTED {
            counts.clear();
        }
        let count = counts.entry(hash(what)).or_default();
        *count = count.saturating_add(1);
        *count - 1
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// A number from 0 to 1 that follows from `what` alone.
fn share_of(what: &impl Hash) -> f64 {
    fastrand::Rng::with_seed(hash(what)).f64()
}

impl fmt::Display for SolanaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lag(slots) => write!(f, "lag:{slots}"),
            Self::Genesis(hash) => write!(f, "genesis:{hash}"),
            Self::Call { method, kind, when } => {
                write!(f, "{}:{kind:?}@{when:?}", method.as_deref().unwrap_or("any"))
            }
        }
    }
}
