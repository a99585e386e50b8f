//! Lists that are read page by page: a filter says what they hold, a place where a page goes on.

use clickhouse::{RowOwned, RowRead, query::Query};
use serde::de::DeserializeOwned;

use super::lease::Total;
use super::{ReadError, Reader};

/// A filter, and the list that it selects.
pub(crate) trait List {
    /// One entry.
    type Row: RowOwned + RowRead + DeserializeOwned;
    /// Where an entry stands in the order of the list.
    type Place;
    /// The query of one page. Its parameters: `network`, `as_of`, `limit`, `has_after`, what [`List::bind`] fills and
    /// what [`List::bind_after`] fills.
    const PAGE: &'static str;
    /// The query of the number of entries, one row `total`. Its parameters: `network`, `as_of` and what [`List::bind`]
    /// fills.
    const COUNT: &'static str;

    /// Fills the parameters of the filter.
    fn bind(&self, query: Query) -> Query;

    /// Fills the parameters `after_…`; with neutral values where there is no place, for then nobody looks at them.
    fn bind_after(after: Option<&Self::Place>, query: Query) -> Query;
}

impl Reader {
    /// At most `limit` entries as of `as_of`, in the order of the list, after the one at the place `after`.
    pub(crate) async fn page<L: List>(
        &self,
        network: &str,
        as_of: u64,
        list: &L,
        after: Option<&L::Place>,
        limit: u32,
    ) -> Result<Vec<L::Row>, ReadError> {
        let query = list
            .bind(self.query(L::PAGE, network))
            .param("as_of", as_of)
            .param("limit", limit)
            .param("has_after", u8::from(after.is_some()));
        Self::all(L::bind_after(after, query)).await
    }

    /// How many entries the list has as of `as_of`.
    pub(crate) async fn count<L: List>(&self, network: &str, as_of: u64, list: &L) -> Result<u64, ReadError> {
        let query = list.bind(self.query(L::COUNT, network)).param("as_of", as_of);
        let found: Option<Total> = Self::one(query).await?;
        Ok(found.map_or(0, |row| row.total))
    }
}
