//! Times of slots, and the decimals of the token.

use clickhouse::Row;
use serde::Deserialize;

use crate::read::coverage::Segment;
use crate::read::{ReadError, Reader};

#[derive(Row, Deserialize)]
struct Times {
    first_ms: i64,
    last_ms: i64,
    slots: u64,
}

#[derive(Row, Deserialize)]
struct Slot {
    last_height: u64,
}

#[derive(Row, Deserialize)]
struct Decimals {
    decimals: u8,
}

impl Reader {
    /// Times of the first and the last slot with a row in `low..=high`, in milliseconds since the epoch; `None` where no
    /// slot has one.
    pub(crate) async fn slot_times(&self, network: &str, low: u64, high: u64) -> Result<Option<(i64, i64)>, ReadError> {
        let query = self
            .query(include_str!("../../../sql/render/slot_times.sql"), network)
            .param("low", low)
            .param("high", high);
        let found: Option<Times> = Self::one(query).await?;
        Ok(found.filter(|row| row.slots > 0).map(|row| (row.first_ms, row.last_ms)))
    }

    /// The last slot of `run` with a row that is not younger than `ms`, if there is one.
    pub(crate) async fn slot_at(&self, network: &str, run: Segment, ms: i64) -> Result<Option<u64>, ReadError> {
        let query = self
            .query(include_str!("../../../sql/render/slot_at_time.sql"), network)
            .param("low", run.from)
            .param("high", run.to)
            .param("ms", ms);
        let found: Option<Slot> = Self::one(query).await?;
        Ok(found.map(|row| row.last_height).filter(|slot| *slot > 0))
    }

    /// Decimals of the token, as the movements up to `as_of` state them; `None` before the first movement.
    pub(crate) async fn decimals(&self, network: &str, as_of: u64) -> Result<Option<u8>, ReadError> {
        let query = self
            .query(include_str!("../../../sql/render/decimals.sql"), network)
            .param("as_of", as_of);
        let found: Option<Decimals> = Self::one(query).await?;
        Ok(found.map(|row| row.decimals))
    }
}
