//! One price as one source said it, with our verdict.

use crate::chain::akash::dec::Dec;
use serde::{Deserialize, Serialize};

/// Where a price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A push account of Pyth on Solana.
    Pyth,
    /// Time-weighted averages of pools on Osmosis.
    OsmosisTwap,
    /// CoinGecko's current price.
    Coingecko,
    /// CoinGecko's daily points of the past.
    CoingeckoDaily,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pyth, Self::OsmosisTwap, Self::Coingecko, Self::CoingeckoDaily];

    /// As rows and labels write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pyth => "pyth",
            Self::OsmosisTwap => "osmosis_twap",
            Self::Coingecko => "coingecko",
            Self::CoingeckoDaily => "coingecko_daily",
        }
    }

    /// How its prices are known: read from accounts or pools of a chain, or published by somebody.
    pub const fn evidence(self) -> &'static str {
        match self {
            Self::Pyth => "onchain",
            Self::OsmosisTwap => "derived",
            Self::Coingecko | Self::CoingeckoDaily => "offchain_reported",
        }
    }
}

/// The verdict on a price. Where several apply, the first of this order is given, and the reason names all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The source did not answer, or not with a price.
    Refused,
    /// Below zero.
    Negative,
    /// Zero.
    Zero,
    /// Outside of what the asset can cost, far from the last good price, or from the future.
    Absurd,
    /// Too old when we saw it.
    Stale,
    /// Too uncertain by its own account, or contradicted by another source.
    Crossed,
    /// Nothing speaks against it.
    Ok,
}

impl Status {
    /// All of them, the worst first.
    pub const ALL: [Self; 7] = [
        Self::Refused,
        Self::Negative,
        Self::Zero,
        Self::Absurd,
        Self::Stale,
        Self::Crossed,
        Self::Ok,
    ];

    /// As rows and labels write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Negative => "negative",
            Self::Zero => "zero",
            Self::Absurd => "absurd",
            Self::Stale => "stale",
            Self::Crossed => "crossed",
            Self::Ok => "ok",
        }
    }
}

/// A price with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// What it is a price of, such as `AKT`.
    pub asset: String,
    /// What it is given in: `USD`, or `USDC` where a pool trades that and nobody turned it into dollars.
    pub quote: String,
    /// Who says so.
    pub source: Source,
    /// Which account, pools or coin.
    pub instrument: String,
    /// The price as said; `None`: none was said.
    pub price: Option<Dec>,
    /// Half-width of the interval in which the source sees the price; `None`: it does not tell.
    pub confidence: Option<Dec>,
    /// When the source made it, milliseconds since the Unix epoch.
    pub published_at_ms: Option<i64>,
    /// Height or slot of the source's chain that the answer speaks of; 0: it has none.
    pub source_height: u64,
    /// The verdict.
    pub status: Status,
    /// Why it is not [`Status::Ok`]; empty where it is.
    pub reason: String,
}

impl Tick {
    /// A source that gave no price.
    pub(super) fn refused(asset: &str, quote: &str, source: Source, instrument: String, reason: String) -> Self {
        Self {
            asset: asset.to_owned(),
            quote: quote.to_owned(),
            source,
            instrument,
            price: None,
            confidence: None,
            published_at_ms: None,
            source_height: 0,
            status: Status::Refused,
            reason,
        }
    }

    /// Adds a fault: the worst decides the status, the reasons are all kept.
    pub(super) fn find(&mut self, status: Status, reason: &str) {
        self.status = self.status.min(status);
        if !self.reason.is_empty() {
            self.reason.push_str("; ");
        }
        self.reason.push_str(reason);
    }
}

/// A number for people: without zeros behind its last place.
pub(super) fn shown(number: Dec) -> String {
    let text = number.to_string();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A text of anybody's, fit for a reason: one line, not long.
pub(super) fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(160).collect()
}

/// Decimals as text in JSON: many readers lose the digits of large numbers.
pub(super) mod dec_text {
    use super::{Dec, shown};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::chain::prices) fn serialize<S: Serializer>(value: &Dec, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(*value))
    }

    pub(in crate::chain::prices) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dec, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
