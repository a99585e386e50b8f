//! Render: from a configured network or a recording to what a follower needs.

use crate::args::ReplayManners;
use crate::args::faults::{self, AnyFault};
use crate::config::{Config, Network, Start};
use crate::data::DataDir;
use crate::exit::Failure;
use crate::follow::{Followable, Ready};
use crate::networks::{self, Prepared};
use crate::source_metrics::{Reader, Reading};
use crate::watch_list;
use anyhow::Context;
use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::render::RenderRules;
use gridproof_indexer::chain::render::epochs::EpochTable;
use gridproof_indexer::chain::render::watch::WatchSet;
use gridproof_indexer::pipeline::{Chain, FirstHeight};
use gridproof_indexer::source::solana::replay::{self, SolanaRecording, SolanaRecordingInfo};
use gridproof_indexer::source::solana::yellowstone::{LiveSource, StreamConfig};
use gridproof_indexer::source::solana::{RateLimits, SolanaConfig, SolanaSource};
use gridproof_indexer::source::{RawSlot, Source};
use gridproof_store::state_db::{StageKey, StateDb, StateError};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Window in which `rates` counts.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// Largest document that is read whole: a watch set, the accounts and the epochs of a recording.
const MAX_DOCUMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Requests of a recording in ten seconds: it answers from memory, on this machine.
const RECORDING_REQUESTS: u32 = 1_000_000;

/// A configured network, with what was accepted into its watch list.
pub(crate) async fn live(config: &Config, network: &Network) -> Result<Prepared, Failure> {
    let watch = watch_set(config, network).await?;
    let rules = RenderRules {
        chain_id: network.chain_id.clone(),
        watch,
        epochs: EpochTable::mainnet(),
    };
    let mut source = source_config(&network.name, network.endpoints.clone(), &rules);
    source.genesis_hash = Some(network.chain_id.clone());
    if let Some(seconds) = network.poll_seconds {
        source.poll = Duration::from_secs(seconds);
    }
    if let Some(rates) = network.rates {
        source.rates = RateLimits {
            window: RATE_WINDOW,
            per_method: rates.per_method,
            total: rates.total,
        };
    }
    let chain = Chain {
        network: network.name.clone(),
        chain_id: network.chain_id.clone(),
        kind: RenderRules::KIND,
        recording: false,
        note: String::new(),
        first: match network.start {
            Start::Height(slot) => FirstHeight::Height(slot),
            Start::Earliest | Start::Genesis => FirstHeight::Earliest,
        },
    };
    let (followable, reader) = ready(rules, source, stream(config, network).await?)?;
    Ok(Prepared {
        chain,
        network: followable,
        node: None,
        reader: Some(reader),
        replay: None,
        last: None,
        range: network.range_slots,
        prices: None,
    })
}

/// What a configured network watches: the built-in or named set, what the configuration adds, what was accepted.
pub(crate) async fn watch_set(config: &Config, network: &Network) -> Result<WatchSet, Failure> {
    let wrong = |what: String| Failure::usage(format!("network `{}`: {what}", network.name));
    let mut watch = match &network.watch_file {
        None => WatchSet::mainnet(),
        Some(file) => {
            let bytes = read(file).map_err(|error| wrong(format!("`watch_file`: {error}")))?;
            WatchSet::from_json(&bytes).map_err(|error| wrong(format!("`watch_file` {}: {error}", file.display())))?
        }
    };
    watch.accounts.extend(network.watch.iter().cloned());
    watch.follow_mint = network.follow_mint.unwrap_or(watch.follow_mint);
    watch.check().map_err(|error| wrong(format!("`watch`: {error}")))?;
    let path = DataDir::new(&config.data_dir).state_db();
    if !path.is_file() {
        return Ok(watch);
    }
    let state_db = StateDb::open_file(&path)
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    let effective = watch_list::effective(&state_db, &network.name, watch).await;
    state_db.close().await;
    effective
}

/// A recording behind the built-in replay server. `note` says why it is shown.
pub(crate) async fn recording(
    folder: &Path,
    manners: ReplayManners,
    faults: &[AnyFault],
    note: &str,
) -> Result<Prepared, Failure> {
    let rules = recording_rules(folder)?;
    let store = open(folder).await?;
    let (first, last) = store.slots().into_inner();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = networks::options(manners, faults::of_render(faults), first);
    let genesis = store.genesis_hash().map(str::to_owned);
    let handle = replay::serve(store, listen, options)
        .await
        .context("cannot serve the recording")?;
    let chain = Chain {
        network: format!("rec-{}", rules.chain_id),
        chain_id: rules.chain_id.clone(),
        kind: RenderRules::KIND,
        recording: true,
        note: note.to_owned(),
        first: FirstHeight::Height(first.max(1)),
    };
    let mut source = source_config(&chain.network, vec![handle.url()], &rules);
    source.genesis_hash = genesis;
    (source.poll, source.patience) = (networks::RECORDING_POLL, networks::RECORDING_PATIENCE);
    if let Some(requests) = std::num::NonZeroU32::new(RECORDING_REQUESTS) {
        (source.rates.per_method, source.rates.total) = (requests, requests);
    }
    let (network, reader) = ready(rules, source, None)?;
    Ok(Prepared {
        chain,
        network,
        node: None,
        reader: Some(reader),
        replay: Some(handle),
        last: Some(last),
        // A recording has few transactions and wide gaps between them: the widest ranges that there may be.
        range: Some(RenderRules::MAX_RANGE_HEIGHTS),
        prices: None,
    })
}

/// Opens a recording to serve it.
pub(crate) async fn open(folder: &Path) -> Result<Arc<SolanaRecording>, Failure> {
    let folder = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || SolanaRecording::open(&folder))
        .await
        .context("reading a recording")?
        .map_err(|error| Failure::data(format!("the recording cannot be read: {error}")))?;
    for oddity in opened.oddities() {
        tracing::warn!(
            chain_id = opened.info().chain_id,
            oddity,
            "the recording contradicts itself"
        );
    }
    Ok(Arc::new(opened))
}

/// The rules of a recording: what its `accounts.json` watches, and the epochs of its `truth_epochs.json`, if there.
pub(crate) fn recording_rules(folder: &Path) -> Result<RenderRules, Failure> {
    let wrong = |what: &dyn std::fmt::Display| Failure::data(format!("the recording cannot be read: {what}"));
    let info = SolanaRecordingInfo::read(folder).map_err(|error| wrong(&error))?;
    if !networks::is_plain(&info.chain_id) {
        let chain_id = &info.chain_id;
        return Err(wrong(&format!(
            "chain_id {chain_id:?} has characters that no network's name may have"
        )));
    }
    let path = folder.join(&info.accounts);
    let bytes = read(&path).map_err(|error| wrong(&error))?;
    let watch = WatchSet::from_accounts_json(&bytes).map_err(|error| wrong(&format!("{}: {error}", path.display())))?;
    if watch.decimals != info.decimals {
        let (said, listed) = (info.decimals, watch.decimals);
        return Err(wrong(&format!(
            "recording.json says {said} decimals, {} says {listed}",
            path.display()
        )));
    }
    let path = folder.join("truth_epochs.json");
    let epochs = match path.is_file() {
        false => EpochTable::mainnet(),
        true => {
            let bytes = read(&path).map_err(|error| wrong(&error))?;
            EpochTable::from_recording(&bytes).map_err(|error| wrong(&format!("{}: {error}", path.display())))?
        }
    };
    Ok(RenderRules {
        chain_id: info.chain_id,
        watch,
        epochs,
    })
}

fn source_config(network: &str, endpoints: Vec<String>, rules: &RenderRules) -> SolanaConfig {
    let watch = &rules.watch;
    let mut source = SolanaConfig::new(network, endpoints, watch.mint.clone(), watch.decimals);
    source.followed = rules.followed();
    source
}

/// What can be followed and read: the endpoints, with the stream in front of them where there is one.
fn ready(
    rules: RenderRules,
    source: SolanaConfig,
    stream: Option<StreamConfig>,
) -> Result<(Box<dyn Followable>, Reader), Failure> {
    let rpc = Arc::new(SolanaSource::new(source).map_err(|error| Failure::Usage(error.into()))?);
    let Some(stream) = stream else {
        let read = rpc.clone();
        let reader = move || Reading {
            rpc: read.counters(),
            stream: None,
        };
        return Ok((followable(rules, rpc), Arc::new(reader)));
    };
    let live = Arc::new(LiveSource::new(rpc, stream));
    let read = live.clone();
    let reader = move || Reading {
        rpc: read.rpc().counters(),
        stream: Some(read.stream_status()),
    };
    Ok((followable(rules, live), Arc::new(reader)))
}

fn followable(rules: RenderRules, source: Arc<impl Source<Raw = RawSlot>>) -> Box<dyn Followable> {
    Box::new(Ready {
        rules,
        genesis: None,
        source,
    })
}

/// The stream that is configured for a network, with its token and the slot that the data folder has come to.
pub(crate) async fn stream(config: &Config, network: &Network) -> Result<Option<StreamConfig>, Failure> {
    let Some(configured) = &network.yellowstone else {
        return Ok(None);
    };
    let wrong = |what: String| Failure::usage(format!("network `{}`: `yellowstone`: {what}", network.name));
    let token = match &configured.x_token_env {
        None => None,
        Some(name) => Some(token(name).map_err(wrong)?),
    };
    let mut stream = StreamConfig::new(&configured.endpoint, token);
    stream.check().map_err(|error| wrong(error.to_string()))?;
    stream.durable_slot = durable_slot(config, &network.name).await?;
    Ok(Some(stream))
}

/// The value of a variable. It is never shown.
fn token(name: &str) -> Result<String, String> {
    match std::env::var(name) {
        Ok(token) if !token.is_empty() => Ok(token),
        Ok(_) | Err(std::env::VarError::NotPresent) => Err(format!(
            "the environment variable {name} is not set: put the x-token into it, or remove `x_token_env`"
        )),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("the environment variable {name} is not text")),
    }
}

/// Newest slot that readers of a network's facts see; `None`: there is nothing yet.
async fn durable_slot(config: &Config, network: &str) -> Result<Option<u64>, Failure> {
    let path = DataDir::new(&config.data_dir).state_db();
    if !path.is_file() {
        return Ok(None);
    }
    let internal = |error: StateError| Failure::Internal(error.into());
    let state_db = StateDb::open_file(&path).await.map_err(internal)?;
    let watermark = state_db.watermark(&StageKey::new(network, StageKey::FACTS)).await;
    state_db.close().await;
    Ok(watermark.map_err(internal)?.newest_run.map(|run| run.to))
}

/// A file's bytes, but never more than the largest document.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(at)?;
    let read = file.take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes).map_err(at)?;
    match read as u64 > MAX_DOCUMENT_BYTES {
        true => Err(format!("{}: longer than {MAX_DOCUMENT_BYTES} bytes", path.display())),
        false => Ok(bytes),
    }
}
