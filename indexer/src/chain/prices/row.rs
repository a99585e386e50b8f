//! The row of a tick.

use super::tick::Tick;
use crate::chain::akash::dec::Dec;
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::{Deserialize, Serialize};

/// A tick as it is stored. Table `price_feed_ticks`; decimals in 10⁻¹⁸ units.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct PriceTickRow {
    /// What it is a price of.
    pub asset: String,
    /// What it is given in.
    pub quote: String,
    /// [`super::Source::name`].
    pub source: String,
    /// Which account, pools or coin.
    pub instrument: String,
    /// The price as said.
    pub price: Option<i128>,
    /// Half-width of the interval in which the source sees it.
    pub confidence: Option<i128>,
    /// When the source made it, milliseconds since the Unix epoch.
    pub published_at: Option<i64>,
    /// [`super::Status::name`].
    pub status: String,
    /// Why it is not `ok`.
    pub reason: String,
    /// How the source's prices are known.
    pub evidence: String,
    /// Height or slot of the source's chain.
    pub source_height: u64,
}

impl TableRow for PriceTickRow {
    const TABLE: &'static str = "price_feed_ticks";
}

/// Times that a `DateTime64(3)` holds, milliseconds since the Unix epoch: the years 1900 to 2299.
const TIMES_MS: std::ops::Range<i64> = -2_208_988_800_000..10_413_792_000_000;

impl From<Tick> for PriceTickRow {
    fn from(tick: Tick) -> Self {
        Self {
            asset: tick.asset,
            quote: tick.quote,
            source: tick.source.name().to_owned(),
            instrument: tick.instrument,
            price: tick.price.map(Dec::scaled),
            confidence: tick.confidence.map(Dec::scaled),
            published_at: tick.published_at_ms.filter(|ms| TIMES_MS.contains(ms)),
            status: tick.status.name().to_owned(),
            reason: tick.reason,
            evidence: tick.source.evidence().to_owned(),
            source_height: tick.source_height,
        }
    }
}
