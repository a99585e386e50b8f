//! Built-in values: a fresh machine follows the mainnets of Akash and Render with no file at all.

use super::model::{Config, Engine, Inventory, Network, NetworkKind, Pipeline, Start};
use super::prices::Prices;
use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::akash::state::ChainRules;
use gridproof_indexer::pipeline::InventorySettings;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Port of the page and the API.
const API_PORT: u16 = 8080;
/// Port of `/metrics`.
const METRICS_PORT: u16 = 9464;
/// Port of the embedded engine: ClickHouse's own.
const ENGINE_PORT: u16 = 8123;
/// Heights between two checkpoints of the state machine: about 80 minutes of mainnet to replay at most.
const CHECKPOINT_HEIGHTS: u64 = 1_000;
/// A chain with six-second blocks that is two minutes behind is stale.
const READY_LAG_S: u64 = 120;

/// Public RPC endpoints of `akashnet-2`, from the chain's own network list.
const AKASH_ENDPOINTS: [&str; 10] = [
    "https://rpc.akt.dev/rpc",
    "https://rpc.akashnet.net:443",
    "https://akash-rpc.polkachu.com",
    "https://akash.c29r3.xyz/rpc",
    "https://akash-rpc.europlots.com",
    "https://rpc-akash.ecostake.com",
    "https://rpc.lavenderfive.com/akash",
    "https://akash-rpc.kleomedes.network",
    "https://akash-mainnet-rpc.cosmonautstakes.com",
    "https://akash-rpc.publicnode.com",
];

/// Public gRPC endpoints of `akashnet-2`, asked for the state where the past is not followed.
const AKASH_GRPC: [&str; 3] = [
    "https://akash.lavenderfive.com:443",
    "https://akash-grpc.publicnode.com:443",
    "https://grpc.akashnet.net:443",
];

/// The public endpoint of Solana's mainnet.
const SOLANA_ENDPOINT: &str = "https://api.mainnet-beta.solana.com";
/// Chain id of Akash's mainnet.
pub(super) const AKASH_CHAIN: &str = "akashnet-2";
/// Genesis hash of Solana's mainnet.
pub(super) const SOLANA_GENESIS: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKUc147dw2N9d";
/// A slot of autumn 2023, some weeks before the first RENDER was minted on Solana: nothing lies below it.
const RENDER_FIRST_SLOT: u64 = 220_000_000;

impl Default for Config {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            data_dir: default_data_dir(),
            listen: loopback(API_PORT),
            metrics_listen: loopback(METRICS_PORT),
            engine: Engine {
                listen: loopback(ENGINE_PORT),
                library: None,
                url: None,
                user: None,
                password_env: None,
            },
            pipeline: Pipeline {
                range_heights: ChainRules::RANGE_HEIGHTS,
                checkpoint_heights: CHECKPOINT_HEIGHTS,
                ready_lag_s: READY_LAG_S,
            },
            network: vec![akash(), render()],
        }
    }
}

impl Default for Inventory {
    fn default() -> Self {
        let manners = InventorySettings::default();
        Self {
            enabled: true,
            allow_private: false,
            max_concurrent: manners.max_concurrent,
            max_providers: manners.max_providers,
            heartbeat_seconds: manners.heartbeat.as_secs(),
            flush_seconds: manners.flush_every.as_secs(),
        }
    }
}

/// Akash mainnet.
fn akash() -> Network {
    Network {
        name: "akash".into(),
        kind: NetworkKind::Akash,
        chain_id: AKASH_CHAIN.into(),
        endpoints: AKASH_ENDPOINTS.map(String::from).to_vec(),
        starts_on: None,
        upgrades: Vec::new(),
        start: Start::Earliest,
        grpc: AKASH_GRPC.map(String::from).to_vec(),
        rest: Vec::new(),
        bootstrap: None,
        genesis: None,
        watch_file: None,
        watch: Vec::new(),
        follow_mint: None,
        range_slots: None,
        poll_seconds: None,
        rates: None,
        yellowstone: None,
        prices: Prices::default(),
        inventory: None,
    }
}

/// Render on Solana's mainnet.
fn render() -> Network {
    Network {
        name: "render".into(),
        kind: NetworkKind::Render,
        chain_id: SOLANA_GENESIS.into(),
        endpoints: vec![SOLANA_ENDPOINT.into()],
        start: Start::Height(RENDER_FIRST_SLOT),
        grpc: Vec::new(),
        ..akash()
    }
}

/// `$XDG_DATA_HOME/gridproof`, else `~/.local/share/gridproof`, else a folder here.
fn default_data_dir() -> PathBuf {
    let env = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    env("XDG_DATA_HOME")
        .or_else(|| env("HOME").map(|home| home.join(".local/share")))
        .map_or_else(|| PathBuf::from("gridproof-data"), |base| base.join("gridproof"))
}
