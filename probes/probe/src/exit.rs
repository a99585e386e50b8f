//! How a run ends: one error type for the user, one exit code for the shell.

use std::process::ExitCode;

/// Exit codes, after `sysexits.h`; 130 is the shell's own for Ctrl-C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Measured, and nothing contradicts the claim.
    Ok = 0,
    /// The command line must change.
    Usage = 64,
    /// A GPU is not the claimed model, or computes wrongly; or a report cannot be trusted.
    Data = 65,
    /// No driver, no GPU, or one that went away: nothing was decided.
    Unavailable = 69,
    /// An error of ours, or of the machine below us.
    Internal = 70,
    /// Ctrl-C or SIGTERM.
    Interrupted = 130,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a command failed, sorted by whose move is next. Every text says what, why and the next step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line must change (exit 64).
    #[error("{0}")]
    Usage(String),
    /// A report that was handed in does not hold (exit 65).
    #[error("{0}")]
    Data(String),
    /// The driver or GPU could not be used (exit 69).
    #[error("{0}")]
    Unavailable(String),
    /// The user ended the run (exit 130).
    #[error("{0}")]
    Interrupted(String),
    /// Everything else (exit 70).
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

/// What commands return.
pub(crate) type Outcome = Result<Code, Failure>;

impl Failure {
    /// Its exit code.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Usage(_) => Code::Usage,
            Self::Data(_) => Code::Data,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Interrupted(_) => Code::Interrupted,
            Self::Internal(_) => Code::Internal,
        }
    }
}
