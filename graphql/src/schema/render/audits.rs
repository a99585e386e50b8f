//! The always-on audits, as pass or fail with what they rest on.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::connection::AMOUNT_UNIT;
use super::settlements::text;
use crate::read::render::{AccountAuditRow, AccountFindingRow, SupplyAuditRow, UnexplainedRow};
use crate::schema::definitions::AUDITS;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::scalars::{BigInt, moment};
use crate::schema::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};

/// The most findings that one answer names; `failing` counts all of them.
const MAX_FINDINGS: u32 = 50;

/// The audits of a network.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Audits")]
pub(crate) struct Audits {
    /// The network they are about.
    network: String,
    /// True when every audit passed, false when one failed; null when none failed but one had nothing to compare with.
    passed: Option<bool>,
    /// What is compared with what.
    definition: &'static str,
    /// Σmint − Σburn beside the supply that a node answered.
    supply: SupplyAudit,
    /// Per token account, Σ of changes beside the balance.
    accounts: AccountAudit,
    /// Balance changes that no decoded instruction explains.
    unexplained: UnexplainedAudit,
    /// How we know them.
    evidence: Evidence,
    /// The slot as of which they hold.
    as_of: BlockRef,
    /// How far they can be trusted.
    meta: AnswerMeta,
}

/// Σmint − Σburn beside the supply that a node answered.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "SupplyAudit")]
pub(crate) struct SupplyAudit {
    /// True when the drift is zero; null when no node has been asked, or not at a slot that is indexed.
    passed: Option<bool>,
    /// Sum of all mints, in base units; null before the first movement.
    minted: Option<BigInt>,
    /// Sum of all burns.
    burned: Option<BigInt>,
    /// `minted` − `burned`.
    expected: Option<BigInt>,
    /// What a node answered; null when none was asked.
    observed: Option<BigInt>,
    /// `expected` − `observed`: zero, or something is missing or doubled.
    drift: Option<BigInt>,
    /// An amount of 10 to this power is one token; null before the first movement.
    decimals: Option<u8>,
    /// The unit of the amounts.
    unit: &'static str,
    /// How many answers of nodes were compared.
    sample_size: u64,
    /// The slot at which they were compared; null when they were not.
    slot: Option<u64>,
    /// The time of that slot.
    time: Option<OffsetDateTime>,
}

/// Per token account, Σ of changes beside the balance.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "AccountAudit")]
pub(crate) struct AccountAudit {
    /// True when no account fails; null when none was checked.
    passed: Option<bool>,
    /// How many accounts fail.
    failing: u64,
    /// How many accounts were checked.
    sample_size: u64,
    /// The slot as of which they were checked.
    slot: u64,
    /// The accounts that fail, by address; at most 50.
    findings: Vec<AccountFinding>,
}

/// A token account whose sum of changes is not its balance.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "AccountFinding")]
pub(crate) struct AccountFinding {
    /// The token account.
    account: String,
    /// Its owner; null where it is not known.
    owner: Option<String>,
    /// Sum of the changes, in base units.
    expected: BigInt,
    /// The balance.
    observed: BigInt,
    /// `expected` − `observed`.
    difference: BigInt,
    /// The slot of the balance.
    slot: u64,
    /// What was compared; null where there is nothing to add.
    reason: Option<String>,
}

/// Balance changes that no decoded instruction explains.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "UnexplainedAudit")]
pub(crate) struct UnexplainedAudit {
    /// True when there is none; null when no transaction is indexed.
    passed: Option<bool>,
    /// How many there are. `tokenEvents(kind: UNEXPLAINED_DELTA)` lists them.
    count: u64,
    /// How many transactions were looked at, failed ones included.
    sample_size: u64,
    /// How many of them failed, and so had no effect.
    failed_transactions: u64,
    /// The slot up to which they were looked at.
    slot: u64,
}

impl SupplyAudit {
    fn new(decimals: Option<u8>, row: Option<SupplyAuditRow>) -> Self {
        let drift = row.as_ref().and_then(|row| row.drift.as_deref());
        Self {
            passed: drift.map(|drift| drift == "0"),
            drift: drift.map(|drift| BigInt(drift.to_owned())),
            minted: row.as_ref().map(|row| BigInt(row.minted.clone())),
            burned: row.as_ref().map(|row| BigInt(row.burned.clone())),
            expected: row.as_ref().map(|row| BigInt(row.expected.clone())),
            observed: row.as_ref().and_then(|row| row.observed.clone().map(BigInt)),
            decimals,
            unit: AMOUNT_UNIT,
            sample_size: row.as_ref().map_or(0, |row| row.observations),
            slot: row.as_ref().map(|row| row.slot),
            time: row.as_ref().map(|row| moment(row.time_ms)),
        }
    }
}

impl AccountAudit {
    fn new(slot: u64, row: Option<AccountAuditRow>, findings: Vec<AccountFindingRow>) -> Self {
        let (checked, failing) = row.map_or((0, 0), |row| (row.accounts, row.failing));
        Self {
            passed: (checked > 0).then_some(failing == 0),
            failing,
            sample_size: checked,
            slot,
            findings: findings.into_iter().map(AccountFinding::new).collect(),
        }
    }
}

impl AccountFinding {
    fn new(row: AccountFindingRow) -> Self {
        Self {
            account: row.account,
            owner: text(row.owner),
            expected: BigInt(row.expected),
            observed: BigInt(row.observed),
            difference: BigInt(row.difference),
            slot: row.slot,
            reason: text(row.reason),
        }
    }
}

impl UnexplainedAudit {
    fn new(slot: u64, row: Option<UnexplainedRow>) -> Self {
        let (count, transactions, failed) = row.map_or((0, 0, 0), |row| (row.unexplained, row.transactions, row.failed));
        Self {
            passed: (transactions > 0).then_some(count == 0),
            count,
            sample_size: transactions,
            failed_transactions: failed,
            slot,
        }
    }
}

/// One failure fails all; without one, one that could not be checked leaves the whole open.
fn all_passed(parts: [Option<bool>; 3]) -> Option<bool> {
    if parts.contains(&Some(false)) {
        return Some(false);
    }
    (!parts.contains(&None)).then_some(true)
}

impl Audits {
    /// Looks up the audits of a network.
    pub(crate) async fn resolve(api: &Api, network: &str, asked: Asked) -> Result<Self, ApiError> {
        let scope = Scope::resolve(api, network, "audits", asked).await?;
        let (name, slot) = (scope.network.name.as_str(), scope.plan.as_of);
        let (supply, accounts, findings, unexplained, decimals) = futures::try_join!(
            api.reader.supply_audit(name, slot),
            api.reader.account_audit(name, slot),
            api.reader.account_findings(name, slot, MAX_FINDINGS),
            api.reader.unexplained(name, slot),
            api.reader.decimals(name, slot),
        )?;
        let supply = SupplyAudit::new(decimals, supply);
        let accounts = AccountAudit::new(slot, accounts, findings);
        let unexplained = UnexplainedAudit::new(slot, unexplained);
        Ok(Self {
            network: name.to_owned(),
            passed: all_passed([supply.passed, accounts.passed, unexplained.passed]),
            definition: AUDITS.text,
            supply,
            accounts,
            unexplained,
            evidence: AUDITS.evidence,
            as_of: scope.as_of,
            meta: scope.level_meta(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_all_and_one_open_question_leaves_all_open() {
        let (yes, no, open) = (Some(true), Some(false), None);
        assert_eq!(all_passed([yes, yes, yes]), yes);
        assert_eq!(all_passed([yes, no, open]), no);
        assert_eq!(all_passed([yes, open, yes]), open);
    }
}
