//! What sources said of prices.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::{PriceConnection, cursor, filter, page};
use crate::read::prices::{PriceAtRow, TickFilter, TickPlace, TickRow};
use crate::schema::definitions::PRICES;
use crate::schema::error::ApiError;
use crate::schema::evidence::{Evidence, words};
use crate::schema::ids::number;
use crate::schema::page::size;
use crate::schema::scalars::{Decimal, millis, moment};
use crate::schema::scope::Api;

words! {
    /// The verdict on a price.
    PriceStatus {
        /// Nothing speaks against it.
        Ok = "ok",
        /// Too old when it was seen.
        Stale = "stale",
        /// Zero.
        Zero = "zero",
        /// Below zero.
        Negative = "negative",
        /// Outside of what the asset can cost, far from the last good price of the same instrument, or from the future.
        Absurd = "absurd",
        /// Too uncertain by the source's own account, or contradicted by another source at the same time.
        Crossed = "crossed",
        /// The source gave no price.
        Refused = "refused",
    }
}

/// A price as one source said it, with our verdict. Nothing is corrected, averaged or put in another's place.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "PriceTick")]
pub(crate) struct PriceTick {
    /// The network whose prices are polled.
    network: String,
    /// What it is a price of, such as `AKT`.
    asset: String,
    /// What it is given in: `USD`, or `USDC` where a pool trades that.
    quote: String,
    /// Who says so: `pyth`, `osmosis_twap`, `coingecko`, `coingecko_daily`, `akash_oracle`, `akash_oracle_median`.
    source: String,
    /// Which account, pools, coin or feeder.
    instrument: String,
    /// The price as said, whatever the verdict; null: none was said.
    price: Option<Decimal>,
    /// Half-width of the interval in which the source sees the price; null: it does not tell.
    confidence: Option<Decimal>,
    /// When the source made it; null: it does not tell.
    published_at: Option<OffsetDateTime>,
    /// When we saw it; for the chain's own oracle the time of the block.
    observed_at: OffsetDateTime,
    /// How old it was when it was seen, in seconds.
    age_seconds: Option<i64>,
    /// Newest known height of the network then; 0: none was known.
    height: u64,
    /// Height or slot of the source's chain; 0: it has none.
    source_height: u64,
    /// The verdict; null for one that this version does not know.
    status: Option<PriceStatus>,
    /// Why it is not OK; empty where it is.
    reason: String,
    /// How we know it.
    evidence: Option<Evidence>,
}

/// The newest good price of one instrument at a moment.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "PriceAt")]
pub(crate) struct PriceAt {
    /// What it is a price of.
    asset: String,
    /// What it is given in.
    quote: String,
    /// Who says so: the source that was asked for, and no other.
    source: String,
    /// Which account, pools, coin or feeder.
    instrument: String,
    /// The price.
    price: Decimal,
    /// Half-width of the interval in which the source sees the price; null: it does not tell.
    confidence: Option<Decimal>,
    /// When the source made it.
    published_at: OffsetDateTime,
    /// When we saw it.
    observed_at: OffsetDateTime,
    /// How old it was at the moment asked for, in seconds.
    age_seconds: i64,
    /// Newest known height of the network when it was seen.
    height: u64,
    /// Height or slot of the source's chain; 0: it has none.
    source_height: u64,
    /// How we know it.
    evidence: Option<Evidence>,
}

const TAG: &str = "prices1";

/// What the list is asked with.
pub(super) struct TicksArgs {
    pub(super) network: String,
    pub(super) asset: Option<String>,
    pub(super) source: Option<String>,
    pub(super) status: Option<PriceStatus>,
    pub(super) from: Option<OffsetDateTime>,
    pub(super) to: Option<OffsetDateTime>,
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
}

fn node(network: &str, row: TickRow) -> (Vec<String>, PriceTick) {
    let place = vec![
        network.to_owned(),
        row.observed_ms.to_string(),
        row.source_name.clone(),
        row.entry.to_string(),
        row.entry_item.to_string(),
    ];
    let tick = PriceTick {
        network: network.to_owned(),
        asset: row.asset_name,
        quote: row.quote_name,
        source: row.source_name,
        instrument: row.instrument_name,
        price: row.price_text.map(Decimal),
        confidence: row.confidence_text.map(Decimal),
        published_at: row.published_ms.map(moment),
        observed_at: moment(row.observed_ms),
        age_seconds: row
            .published_ms
            .map(|ms| row.observed_ms.saturating_sub(ms).div_euclid(1000)),
        height: row.at_height,
        source_height: row.at_source_height,
        status: PriceStatus::of(&row.status_word),
        reason: row.why,
        evidence: Evidence::of(&row.evidence_word),
    };
    (place, tick)
}

fn place(network: &str, parts: [String; 5]) -> Result<TickPlace, ApiError> {
    let [of, observed_ms, source, entry, item] = parts;
    if of != network {
        return Err(ApiError::BadCursor("it belongs to another network"));
    }
    let read = || {
        Some(TickPlace {
            observed_ms: number(&observed_ms)?,
            source,
            entry: number(&entry)?,
            item: number(&item)?,
        })
    };
    read().ok_or(ApiError::BadCursor("it was not given out by this list"))
}

/// Reads one page.
pub(super) async fn resolve(api: &Api, args: TicksArgs) -> Result<PriceConnection<PriceTick>, ApiError> {
    let network = api.network(&args.network)?.name.as_str();
    let size = size(args.first)?;
    let after = cursor(TAG, args.after.as_deref())?
        .map(|parts| place(network, parts))
        .transpose()?;
    let wanted = TickFilter {
        asset: filter("asset", args.asset)?,
        source: filter("source", args.source)?,
        status: args.status.map(|status| status.word().to_owned()).unwrap_or_default(),
        from_ms: args.from.map(millis),
        to_ms: args.to.map(millis),
    };
    let (rows, total) = futures::try_join!(
        api.reader
            .price_ticks(network, &wanted, after.as_ref(), size.saturating_add(1)),
        api.reader.price_tick_count(network, &wanted),
    )?;
    let nodes = rows.into_iter().map(|row| node(network, row)).collect();
    Ok(page(TAG, size, nodes, total, &PRICES))
}

/// The newest good price of each instrument of one source at a moment.
pub(super) async fn at(
    api: &Api,
    network: &str,
    asset: String,
    source: String,
    at: OffsetDateTime,
) -> Result<Vec<PriceAt>, ApiError> {
    let network = api.network(network)?.name.as_str();
    let (asset, source) = (filter("asset", Some(asset))?, filter("source", Some(source))?);
    let rows = api.reader.price_at(network, &asset, &source, millis(at)).await?;
    let price = |row: PriceAtRow| PriceAt {
        asset: row.asset_name,
        quote: row.quote_name,
        source: row.source_name,
        instrument: row.instrument_name,
        price: Decimal(row.price_text),
        confidence: row.confidence_text.map(Decimal),
        published_at: moment(row.published_ms),
        observed_at: moment(row.observed_ms),
        age_seconds: row.age_seconds,
        height: row.at_height,
        source_height: row.at_source_height,
        evidence: Evidence::of(&row.evidence_word),
    };
    Ok(rows.into_iter().map(price).collect())
}
