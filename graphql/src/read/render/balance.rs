//! The balance of a token account.

use clickhouse::Row;
use serde::Deserialize;

use crate::read::{ReadError, Reader};

/// A balance as the newest transaction that touched the account left it, in base units as text.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct BalanceRow {
    pub(crate) account: String,
    pub(crate) owner: String,
    pub(crate) amount: String,
    pub(crate) changes: u64,
    pub(crate) last_slot: u64,
    pub(crate) role_name: String,
    pub(crate) evidence_word: String,
}

impl Reader {
    /// The balance of a token account as of slot `as_of`, if any transaction up to it touched the account.
    pub(crate) async fn balance(
        &self,
        network: &str,
        as_of: u64,
        account: &str,
    ) -> Result<Option<BalanceRow>, ReadError> {
        let query = self
            .query(include_str!("../../../sql/render/balance.sql"), network)
            .param("as_of", as_of)
            .param("account", account);
        Self::one(query).await
    }
}
