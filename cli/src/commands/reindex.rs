//! `gridproof reindex`.

use crate::args::Reindex;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::{self, House, Writer};
use crate::{networks, output, shutdown};
use gridproof_indexer::chain::akash::state::{ChainRules, State};
use gridproof_indexer::pipeline::{
    Board, Chain, FirstHeight, Goal, PipelineError, Shared, Vault, is_recording, reindex,
};
use gridproof_store::state_db::Network;
use std::collections::BTreeMap;
use std::sync::Arc;

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
        match shared(config, &writer, network).await {
            Ok(shared) => match reindex(Arc::new(shared), &stop).await {
                Ok(report) => {
                    reports.insert(network.name.clone(), report);
                }
                Err(error) => result = Err(failure(error)),
            },
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
        output::text_line(&format!(
            "{name}: {facts} heights of facts and {state} of state, {rows} rows: {how}"
        ))
    })
}

/// What deriving needs; nothing is fetched.
async fn shared(config: &Config, writer: &Writer, network: &Network) -> Result<Shared, Failure> {
    let lease = writer.committer.lease().clone();
    let vault = Vault::new(writer.archive.clone(), writer.state_db.clone(), lease, &network.name);
    let chain = Chain {
        network: network.name.clone(),
        chain_id: network.chain_id.clone(),
        rules: rules(config, &vault, network).await?,
        recording: is_recording(&network.name),
        note: network.note.clone(),
        first: FirstHeight::Height(network.first_height),
        genesis: None,
    };
    Ok(Shared {
        board: Board::new(&network.name, &network.chain_id, &network.note),
        chain,
        vault,
        committer: writer.committer.clone(),
        state_db: writer.state_db.clone(),
        settings: networks::settings(config, Goal::Follow),
        metrics: writer.metrics.clone(),
        crash: writer.crash.clone(),
    })
}

/// The versions of a network: as configured, else as its newest checkpoint has them (a recording's).
async fn rules(config: &Config, vault: &Vault, network: &Network) -> Result<ChainRules, Failure> {
    if let Some(configured) = config.network.iter().find(|configured| configured.name == network.name) {
        return networks::rules(configured);
    }
    let state = vault.newest_state(u64::MAX).await.map_err(failure)?;
    match state.map(|(_, bytes)| State::from_checkpoint(&bytes)) {
        Some(Ok(state)) => Ok(state.rules),
        _ => Err(Failure::usage(format!(
            "network {} is not configured and has no checkpoint that tells its upgrades; index its recording first",
            network.name
        ))),
    }
}

fn failure(error: PipelineError) -> Failure {
    match error {
        PipelineError::Rejected(_) => Failure::Data(error.into()),
        error if error.is_upstream() => Failure::Upstream(error.into()),
        error => Failure::Internal(error.into()),
    }
}
