//! Flags that are the same everywhere.

use crate::config::Overrides;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Folder that holds everything
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "GRIDPROOF_DATA_DIR",
        help_heading = "Common flags"
    )]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address this command serves on (the API for `up` and `serve`, health and metrics for `index`)
    #[arg(
        long,
        global = true,
        value_name = "ADDR:PORT",
        env = "GRIDPROOF_LISTEN",
        help_heading = "Common flags"
    )]
    pub(crate) listen: Option<SocketAddr>,
    /// Configuration file [default: gridproof.toml, if there]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "GRIDPROOF_CONFIG",
        help_heading = "Common flags"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON to standard output
    #[arg(long, global = true, env = "GRIDPROOF_JSON", help_heading = "Common flags")]
    pub(crate) json: bool,
    /// Address of /metrics
    #[arg(
        long,
        global = true,
        value_name = "ADDR:PORT",
        env = "GRIDPROOF_METRICS_LISTEN",
        help_heading = "Common flags"
    )]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Address of the embedded ClickHouse
    #[arg(
        long,
        global = true,
        value_name = "ADDR:PORT",
        env = "GRIDPROOF_ENGINE__LISTEN",
        help_heading = "Common flags"
    )]
    pub(crate) engine_listen: Option<SocketAddr>,
    /// Path of libchdb.so
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "GRIDPROOF_ENGINE__LIBRARY",
        help_heading = "Common flags"
    )]
    pub(crate) engine_library: Option<PathBuf>,
    /// Form of the log lines on standard error
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        env = "GRIDPROOF_LOG_FORMAT",
        help_heading = "Common flags"
    )]
    pub(crate) log_format: LogFormat,
    /// What to log, such as `info` or `gridproof_indexer=debug`
    #[arg(
        long,
        global = true,
        default_value = "info",
        value_name = "FILTER",
        env = "GRIDPROOF_LOG",
        help_heading = "Common flags"
    )]
    pub(crate) log: String,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Common {
    /// The values given as flags; those from the environment reach the configuration by its own layer,
    /// so that `config show --origin` can tell the two apart.
    pub(crate) fn overrides(&self, matches: &ArgMatches) -> Overrides {
        let matches = matches.subcommand().map_or(matches, |(_, inner)| inner);
        Overrides {
            data_dir: flag(matches, "data_dir", &self.data_dir),
            listen: flag(matches, "listen", &self.listen),
            metrics_listen: flag(matches, "metrics_listen", &self.metrics_listen),
            engine_listen: flag(matches, "engine_listen", &self.engine_listen),
            engine_library: flag(matches, "engine_library", &self.engine_library),
        }
    }
}

/// The value, if it was typed.
fn flag<T: Clone>(matches: &ArgMatches, id: &str, value: &Option<T>) -> Option<T> {
    (matches.value_source(id) == Some(ValueSource::CommandLine))
        .then(|| value.clone())
        .flatten()
}
