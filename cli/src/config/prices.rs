//! Where prices come from.

use gridproof_indexer::chain::prices::{PythFeed, Stack};
use serde::{Deserialize, Serialize};

/// Seconds between two rounds.
const POLL_SECONDS: u64 = 60;
/// Seconds over which prices of pools are averaged.
const TWAP_SECONDS: u64 = 3600;
/// REST gateways of Osmosis.
const OSMOSIS: [&str; 2] = ["https://lcd.osmosis.zone", "https://osmosis-api.polkachu.com"];
/// The public endpoint of Solana's mainnet.
const SOLANA: &str = "https://api.mainnet-beta.solana.com";

/// The pollers of prices of one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Prices {
    /// Whether prices are polled. Absent: on the live mainnets only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Seconds between two rounds.
    pub(crate) poll_seconds: u64,
    /// JSON-RPC endpoints of Solana for price accounts, in the order in which they are asked; empty: none are read.
    pub(crate) solana_rpc: Vec<String>,
    /// Price accounts in place of those that are built in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pyth: Vec<Feed>,
    /// REST gateways of Osmosis, in the order in which they are asked; empty: no pools are asked.
    pub(crate) osmosis_rest: Vec<String>,
    /// Seconds over which prices of pools are averaged.
    pub(crate) twap_seconds: u64,
    /// CoinGecko.
    pub(crate) coingecko: Coingecko,
}

/// A price account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feed {
    /// What it is a price of, such as `AKT`.
    pub(crate) asset: String,
    /// `original` or `upgraded`: whose programs own it.
    pub(crate) stack: Stack,
    /// The feed, 64 hex digits.
    pub(crate) feed_id: String,
    /// The account; absent: the one that sponsors keep for the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
}

/// CoinGecko, an optional connector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Coingecko {
    /// Whether it is asked.
    pub(crate) enabled: bool,
    /// Name of the environment variable that holds the key; the key itself is never configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_env: Option<String>,
    /// Address of its interface; absent: the public one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// Days of the past that are asked for once at the start; 0: none.
    pub(crate) history_days: u32,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            enabled: None,
            poll_seconds: POLL_SECONDS,
            solana_rpc: vec![SOLANA.to_owned()],
            pyth: Vec::new(),
            osmosis_rest: OSMOSIS.map(String::from).to_vec(),
            twap_seconds: TWAP_SECONDS,
            coingecko: Coingecko::default(),
        }
    }
}

impl Prices {
    /// What serde cannot check: what is wrong and what to change.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(5..=3600).contains(&self.poll_seconds) {
            return Err("`prices.poll_seconds` must be 5 to 3600".to_owned());
        }
        if !(60..=172_800).contains(&self.twap_seconds) {
            return Err("`prices.twap_seconds` must be 60 to 172800: pools keep two days".to_owned());
        }
        if self.coingecko.history_days > 365 {
            return Err("`prices.coingecko.history_days` must be 0 to 365".to_owned());
        }
        if self
            .coingecko
            .key_env
            .as_deref()
            .is_some_and(|name| !super::load::is_variable(name))
        {
            return Err(
                "`prices.coingecko.key_env` is not the name of an environment variable: put the key into a variable and \
                 write its name here, such as \"COINGECKO_KEY\""
                    .to_owned(),
            );
        }
        let urls = self
            .solana_rpc
            .iter()
            .chain(&self.osmosis_rest)
            .chain(&self.coingecko.url);
        for url in urls {
            let good = reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !good {
                return Err("an address under `prices` is no http:// or https:// URL".to_owned());
            }
        }
        self.pyth.iter().try_for_each(|feed| feed.read().map(drop))
    }
}

impl Feed {
    /// The account to read.
    pub(crate) fn read(&self) -> Result<PythFeed, String> {
        let known = PythFeed::sponsored(&self.asset, &self.feed_id, self.stack)
            .ok_or_else(|| format!("`prices.pyth`: feed_id of {:?} must have 64 hex digits", self.asset))?;
        let asset = (1..=16).contains(&self.asset.len()) && self.asset.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !asset {
            return Err("`prices.pyth`: asset must be 1 to 16 letters and digits, such as \"AKT\"".to_owned());
        }
        Ok(match &self.account {
            Some(account) => PythFeed {
                account: account.clone(),
                ..known
            },
            None => known,
        })
    }
}
