//! `gridproof completions`.

use crate::args::{Cli, Completions};
use crate::exit::Outcome;
use clap::CommandFactory;

/// Prints the script.
pub(crate) fn run(args: Completions) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gridproof", &mut script);
    crate::output::text_line(String::from_utf8_lossy(&script).trim_end())
}
