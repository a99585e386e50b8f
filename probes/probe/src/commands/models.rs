//! `gridproof-probe models`.

use crate::cli::Models;
use crate::exit::{Code, Outcome};

/// Prints the table.
pub(crate) fn run(_args: &Models) -> Outcome {
    crate::output::text_line(gridproof_probe_protocol::models::BUILTIN)?;
    Ok(Code::Ok)
}
