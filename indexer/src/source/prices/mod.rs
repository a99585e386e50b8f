//! Asking price sources: accounts on Solana, pools on Osmosis, CoinGecko. I/O only: what is served is handed on as it is.
//!
//! Every request is bounded in time and bytes and follows no redirect. A source that does not answer is an answer, too:
//! [`Answer::Refused`] with a word for the kind of refusal. One that refuses again and again is asked less often, and what
//! is told meanwhile says so.

mod backoff;
mod coingecko;
mod config;
mod osmosis;
mod pyth;
mod refusal;

pub use config::{COINGECKO, CoingeckoConfig, PriceConfig};

use std::time::Duration;

use backoff::Backoff;
use refusal::Refusal;

use crate::chain::prices::{Answer, Asked, Question};
use crate::source::solana::{AgaveRpc, RateLimits};
use crate::source::transport::Transport;
use crate::source::{FetchError, HttpClients, Limits};

/// What one request may cost: prices are small, and a round must end before the next begins.
fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        request: Duration::from_secs(10),
        idle: Duration::from_secs(5),
        body_bytes: 256 * 1024,
        genesis_bytes: 0,
    }
}

/// The sources of one network's prices.
#[derive(Debug)]
pub struct PriceSources {
    solana: Vec<AgaveRpc>,
    osmosis: Vec<Transport>,
    coingecko: Option<coingecko::Coingecko>,
    window: Duration,
    asked: Vec<(Question, Backoff)>,
}

impl PriceSources {
    /// Sources that answer the questions of `config`. Nothing is sent yet.
    ///
    /// # Errors
    /// An address is none.
    pub fn new(config: &PriceConfig) -> Result<Self, FetchError> {
        let (plain, limits) = (HttpClients::default(), limits());
        let rpc = |url: &String| AgaveRpc::connect(&plain, url, limits.clone(), RateLimits::default());
        let rest = |url: &String| Transport::new(&plain, url, limits.clone());
        let coingecko = config.coingecko.as_ref();
        let coingecko = coingecko.map(|config| coingecko::Coingecko::new(&plain, config, limits.clone()));
        Ok(Self {
            solana: config.solana.iter().map(rpc).collect::<Result<_, _>>()?,
            osmosis: config.osmosis.iter().map(rest).collect::<Result<_, _>>()?,
            coingecko: coingecko.transpose()?,
            window: config.twap_window,
            asked: config
                .questions()
                .into_iter()
                .map(|asked| (asked, Backoff::default()))
                .collect(),
        })
    }

    /// Asks everything once, all at the same time. `now_ms` is our clock.
    pub async fn ask(&mut self, now_ms: i64) -> Vec<Asked> {
        let this = &*self;
        let asking = this.asked.iter().map(|(question, backoff)| async move {
            match backoff.waits(now_ms) {
                Some(refused) => Err(refused),
                None => this.one(question, now_ms).await,
            }
        });
        let answers = futures::future::join_all(asking).await;
        let told = self.asked.iter_mut().zip(answers).map(|((question, backoff), answer)| {
            backoff.heard(&answer, now_ms);
            let answer = answer.unwrap_or_else(Refusal::answer);
            let question = question.clone();
            Asked { question, answer }
        });
        let told: Vec<Asked> = told.collect();
        // The past is asked for once: what was served does not change.
        self.asked
            .retain(|(question, backoff)| !matches!(question, Question::CoingeckoHistory(_)) || !backoff.succeeded());
        told
    }

    async fn one(&self, question: &Question, now_ms: i64) -> Result<Answer, Refusal> {
        match question {
            Question::Pyth(feeds) => pyth::ask(&self.solana, feeds).await,
            Question::OsmosisTwap(route) => osmosis::ask(&self.osmosis, route, now_ms, self.window).await,
            Question::CoingeckoPrices(coins) => self.coingecko()?.prices(coins).await,
            Question::CoingeckoHistory(coin) => self.coingecko()?.history(coin).await,
        }
    }

    fn coingecko(&self) -> Result<&coingecko::Coingecko, Refusal> {
        self.coingecko.as_ref().ok_or_else(|| Refusal::nobody("CoinGecko"))
    }
}
