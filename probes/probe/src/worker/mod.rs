//! The child process that touches the driver.

pub(crate) mod wire;

use crate::exit::Code;

/// Does the one job that stands on standard input. Its end is told by the last event, not by the exit code.
pub(crate) fn run() -> Code {
    Code::Internal
}
