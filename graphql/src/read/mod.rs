//! The only place that talks to ClickHouse: typed rows for each query in `graphql/sql`.
//!
//! Values that come from a caller travel as server-side parameters, never inside the text of a query.

pub(crate) mod bucket;
pub(crate) mod coverage;
mod error;
pub(crate) mod inventory;
pub(crate) mod lease;
pub(crate) mod list;
pub(crate) mod metric;
pub(crate) mod prices;
pub(crate) mod provider;
pub(crate) mod render;
pub(crate) mod series;
pub(crate) mod spending;

pub(crate) use error::ReadError;

use clickhouse::{Client, RowOwned, RowRead, query::Query};

/// Reads rows. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reader {
    client: Client,
}

impl Reader {
    /// A reader on `client`; each query is stopped by the server after `max_seconds`.
    pub(crate) fn new(client: Client, max_seconds: u64) -> Self {
        Self {
            client: client.with_setting("max_execution_time", max_seconds.to_string()),
        }
    }

    fn query(&self, sql: &'static str, network: &str) -> Query {
        self.client.query_raw(sql).param("network", network)
    }

    async fn all<T: RowOwned + RowRead>(query: Query) -> Result<Vec<T>, ReadError> {
        query.fetch_all::<T>().await.map_err(ReadError::from_client)
    }

    async fn one<T: RowOwned + RowRead>(query: Query) -> Result<Option<T>, ReadError> {
        query.fetch_optional::<T>().await.map_err(ReadError::from_client)
    }
}
