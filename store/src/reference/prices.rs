//! What clouds ask for machines: rows of no network, each an immutable statement with an id of its own.

use super::{ReferenceError, bodies, insert};
use crate::client::ClickHouse;
use clickhouse::Row;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// A dated price of a machine. Decimals are in 10⁻¹⁸ units. Table `reference_prices`.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ReferencePriceRow {
    /// Id of the statement: the same one read again is the same row.
    pub row_id: String,
    /// Who rents the machine out.
    pub provider: String,
    /// The provider's name of it.
    pub sku: String,
    /// Model of its GPUs.
    pub gpu: String,
    /// Memory of each; empty: not told.
    pub gpu_memory: String,
    /// How many it has.
    pub gpus: u16,
    /// Where.
    pub region: String,
    /// `on_demand`, `spot`, ….
    pub price_model: String,
    /// Of the machine.
    pub usd_per_hour: i128,
    /// Of one of its GPUs.
    pub usd_per_gpu_hour: i128,
    /// Day for which it is said, days since the Unix epoch.
    pub as_of: u16,
    /// Who says so.
    pub source_name: String,
    /// Where; may be empty.
    pub source_url: String,
    /// What kind of source.
    pub source_kind: String,
    /// What else a reader must know.
    pub note: String,
    /// SHA-256 of the document, hex; `seed` for the rows that are built in.
    pub document: String,
    /// When it was loaded, milliseconds since the Unix epoch.
    pub loaded_at: i64,
}

const TABLE: &str = "reference_prices";

/// Stores dated prices. The same statements again count once; no rows are no change.
pub async fn store_reference_prices(client: &ClickHouse, rows: &[ReferencePriceRow]) -> Result<(), ReferenceError> {
    if rows.is_empty() {
        return Ok(());
    }
    let bodies = bodies(TABLE, rows)?;
    let token = format!("{TABLE}:{:016x}", xxh3_64(&bodies.concat()));
    insert(
        client,
        TABLE,
        &[],
        ReferencePriceRow::COLUMN_NAMES,
        &[],
        &bodies,
        &token,
    )
    .await
}
