//! The verdict on prices: each by itself, then against each other.

use super::tick::{Source, Status, Tick, dec_text, shown};
use crate::chain::akash::dec::{Dec, ONE};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Basis points of one.
const BASIS_POINTS: i128 = 10_000;

/// What an asset can cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Lowest price that is believed.
    #[serde(with = "dec_text")]
    pub lowest: Dec,
    /// Highest price that is believed.
    #[serde(with = "dec_text")]
    pub highest: Dec,
}

/// The limits by which prices are judged. They travel in the archived poll: its ticks never change afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Age at which a price is stale, by source, in seconds.
    pub stale_after_s: BTreeMap<Source, u64>,
    /// How far ahead of our clock a price may be, in seconds.
    pub ahead_s: u64,
    /// A price this many times above or below the last good one is absurd.
    pub jump: u32,
    /// How long a last good price is held against new ones, in seconds: prices do move in the end.
    pub jump_window_s: u64,
    /// Share of the price that its confidence may have, in basis points.
    pub confidence_bps: u32,
    /// How far two prices may be apart beyond their confidences, in basis points of the higher one.
    pub disagreement_bps: u32,
    /// What each asset can cost, in dollars.
    pub bands: BTreeMap<String, Band>,
}

impl Default for Rules {
    fn default() -> Self {
        let band = |asset: &str, lowest_micro: i128, highest: i128| {
            let lowest = Dec::from_scaled(lowest_micro * (ONE / 1_000_000));
            let highest = Dec::from_scaled(highest * ONE);
            (asset.to_owned(), Band { lowest, highest })
        };
        Self {
            stale_after_s: BTreeMap::from([
                (Source::Pyth, 180),
                (Source::OsmosisTwap, 180),
                (Source::Coingecko, 900),
            ]),
            ahead_s: 60,
            jump: 5,
            jump_window_s: 86_400,
            confidence_bps: 200,
            disagreement_bps: 300,
            bands: BTreeMap::from([
                band("AKT", 10_000, 1_000),
                band("OSMO", 100, 1_000),
                band("RENDER", 10_000, 10_000),
                band("SOL", 100_000, 100_000),
                band("USDC", 500_000, 2),
            ]),
        }
    }
}

/// A good price of one instrument, against which the next is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Asset.
    pub asset: String,
    /// Source.
    pub source: Source,
    /// Instrument.
    pub instrument: String,
    /// Price.
    #[serde(with = "dec_text")]
    pub price: Dec,
    /// When we saw it, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl Known {
    fn is_of(&self, tick: &Tick) -> bool {
        self.source == tick.source && self.asset == tick.asset && self.instrument == tick.instrument
    }
}

/// The last good prices after these ticks, of one instrument each.
pub(super) fn known_after(before: &[Known], ticks: &[Tick], at_ms: i64) -> Vec<Known> {
    let mut known = before.to_vec();
    for tick in ticks {
        let Some(price) = tick.price.filter(|_| tick.status == Status::Ok && is_current(tick)) else {
            continue;
        };
        known.retain(|known| !known.is_of(tick));
        known.push(Known {
            asset: tick.asset.clone(),
            source: tick.source,
            instrument: tick.instrument.clone(),
            price,
            at_ms,
        });
    }
    known
}

/// Whether a tick speaks of the present.
fn is_current(tick: &Tick) -> bool {
    tick.source != Source::CoingeckoDaily
}

impl Rules {
    /// Gives every tick its verdict. `at_ms` is our clock.
    pub(super) fn judge(&self, ticks: &mut [Tick], known: &[Known], at_ms: i64) {
        for tick in ticks.iter_mut() {
            if let Some(price) = tick.price {
                self.judge_one(tick, price, known, at_ms);
            }
        }
        for (index, status, reason) in self.crossings(ticks) {
            ticks[index].find(status, &reason);
        }
    }

    fn judge_one(&self, tick: &mut Tick, price: Dec, known: &[Known], at_ms: i64) {
        if price.is_negative() {
            tick.find(Status::Negative, "the price is below zero");
        } else if price.is_zero() {
            tick.find(Status::Zero, "the price is zero");
        } else {
            self.size(tick, price, known, at_ms);
        }
        if is_current(tick) {
            self.age(tick, at_ms);
        }
    }

    /// Whether a positive price is believable in size, and sure enough.
    fn size(&self, tick: &mut Tick, price: Dec, known: &[Known], at_ms: i64) {
        if let Some(band) = self.bands.get(&tick.asset)
            && !(band.lowest..=band.highest).contains(&price)
        {
            let (lowest, highest) = (shown(band.lowest), shown(band.highest));
            tick.find(
                Status::Absurd,
                &format!("{} is outside of {lowest} to {highest}", shown(price)),
            );
        }
        let window_ms = i64::try_from(self.jump_window_s.saturating_mul(1000)).unwrap_or(i64::MAX);
        let recent = known
            .iter()
            .find(|known| known.is_of(tick) && at_ms.saturating_sub(known.at_ms) <= window_ms);
        if let Some(last) = recent.filter(|_| is_current(tick))
            && self.jumps(last.price, price)
        {
            let reason = format!(
                "{} is {} times above or below the last good price {}, or more",
                shown(price),
                self.jump,
                shown(last.price)
            );
            tick.find(Status::Absurd, &reason);
        }
        if let Some(confidence) = tick.confidence
            && confidence > share(price, self.confidence_bps)
        {
            let reason = format!(
                "the source is sure within ±{} only, more than {} basis points of the price",
                shown(confidence),
                self.confidence_bps
            );
            tick.find(Status::Crossed, &reason);
        }
    }

    fn jumps(&self, last: Dec, price: Dec) -> bool {
        let times = |value: Dec| value.mul_int(self.jump.into()).unwrap_or(Dec::from_scaled(i128::MAX));
        price >= times(last) || last >= times(price)
    }

    fn age(&self, tick: &mut Tick, at_ms: i64) {
        let Some(published) = tick.published_at_ms else {
            tick.find(Status::Stale, "the source does not tell when the price was made");
            return;
        };
        let age_ms = at_ms.saturating_sub(published);
        if age_ms < -seconds(self.ahead_s) {
            let ahead = age_ms.unsigned_abs() / 1000;
            tick.find(Status::Absurd, &format!("made {ahead} s after our clock"));
        }
        let limit = self.stale_after_s.get(&tick.source).copied();
        if let Some(limit) = limit.filter(|limit| age_ms > seconds(*limit)) {
            let age = age_ms / 1000;
            tick.find(
                Status::Stale,
                &format!("made {age} s before we saw it, more than {limit} s"),
            );
        }
    }

    /// Which ticks are contradicted by which others. Only prices that are good by themselves speak; who of two is right is
    /// not ours to say, so both are told.
    fn crossings(&self, ticks: &[Tick]) -> Vec<(usize, Status, String)> {
        let mut found = Vec::new();
        let good: Vec<(usize, &Tick, Dec)> = ticks
            .iter()
            .enumerate()
            .filter(|(_, tick)| tick.status == Status::Ok && is_current(tick))
            .filter_map(|(index, tick)| tick.price.map(|price| (index, tick, price)))
            .collect();
        for (place, (index, one, price)) in good.iter().enumerate() {
            for (other_index, other, other_price) in &good[place + 1..] {
                if one.asset == other.asset && self.apart(one, *price, other, *other_price) {
                    found.push((*index, Status::Crossed, self.crossing(other, *other_price)));
                    found.push((*other_index, Status::Crossed, self.crossing(one, *price)));
                }
            }
        }
        found
    }

    fn apart(&self, one: &Tick, price: Dec, other: &Tick, other_price: Dec) -> bool {
        let apart = (price.scaled() - other_price.scaled()).saturating_abs();
        let unsure = |tick: &Tick| tick.confidence.map_or(0, Dec::scaled);
        let tolerated = share(price.max(other_price), self.disagreement_bps)
            .scaled()
            .saturating_add(unsure(one))
            .saturating_add(unsure(other));
        apart > tolerated
    }

    fn crossing(&self, other: &Tick, price: Dec) -> String {
        format!(
            "{} says {} {} at the same time, further away than both confidences and {} basis points",
            other.source.name(),
            shown(price),
            other.quote,
            self.disagreement_bps
        )
    }
}

fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)
}

/// So many basis points of a price, rounded down.
fn share(price: Dec, basis_points: u32) -> Dec {
    let (whole, rest) = (price.scaled() / BASIS_POINTS, price.scaled() % BASIS_POINTS);
    let points = i128::from(basis_points);
    Dec::from_scaled(
        whole
            .saturating_mul(points)
            .saturating_add(rest * points / BASIS_POINTS),
    )
}
