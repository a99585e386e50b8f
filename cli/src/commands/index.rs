//! `gridproof index`.

use crate::args::faults::{self, AnyFault};
use crate::args::{Index, ReplayManners};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::{self, House, Writer};
use crate::networks::{self, Prepared, RecordingKind};
use crate::session::{self, Session};
use crate::{output, shutdown};
use gridproof_indexer::pipeline::{Goal, NetworkStatus, Settings};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Indexes until stopped, or until the tip.
pub(crate) async fn run(config: &Config, args: Index, listen: Option<SocketAddr>, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let lock = house::lock(config)?;
    let house = House::open(config).await?;
    house.migrate().await?;
    let writer = house.writer(lock).await?;
    let networks = prepare(config, &args.recording, args.manners, &args.fault, args.until_tip).await?;
    let mut session = Session::start(config, &house, &writer, networks, json, &stop)?;
    let (address, flag) = listen.map_or((config.metrics_listen, "--metrics-listen"), |address| {
        (address, "--listen")
    });
    let bound = session.operations(&house, address, flag).await?;
    house.announce(Some(bound.to_string()), None)?;
    tracing::info!(operations = %bound, clickhouse = house.clickhouse.config().url, "indexing");
    let ended = session.finish().await;
    end(house, writer, session).await;
    let statuses = ended?;
    if json {
        output::json(&statuses)?;
    }
    if args.until_tip && !stop.is_cancelled() {
        session::incomplete(&statuses)
    } else {
        Ok(())
    }
}

/// Closes everything in the reverse order of its opening.
pub(crate) async fn end(house: House, writer: Writer, session: Session) {
    session.close().await;
    writer.close().await;
    house.data.remove_note();
    house.close().await;
}

/// The networks to follow: the recordings, if any are named, else what is configured.
pub(crate) async fn prepare(
    config: &Config,
    recordings: &[PathBuf],
    manners: ReplayManners,
    faults: &[AnyFault],
    until_tip: bool,
) -> Result<Vec<(Prepared, Settings)>, Failure> {
    let mut prepared = Vec::new();
    if recordings.is_empty() {
        for network in &config.network {
            prepared.push(networks::live(config, network).await?);
        }
    }
    let kinds: Result<Vec<RecordingKind>, Failure> = recordings.iter().map(|folder| networks::kind(folder)).collect();
    let kinds = kinds?;
    let served = faults::Kinds {
        akash: kinds.contains(&RecordingKind::Akash),
        render: kinds.contains(&RecordingKind::Render),
        state: false,
    };
    faults::check(faults, served)?;
    for folder in recordings {
        prepared.push(networks::recording(folder, manners, faults.to_vec(), "").await?);
    }
    let mut networks = Vec::new();
    for network in prepared {
        let goal = if until_tip {
            Goal::Height(tip(&network).await?)
        } else {
            Goal::Follow
        };
        let settings = network.settings(config, goal);
        networks.push((network, settings));
    }
    Ok(networks)
}

/// Where a finite run ends.
async fn tip(network: &Prepared) -> Result<u64, Failure> {
    match network.last {
        Some(last) => Ok(last),
        None => network
            .network
            .head()
            .await
            .map(|head| head.height)
            .map_err(|error| Failure::Upstream(error.into())),
    }
}

/// One line for each network that ended.
pub(crate) fn summary(statuses: &[NetworkStatus]) -> String {
    let line = |status: &NetworkStatus| {
        let height = |height: Option<u64>| height.map_or_else(|| "-".to_owned(), |height| height.to_string());
        vec![
            status.network.clone(),
            format!("facts {}", height(status.facts.watermark)),
            status
                .state
                .as_ref()
                .map_or_else(String::new, |state| format!("state {}", height(state.watermark))),
            format!("{} in quarantine", status.quarantine.len()),
        ]
    };
    output::columns(&statuses.iter().map(line).collect::<Vec<_>>())
}
