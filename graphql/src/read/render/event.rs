//! Movements of the token.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use super::EventKey;
use crate::read::list::List;

/// One movement. Times are milliseconds since the epoch.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) slot: u64,
    pub(crate) time_ms: i64,
    pub(crate) tx_index: Option<u32>,
    pub(crate) signature: String,
    pub(crate) outer: i32,
    pub(crate) inner: i32,
    pub(crate) batch: i32,
    pub(crate) event_kind: String,
    pub(crate) instruction_name: String,
    pub(crate) program_name: String,
    pub(crate) source_account: String,
    pub(crate) source_owner: String,
    pub(crate) dest_account: String,
    pub(crate) dest_owner: String,
    pub(crate) authority: String,
    pub(crate) signers: Vec<String>,
    pub(crate) amount: u64,
    pub(crate) sign: i8,
    pub(crate) decimals: u8,
    pub(crate) authority_kind: String,
    pub(crate) new_authority: String,
    pub(crate) via_cpi: u8,
    pub(crate) via_batch: u8,
    pub(crate) tx_version: i8,
    pub(crate) memo: String,
    pub(crate) source_role_name: String,
    pub(crate) dest_role_name: String,
    pub(crate) class_name: String,
    pub(crate) class_rule_name: String,
    pub(crate) epoch: Option<u32>,
    pub(crate) epoch_guess: Option<u32>,
    pub(crate) epoch_guess_basis: String,
    pub(crate) evidence_word: String,
}

/// The place of a movement in the list. Unexplained changes of one transaction share their indexes, so the accounts are
/// part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventPlace {
    pub(crate) key: EventKey,
    pub(crate) kind: String,
    pub(crate) source_account: String,
    pub(crate) dest_account: String,
}

impl EventRow {
    /// The place of this movement.
    pub(crate) fn place(&self) -> EventPlace {
        EventPlace {
            key: EventKey {
                slot: self.slot,
                signature: self.signature.clone(),
                outer: self.outer,
                inner: self.inner,
                batch: self.batch,
            },
            kind: self.event_kind.clone(),
            source_account: self.source_account.clone(),
            dest_account: self.dest_account.clone(),
        }
    }
}

/// Which movements to list; an empty text selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EventFilter {
    pub(crate) class: String,
    pub(crate) kind: String,
    /// A token account or an owner, on either side.
    pub(crate) account: String,
    pub(crate) signature: String,
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
}

/// Movements, newest first.
impl List for EventFilter {
    type Row = EventRow;
    type Place = EventPlace;
    const PAGE: &'static str = concat!(
        include_str!("../../../sql/render/event_select.sql"),
        include_str!("../../../sql/render/event_filter.sql"),
        include_str!("../../../sql/render/event_page.sql")
    );
    const COUNT: &'static str = concat!(
        include_str!("../../../sql/render/event_count.sql"),
        include_str!("../../../sql/render/event_filter.sql")
    );

    fn bind(&self, query: Query) -> Query {
        query
            .param("class", &self.class)
            .param("kind", &self.kind)
            .param("account", &self.account)
            .param("signature", &self.signature)
            .param("from_ms", self.from_ms.unwrap_or(i64::MIN))
            .param("to_ms", self.to_ms.unwrap_or(i64::MAX))
    }

    fn bind_after(after: Option<&Self::Place>, query: Query) -> Query {
        EventKey::bind(after.map(|place| &place.key), query)
            .param("after_kind", after.map_or("", |place| place.kind.as_str()))
            .param("after_source", after.map_or("", |place| place.source_account.as_str()))
            .param("after_dest", after.map_or("", |place| place.dest_account.as_str()))
    }
}
