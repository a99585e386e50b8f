//! Stored movements against the node's own answers.

use super::ledger::Ledger;
use super::read::StoredTransaction;
use super::truth::{RenderTruth, TransactionTruth};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Class of a transaction that failed.
const FAILED: &str = "failed";

/// One difference between what the node answered and what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RenderDifference {
    /// `supply`, `balance`, `owner`, `class`, `fate`, `slot` or `transaction`.
    pub what: &'static str,
    /// Which epoch, answer or transaction, and which account.
    pub place: String,
    /// What the node answered, or the truth says.
    pub expected: String,
    /// What is stored.
    pub got: String,
}

impl fmt::Display for RenderDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            place,
            expected,
            got,
        } = self;
        let (place, expected) = (place.escape_debug(), expected.escape_debug());
        write!(f, "{what}, {place}: expected {expected}, got {}", got.escape_debug())
    }
}

/// What was compared, and every difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Epochs whose end was compared.
    pub epochs: usize,
    /// Balances that were compared, over all epochs.
    pub balances: usize,
    /// Transactions whose class was compared.
    pub transactions: usize,
    /// Recorded answers that were compared.
    pub answers: usize,
    /// Labels that no line of the table has, with their number: their transactions were not compared.
    pub unknown_labels: BTreeMap<String, usize>,
    /// Every difference.
    pub differences: Vec<RenderDifference>,
}

/// Which class a transaction of each label must have.
#[derive(Clone, Debug, Deserialize)]
pub struct LabelTable {
    labels: Vec<LabelLine>,
}

#[derive(Clone, Debug, Deserialize)]
struct LabelLine {
    label: String,
    class: String,
}

impl LabelTable {
    /// The table that is committed beside the recordings.
    pub fn built_in() -> Self {
        let table = include_str!("../../../../testdata/render-labels.json");
        serde_json::from_str(table).expect("the table of labels is valid: a test reads it")
    }

    /// The class of a label: of the first line that fits. A line that ends in `*` fits all labels that begin so.
    pub fn class_of(&self, label: &str) -> Option<&str> {
        let fits = |line: &&LabelLine| match line.label.strip_suffix('*') {
            Some(start) => label.starts_with(start),
            None => line.label == label,
        };
        self.labels.iter().find(fits).map(|line| line.class.as_str())
    }
}

/// Compares a ledger and the stored transactions (by signature) with the truth of its recording.
pub fn compare(
    ledger: &Ledger,
    stored: &BTreeMap<String, StoredTransaction>,
    truth: &RenderTruth,
    labels: &LabelTable,
) -> Comparison {
    let mut comparison = Comparison::default();
    comparison.epochs(ledger, truth);
    comparison.answers(ledger, truth);
    for transaction in truth.transactions.iter().flatten() {
        comparison.transaction(stored, transaction, labels);
    }
    comparison
}

impl Comparison {
    /// Supply and balances at the end of each epoch; an account that never appears has nothing.
    fn epochs(&mut self, ledger: &Ledger, truth: &RenderTruth) {
        for epoch in truth.epochs.iter().flatten() {
            self.epochs += 1;
            let end = format!("end of epoch {} (slot {})", epoch.epoch, epoch.last_slot);
            if let Some(supply) = epoch.supply {
                self.amount("supply", &end, supply, ledger.supply_at(epoch.last_slot));
            }
            let stored = ledger.balances_at(epoch.last_slot);
            for holding in &epoch.balances {
                self.balances += 1;
                let got = stored.get(holding.account.as_str()).copied().unwrap_or(0);
                let place = format!("{end}, {} {}", holding.name, holding.account);
                self.amount("balance", &place, holding.amount, got);
            }
        }
    }

    /// Recorded answers, each as of its slot.
    fn answers(&mut self, ledger: &Ledger, truth: &RenderTruth) {
        for answer in &truth.answers {
            self.answers += 1;
            let slot = answer.slot.unwrap_or(u64::MAX);
            let at = answer
                .slot
                .map_or_else(|| "the end".to_owned(), |slot| format!("slot {slot}"));
            let place = format!("{} at {at}", answer.method);
            if let Some(supply) = answer.supply {
                self.amount("supply", &place, supply, ledger.supply_at(slot));
            }
            let stored = ledger.balances_at(slot);
            for (account, (amount, owner)) in &answer.balances {
                let place = format!("{place}, {account}");
                let got = stored.get(account.as_str()).copied().unwrap_or(0);
                self.amount("balance", &place, *amount, got);
                if let (Some(expected), Some(got)) = (owner, ledger.owner_at(account, slot)) {
                    self.text("owner", &place, expected, got);
                }
            }
            if answer.all_holders {
                let told: BTreeSet<&str> = answer.balances.keys().map(String::as_str).collect();
                for (account, got) in stored.into_iter().filter(|(account, _)| !told.contains(account)) {
                    self.amount(
                        "balance",
                        &format!("{place}, {account}, which it does not list"),
                        0,
                        got,
                    );
                }
            }
        }
    }

    /// Slot, fate and class of a transaction.
    fn transaction(
        &mut self,
        stored: &BTreeMap<String, StoredTransaction>,
        truth: &TransactionTruth,
        labels: &LabelTable,
    ) {
        let place = format!("{} {}", truth.label, truth.signature);
        let Some(got) = stored.get(&truth.signature) else {
            self.push("transaction", &place, "indexed", "absent");
            return;
        };
        let fate = |failed: bool| if failed { "failed" } else { "succeeded" };
        for failed in [truth.failed, truth.expected_failure].into_iter().flatten() {
            self.text("fate", &place, fate(failed), fate(got.failed == 1));
        }
        if let Some(slot) = truth.slot.filter(|slot| *slot != got.slot) {
            self.push("slot", &place, slot, got.slot);
        }
        let Some(class) = labels.class_of(&truth.label) else {
            *self.unknown_labels.entry(truth.label.clone()).or_insert(0) += 1;
            return;
        };
        self.transactions += 1;
        let expected = if truth.failed == Some(true) { FAILED } else { class };
        self.text(
            "class",
            &place,
            expected,
            if got.failed == 1 { FAILED } else { &got.class },
        );
    }

    fn amount(&mut self, what: &'static str, place: &str, expected: u64, got: i128) {
        if i128::from(expected) != got {
            self.push(what, place, expected, got);
        }
    }

    fn text(&mut self, what: &'static str, place: &str, expected: &str, got: &str) {
        if expected != got {
            self.push(what, place, expected, got);
        }
    }

    fn push(&mut self, what: &'static str, place: &str, expected: impl ToString, got: impl ToString) {
        self.differences.push(RenderDifference {
            what,
            place: place.to_owned(),
            expected: expected.to_string(),
            got: got.to_string(),
        });
    }
}
