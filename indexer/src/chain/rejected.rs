//! Why a range cannot be taken in: the kind of fault, where, and what exactly.

use std::fmt;

/// What is wrong with a quarantined range, as a word that metrics and programs can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// An endpoint's body is not what the protocol promises (HTML, truncated JSON, results missing).
    BadBody,
    /// No endpoint has these heights any more.
    Pruned,
    /// The endpoint serves another chain, or a header says so.
    WrongChain,
    /// A block's parent hash is not the hash of the block before it.
    BrokenLink,
    /// A block is well-formed, yet cannot be decoded.
    Decode,
    /// Rows of a block cannot be derived or encoded.
    Derive,
    /// The state machine does not accept a block.
    State,
    /// The archive does not give back what was put into it.
    Archive,
    /// Endpoints answer differently for the same height.
    Disagreement,
}

impl Fault {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadBody => "bad_body",
            Self::Pruned => "pruned",
            Self::WrongChain => "wrong_chain",
            Self::BrokenLink => "broken_link",
            Self::Decode => "decode",
            Self::Derive => "derive",
            Self::State => "state",
            Self::Archive => "archive",
            Self::Disagreement => "disagreement",
        }
    }

    /// The fault of a word; `None` for a word of a later release.
    pub fn from_name(name: &str) -> Option<Self> {
        use Fault::*;
        let all = [
            BadBody,
            Pruned,
            WrongChain,
            BrokenLink,
            Decode,
            Derive,
            State,
            Archive,
            Disagreement,
        ];
        all.into_iter().find(|fault| fault.name() == name)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a range was set aside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at height {height}: {reason}")]
pub struct Rejected {
    /// Kind of fault.
    pub fault: Fault,
    /// Height at which it showed.
    pub height: u64,
    /// What exactly, with the cause.
    pub reason: String,
}

/// Longest reason that is kept: an endpoint's HTML page must not fill the state database.
const MAX_REASON_CHARS: usize = 600;

impl Rejected {
    /// A rejection with the whole chain of causes in its reason.
    pub fn new(fault: Fault, height: u64, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !reason.contains(&text) {
                reason = format!("{reason}: {text}");
            }
            source = cause.source();
        }
        Self::because(fault, height, reason)
    }

    /// A rejection from a message.
    pub fn because(fault: Fault, height: u64, reason: impl AsRef<str>) -> Self {
        Self {
            fault,
            height,
            reason: reason.as_ref().chars().take(MAX_REASON_CHARS).collect(),
        }
    }
}
