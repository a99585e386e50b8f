//! The poller of prices: asks every source in rounds, and enters each round into the series of its network.

mod metrics;
#[cfg(test)]
mod tests;

pub use metrics::PriceMetrics;

use super::board::Board;
use super::error::PipelineError;
use super::series::{Series, SeriesHome};
use super::status::PriceStatus;
use crate::chain::prices::{Known, PRICES, Poll, Rules, Source, Tick};
use crate::source::prices::PriceSources;
use std::time::Duration;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

/// Time between two rounds, unless somebody says otherwise.
pub const POLL_EVERY: Duration = Duration::from_secs(60);
/// Time between two looks whether the network is registered.
const REGISTERED: Duration = Duration::from_secs(1);

/// The poller of one network. Its series has no other writer.
#[derive(Debug)]
pub struct PricePoller {
    /// Where the series is kept.
    pub home: SeriesHome,
    /// What is asked.
    pub sources: PriceSources,
    /// By which limits prices are judged.
    pub rules: Rules,
    /// Time between the begins of two rounds.
    pub every: Duration,
    /// Knows how far the network is, and is told the newest prices.
    pub board: Board,
}

impl PricePoller {
    /// Asks at once and then in each interval until `stop`.
    ///
    /// # Errors
    /// Rows, the archive or the state database cannot be written. That nobody answers is no error: it is entered.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), PipelineError> {
        if !self.registered(&stop).await? {
            return Ok(());
        }
        let mut series = Series::open(self.home.clone(), PRICES).await?;
        let mut known = self.known().await?;
        let mut rounds = tokio::time::interval(self.every);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = rounds.tick() => {}
            }
            let poll = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                poll = self.ask(known.clone()) => poll,
            };
            known = self.enter(&mut series, &poll, known).await?;
        }
    }

    /// Waits until the follower has registered the network; `false`: stopped before.
    async fn registered(&self, stop: &CancellationToken) -> Result<bool, PipelineError> {
        while self.home.state_db.network(&self.home.origin.network).await?.is_none() {
            tokio::select! {
                () = stop.cancelled() => return Ok(false),
                () = tokio::time::sleep(REGISTERED) => {}
            }
        }
        Ok(true)
    }

    /// The last good prices by the newest entry.
    async fn known(&self) -> Result<Vec<Known>, PipelineError> {
        let vault = &self.home.vault;
        let Some(newest) = vault.newest_entry(PRICES.stage).await? else {
            return Ok(Vec::new());
        };
        let document = vault.entry(PRICES.stage, newest).await?;
        // One that cannot be read any more was set aside when the series was opened; the new ones begin without a past.
        let poll = document.and_then(|document| Poll::from_json(&document).ok());
        Ok(poll.map(|poll| poll.known_after(&poll.ticks())).unwrap_or_default())
    }

    async fn ask(&mut self, known: Vec<Known>) -> Poll {
        let asked = self.sources.ask(now_ms()).await;
        let height = self.board.now().tip.unwrap_or_default();
        Poll::new(now_ms(), height, self.rules.clone(), known, asked)
    }

    /// Enters a round and gives the last good prices after it.
    async fn enter(&self, series: &mut Series, poll: &Poll, known: Vec<Known>) -> Result<Vec<Known>, PipelineError> {
        let network = self.home.origin.network.as_str();
        let document = match poll.to_json() {
            Ok(document) => document,
            Err(error) => {
                tracing::error!(network, %error, "a round of prices was not entered");
                return Ok(known);
            }
        };
        if let Err(rejected) = series.append(&document).await? {
            tracing::error!(network, %rejected, "a round of prices was not entered");
            return Ok(known);
        }
        let ticks = poll.ticks();
        self.home.metrics.prices.round(network, &poll.asked, &ticks);
        self.board.prices(newest(poll.at_ms, &ticks));
        Ok(poll.known_after(&ticks))
    }
}

/// The ticks as the status shows them; days of the past are none.
fn newest(at_ms: i64, ticks: &[Tick]) -> Vec<PriceStatus> {
    let status = |tick: &Tick| PriceStatus {
        asset: tick.asset.clone(),
        quote: tick.quote.clone(),
        source: tick.source.name().to_owned(),
        instrument: tick.instrument.clone(),
        price: tick.price.map(|price| price.to_string()),
        status: tick.status.name().to_owned(),
        reason: tick.reason.clone(),
        age_s: tick
            .published_at_ms
            .map(|published| at_ms.saturating_sub(published) / 1000),
        observed_at_s: at_ms / 1000,
    };
    let current = ticks.iter().filter(|tick| tick.source != Source::CoingeckoDaily);
    current.map(status).collect()
}

/// Our clock, milliseconds since the Unix epoch.
fn now_ms() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
