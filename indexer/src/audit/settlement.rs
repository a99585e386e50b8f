//! What the always-on audit of a network found: computed payouts and refunds against the transfers seen.

use super::error::AuditError;
use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The always-on audit of a network, over all its live blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettlementReport {
    /// Blocks in which money left escrow, or should have: each was compared.
    pub blocks: u64,
    /// Where they differ, by height; the first hundred.
    pub findings: Vec<SettlementFinding>,
}

/// A block in which computed and observed do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Row)]
pub struct SettlementFinding {
    /// Height.
    pub height: u64,
    /// `transfers` or `events`.
    pub subject: String,
    /// What the state machine computed, JSON.
    pub expected: String,
    /// What the block shows, JSON.
    pub observed: String,
}

impl fmt::Display for SettlementFinding {
    /// One line. The texts come from a chain, so control characters are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            height,
            subject,
            expected,
            observed,
        } = self;
        let (expected, observed) = (expected.escape_debug(), observed.escape_debug());
        write!(
            f,
            "block {height}, {subject}: computed {expected}, the block shows {observed}"
        )
    }
}

/// Reads the audit of a network.
///
/// # Errors
/// The tables cannot be read.
pub async fn settlement_report(client: &Client, network: &str) -> Result<SettlementReport, AuditError> {
    let failed = |source| AuditError::Query {
        table: "settlement_audit",
        height: 0,
        source,
    };
    let blocks = client
        .query(include_str!("sql/settlement_blocks.sql"))
        .param("network", network);
    let findings = client
        .query(include_str!("sql/settlement_findings.sql"))
        .param("network", network);
    Ok(SettlementReport {
        blocks: blocks.fetch_one().await.map_err(failed)?,
        findings: findings.fetch_all().await.map_err(failed)?,
    })
}
