//! `gridproof engine`.

use crate::config::Config;
use crate::exit::{Failure, Outcome};
use gridproof_store::engine::{self, EngineOptions};
use std::net::SocketAddr;

/// Runs the embedded engine until it is told to stop.
pub(crate) async fn run(config: &Config, listen: Option<SocketAddr>) -> Outcome {
    let mut options = EngineOptions::new(&config.data_dir);
    options.listen = listen.unwrap_or(config.engine.listen);
    options.library = config.engine.library.clone();
    engine::serve(options)
        .await
        .map_err(|error| Failure::Internal(error.into()))
}
