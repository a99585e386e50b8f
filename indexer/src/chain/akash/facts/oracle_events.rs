//! Table `oracle_events`: prices and their health, as the chain saw them.

use super::bme_fields::{Fields, canonical, decimal, inner_text, text};
use super::view::events;
use crate::chain::akash::model::{Block, EventBody};
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Something happened in the oracle. Columns that a kind does not have are empty or null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct OracleEventRow {
    /// `price`, `aggregated`, `stale_warning`, `staled`, `recovered`; another event by its own name.
    pub kind: String,
    /// Version of the oracle module, 1 or 2.
    pub version: u8,
    /// Asset, such as `akt`.
    pub denom: String,
    /// Base, such as `usd`; empty for `aggregated`.
    pub base_denom: String,
    /// Who set a price.
    pub source: String,
    /// `price`: the price; `aggregated`: the median. 18 places.
    pub price: Option<i128>,
    /// `aggregated`: time-weighted average, 18 places.
    pub twap: Option<i128>,
    /// Time stamp of the price, nanoseconds since the Unix epoch.
    pub price_time: Option<i64>,
    /// `stale_warning`, `staled`: last height with a price; `recovered`: height of recovery.
    pub at_height: Option<u64>,
    /// All fields as canonical JSON.
    pub fields: String,
}

impl TableRow for OracleEventRow {
    const TABLE: &'static str = "oracle_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let EventBody::Typed { package, name, fields } = located.body() else {
            continue;
        };
        let version = match *package {
            "akash.oracle.v1" => 1,
            "akash.oracle.v2" => 2,
            _ => continue,
        };
        let row = OracleEventRow {
            version,
            fields: canonical(fields),
            ..of_event(name, fields)
        };
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}

fn of_event(name: &str, fields: &Fields) -> OracleEventRow {
    let kind = match name {
        "EventPriceData" => "price",
        "EventAggregatedPrice" => return aggregated(fields),
        "EventPriceStaleWarning" => "stale_warning",
        "EventPriceStaled" => "staled",
        "EventPriceRecovered" => "recovered",
        other => other,
    };
    // Version 1 has price and time one level deeper.
    let price = [text(fields, "price"), inner_text(fields, "data", "price")];
    let stamp = [text(fields, "timestamp"), inner_text(fields, "data", "timestamp")];
    let height = [text(fields, "height"), text(fields, "last_height")];
    OracleEventRow {
        kind: kind.to_owned(),
        denom: inner_text(fields, "id", "denom"),
        base_denom: inner_text(fields, "id", "base_denom"),
        source: text(fields, "source"),
        price: price.iter().find_map(|text| decimal(text)),
        price_time: stamp.iter().find_map(|text| nanos(text)),
        at_height: height.iter().find_map(|text| text.parse().ok()),
        ..OracleEventRow::default()
    }
}

fn aggregated(fields: &Fields) -> OracleEventRow {
    OracleEventRow {
        kind: "aggregated".to_owned(),
        denom: inner_text(fields, "price", "denom"),
        price: decimal(&inner_text(fields, "price", "median_price")),
        twap: decimal(&inner_text(fields, "price", "twap")),
        price_time: nanos(&inner_text(fields, "price", "timestamp")),
        ..OracleEventRow::default()
    }
}

fn nanos(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos()).ok()
}
