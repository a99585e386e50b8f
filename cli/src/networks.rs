//! From configured networks and recordings to what a follower needs.

use crate::args::ReplayManners;
use crate::args::faults::{self, AnyFault};
use crate::config::{Bootstrap, Config, Network, NetworkKind, Start};
use crate::exit::Failure;
use crate::follow::{Followable, Ready};
use crate::prices::{self, Polled};
use crate::render;
use crate::source_metrics::Reader;
use anyhow::Context;
use gridproof_indexer::chain::akash::state::ChainRules;
use gridproof_indexer::chain::render::RenderRules;
use gridproof_indexer::chain::{Family, Kind};
use gridproof_indexer::pipeline::{Chain, Cut, FirstHeight, Goal, OBSERVE_EVERY, Settings, StateNode};
use gridproof_indexer::source::replay::{
    self, ArchiveReplay, Recording, RecordingInfo, ReplayHandle, ReplayOptions, ReplayStore, TipPolicy,
};
use gridproof_indexer::source::{Pool, PoolConfig, QueryConfig, StateQuery};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a finite run goes on asking endpoints that do not answer.
const FINITE_PATIENCE: Duration = Duration::from_secs(30);
/// A recording moves its tip at most this late.
pub(crate) const RECORDING_POLL: Duration = Duration::from_millis(250);
/// A local replay server that does not answer one request for so long is dead or told to be.
pub(crate) const RECORDING_PATIENCE: Duration = Duration::from_secs(10);
/// Largest `recording.json`.
const MAX_DESCRIPTION_BYTES: u64 = 16 * 1024 * 1024;
/// Largest genesis document.
const MAX_GENESIS_BYTES: u64 = 1 << 30;

/// A network that is ready to be followed.
pub(crate) struct Prepared {
    /// Name, family and where it begins.
    pub(crate) chain: Chain,
    /// Its endpoints and rules, of whatever family.
    pub(crate) network: Box<dyn Followable>,
    /// Whom to ask for the state that a follower begins with, where it is to begin so.
    pub(crate) node: Option<Arc<dyn StateNode>>,
    /// What its source did so far, where it counts more than a pool does.
    pub(crate) reader: Option<Reader>,
    /// The replay server of a recording; ends with this value.
    pub(crate) replay: Option<ReplayHandle>,
    /// Last height of a recording.
    pub(crate) last: Option<u64>,
    /// Heights of a range, where this network has its own.
    pub(crate) range: Option<u64>,
    /// Its prices, where they are polled.
    pub(crate) prices: Option<Polled>,
}

impl Prepared {
    /// How its heights are cut into ranges.
    pub(crate) fn cut(&self, config: &Config) -> Cut {
        let limit = Kind::named(self.chain.kind).map_or(u64::MAX, |kind| kind.max_range_heights);
        match self.range {
            Some(range) => Cut::new(range.min(limit)),
            None => cut(config, self.chain.kind),
        }
    }

    /// Sizes and patience of a run over it.
    pub(crate) fn settings(&self, config: &Config, goal: Goal) -> Settings {
        Settings {
            cut: self.cut(config),
            ..settings(config, self.chain.kind, goal)
        }
    }
}

/// What kind of chain a recording is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordingKind {
    /// Served over CometBFT RPC.
    Akash,
    /// Served over Solana's JSON-RPC.
    Render,
}

/// Reads what kind of recording lies in a folder.
pub(crate) fn kind(folder: &Path) -> Result<RecordingKind, Failure> {
    #[derive(serde::Deserialize)]
    struct Described {
        kind: String,
    }
    let path = folder.join("recording.json");
    if !path.is_file() {
        let folder = folder.display();
        return Err(Failure::usage(format!(
            "{folder} is not a recording: it has no recording.json; give a folder such as testdata/akash-gridlocal-1"
        )));
    }
    let wrong = |error: &dyn std::fmt::Display| Failure::data(format!("{}: {error}", path.display()));
    let mut text = Vec::new();
    let file = std::fs::File::open(&path).map_err(|error| wrong(&error))?;
    file.take(MAX_DESCRIPTION_BYTES)
        .read_to_end(&mut text)
        .map_err(|error| wrong(&error))?;
    let described: Described = serde_json::from_slice(&text).map_err(|error| wrong(&error))?;
    match described.kind.as_str() {
        "akash" => Ok(RecordingKind::Akash),
        "render" => Ok(RecordingKind::Render),
        other => Err(wrong(&format!("kind {other:?} is neither \"akash\" nor \"render\""))),
    }
}

/// Whether a chain id can be part of a network's name: in labels, tokens and paths.
pub(crate) fn is_plain(chain_id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=60).contains(&chain_id.len()) && chain_id.chars().all(plain)
}

/// A configured network.
pub(crate) async fn live(config: &Config, network: &Network) -> Result<Prepared, Failure> {
    let prepared = match network.kind {
        NetworkKind::Akash => akash(network)?,
        NetworkKind::Render => render::live(config, network).await?,
    };
    Ok(Prepared {
        prices: prices::polled(network)?,
        ..prepared
    })
}

fn akash(network: &Network) -> Result<Prepared, Failure> {
    let genesis = network.genesis.as_deref().map(read_document).transpose()?;
    let chain = Chain {
        network: network.name.clone(),
        chain_id: network.chain_id.clone(),
        kind: ChainRules::KIND,
        recording: false,
        note: String::new(),
        first: match network.start {
            Start::Earliest => FirstHeight::Earliest,
            Start::Genesis => FirstHeight::Height(1),
            Start::Height(height) => FirstHeight::Height(height),
        },
    };
    let source = pool(PoolConfig::new(network.chain_id.clone(), network.endpoints.clone()))?;
    let node = match network.begins_with() {
        Bootstrap::Snapshot => Some(state_node(network)?),
        Bootstrap::Genesis | Bootstrap::None => None,
    };
    Ok(Prepared {
        chain,
        node,
        network: Box::new(Ready {
            rules: rules(network)?,
            genesis: genesis.map(Into::into),
            source,
        }),
        reader: None,
        replay: None,
        last: None,
        range: None,
        prices: None,
    })
}

/// The nodes of a network that are asked for its whole state.
pub(crate) fn state_node(network: &Network) -> Result<Arc<dyn StateNode>, Failure> {
    if !network.has_state_nodes() {
        return Err(Failure::usage(format!(
            "network `{}` has no node to ask for its state: list one in `grpc` or `rest` of gridproof.toml, such as \
             grpc = [\"https://HOST:443\"]",
            network.name
        )));
    }
    state_query(network, network.grpc.clone(), network.rest.clone()).map(|query| Arc::new(query) as Arc<dyn StateNode>)
}

/// These query services of a network.
fn state_query(network: &Network, grpc: Vec<String>, rest: Vec<String>) -> Result<StateQuery, Failure> {
    let config = QueryConfig::new(&network.chain_id, grpc, rest);
    StateQuery::new(config).map_err(|error| Failure::usage(format!("network `{}`: {error}", network.name)))
}

/// A recording of either kind behind the built-in replay server. `note` says why it is shown. Of `faults`, those of its
/// kind are its own.
pub(crate) async fn recording(
    folder: &Path,
    manners: ReplayManners,
    faults: Vec<AnyFault>,
    note: &str,
) -> Result<Prepared, Failure> {
    match kind(folder)? {
        RecordingKind::Akash => akash_recording(folder, manners, &faults, note).await,
        RecordingKind::Render => render::recording(folder, manners, &faults, note).await,
    }
}

async fn akash_recording(
    folder: &Path,
    manners: ReplayManners,
    faults: &[AnyFault],
    note: &str,
) -> Result<Prepared, Failure> {
    let path = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || open_recording(&path))
        .await
        .context("reading a recording")?;
    let (info, store) = opened?;
    let upgrades = info
        .upgrades
        .iter()
        .map(|upgrade| (upgrade.name.as_str(), upgrade.height));
    let rules = ChainRules::parse(&info.chain_id, &info.starts_on, upgrades)
        .map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    let genesis = store
        .genesis()
        .await
        .with_context(|| format!("cannot read the genesis in {}", folder.display()))?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = options(manners, faults::of_akash(faults), info.first_height);
    let handle = replay::serve(store, listen, options)
        .await
        .context("cannot serve the recording")?;
    let chain = Chain {
        network: format!("rec-{}", info.chain_id),
        chain_id: info.chain_id.clone(),
        kind: ChainRules::KIND,
        recording: true,
        note: note.to_owned(),
        first: FirstHeight::Height(info.first_height),
    };
    let mut config = PoolConfig::new(info.chain_id, vec![handle.url()]);
    (config.poll, config.patience) = (RECORDING_POLL, RECORDING_PATIENCE);
    Ok(Prepared {
        chain,
        network: Box::new(Ready {
            rules,
            genesis,
            source: pool(config)?,
        }),
        node: None,
        reader: None,
        replay: Some(handle),
        last: Some(info.last_height),
        range: None,
        prices: None,
    })
}

/// Reads and checks a recording of Akash.
pub(crate) fn open_recording(folder: &Path) -> Result<(RecordingInfo, Arc<dyn ReplayStore>), Failure> {
    if kind(folder)? == RecordingKind::Render {
        let folder = folder.display();
        return Err(Failure::usage(format!(
            "{folder} is a recording of Render, this needs one of Akash; give a folder such as testdata/akash-gridlocal-1"
        )));
    }
    let open =
        Recording::open(folder).map_err(|error| Failure::data(format!("the recording cannot be read: {error}")))?;
    Ok((open.info().clone(), Arc::new(open)))
}

/// A recording, or an archive (of a data folder, too), as something to replay.
pub(crate) async fn open_replay(folder: &Path) -> Result<Arc<dyn ReplayStore>, Failure> {
    if folder.join("recording.json").is_file() {
        let folder = folder.to_owned();
        let opened = tokio::task::spawn_blocking(move || open_recording(&folder))
            .await
            .context("reading a recording")?;
        return opened.map(|(_, store)| store);
    }
    let inner = folder.join("archive");
    let archive = if inner.is_dir() { inner } else { folder.to_owned() };
    let open = ArchiveReplay::open_folder(&archive, None).await;
    open.map(|store| Arc::new(store) as Arc<dyn ReplayStore>)
        .map_err(|error| {
            let folder = folder.display();
            Failure::usage(format!(
                "{folder} is neither a recording (no recording.json) nor an archive: {error}"
            ))
        })
}

/// What the flags say about a replay server whose chain begins at `first`.
pub(crate) fn options<F>(manners: ReplayManners, faults: Vec<F>, first: u64) -> ReplayOptions<F> {
    ReplayOptions {
        tip: match manners.tip_rate {
            None => TipPolicy::Whole,
            Some(rate) => TipPolicy::Growing {
                start: first,
                every: Duration::from_secs_f64(1.0 / rate),
            },
        },
        seed: manners.seed,
        rate: manners.rate.and_then(NonZeroU32::new),
        latency: manners.latency.unwrap_or_default(),
        errors: manners.errors.unwrap_or_default(),
        faults,
        ..ReplayOptions::default()
    }
}

/// How the heights of a family are cut into ranges: `pipeline.range_heights` counts blocks, of which Render has none.
pub(crate) fn cut(config: &Config, kind: &str) -> Cut {
    let configured = config.pipeline.range_heights;
    match Kind::named(kind) {
        Some(kind) if kind.name == RenderRules::KIND => Cut::new(kind.range_heights),
        Some(kind) => Cut::new(configured.min(kind.max_range_heights)),
        None => Cut::new(configured),
    }
}

/// Sizes and patience of a run over a network of this family.
pub(crate) fn settings(config: &Config, kind: &str, goal: Goal) -> Settings {
    Settings {
        cut: cut(config, kind),
        checkpoint_heights: config.pipeline.checkpoint_heights,
        goal,
        patience: FINITE_PATIENCE,
        window_from: None,
        retry_quarantined: false,
        observe_every: OBSERVE_EVERY,
    }
}

/// The versions of a configured network.
pub(crate) fn rules(network: &Network) -> Result<ChainRules, Failure> {
    let Some(starts_on) = &network.starts_on else {
        return Ok(ChainRules::mainnet());
    };
    let upgrades = network
        .upgrades
        .iter()
        .map(|upgrade| (upgrade.name.as_str(), upgrade.height));
    ChainRules::parse(&network.chain_id, starts_on, upgrades)
        .map_err(|error| Failure::usage(format!("network `{}`: {error}", network.name)))
}

fn pool(config: PoolConfig) -> Result<Arc<Pool>, Failure> {
    Pool::new(config)
        .map(Arc::new)
        .map_err(|error| Failure::Usage(error.into()))
}

/// A genesis document, compressed or not.
fn read_document(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = |path: &Path| -> std::io::Result<Vec<u8>> {
        let (file, mut document) = (std::fs::File::open(path)?, Vec::new());
        match path.extension().is_some_and(|extension| extension == "zst") {
            true => zstd::Decoder::new(file)?
                .take(MAX_GENESIS_BYTES)
                .read_to_end(&mut document)?,
            false => file.take(MAX_GENESIS_BYTES).read_to_end(&mut document)?,
        };
        Ok(document)
    };
    read(path).map_err(|error| Failure::usage(format!("genesis {}: {error}", PathBuf::from(path).display())))
}
