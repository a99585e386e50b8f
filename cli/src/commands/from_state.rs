//! `gridproof backfill NETWORK --from-state`: the state of a chain without its blocks.

use crate::config::{Config, Network};
use crate::exit::{Failure, Outcome};
use crate::follow::Asked;
use crate::house::{self, House, Writer};
use crate::networks::{self, Prepared};
use crate::output;
use crate::progress::Pages;
use gridproof_indexer::pipeline::{BootstrapReport, Goal, PipelineError};
use gridproof_indexer::source::StateHeight;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Asks a node of `network` for its state and begins the state stage with it.
pub(super) async fn run(
    config: &Config,
    network: &Network,
    at: Option<u64>,
    json: bool,
    stop: &CancellationToken,
) -> Outcome {
    let node = networks::state_node(network)?;
    let lock = house::lock(config)?;
    let prepared = networks::live(config, network).await?;
    let house = House::open(config).await?;
    house.migrate().await?;
    let writer = house.writer(lock).await?;
    let pages = Arc::new(Pages::new(&network.name, json));
    let told = pages.clone();
    let asked = Asked {
        node,
        at: at.map_or(StateHeight::Recent, StateHeight::At),
        progress: Arc::new(move |progress| told.tell(progress)),
    };
    let begun = begin(config, prepared, asked, &writer, stop).await;
    pages.end();
    writer.close().await;
    house.close().await;
    match begun? {
        Some(report) if json => output::json(&report),
        Some(report) => output::text_line(&text(&report)),
        None => Err(Failure::Internal(anyhow::anyhow!(
            "interrupted before the state was there; nothing was committed, run it again"
        ))),
    }
}

async fn begin(
    config: &Config,
    prepared: Prepared,
    asked: Asked,
    writer: &Writer,
    stop: &CancellationToken,
) -> Result<Option<BootstrapReport>, Failure> {
    let settings = prepared.settings(config, Goal::Follow);
    let Prepared { chain, network, .. } = prepared;
    let begun = network.begin(chain, settings, asked, writer, stop.clone()).await;
    begun.map_err(failure)
}

/// Whose move is next: the node's, the data's, or the caller's.
fn failure(error: PipelineError) -> Failure {
    match error {
        PipelineError::StateStands { .. } => Failure::Usage(error.into()),
        PipelineError::Rejected(rejected) => {
            Failure::data(format!("the state is not accepted, nothing was committed: {rejected}"))
        }
        error if error.is_upstream() => Failure::Upstream(error.into()),
        error => Failure::Internal(error.into()),
    }
}

fn text(report: &BootstrapReport) -> String {
    let BootstrapReport {
        network,
        height,
        endpoint,
        objects,
        pages,
        bytes,
        seconds,
        resumed,
        ..
    } = report;
    let whence = if *resumed {
        format!("from the archive, as {endpoint} answered it to an earlier run")
    } else {
        format!("from {endpoint}")
    };
    let rows: Vec<Vec<String>> = objects
        .iter()
        .map(|(table, count)| vec![format!("  {table}"), count.to_string()])
        .collect();
    let next = height.saturating_add(1);
    format!(
        "{network}: state of height {height} {whence}: {pages} pages, {bytes} bytes, {seconds:.1} s\n{}\n\
         `gridproof up` or `gridproof index` goes on with height {next}",
        output::columns(&rows)
    )
}
