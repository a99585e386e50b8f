//! CoinGecko: `simple/price` with `last_updated_at`, and the daily points of `market_chart`.
//!
//! Its numbers are JSON numbers; they are read from their text, never by way of a float.

use super::tick::{Source, Status, Tick, quoted};
use crate::chain::akash::dec::Dec;
use crate::chain::exact;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Daily points that one answer may have: two years.
const MAX_POINTS: usize = 800;
const DAY_MS: i64 = 86_400_000;

/// A coin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coin {
    /// What we call it.
    pub asset: String,
    /// What CoinGecko calls it.
    pub id: String,
}

#[derive(Deserialize)]
struct Quoted<'a> {
    #[serde(borrow)]
    usd: Option<&'a RawValue>,
    #[serde(borrow)]
    last_updated_at: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Chart<'a> {
    #[serde(borrow)]
    prices: Vec<(&'a RawValue, &'a RawValue)>,
}

impl Coin {
    /// The tick of a source that did not answer.
    pub(super) fn refused(&self, source: Source, reason: String) -> Tick {
        Tick::refused(&self.asset, "USD", source, self.id.clone(), reason)
    }

    fn said(&self, source: Source, price: Dec, published_at_ms: Option<i64>) -> Tick {
        Tick {
            price: Some(price),
            published_at_ms,
            status: Status::Ok,
            reason: String::new(),
            ..self.refused(source, String::new())
        }
    }

    fn tick(&self, answer: &BTreeMap<String, Quoted<'_>>) -> Tick {
        let read = || {
            let quoted = answer.get(&self.id).ok_or("the answer lacks this coin")?;
            let price = number(quoted.usd.ok_or("the answer has no price in US dollars")?)?;
            let seconds = quoted.last_updated_at.map(whole).transpose()?;
            let at = seconds.map(|seconds| seconds.checked_mul(1000).ok_or("its time is out of range"));
            Ok::<_, String>((price, at.transpose()?))
        };
        match read() {
            Ok((price, at)) => self.said(Source::Coingecko, price, at),
            Err(reason) => self.refused(Source::Coingecko, reason),
        }
    }
}

/// The ticks of `simple/price`, not judged yet.
pub(super) fn ticks(coins: &[Coin], body: &str) -> Vec<Tick> {
    match serde_json::from_str::<BTreeMap<String, Quoted<'_>>>(body) {
        Ok(answer) => coins.iter().map(|coin| coin.tick(&answer)).collect(),
        Err(error) => {
            let reason = format!("the answer cannot be read: {error}");
            let refused = |coin: &Coin| coin.refused(Source::Coingecko, reason.clone());
            coins.iter().map(refused).collect()
        }
    }
}

/// The ticks of `market_chart` with `interval=daily`, one per day, not judged yet. The last point of an answer is that of
/// the running moment, not of a day, and is left out.
pub(super) fn history(coin: &Coin, body: &str) -> Vec<Tick> {
    match days(body) {
        Ok(points) => points
            .into_iter()
            .map(|(at, price)| coin.said(Source::CoingeckoDaily, price, Some(at)))
            .collect(),
        Err(reason) => vec![coin.refused(Source::CoingeckoDaily, reason)],
    }
}

fn days(body: &str) -> Result<Vec<(i64, Dec)>, String> {
    let chart: Chart<'_> = serde_json::from_str(body).map_err(|error| format!("the answer cannot be read: {error}"))?;
    if chart.prices.len() > MAX_POINTS {
        return Err(format!("{} points are more than were asked for", chart.prices.len()));
    }
    let mut points: Vec<(i64, Dec)> = Vec::with_capacity(chart.prices.len());
    for (at, price) in chart.prices {
        let at = whole(at)?;
        if points.last().is_some_and(|(last, _)| *last >= at) {
            return Err("the points are not in the order of their times".to_owned());
        }
        points.push((at, number(price)?));
    }
    points.retain(|(at, _)| at % DAY_MS == 0);
    Ok(points)
}

/// A JSON number as it is written; a text is none.
fn number(raw: &RawValue) -> Result<Dec, String> {
    exact::decimal(raw.get()).ok_or_else(|| format!("{} is no number with at most 18 places", quoted(raw.get())))
}

fn whole(raw: &RawValue) -> Result<i64, String> {
    let text = raw.get();
    text.parse().map_err(|_| format!("{} is no time", quoted(text)))
}
