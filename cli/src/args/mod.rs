//! The command line's shape. What a command does is in `commands/`.

mod commands;
mod common;
pub(crate) mod faults;
mod render;

pub(crate) use commands::*;
pub(crate) use common::{Common, LogFormat};
pub(crate) use render::{Discover, Import, Watch, WatchAction, WatchAdd};

use clap::{Parser, Subcommand};

/// Exit codes, for the end of `--help`.
const EXIT_CODES: &str = "Exit codes: 0 done, 64 wrong usage, 65 a data check failed, 69 no endpoint or database answered, 70 internal error.";

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "gridproof",
    version,
    about = "The true health of decentralised GPU networks: chains in, proven rows out",
    after_help = EXIT_CODES,
    max_term_width = 110,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub(crate) common: Common,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything: engine, migrations, indexer, API and page
    Up(Up),
    /// Run the indexer without the API
    Index(Index),
    /// Run the API and page over an existing data folder
    Serve(Serve),
    /// Run the embedded ClickHouse engine alone
    Engine(EngineArgs),
    /// Show or apply migrations
    Migrate(Migrate),
    /// Index a span of heights, or quarantined ranges again
    Backfill(Backfill),
    /// Show what would be fetched, and how long it would take
    Plan(PlanArgs),
    /// Show tip, watermarks, lag, holes, quarantine and endpoints
    Status(Status),
    /// Compare with the chain's own answers, or prove a data folder whole
    Verify(Verify),
    /// Derive rows again from the archive, beside the live ones, then switch
    Reindex(Reindex),
    /// Serve a recording (Akash: CometBFT RPC, Render: Solana JSON-RPC) or an archive of Akash as an endpoint
    Replay(Replay),
    /// Load what others report of Render, beside the chain's own rows
    Import(Import),
    /// Find the accounts that pay Render's nodes, from what was due to whom
    DiscoverPayoutWallets(Discover),
    /// Show or change which accounts of Render are watched, and as what
    Watch(Watch),
    /// Check this machine and the endpoints
    Doctor(Doctor),
    /// Show the configuration
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions(Completions),
}
