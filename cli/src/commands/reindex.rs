//! `gridproof reindex`.

use super::backfill::select;
use crate::args::{Reindex, ReplayManners};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::{self, House, Writer};
use crate::networks::Prepared;
use crate::stored::{self, StoredRules};
use crate::{follow, networks, output, shutdown};
use gridproof_indexer::chain::Family;
use gridproof_indexer::pipeline::{
    Chain, FirstHeight, Goal, PipelineError, ReindexReport, Vault, is_recording, reindex,
};
use gridproof_store::state_db::Network;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Derives every network of the data folder again, or the one named.
pub(crate) async fn run(config: &Config, args: Reindex, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let lock = house::lock(config)?;
    let house = House::open(config).await?;
    house.migrate().await?;
    let writer = house.writer(lock).await?;
    let mut reports = BTreeMap::new();
    let mut result = Ok(());
    let known = writer
        .state_db
        .networks()
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    for network in known
        .iter()
        .filter(|known| args.network.as_ref().is_none_or(|name| *name == known.name))
    {
        let report = match args.refetch {
            true => fetch_again(config, &args, &writer, network, &stop).await,
            false => again(config, &writer, network, &stop).await,
        };
        match report {
            Ok(report) => {
                reports.insert(network.name.clone(), report);
            }
            Err(failure) => result = Err(failure),
        }
    }
    writer.close().await;
    house.close().await;
    result?;
    if reports.is_empty() {
        return Err(Failure::usage(
            "no such network in this data folder; see `gridproof status`",
        ));
    }
    if json {
        return output::json(&reports);
    }
    reports.iter().try_for_each(|(name, report)| {
        let how = if report.finished {
            "live"
        } else {
            "stopped before the end; run it again to go on"
        };
        let (facts, state, rows) = (report.facts_heights, report.state_heights, report.rows);
        let series = match report.series_entries {
            0 => String::new(),
            entries => format!(", {entries} entries of series"),
        };
        output::text_line(&format!(
            "{name}: {facts} heights of facts and {state} of state{series}, {rows} rows: {how}"
        ))
    })
}

/// Fetches again what the watch set of the configuration follows and the archive lacks.
async fn fetch_again(
    config: &Config,
    args: &Reindex,
    writer: &Writer,
    network: &Network,
    stop: &CancellationToken,
) -> Result<ReindexReport, Failure> {
    let Prepared {
        mut chain,
        network: endpoints,
        replay,
        ..
    } = match &args.recording {
        Some(folder) => networks::recording(folder, ReplayManners::default(), Vec::new(), "").await?,
        None => networks::live(config, select(config, Some(&network.name))?).await?,
    };
    if chain.network != network.name {
        let (got, wanted) = (&chain.network, &network.name);
        return Err(Failure::usage(format!(
            "the recording is of network {got}, not of {wanted}"
        )));
    }
    chain.first = FirstHeight::Height(network.first_height);
    // Not `Follow`: a command gives up where endpoints do not answer.
    let settings = networks::settings(config, chain.kind, Goal::Height(u64::MAX));
    let report = endpoints.refetch(chain, settings, writer, stop.clone()).await;
    if let Some(replay) = replay {
        replay.shutdown().await;
    }
    report.map_err(failure)
}

/// Derives a network again, whatever its family.
async fn again(
    config: &Config,
    writer: &Writer,
    network: &Network,
    stop: &CancellationToken,
) -> Result<ReindexReport, Failure> {
    let lease = writer.committer.lease().clone();
    let vault = Vault::new(writer.archive.clone(), writer.state_db.clone(), lease, &network.name);
    match stored::rules(config, &vault, network).await? {
        StoredRules::Akash(rules) => derive(config, writer, network, rules, stop).await,
        StoredRules::Render(rules) => derive(config, writer, network, rules, stop).await,
    }
}

/// Derives with these rules; nothing is fetched.
async fn derive<F: Family>(
    config: &Config,
    writer: &Writer,
    network: &Network,
    rules: F,
    stop: &CancellationToken,
) -> Result<ReindexReport, Failure> {
    let chain = Chain {
        network: network.name.clone(),
        chain_id: network.chain_id.clone(),
        kind: F::KIND,
        recording: is_recording(&network.name),
        note: network.note.clone(),
        first: FirstHeight::Height(network.first_height),
    };
    let settings = networks::settings(config, F::KIND, Goal::Follow);
    let shared = follow::shared(chain, rules, None, settings, writer);
    reindex(Arc::new(shared), stop).await.map_err(failure)
}

fn failure(error: PipelineError) -> Failure {
    match error {
        PipelineError::Rejected(_) => Failure::Data(error.into()),
        error if error.is_upstream() => Failure::Upstream(error.into()),
        error => Failure::Internal(error.into()),
    }
}
