//! Values of a metric of the catalogue.

use clickhouse::Row;
use serde::Deserialize;

use super::{ReadError, Reader};

/// One value of a metric. `dimensions` is in the order of the metric's header.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub(crate) struct MetricRow {
    pub(crate) dimensions: Vec<String>,
    pub(crate) value: String,
    pub(crate) sample_size: u64,
}

/// Most values that a metric may have: beyond that a dimension is no dimension.
const MAX_VALUES: usize = 10_000;

impl Reader {
    /// The values of the metric with the query `sql` at the end of block `as_of`.
    pub(crate) async fn metric(&self, sql: &str, network: &str, as_of: u64) -> Result<Vec<MetricRow>, ReadError> {
        let query = self
            .client
            .query_raw(sql)
            .param("network", network)
            .param("as_of", as_of);
        let rows = Self::all::<MetricRow>(query).await?;
        if rows.len() > MAX_VALUES {
            return Err(ReadError::Corrupt(
                "a metric has more values than its dimensions can mean",
            ));
        }
        Ok(rows)
    }
}
