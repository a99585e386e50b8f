//! Reading the configuration from its four layers, with errors that say what to change.

use super::defaults::SOLANA_GENESIS;
use super::model::{Bootstrap, Config, Inventory, Network, NetworkKind, Start, Yellowstone};
use super::suggest::nearest;
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use gridproof_indexer::source::solana::yellowstone::StreamConfig;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Prefix of every environment variable; levels are separated by two underscores.
pub(super) const ENV_PREFIX: &str = "GRIDPROOF_";
/// File that is read where none is named, if it is there.
pub(super) const DEFAULT_FILE: &str = "gridproof.toml";
/// Keys that the environment may set (lists of networks belong into a file).
const ENV_KEYS: [&str; 12] = [
    "data_dir",
    "listen",
    "metrics_listen",
    "engine.listen",
    "engine.library",
    "engine.url",
    "engine.user",
    "engine.password_env",
    "pipeline.range_heights",
    "pipeline.checkpoint_heights",
    "pipeline.ready_lag_s",
    "pipeline",
];

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file named by `--config` is not there.
    #[error("no configuration file at {}: check the path given to --config", .0.display())]
    NoFile(PathBuf),
    /// A key that nothing reads.
    #[error("{place}: unknown key `{key}`{hint}")]
    UnknownKey {
        /// File or variable.
        place: String,
        /// The key.
        key: String,
        /// What was probably meant, or what there is.
        hint: String,
    },
    /// A value of the wrong kind, or a file that is not TOML.
    #[error("{place}: {what}")]
    Invalid {
        /// File or variable, and key.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// Values that are well-formed but cannot be used together.
    #[error("network `{network}`: {what}")]
    Network {
        /// Name of the network.
        network: String,
        /// What is wrong and what to change.
        what: String,
    },
}

/// What the flags set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    /// `--data-dir`.
    pub(crate) data_dir: Option<PathBuf>,
    /// `--listen`, for commands whose listener it is.
    pub(crate) listen: Option<SocketAddr>,
    /// `--metrics-listen`.
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// `--engine-listen`.
    pub(crate) engine_listen: Option<SocketAddr>,
    /// `--engine-library`.
    pub(crate) engine_library: Option<PathBuf>,
}

impl Provider for Overrides {
    fn metadata(&self) -> Metadata {
        Metadata::named("flag")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut top = Dict::new();
        let mut engine = Dict::new();
        let path = |p: &PathBuf| Value::from(p.display().to_string());
        let address = |a: &SocketAddr| Value::from(a.to_string());
        top.extend(self.data_dir.as_ref().map(|v| ("data_dir".into(), path(v))));
        top.extend(self.listen.as_ref().map(|v| ("listen".into(), address(v))));
        top.extend(
            self.metrics_listen
                .as_ref()
                .map(|v| ("metrics_listen".into(), address(v))),
        );
        engine.extend(self.engine_listen.as_ref().map(|v| ("listen".into(), address(v))));
        engine.extend(self.engine_library.as_ref().map(|v| ("library".into(), path(v))));
        if !engine.is_empty() {
            top.insert("engine".into(), Value::from(engine));
        }
        Ok(Map::from([(Profile::Default, top)]))
    }
}

/// A configuration with the layers it came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The values.
    pub(crate) config: Config,
    /// The layers, for `config show --origin`.
    pub(crate) figment: Figment,
}

/// Reads all layers. `file` is what `--config` names; without it `gridproof.toml` here is read if there.
pub(crate) fn load(file: Option<&Path>, flags: Overrides) -> Result<Loaded, ConfigError> {
    let file = match file {
        Some(named) if !named.is_file() => return Err(ConfigError::NoFile(named.to_owned())),
        Some(named) => Some(named.to_owned()),
        None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file()),
    };
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = &file {
        figment = figment.merge(Toml::file_exact(path));
    }
    let figment = figment.merge(environment()).merge(flags);
    let mut config: Config = figment.extract().map_err(explain)?;
    for network in &mut config.network {
        if network.kind == NetworkKind::Render && network.chain_id.is_empty() {
            network.chain_id = SOLANA_GENESIS.to_owned();
        }
    }
    check(&config)?;
    Ok(Loaded { config, figment })
}

/// The environment layer, held to the keys that there are: other programs may own names with our prefix.
fn environment() -> Env {
    Env::prefixed(ENV_PREFIX)
        .map(|key| key.as_str().to_ascii_lowercase().replace("__", ".").into())
        .filter(|key| ENV_KEYS.contains(&key.as_str()))
}

/// Turns figment's first error into ours.
fn explain(error: figment::Error) -> ConfigError {
    let error = error
        .into_iter()
        .next()
        .unwrap_or_else(|| figment::Error::from("unreadable".to_owned()));
    let source = error.metadata.as_ref().map(|meta| match &meta.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        _ => meta.name.to_string(),
    });
    let place = source.unwrap_or_else(|| "configuration".into());
    let path = error.path.join(".");
    match &error.kind {
        Kind::UnknownField(key, known) => ConfigError::UnknownKey {
            place,
            key: if path.is_empty() || path.ends_with(key.as_str()) {
                key.clone()
            } else {
                format!("{path}.{key}")
            },
            hint: match nearest(key, known) {
                Some(word) => format!("; did you mean `{word}`?"),
                None => format!("; known keys: {}", known.join(", ")),
            },
        },
        kind if path.is_empty() => ConfigError::Invalid {
            place,
            what: kind.to_string(),
        },
        kind => ConfigError::Invalid {
            place,
            what: format!("key `{path}`: {kind}"),
        },
    }
}

/// What serde cannot check.
fn check(config: &Config) -> Result<(), ConfigError> {
    let mut names = BTreeSet::new();
    for network in &config.network {
        let fail = |what: String| ConfigError::Network {
            network: network.name.clone(),
            what,
        };
        if !valid_name(&network.name) {
            return Err(fail("use 1 to 64 of a-z, 0-9, `-`, `_`, `.` for the name".into()));
        }
        if network.name.starts_with("rec-") {
            return Err(fail(
                "names that begin with `rec-` are kept for recordings, choose another".into(),
            ));
        }
        if !names.insert(&network.name) {
            return Err(fail("is configured twice; give each network its own name".into()));
        }
        if network.chain_id.is_empty() {
            return Err(fail("`chain_id` is empty; it is what `/status` calls `network`".into()));
        }
        if network.endpoints.is_empty() {
            return Err(fail("has no `endpoints`; list at least one RPC URL".into()));
        }
        for url in &network.endpoints {
            let parsed = reqwest::Url::parse(url).map_err(|e| fail(format!("endpoint `{url}`: {e}")))?;
            if !matches!(parsed.scheme(), "http" | "https") {
                return Err(fail(format!("endpoint `{url}`: use http:// or https://")));
            }
        }
        let kind = match network.kind {
            NetworkKind::Akash => check_akash(network),
            NetworkKind::Render => check_render(network),
        };
        kind.and_then(|()| network.prices.check()).map_err(fail)?;
    }
    if config.pipeline.range_heights == 0 || config.pipeline.checkpoint_heights == 0 {
        return Err(ConfigError::Invalid {
            place: "pipeline".into(),
            what: "`range_heights` and `checkpoint_heights` must be at least 1".into(),
        });
    }
    Ok(())
}

/// What only Akash needs, and what only others have.
fn check_akash(network: &Network) -> Result<(), String> {
    let foreign = [
        ("watch_file", network.watch_file.is_some()),
        ("watch", !network.watch.is_empty()),
        ("follow_mint", network.follow_mint.is_some()),
        ("range_slots", network.range_slots.is_some()),
        ("poll_seconds", network.poll_seconds.is_some()),
        ("rates", network.rates.is_some()),
        ("yellowstone", network.yellowstone.is_some()),
    ];
    foreign_key(&foreign, "render")?;
    network.inventory.as_ref().map_or(Ok(()), check_inventory)?;
    if network.chain_id != "akashnet-2" && network.starts_on.is_none() {
        return Err("`starts_on` is missing: say which version the chain started on, such as \"v1.2.2\"".into());
    }
    if matches!(network.start, Start::Height(_)) && network.genesis.is_some() {
        return Err("`genesis` needs `start = \"genesis\"`: the state is replayed from height 1".into());
    }
    check_bootstrap(network)
}

/// Whether the state can begin with what is configured.
fn check_bootstrap(network: &Network) -> Result<(), String> {
    for (key, urls) in [("grpc", &network.grpc), ("rest", &network.rest)] {
        for url in urls {
            let parsed = reqwest::Url::parse(url).map_err(|error| format!("`{key}` endpoint `{url}`: {error}"))?;
            if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
                return Err(format!("`{key}` endpoint `{url}`: use https://host:port"));
            }
        }
    }
    match network.bootstrap {
        Some(Bootstrap::Snapshot) if !network.has_state_nodes() => {
            Err("`bootstrap = \"snapshot\"` needs a node to ask: list its URL in `grpc` or `rest`".into())
        }
        Some(Bootstrap::Snapshot | Bootstrap::None) if network.begins_at_genesis() => {
            Err("`bootstrap` and a start with the genesis exclude each other: remove one".into())
        }
        Some(Bootstrap::Genesis) if !network.begins_at_genesis() => {
            Err("`bootstrap = \"genesis\"` needs `start = \"genesis\"`: the state is replayed from height 1".into())
        }
        _ => Ok(()),
    }
}

/// Whether providers can be asked like that.
fn check_inventory(inventory: &Inventory) -> Result<(), String> {
    let bounds = [
        ("max_concurrent", inventory.max_concurrent as u64, 1, 1_000),
        ("max_providers", inventory.max_providers as u64, 1, 20_000),
        // Above that a provider that answers would count as unknown between two checks.
        ("heartbeat_seconds", inventory.heartbeat_seconds, 10, 540),
        ("flush_seconds", inventory.flush_seconds, 1, 300),
    ];
    match bounds.iter().find(|(_, value, low, high)| value < low || value > high) {
        Some((key, value, low, high)) => Err(format!("`inventory.{key}` is {value}: use {low} to {high}")),
        None => Ok(()),
    }
}

/// What only Render needs, and what only others have.
fn check_render(network: &Network) -> Result<(), String> {
    let foreign = [
        ("starts_on", network.starts_on.is_some()),
        ("upgrades", !network.upgrades.is_empty()),
        ("genesis", network.genesis.is_some()),
        ("inventory", network.inventory.is_some()),
        ("grpc", !network.grpc.is_empty()),
        ("rest", !network.rest.is_empty()),
        ("bootstrap", network.bootstrap.is_some()),
    ];
    foreign_key(&foreign, "akash")?;
    if network.start == Start::Genesis {
        return Err("`start = \"genesis\"` is for chains with a state to replay; use \"earliest\" or a slot".into());
    }
    if matches!(network.range_slots, Some(0)) || matches!(network.poll_seconds, Some(0)) {
        return Err("`range_slots` and `poll_seconds` must be at least 1".into());
    }
    if let Some(rates) = network.rates.filter(|rates| rates.per_method > rates.total) {
        let (one, all) = (rates.per_method, rates.total);
        return Err(format!(
            "`rates`: {one} requests of one method cannot be more than {all} of all methods"
        ));
    }
    network.yellowstone.as_ref().map_or(Ok(()), check_stream)
}

/// Whether a stream can be opened at all. Nothing that may be a token by mistake is shown.
fn check_stream(stream: &Yellowstone) -> Result<(), String> {
    if stream.x_token_env.as_deref().is_some_and(|name| !is_variable(name)) {
        return Err(
            "`yellowstone.x_token_env` is not the name of an environment variable: put the token into a variable and \
             write its name here, such as \"YELLOWSTONE_TOKEN\""
                .to_owned(),
        );
    }
    let config = StreamConfig::new(&stream.endpoint, None);
    config
        .check()
        .map_err(|error| format!("`yellowstone.endpoint`: {error}"))
}

/// Whether a text can be the name of a variable: letters, digits and underscores, not a digit first.
pub(super) fn is_variable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(plain)
}

fn foreign_key(keys: &[(&str, bool)], kind: &str) -> Result<(), String> {
    match keys.iter().find(|(_, set)| *set) {
        Some((key, _)) => Err(format!(
            "`{key}` is a key of networks of kind \"{kind}\": remove it, or mend `kind`"
        )),
        None => Ok(()),
    }
}

/// Whether a name is safe in labels, tokens and paths.
fn valid_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}
