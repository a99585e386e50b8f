//! How a call inside the machine ends early.

use super::error::StateError;
use super::output::Place;
use crate::chain::akash::dec::DecError;

/// Why a call of the chain's code stopped.
///
/// The chain swallows refusals in some places and goes on; it never swallows a panic.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The chain's code returns an error here.
    Refused(String),
    /// The chain's code panics here, so that no successful transaction comes this way.
    Impossible(String),
    /// An object that must be there is not.
    Missing(&'static str, String),
    /// A number left its range.
    Number(DecError),
}

impl From<DecError> for Halt {
    fn from(error: DecError) -> Self {
        Self::Number(error)
    }
}

impl Halt {
    /// The error of a successful message that our rules do not let through.
    pub(crate) fn at(self, height: u64, place: Place) -> StateError {
        let place = place.to_string();
        match self {
            Self::Refused(what) | Self::Impossible(what) => StateError::Rule { height, place, what },
            Self::Missing(kind, key) => StateError::Missing {
                height,
                place,
                kind,
                key,
            },
            Self::Number(source) => StateError::Number { height, place, source },
        }
    }
}

/// Drops a refusal, as the chain does where it ignores an error; anything else goes on up.
pub(crate) fn swallow(result: Result<(), Halt>) -> Result<(), Halt> {
    match result {
        Err(Halt::Refused(_)) => Ok(()),
        other => other,
    }
}
