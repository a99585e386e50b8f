//! The always-on audits, as pass or fail with what they rest on.

use async_graphql::SimpleObject;

use super::connection::AMOUNT_UNIT;
use super::settlements::text;
use crate::read::render::{AccountAuditRow, AccountFindingRow, SupplyAuditRow, UnexplainedRow};
use crate::schema::definitions::AUDITS;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::scalars::BigInt;
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
    /// The sum of mints and burns beside the supply that nodes answered; null where no slot of a run is indexed.
    supply: Option<SupplyAudit>,
    /// Per watched token account, the changes beside the balances.
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

/// The sum of mints and burns beside the supply that nodes answered, and beside the balances of each slot.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "SupplyAudit")]
pub(crate) struct SupplyAudit {
    /// True when every answer of a node and every slot agrees; null when none fails but no answer could be compared.
    passed: Option<bool>,
    /// What was there before the first indexed slot, in base units; null where that is not known.
    opening: Option<BigInt>,
    /// How that is known: `creation` (nothing: the index begins with the token), `stated`, `first observation`, `unknown`.
    opening_basis: Option<String>,
    /// Sum of all mints since.
    minted: BigInt,
    /// Sum of all burns since.
    burned: BigInt,
    /// `opening` + `minted` − `burned` as of the slot of the answer; null where the opening is not known.
    expected: Option<BigInt>,
    /// What a node last answered; null when none was asked.
    observed: Option<BigInt>,
    /// What the observation is above the expectation, at the slot of the newest answer: zero, or something is missing or doubled.
    drift: Option<BigInt>,
    /// The slot of the newest answer; null when no node was asked.
    slot: Option<u64>,
    /// An amount of 10 to this power is one token; null before the first movement.
    decimals: Option<u8>,
    /// The unit of the amounts.
    unit: &'static str,
    /// How many answers of nodes were compared.
    sample_size: u64,
    /// How many of them fail.
    failing: u64,
    /// How many slots were compared: what all balances of a slot changed by against what it minted less what it burned.
    slots_compared: u64,
    /// How many of them fail.
    slots_failing: u64,
    /// The first slot that fails in one of the two ways.
    first_failing_slot: Option<u64>,
    /// Why there is nothing to compare with; null where there is.
    reason: Option<String>,
}

/// Per watched token account: each balance goes on from the one before, the changes sum up, and nodes answer the same.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "AccountAudit")]
pub(crate) struct AccountAudit {
    /// True when no account fails; null when none was checked.
    passed: Option<bool>,
    /// How many accounts fail.
    failing: u64,
    /// How many accounts were checked: those that are watched or that a node was asked about.
    sample_size: u64,
    /// How many answers of nodes were compared with them.
    answers: u64,
    /// The slot as of which they were checked.
    slot: u64,
    /// The accounts that fail, by address; at most 50.
    findings: Vec<AccountFinding>,
}

/// A token account that fails. Amounts are base units.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "AccountFinding")]
pub(crate) struct AccountFinding {
    /// The token account.
    account: String,
    /// Its owner; null where it is not known.
    owner: Option<String>,
    /// What it is watched as; null where it is not.
    role: Option<String>,
    /// The balance before the first indexed change; null where none is indexed.
    opening: Option<BigInt>,
    /// Sum of the changes.
    delta: BigInt,
    /// The balance after the last indexed change; null where none is indexed.
    last: Option<BigInt>,
    /// Whether `opening` + `delta` = `last`.
    sums_agree: bool,
    /// Slots whose balances do not go on from those before.
    breaks: u64,
    /// The first of them.
    first_break_slot: Option<u64>,
    /// What a node last answered; null when none was asked.
    observed: Option<BigInt>,
    /// The slot of that answer.
    observed_slot: Option<u64>,
    /// What the answer is above the rows.
    drift: Option<BigInt>,
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

/// One failure fails; else there must be something that was compared.
fn verdict(failing: u64, compared: u64) -> Option<bool> {
    if failing > 0 {
        return Some(false);
    }
    (compared > 0).then_some(true)
}

impl SupplyAudit {
    fn new(decimals: Option<u8>, row: Option<SupplyAuditRow>) -> Option<Self> {
        let row = row?;
        let answered = row.answers > 0;
        let failing = row.failing_answers.saturating_add(row.failing_slots);
        Some(Self {
            passed: verdict(failing, row.compared),
            opening: row.opening.map(BigInt),
            opening_basis: text(row.opening_basis),
            minted: BigInt(row.minted),
            burned: BigInt(row.burned),
            expected: if answered { row.answer_expected } else { row.expected }.map(BigInt),
            observed: row.answer_observed.map(BigInt),
            drift: row.answer_drift.map(BigInt),
            slot: row.answer_slot,
            decimals,
            unit: AMOUNT_UNIT,
            sample_size: row.compared,
            failing: row.failing_answers,
            slots_compared: row.slots,
            slots_failing: row.failing_slots,
            first_failing_slot: row.first_failing_slot,
            reason: if answered {
                text(row.answer_reason)
            } else {
                Some("no node was asked for the supply at a slot of this run".to_owned())
            },
        })
    }
}

impl AccountAudit {
    fn new(slot: u64, row: Option<AccountAuditRow>, findings: Vec<AccountFindingRow>) -> Self {
        let (checked, failing, answers) = row.map_or((0, 0, 0), |row| (row.accounts, row.failing, row.answers));
        Self {
            passed: verdict(failing, checked),
            failing,
            sample_size: checked,
            answers,
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
            role: text(row.role_name),
            opening: row.opening.map(BigInt),
            delta: BigInt(row.delta),
            last: row.last_balance.map(BigInt),
            sums_agree: row.sums_agree != 0,
            breaks: row.breaks,
            first_break_slot: row.first_break_slot,
            observed: row.observed.map(BigInt),
            observed_slot: row.observed_slot,
            drift: row.observation_drift.map(BigInt),
        }
    }
}

impl UnexplainedAudit {
    fn new(slot: u64, row: Option<UnexplainedRow>) -> Self {
        let (count, transactions, failed) =
            row.map_or((0, 0, 0), |row| (row.unexplained, row.transactions, row.failed));
        Self {
            passed: verdict(count, transactions),
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
            passed: all_passed([
                supply.as_ref().and_then(|supply| supply.passed),
                accounts.passed,
                unexplained.passed,
            ]),
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
