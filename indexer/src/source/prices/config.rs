//! What is asked of whom.

use std::fmt;
use std::time::Duration;

use crate::chain::prices::{Coin, PythFeed, Question, Route};

/// CoinGecko's address for free keys, and for none.
pub const COINGECKO: &str = "https://api.coingecko.com/api/v3/";
const PRO_HOST: &str = "pro-api.";

/// The sources of one network's prices. A list that is empty asks nobody.
#[derive(Clone, Debug, Default)]
pub struct PriceConfig {
    /// JSON-RPC endpoints of Solana, in the order in which they are asked.
    pub solana: Vec<String>,
    /// Accounts to read there.
    pub pyth: Vec<PythFeed>,
    /// REST gateways of Osmosis, in the order in which they are asked.
    pub osmosis: Vec<String>,
    /// Prices to ask there.
    pub routes: Vec<Route>,
    /// How far back the averages of pools reach.
    pub twap_window: Duration,
    /// CoinGecko, where it is wanted.
    pub coingecko: Option<CoingeckoConfig>,
    /// Coins to ask there.
    pub coins: Vec<Coin>,
}

/// CoinGecko.
#[derive(Clone)]
pub struct CoingeckoConfig {
    /// Address of its interface.
    pub url: String,
    /// Key; `None`: none is sent.
    pub key: Option<String>,
    /// Days of the past that are asked for once, at the start; 0: none.
    pub history_days: u32,
}

impl CoingeckoConfig {
    /// Header in which the key goes: paid keys have another host and another header.
    pub(super) fn key_header(&self) -> &'static str {
        match self.url.contains(PRO_HOST) {
            true => "x-cg-pro-api-key",
            false => "x-cg-demo-api-key",
        }
    }
}

/// Without the key.
impl fmt::Debug for CoingeckoConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoingeckoConfig")
            .field("url", &self.url)
            .field("key", &self.key.as_ref().map(|_| "(set)"))
            .field("history_days", &self.history_days)
            .finish()
    }
}

impl PriceConfig {
    /// What is asked in each round.
    pub(super) fn questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        if !self.solana.is_empty() && !self.pyth.is_empty() {
            questions.push(Question::Pyth(self.pyth.clone()));
        }
        if !self.osmosis.is_empty() {
            questions.extend(self.routes.iter().cloned().map(Question::OsmosisTwap));
        }
        if let Some(coingecko) = self.coingecko.as_ref().filter(|_| !self.coins.is_empty()) {
            questions.push(Question::CoingeckoPrices(self.coins.clone()));
            if coingecko.history_days > 0 {
                questions.extend(self.coins.iter().cloned().map(Question::CoingeckoHistory));
            }
        }
        questions
    }
}
