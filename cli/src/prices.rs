//! From the configuration to the poller of a network's prices.

use crate::config::{Coingecko, Network, NetworkKind, Prices};
use crate::exit::Failure;
use gridproof_indexer::chain::prices::{Instruments, PythFeed, Rules};
use gridproof_indexer::pipeline::{Board, PricePoller, SeriesHome};
use gridproof_indexer::source::prices::{COINGECKO, CoingeckoConfig, PriceConfig, PriceSources};
use std::time::Duration;

/// A poller that waits for the network that its series belongs to.
#[derive(Debug)]
pub(crate) struct Polled {
    sources: PriceSources,
    every: Duration,
}

impl Polled {
    /// The poller of this network.
    pub(crate) fn poller(self, home: SeriesHome, board: Board) -> PricePoller {
        PricePoller {
            home,
            sources: self.sources,
            rules: Rules::default(),
            every: self.every,
            board,
        }
    }
}

/// What a configured network polls; `None`: nothing.
pub(crate) fn polled(network: &Network) -> Result<Option<Polled>, Failure> {
    if !enabled(network) {
        return Ok(None);
    }
    let config = config(&network.prices, instruments(network)?)
        .map_err(|why| Failure::usage(format!("network `{}`: {why}", network.name)))?;
    let sources = PriceSources::new(&config).map_err(|error| Failure::Usage(error.into()))?;
    let every = Duration::from_secs(network.prices.poll_seconds);
    Ok(Some(Polled { sources, every }))
}

/// Whether prices are polled: where that is not said, on live mainnets only. One that is reached over loopback is a test.
fn enabled(network: &Network) -> bool {
    let local = |url: &String| {
        let url = reqwest::Url::parse(url).ok();
        url.and_then(|url| {
            url.host_str()
                .map(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]")
        })
        .unwrap_or(false)
    };
    let live = network.is_mainnet() && !network.endpoints.iter().any(local);
    network.prices.enabled.unwrap_or(live)
}

fn instruments(network: &Network) -> Result<Instruments, Failure> {
    let known = match network.kind {
        NetworkKind::Akash => Instruments::akash(),
        NetworkKind::Render => Instruments::render(),
    };
    if network.prices.pyth.is_empty() {
        return Ok(known);
    }
    let pyth: Result<Vec<PythFeed>, String> = network.prices.pyth.iter().map(crate::config::Feed::read).collect();
    let pyth = pyth.map_err(|why| Failure::usage(format!("network `{}`: {why}", network.name)))?;
    Ok(Instruments { pyth, ..known })
}

fn config(prices: &Prices, instruments: Instruments) -> Result<PriceConfig, String> {
    let coingecko = Some(&prices.coingecko).filter(|coingecko| coingecko.enabled);
    Ok(PriceConfig {
        solana: prices.solana_rpc.clone(),
        pyth: instruments.pyth,
        osmosis: prices.osmosis_rest.clone(),
        routes: instruments.routes,
        twap_window: Duration::from_secs(prices.twap_seconds),
        coingecko: coingecko.map(connector).transpose()?,
        coins: instruments.coins,
    })
}

fn connector(coingecko: &Coingecko) -> Result<CoingeckoConfig, String> {
    let read = |name: &String| {
        let key = std::env::var(name).ok().filter(|key| !key.is_empty());
        key.ok_or_else(|| {
            format!("`prices.coingecko.key_env` names {name}, which is not set: set it, or remove the key")
        })
    };
    Ok(CoingeckoConfig {
        url: coingecko.url.clone().unwrap_or_else(|| COINGECKO.to_owned()),
        key: coingecko.key_env.as_ref().map(read).transpose()?,
        history_days: coingecko.history_days,
    })
}
