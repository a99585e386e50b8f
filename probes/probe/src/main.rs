//! `gridproof-probe`: checks that a GPU is what it is sold as.
//!
//! Two processes from one executable. The *supervisor* (`run`) never loads the driver: it starts *workers* (`worker`,
//! hidden), which do, watches them, and judges what they measured. So a driver that hangs, crashes or prints nonsense
//! takes only a worker with it.

mod cli;
mod commands;
mod device;
mod exit;
mod explain;
mod measure;
mod network;
mod nvml;
mod output;
mod supervise;
mod worker;

use clap::Parser;
use cli::{Cli, Command};
use exit::{Code, Outcome};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage_exit(&error),
    };
    match dispatch(cli.command) {
        Ok(code) => code.into(),
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.code().into()
        }
    }
}

/// Prints what clap says; help and version are no errors.
fn usage_exit(error: &clap::Error) -> ExitCode {
    // A closed pipe while printing help is nobody's problem.
    let _ = error.print();
    if error.use_stderr() {
        Code::Usage.into()
    } else {
        Code::Ok.into()
    }
}

/// One arm per command.
fn dispatch(command: Command) -> Outcome {
    match command {
        Command::Run(args) => commands::run::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Models(args) => commands::models::run(&args),
        Command::Kernels(args) => commands::kernels::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Worker => commands::worker::run(),
    }
}
