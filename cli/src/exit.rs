//! How a run ends: one error type for the user, one exit code for the shell.

use std::process::ExitCode;

/// Why a command failed, sorted by whose move is next.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line or configuration must change (exit 64).
    #[error("{0:#}")]
    Usage(anyhow::Error),
    /// A data check failed (exit 65).
    #[error("{0:#}")]
    Data(anyhow::Error),
    /// No endpoint or database answered (exit 69).
    #[error("{0:#}")]
    Upstream(anyhow::Error),
    /// Everything else (exit 70).
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

/// What commands return.
pub(crate) type Outcome = Result<(), Failure>;

impl Failure {
    /// Exit code, after `sysexits.h`.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Data(_) => 65,
            Self::Upstream(_) => 69,
            Self::Internal(_) => 70,
        }
    }

    /// As the shell wants it.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// A usage failure from a message.
    pub(crate) fn usage(message: impl std::fmt::Display) -> Self {
        Self::Usage(anyhow::anyhow!("{message}"))
    }

    /// A data failure from a message.
    pub(crate) fn data(message: impl std::fmt::Display) -> Self {
        Self::Data(anyhow::anyhow!("{message}"))
    }

    /// An upstream failure from a message.
    pub(crate) fn upstream(message: impl std::fmt::Display) -> Self {
        Self::Upstream(anyhow::anyhow!("{message}"))
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::Usage(error.into())
    }
}
