//! `gridproof up`: everything in one process and its engine.

use super::index;
use crate::args::{ReplayManners, Up};
use crate::config::{Config, Network, NetworkKind};
use crate::exit::{Failure, Outcome};
use crate::house::{self, House};
use crate::networks::{self, Prepared, RecordingKind};
use crate::session::{self, Session};
use crate::{api, ops, output, shutdown};
use gridproof_indexer::pipeline::{Goal, Settings};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where everything answers, for `--json`.
#[derive(Debug, Serialize)]
struct Addresses {
    page: String,
    graphql: String,
    metrics: String,
    clickhouse: String,
    data_dir: String,
    networks: Vec<String>,
    notices: Vec<String>,
}

/// Runs until stopped.
pub(crate) async fn run(config: &Config, args: Up, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let lock = house::lock(config)?;
    // Ports first: what cannot work should be said before anything is started.
    let listener = ops::bind(config.listen, "--listen").await.map_err(Failure::Usage)?;
    let operations = ops::bind(config.metrics_listen, "--metrics-listen")
        .await
        .map_err(Failure::Usage)?;
    let networks = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        chosen = choose(config, &args) => chosen?,
    };
    let house = House::open(config).await?;
    house.migrate().await?;
    let writer = house.writer(lock).await?;
    let descriptors: Vec<_> = networks
        .iter()
        .map(|(network, _)| api::descriptor(&network.chain))
        .collect();
    let notices: Vec<String> = descriptors
        .iter()
        .filter_map(|network| network.notice.clone())
        .collect();
    let names = descriptors.iter().map(|network| network.name.clone()).collect();
    let mut session = Session::start(config, &house, &writer, networks, json, &stop)?;
    let address = |listener: &tokio::net::TcpListener| listener.local_addr().map_err(|e| Failure::Internal(e.into()));
    let (page, metrics) = (address(&listener)?, address(&operations)?);
    let shared = session::operations(&house);
    session.serve(operations, shared.clone().router());
    session.serve(listener, api::router(&house, &shared, descriptors));
    house.announce(Some(metrics.to_string()), Some(page.to_string()))?;
    let addresses = Addresses {
        page: format!("http://{page}/"),
        graphql: format!("http://{page}/graphql"),
        metrics: format!("http://{metrics}/metrics"),
        clickhouse: house.clickhouse.config().url.clone(),
        data_dir: house.data.root().display().to_string(),
        networks: names,
        notices,
    };
    say(&addresses, json)?;
    let ended = session.finish().await;
    index::end(house, writer, session).await;
    ended.map(|_| ())
}

/// The networks to follow, after asking whether anybody answers.
async fn choose(config: &Config, args: &Up) -> Result<Vec<(Prepared, Settings)>, Failure> {
    let mut chosen = Vec::new();
    for folder in &args.recording {
        chosen.push(recording(folder, "").await?);
    }
    if chosen.is_empty() {
        chosen = live(config, &args.or_recording).await?;
    }
    Ok(chosen
        .into_iter()
        .map(|network| {
            let settings = network.settings(config, Goal::Follow);
            (network, settings)
        })
        .collect())
}

/// The configured networks. One of which no endpoint answers gives way to the recordings of its kind, where such are
/// named; without them it is followed all the same, in the hope that somebody answers later, unless nobody answers at all.
async fn live(config: &Config, fallbacks: &[PathBuf]) -> Result<Vec<Prepared>, Failure> {
    let fallbacks = by_kind(fallbacks)?;
    let (mut chosen, mut silent, mut hopeful) = (Vec::new(), Vec::new(), Vec::new());
    for network in &config.network {
        let candidate = networks::live(config, network).await?;
        tracing::info!(
            network = network.name,
            endpoints = network.endpoints.len(),
            "looking for an endpoint that answers"
        );
        let Err(error) = candidate.network.head().await else {
            chosen.push(candidate);
            continue;
        };
        silent.push(why_silent(network, &candidate, &error.to_string()));
        let own: Vec<&Path> = fallbacks
            .iter()
            .filter(|(kind, _)| *kind == kind_of(network.kind))
            .map(|(_, folder)| *folder)
            .collect();
        if own.is_empty() {
            hopeful.push(candidate);
        }
        let because = format!(", because no public endpoint of {} answered", network.name);
        for folder in own {
            chosen.push(recording(folder, &because).await?);
        }
    }
    let why = silent.join("\n");
    if chosen.is_empty() {
        return Err(Failure::upstream(format!(
            "{why}\nnothing can be followed; check the network, set `endpoints` in gridproof.toml, or start with \
             recordings: gridproof up --recording testdata/akash-gridlocal-1 --recording testdata/render-world-1"
        )));
    }
    if !why.is_empty() {
        eprintln!("{why}");
    }
    chosen.extend(hopeful);
    Ok(chosen)
}

/// The recordings to fall back to, with their kinds.
fn by_kind(folders: &[PathBuf]) -> Result<Vec<(RecordingKind, &Path)>, Failure> {
    let mut known = Vec::with_capacity(folders.len());
    for folder in folders {
        known.push((networks::kind(folder)?, folder.as_path()));
    }
    Ok(known)
}

fn kind_of(kind: NetworkKind) -> RecordingKind {
    match kind {
        NetworkKind::Akash => RecordingKind::Akash,
        NetworkKind::Render => RecordingKind::Render,
    }
}

/// Which endpoints were tried and what each said.
fn why_silent(network: &Network, prepared: &Prepared, error: &str) -> String {
    let mut lines = vec![format!(
        "network {}: none of {} endpoints answered",
        network.name,
        network.endpoints.len()
    )];
    for endpoint in prepared.network.endpoints() {
        let said = endpoint.last_error.as_deref().unwrap_or(error);
        let said = said.strip_prefix(&format!("{}: ", endpoint.url)).unwrap_or(said);
        lines.push(format!("  {}: {said}", endpoint.url));
    }
    lines.join("\n")
}

/// A recording, with what readers must be told in plain sight.
async fn recording(folder: &Path, because: &str) -> Result<Prepared, Failure> {
    let mut prepared = networks::recording(folder, ReplayManners::default(), Vec::new(), "").await?;
    let (chain, last) = (&mut prepared.chain, prepared.last.unwrap_or(0));
    let height = match networks::kind(folder)? {
        RecordingKind::Akash => "height",
        RecordingKind::Render => "slot",
    };
    chain.note = format!(
        "This is a recording of chain {} up to {height} {last}, not live data{because}.",
        chain.chain_id
    );
    Ok(prepared)
}

fn say(addresses: &Addresses, json: bool) -> Outcome {
    if json {
        return output::json(addresses);
    }
    let mut rows = Vec::new();
    for (what, text) in [
        ("page", &addresses.page),
        ("GraphQL", &addresses.graphql),
        ("metrics", &addresses.metrics),
        ("ClickHouse", &addresses.clickhouse),
        ("data", &addresses.data_dir),
    ] {
        rows.push(vec![what.to_owned(), text.clone()]);
    }
    rows.push(vec!["networks".to_owned(), addresses.networks.join(", ")]);
    output::text_line(&output::columns(&rows))?;
    addresses
        .notices
        .iter()
        .try_for_each(|notice| output::text_line(&format!("\n  *** {notice} ***\n")))
}
