//! The always-on audits: does what was summed agree with what the nodes answer?

use clickhouse::Row;
use serde::Deserialize;

use crate::read::{ReadError, Reader};

/// Supply: opening + Σmint − Σburn, beside what nodes answered. Amounts are base units as text, signed where they are
/// differences. What starts with `answer` is about the newest answer of a node and null without one.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct SupplyAuditRow {
    pub(crate) opening_basis: String,
    pub(crate) opening: Option<String>,
    pub(crate) minted: String,
    pub(crate) burned: String,
    pub(crate) expected: Option<String>,
    pub(crate) answers: u64,
    /// Answers that there was something to compare with.
    pub(crate) compared: u64,
    pub(crate) failing_answers: u64,
    /// Slots whose balances were compared with what they minted and burned.
    pub(crate) slots: u64,
    pub(crate) failing_slots: u64,
    pub(crate) first_failing_slot: Option<u64>,
    pub(crate) answer_slot: Option<u64>,
    pub(crate) answer_expected: Option<String>,
    pub(crate) answer_observed: Option<String>,
    pub(crate) answer_drift: Option<String>,
    pub(crate) answer_reason: String,
}

/// How many accounts were checked.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct AccountAuditRow {
    pub(crate) accounts: u64,
    pub(crate) failing: u64,
    pub(crate) answers: u64,
}

/// An account that fails. Amounts are base units as text, signed where they are differences.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct AccountFindingRow {
    pub(crate) account: String,
    pub(crate) owner: String,
    pub(crate) role_name: String,
    pub(crate) opening: Option<String>,
    pub(crate) delta: String,
    pub(crate) last_balance: Option<String>,
    pub(crate) breaks: u64,
    pub(crate) first_break_slot: Option<u64>,
    pub(crate) observed: Option<String>,
    pub(crate) observed_slot: Option<u64>,
    pub(crate) observation_drift: Option<String>,
    pub(crate) sums_agree: u8,
}

/// Balance changes that no instruction explains.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct UnexplainedRow {
    pub(crate) unexplained: u64,
    pub(crate) transactions: u64,
    pub(crate) failed: u64,
}

impl Reader {
    /// Supply and its comparisons up to slot `as_of`.
    pub(crate) async fn supply_audit(&self, network: &str, as_of: u64) -> Result<Option<SupplyAuditRow>, ReadError> {
        let sql = include_str!("../../../sql/render/supply_audit.sql");
        Self::one(self.query(sql, network).param("as_of", as_of)).await
    }

    /// How many accounts are checked and how many fail.
    pub(crate) async fn account_audit(&self, network: &str, as_of: u64) -> Result<Option<AccountAuditRow>, ReadError> {
        let sql = include_str!("../../../sql/render/account_audit.sql");
        Self::one(self.query(sql, network).param("as_of", as_of)).await
    }

    /// At most `limit` accounts that fail.
    pub(crate) async fn account_findings(
        &self,
        network: &str,
        as_of: u64,
        limit: u32,
    ) -> Result<Vec<AccountFindingRow>, ReadError> {
        let sql = include_str!("../../../sql/render/account_findings.sql");
        Self::all(self.query(sql, network).param("as_of", as_of).param("limit", limit)).await
    }

    /// How many balance changes no instruction explains, and of how many transactions.
    pub(crate) async fn unexplained(&self, network: &str, as_of: u64) -> Result<Option<UnexplainedRow>, ReadError> {
        let sql = include_str!("../../../sql/render/unexplained.sql");
        Self::one(self.query(sql, network).param("as_of", as_of)).await
    }
}
