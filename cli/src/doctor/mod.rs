//! Checks of this machine and of what it needs from others, each with a next step.

mod checks;

pub(crate) use checks::{clock_skew, disk, folder_writable, port};

use serde::Serialize;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Nothing to do.
    Ok,
    /// Works, but somebody should look.
    Warn,
    /// Will not work.
    Fail,
}

impl Verdict {
    /// The word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was looked at.
    pub(crate) name: String,
    /// How it came out.
    pub(crate) verdict: Verdict,
    /// What was seen.
    pub(crate) finding: String,
    /// What to do; empty when nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) next_step: String,
}

impl Check {
    /// A check that passed.
    pub(crate) fn ok(name: impl Into<String>, finding: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Ok,
            finding: finding.into(),
            next_step: String::new(),
        }
    }

    /// A check that somebody should look at.
    pub(crate) fn warn(name: impl Into<String>, finding: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Warn,
            finding: finding.into(),
            next_step: next_step.into(),
        }
    }

    /// A check that failed.
    pub(crate) fn fail(name: impl Into<String>, finding: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Fail,
            finding: finding.into(),
            next_step: next_step.into(),
        }
    }
}
