//! The always-on audits: does what was summed agree with what the nodes answer?

use clickhouse::Row;
use serde::Deserialize;

use crate::read::{ReadError, Reader};

/// Supply at one observation: Σmint − Σburn beside what a node answered. Amounts are base units as text, signed where they
/// are differences.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct SupplyAuditRow {
    pub(crate) slot: u64,
    pub(crate) time_ms: i64,
    pub(crate) minted: String,
    pub(crate) burned: String,
    pub(crate) expected: String,
    pub(crate) observed: Option<String>,
    pub(crate) drift: Option<String>,
    pub(crate) observations: u64,
}

/// How many accounts were checked.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct AccountAuditRow {
    pub(crate) accounts: u64,
    pub(crate) failing: u64,
}

/// An account whose sum of changes is not its balance.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct AccountFindingRow {
    pub(crate) account: String,
    pub(crate) owner: String,
    pub(crate) expected: String,
    pub(crate) observed: String,
    pub(crate) difference: String,
    pub(crate) slot: u64,
    pub(crate) reason: String,
}

/// Balance changes that no instruction explains.
#[derive(Debug, Clone, Row, Deserialize)]
pub(crate) struct UnexplainedRow {
    pub(crate) unexplained: u64,
    pub(crate) transactions: u64,
    pub(crate) failed: u64,
}

impl Reader {
    /// The newest comparison of supply up to slot `as_of`; `None` before the first movement.
    pub(crate) async fn supply_audit(&self, network: &str, as_of: u64) -> Result<Option<SupplyAuditRow>, ReadError> {
        let sql = include_str!("../../../sql/render/supply_audit.sql");
        Self::one(self.query(sql, network).param("as_of", as_of)).await
    }

    /// How many accounts agree with their sums of changes.
    pub(crate) async fn account_audit(&self, network: &str, as_of: u64) -> Result<Option<AccountAuditRow>, ReadError> {
        let sql = include_str!("../../../sql/render/account_audit.sql");
        Self::one(self.query(sql, network).param("as_of", as_of)).await
    }

    /// At most `limit` accounts that do not.
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
