//! Log lines on standard error; standard output belongs to results.

use crate::args::LogFormat;
use crate::exit::{Failure, Outcome};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging once per process.
pub(crate) fn start(format: LogFormat, filter: &str) -> Outcome {
    let filter = EnvFilter::try_new(filter)
        .map_err(|e| Failure::usage(format!("--log {filter}: {e}; write a level such as `info`")))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init(),
    };
    started.map_err(|e| Failure::Internal(anyhow::anyhow!("cannot start logging: {e}")))
}
