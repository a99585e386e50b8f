//! What can be configured. Every key has a default in `defaults.rs`; an unknown key is an error.

use super::prices::Prices;
use gridproof_indexer::chain::render::watch::WatchAccount;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Folder that holds everything: the engine's tables, the state database, the archive.
    pub(crate) data_dir: PathBuf,
    /// Where the page, GraphQL, `/healthz` and `/readyz` answer.
    pub(crate) listen: SocketAddr,
    /// Where `/metrics` answers (and the health checks, for an indexer without an API).
    pub(crate) metrics_listen: SocketAddr,
    /// The embedded engine, or the ClickHouse server to use in its place.
    pub(crate) engine: Engine,
    /// Sizes of the pipeline.
    pub(crate) pipeline: Pipeline,
    /// Chains to follow.
    pub(crate) network: Vec<Network>,
}

/// Where rows are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Engine {
    /// Where the embedded engine speaks ClickHouse's HTTP interface.
    pub(crate) listen: SocketAddr,
    /// Path of `libchdb.so`; absent: looked for beside the program and in the places that `doctor` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) library: Option<PathBuf>,
    /// URL of a ClickHouse server; present: no embedded engine is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// User of the ClickHouse server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// Name of the environment variable that holds the password; the password itself is never configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_env: Option<String>,
}

/// Sizes of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pipeline {
    /// Heights of a range: the unit that is fetched, archived and committed as one.
    pub(crate) range_heights: u64,
    /// Heights between two checkpoints of the state machine.
    pub(crate) checkpoint_heights: u64,
    /// Seconds behind the chain's clock from which `/readyz` says no.
    pub(crate) ready_lag_s: u64,
}

/// A chain to follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    /// Name in rows, labels and the API.
    pub(crate) name: String,
    /// Family of the chain.
    pub(crate) kind: NetworkKind,
    /// Chain id; an endpoint of another chain is refused. On Solana the genesis hash; absent there: mainnet's.
    #[serde(default)]
    pub(crate) chain_id: String,
    /// RPC endpoints (CometBFT's, or Solana's JSON-RPC), `https://host[:port][/path]`.
    pub(crate) endpoints: Vec<String>,
    /// Version that the chain started on; absent for `akashnet-2`, whose upgrades are built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) starts_on: Option<String>,
    /// Upgrades with their heights; empty for `akashnet-2`, whose upgrades are built in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) upgrades: Vec<Upgrade>,
    /// Where to begin: `"earliest"` (what the endpoints still have), `"genesis"`, or a height.
    #[serde(default)]
    pub(crate) start: Start,
    /// Akash: gRPC endpoints of nodes that are asked for the whole state, `https://host:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) grpc: Vec<String>,
    /// Akash: REST gateways that are asked for it where no gRPC endpoint answers, `https://host[:port][/path]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rest: Vec<String>,
    /// Akash: what the state begins with: `"snapshot"` of a node, `"genesis"`, or `"none"`. Absent: a snapshot where there
    /// is a `grpc` or `rest` endpoint and the start is not the genesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bootstrap: Option<Bootstrap>,
    /// Genesis document (`.json` or `.json.zst`); absent: asked of the endpoints when the start is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) genesis: Option<PathBuf>,
    /// Render: a watch set as a JSON file, in place of the one built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) watch_file: Option<PathBuf>,
    /// Render: token accounts to watch beside those of the watch set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) watch: Vec<WatchAccount>,
    /// Render: whether every transaction that names the mint is followed, so that supply is audited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) follow_mint: Option<bool>,
    /// Render: slots of a range; absent: a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) range_slots: Option<u64>,
    /// Render: seconds between two looks at the newest finalized slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) poll_seconds: Option<u64>,
    /// Render: what an endpoint allows; absent: what the public one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rates: Option<Rates>,
    /// Render: a Yellowstone gRPC stream in front of the endpoints, which stay the truth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) yellowstone: Option<Yellowstone>,
    /// Akash: how providers are asked for their status; absent: they are, with the default manners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) inventory: Option<Inventory>,
    /// Where prices come from.
    #[serde(default)]
    pub(crate) prices: Prices,
}

impl Network {
    /// Whether it is the mainnet of its kind.
    pub(crate) fn is_mainnet(&self) -> bool {
        self.chain_id
            == match self.kind {
                NetworkKind::Akash => super::defaults::AKASH_CHAIN,
                NetworkKind::Render => super::defaults::SOLANA_GENESIS,
            }
    }
}

/// How the providers of a network are asked for their status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Inventory {
    /// Whether they are asked at all.
    pub(crate) enabled: bool,
    /// For local chains: addresses of this machine and of private networks, and `http://`, are dialed, too.
    pub(crate) allow_private: bool,
    /// Dials at the same time.
    pub(crate) max_concurrent: usize,
    /// Providers that are asked at all, oldest registration first.
    pub(crate) max_providers: usize,
    /// A check of each provider is written at least so often, whether anything changed or not.
    pub(crate) heartbeat_seconds: u64,
    /// Longest time that a check waits before it is written.
    pub(crate) flush_seconds: u64,
}

/// What the state of a network begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Bootstrap {
    /// With what a node answers about one height.
    Snapshot,
    /// With the genesis document, and all blocks.
    Genesis,
    /// With nothing: facts only, until `gridproof backfill NETWORK --from-state`.
    None,
}

impl Network {
    /// Whether the whole state can be asked of a node.
    pub(crate) fn has_state_nodes(&self) -> bool {
        !self.grpc.is_empty() || !self.rest.is_empty()
    }

    /// Whether the chain is followed from its first block.
    pub(crate) fn begins_at_genesis(&self) -> bool {
        self.genesis.is_some() || matches!(self.start, Start::Genesis | Start::Height(1))
    }

    /// What the state begins with: as configured, else what can be.
    pub(crate) fn begins_with(&self) -> Bootstrap {
        match self.bootstrap {
            Some(configured) => configured,
            None if self.begins_at_genesis() => Bootstrap::Genesis,
            None if self.has_state_nodes() => Bootstrap::Snapshot,
            None => Bootstrap::None,
        }
    }
}

/// A Yellowstone gRPC server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Yellowstone {
    /// `https://host[:port]`; `http://` on loopback only.
    pub(crate) endpoint: String,
    /// Name of the environment variable that holds the x-token; the token itself is never configured. Absent: none is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) x_token_env: Option<String>,
}

/// Requests that an endpoint allows in ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rates {
    /// Of one method.
    pub(crate) per_method: NonZeroU32,
    /// Of all methods.
    pub(crate) total: NonZeroU32,
}

/// Family of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NetworkKind {
    /// Akash, on CometBFT.
    Akash,
    /// Render, on Solana.
    Render,
}

/// An upgrade of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upgrade {
    /// Name of the plan, such as `v1.0.0`.
    pub(crate) name: String,
    /// Height of the block in which it ran.
    pub(crate) height: u64,
}

/// First height to index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Start {
    /// The lowest height that any endpoint still has.
    #[default]
    Earliest,
    /// Height 1.
    Genesis,
    /// This height.
    Height(u64),
}

impl Serialize for Start {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Earliest => serializer.serialize_str("earliest"),
            Self::Genesis => serializer.serialize_str("genesis"),
            Self::Height(height) => serializer.serialize_u64(*height),
        }
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Text {
            Height(u64),
            Word(String),
        }
        match Text::deserialize(deserializer)? {
            Text::Height(0) => Err(serde::de::Error::custom("heights begin at 1")),
            Text::Height(height) => Ok(Self::Height(height)),
            Text::Word(word) if word == "earliest" => Ok(Self::Earliest),
            Text::Word(word) if word == "genesis" => Ok(Self::Genesis),
            Text::Word(word) => Err(serde::de::Error::custom(format!(
                "`{word}` is not a start: use \"earliest\", \"genesis\" or a height"
            ))),
        }
    }
}
