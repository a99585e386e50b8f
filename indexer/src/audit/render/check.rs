//! The always-on audits: supply, account chains, movements against balances, observations.

use super::chains;
use super::ledger::{Change, Event, Ledger, Subject};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Findings that are told one by one; the rest is counted.
const MAX_FINDINGS: usize = 100;

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Σ minted − Σ burned is the supply that a node answered at the same slot.
    Supply,
    /// What an account has before a transaction is what it had after the one before.
    Chain,
    /// A transaction's movements make exactly its changes of balances.
    Movement,
    /// The sum of an account's changes is the balance that a node answered at the same slot.
    Balance,
    /// A change that no instruction explains. Nothing is wrong with the books, but somebody should look.
    Unexplained,
}

impl Check {
    /// Whether a finding means that rows are wrong or missing.
    pub fn is_error(self) -> bool {
        self != Self::Unexplained
    }

    /// The name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supply => "supply",
            Self::Chain => "chain",
            Self::Movement => "movement",
            Self::Balance => "balance",
            Self::Unexplained => "unexplained",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// Slot.
    pub slot: u64,
    /// Account, mint or signature.
    pub place: String,
    /// What should be there, base units.
    pub expected: String,
    /// What is.
    pub got: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            check,
            slot,
            place,
            expected,
            got,
        } = self;
        let (place, name) = (place.escape_debug(), check.name());
        write!(f, "{name} at slot {slot}, {place}: expected {expected}, got {got}")
    }
}

/// What the audits found in a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// First slot that was checked.
    pub from: u64,
    /// Last slot that was checked.
    pub to: u64,
    /// Transactions with movements.
    pub transactions: usize,
    /// Accounts whose chains were followed.
    pub accounts: usize,
    /// Answers of nodes that were compared.
    pub observations: usize,
    /// Σ minted − Σ burned less the supply that a node answered, at the newest answer; absent where supply is observed and
    /// not summed, or was not asked for yet.
    #[serde(serialize_with = "as_text")]
    pub supply_drift: Option<i128>,
    /// Number of findings of each check.
    pub counts: BTreeMap<Check, usize>,
    /// The first hundred findings, by check and slot.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// Findings that mean that rows are wrong or missing.
    pub fn errors(&self) -> usize {
        self.count(Check::is_error)
    }

    /// Findings of accounts: chains, movements, balances.
    pub fn account_findings(&self) -> usize {
        self.count(|check| matches!(check, Check::Chain | Check::Movement | Check::Balance))
    }

    /// Changes that no instruction explains.
    pub fn unexplained(&self) -> usize {
        self.count(|check| check == Check::Unexplained)
    }

    fn count(&self, wanted: impl Fn(Check) -> bool) -> usize {
        let counts = self.counts.iter().filter(|(check, _)| wanted(**check));
        counts.map(|(_, count)| count).sum()
    }
}

/// Amounts are text in JSON, for readers that have floats only.
fn as_text<S: Serializer>(drift: &Option<i128>, serializer: S) -> Result<S::Ok, S::Error> {
    drift.map(|drift| drift.to_string()).serialize(serializer)
}

/// Runs all audits over a ledger.
pub fn check(ledger: &Ledger) -> AuditReport {
    let mut found = Found::default();
    let drift = supply(ledger, &mut found);
    let accounts = account_chains(ledger, &mut found);
    let transactions = movements(ledger, &mut found);
    balances(ledger, &mut found);
    unexplained(ledger, &mut found);
    let Found { counts, mut findings } = found;
    findings.sort_by(|a, b| (a.check, a.slot, &a.place).cmp(&(b.check, b.slot, &b.place)));
    AuditReport {
        from: ledger.from,
        to: ledger.to,
        transactions,
        accounts,
        observations: ledger.observations.len(),
        supply_drift: drift,
        counts,
        findings,
    }
}

#[derive(Default)]
struct Found {
    counts: BTreeMap<Check, usize>,
    findings: Vec<Finding>,
}

impl Found {
    fn push(&mut self, check: Check, slot: u64, place: &str, expected: impl fmt::Display, got: impl fmt::Display) {
        let count = self.counts.entry(check).or_insert(0);
        *count += 1;
        if *count <= MAX_FINDINGS {
            self.findings.push(Finding {
                check,
                slot,
                place: place.to_owned(),
                expected: expected.to_string(),
                got: got.to_string(),
            });
        }
    }
}

/// Compares the sum with each answer. Where nobody told what was there before the first slot, the first answer does: then
/// the audit sees every drift after it.
fn supply(ledger: &Ledger, found: &mut Found) -> Option<i128> {
    if !ledger.follows_mint {
        return None;
    }
    let answers = ledger.observations.iter().filter(|one| one.subject == Subject::Supply);
    let told = ledger
        .observations
        .iter()
        .find(|one| one.subject == Subject::OpeningSupply);
    let first = answers.clone().next()?;
    let opening = match told {
        Some(opening) => i128::from(opening.amount),
        None if ledger.from_nothing => 0,
        None => i128::from(first.amount) - ledger.supply_at(first.slot),
    };
    let mut drift = None;
    for answer in answers {
        let (expected, got) = (i128::from(answer.amount), opening + ledger.supply_at(answer.slot));
        if expected != got {
            found.push(Check::Supply, answer.slot, &answer.address, expected, got);
        }
        drift = Some(got - expected);
    }
    drift
}

/// Follows each account whose every movement is known: the watched ones, and in a ledger from nothing all.
fn account_chains(ledger: &Ledger, found: &mut Found) -> usize {
    let followed = followed(ledger);
    let opening = ledger.from_nothing.then_some(0);
    let changes = ledger
        .changes
        .iter()
        .filter(|change| followed.contains(change.account.as_str()));
    for broken in chains::breaks(changes, opening) {
        let place = format!("{} in {}", broken.account, broken.signature);
        found.push(Check::Chain, broken.slot, &place, broken.expected, broken.got);
    }
    followed.len()
}

fn followed(ledger: &Ledger) -> BTreeSet<&str> {
    let is_followed = |change: &&Change| ledger.from_nothing || change.watched == 1;
    let changes = ledger.changes.iter().filter(is_followed);
    changes.map(|change| change.account.as_str()).collect()
}

/// Compares, in each transaction, what the movements do to each account with how its balance changed.
fn movements(ledger: &Ledger, found: &mut Found) -> usize {
    type Transaction<'a> = (Vec<&'a Change>, Vec<&'a Event>);
    let mut transactions: BTreeMap<(u64, &str), Transaction<'_>> = BTreeMap::new();
    for change in &ledger.changes {
        transactions
            .entry((change.slot, &change.signature))
            .or_default()
            .0
            .push(change);
    }
    for event in &ledger.events {
        transactions
            .entry((event.slot, &event.signature))
            .or_default()
            .1
            .push(event);
    }
    for ((slot, signature), (changes, events)) in &transactions {
        let mut accounts: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
        for change in changes {
            accounts.entry(&change.account).or_default().0 += change.delta();
        }
        for (account, effect) in events.iter().flat_map(|event| event.effects()) {
            accounts.entry(account).or_default().1 += effect;
        }
        for (account, (changed, moved)) in accounts.into_iter().filter(|(_, (changed, moved))| changed != moved) {
            let place = format!("{account} in {signature}");
            found.push(Check::Movement, *slot, &place, format!("a change of {moved}"), changed);
        }
    }
    transactions.len()
}

/// Compares each followed account's sum with what nodes answered. Where the ledger does not begin from nothing, what the
/// account had before its first change is taken from that change.
fn balances(ledger: &Ledger, found: &mut Found) {
    let followed = followed(ledger);
    let answers = ledger.observations.iter().filter(|one| one.subject == Subject::Balance);
    for answer in answers {
        let account = answer.address.as_str();
        let appears = followed.contains(account);
        if !appears && !ledger.from_nothing {
            continue;
        }
        let first = ledger.changes.iter().find(|change| change.account == account);
        let opening = if ledger.from_nothing {
            0
        } else {
            first.map_or(0, |change| i128::from(change.pre))
        };
        // Before its first change an account has what that change says, which is no independent number.
        if first.is_some_and(|first| !ledger.from_nothing && answer.slot < first.slot) {
            continue;
        }
        let (expected, got) = (
            i128::from(answer.amount),
            opening + ledger.balance_at(account, answer.slot),
        );
        if expected != got {
            found.push(Check::Balance, answer.slot, account, expected, got);
        }
    }
}

fn unexplained(ledger: &Ledger, found: &mut Found) {
    for event in ledger.events.iter().filter(|event| event.kind == "unexplained_delta") {
        for (account, effect) in event.effects() {
            let place = format!("{account} in {}", event.signature);
            found.push(
                Check::Unexplained,
                event.slot,
                &place,
                "instructions that explain it",
                effect,
            );
        }
    }
}
