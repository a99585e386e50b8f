//! `gridproof`: the composition root, the only crate that knows all the others.

mod api;
mod args;
mod audits;
mod board;
mod commands;
mod config;
mod data;
mod doctor;
mod exit;
mod follow;
mod house;
mod inventory;
mod logging;
mod networks;
mod ops;
mod output;
mod prices;
mod progress;
mod reference_prices;
mod render;
mod session;
mod shutdown;
mod source_metrics;
mod stored;
mod watch_list;

use args::{Cli, Command, Common};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use exit::{Failure, Outcome};
use std::process::ExitCode;

/// A quarter of a derivation's CPU time went to the C library's allocator (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of the runtime's threads: decoding nested messages of a debug build needs more than the default.
const THREAD_STACK_BYTES: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage_exit(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage_exit(&error),
    };
    match run(cli, &matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

/// Prints what clap says; help and version are no errors.
fn usage_exit(error: &clap::Error) -> ExitCode {
    // A closed pipe while printing help is nobody's problem.
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(64)
    } else {
        ExitCode::SUCCESS
    }
}

/// Sets up logging and the runtime, then runs the command.
fn run(cli: Cli, matches: &ArgMatches) -> Outcome {
    let Cli { common, command } = cli;
    // Fails only where a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    logging::start(common.log_format, &common.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(THREAD_STACK_BYTES)
        .build()
        .map_err(|e| Failure::Internal(anyhow::Error::new(e).context("cannot start the async runtime")))?;
    let outcome = runtime.block_on(dispatch(&common, command, matches));
    runtime.shutdown_timeout(shutdown::STRAGGLER_GRACE);
    outcome
}

/// One arm per command.
async fn dispatch(common: &Common, command: Command, matches: &ArgMatches) -> Outcome {
    let load = || config::load(common.config.as_deref(), common.overrides(matches));
    let listen = common.overrides(matches).listen.or(common.listen);
    match command {
        Command::Completions(args) => commands::completions::run(args),
        Command::Config(args) => commands::config::run(&load()?, args, common.json),
        Command::Engine(_) => commands::engine::run(&load()?.config, listen).await,
        Command::Verify(args) => {
            let own_folder = common.data_dir.is_some();
            commands::verify::run(&load()?.config, args, own_folder, common.json).await
        }
        Command::Up(args) => commands::up::run(&load()?.config, args, common.json).await,
        Command::Serve(_) => commands::serve::run(&load()?.config, common.json).await,
        Command::Status(args) => commands::status::run(&load()?.config, args, common.json).await,
        Command::Migrate(args) => commands::migrate::run(&load()?.config, args, common.json).await,
        Command::Reindex(args) => commands::reindex::run(&load()?.config, args, common.json).await,
        Command::Backfill(args) => commands::backfill::run(&load()?.config, args, common.json).await,
        Command::Plan(args) => commands::plan::run(&load()?.config, args, common.json).await,
        Command::Import(args) => commands::import::run(&load()?.config, args, common.json).await,
        Command::DiscoverPayoutWallets(args) => commands::discover::run(&load()?.config, args, common.json).await,
        Command::Watch(args) => commands::watch::run(&load()?.config, args, common.json).await,
        Command::Doctor(_) => commands::doctor::run(&load()?.config, common.json).await,
        Command::Replay(args) => commands::replay::run(args, listen, common.json).await,
        Command::Index(args) => commands::index::run(&load()?.config, args, listen, common.json).await,
    }
}
