//! `gridproof-probe completions`.

use crate::cli::{Cli, Completions};
use crate::exit::{Code, Outcome};
use clap::CommandFactory;

/// Prints the script.
pub(crate) fn run(args: &Completions) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gridproof-probe", &mut script);
    crate::output::text_line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Code::Ok)
}
