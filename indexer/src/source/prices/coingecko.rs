//! CoinGecko's REST interface: an optional connector.

use std::fmt;

use super::config::CoingeckoConfig;
use super::osmosis::text;
use super::refusal::Refusal;
use crate::chain::prices::{Answer, Coin};
use crate::source::transport::Transport;
use crate::source::{FetchError, HttpClients, Limits};

/// The connector.
pub(super) struct Coingecko {
    endpoint: Transport,
    key: Option<(&'static str, String)>,
    history_days: u32,
}

/// Without the key.
impl fmt::Debug for Coingecko {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coingecko")
            .field("endpoint", &self.endpoint.name)
            .finish_non_exhaustive()
    }
}

impl Coingecko {
    pub(super) fn new(clients: &HttpClients, config: &CoingeckoConfig, limits: Limits) -> Result<Self, FetchError> {
        Ok(Self {
            endpoint: Transport::new(clients, &config.url, limits)?,
            key: config.key.clone().map(|key| (config.key_header(), key)),
            history_days: config.history_days,
        })
    }

    pub(super) async fn prices(&self, coins: &[Coin]) -> Result<Answer, Refusal> {
        let ids: Vec<&str> = coins.iter().map(|coin| coin.id.as_str()).collect();
        let ids = ids.join(",");
        let query = [
            ("ids", ids.as_str()),
            ("vs_currencies", "usd"),
            ("include_last_updated_at", "true"),
            ("precision", "full"),
        ];
        self.get("simple/price", &query).await
    }

    pub(super) async fn history(&self, coin: &Coin) -> Result<Answer, Refusal> {
        let days = self.history_days.to_string();
        let query = [("vs_currency", "usd"), ("days", days.as_str()), ("interval", "daily")];
        self.get(&format!("coins/{}/market_chart", coin.id), &query).await
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Refusal> {
        let key = self.key.as_ref().map(|(name, key)| (*name, key.as_str()));
        Ok(Answer::Served {
            endpoint: self.endpoint.name.clone(),
            bodies: vec![text(&self.endpoint, path, query, key).await?],
        })
    }
}
