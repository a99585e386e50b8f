//! Account chains: what an account had after one transaction, it must have before the next.

use super::ledger::Change;
use std::collections::BTreeMap;

/// Where a chain breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Break {
    pub(super) slot: u64,
    pub(super) account: String,
    pub(super) signature: String,
    /// What the account should have had before, in base units.
    pub(super) expected: i128,
    /// What the transaction says it had.
    pub(super) got: i128,
}

/// The first break of each account. `changes` are by slot; their order within a slot is not known, so a slot fits where its
/// changes can be put into some order that begins with what the account had. `opening`: what every account had before its
/// first change, where that is known.
pub(super) fn breaks<'a>(changes: impl Iterator<Item = &'a Change>, opening: Option<u64>) -> Vec<Break> {
    let mut by_account: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_account.entry(&change.account).or_default().push(change);
    }
    let first_break = |changes: Vec<&Change>| {
        let mut had = opening;
        for slot in changes.chunk_by(|a, b| a.slot == b.slot) {
            match step(slot, had) {
                Ok(after) => had = Some(after),
                Err(found) => return Some(found),
            }
        }
        None
    };
    by_account.into_values().filter_map(first_break).collect()
}

/// Takes one slot's changes of one account; gives what the account has after them.
fn step(slot: &[&Change], had: Option<u64>) -> Result<u64, Break> {
    let had = had.unwrap_or_else(|| opening_of(slot));
    let total: i128 = slot.iter().map(|change| change.delta()).sum();
    // Each amount that is left must be entered again, but for the one at the very end: a walk along the changes from
    // `had` uses all of them exactly if this balances (walks that fall apart would need money from nowhere and back).
    let mut ends: BTreeMap<u64, i64> = BTreeMap::new();
    for change in slot {
        *ends.entry(change.pre).or_insert(0) += 1;
        *ends.entry(change.post).or_insert(0) -= 1;
    }
    let after = u64::try_from(i128::from(had) + total).ok();
    *ends.entry(had).or_insert(0) -= 1;
    if let Some(after) = after {
        *ends.entry(after).or_insert(0) += 1;
    }
    let fits = slot.iter().any(|change| change.pre == had) && ends.values().all(|count| *count == 0);
    match after.filter(|_| fits) {
        Some(after) => Ok(after),
        None => {
            let odd = slot.iter().find(|change| change.pre != had).unwrap_or(&slot[0]);
            Err(Break {
                slot: odd.slot,
                account: odd.account.clone(),
                signature: odd.signature.clone(),
                expected: i128::from(had),
                got: i128::from(odd.pre),
            })
        }
    }
}

/// What the account had before a slot, where only the slot tells: the amount that is entered once more than it is left.
fn opening_of(slot: &[&Change]) -> u64 {
    let left = |amount: u64| slot.iter().filter(|change| change.post == amount).count();
    let entered = |amount: u64| slot.iter().filter(|change| change.pre == amount).count();
    let open = slot.iter().find(|change| entered(change.pre) > left(change.pre));
    open.unwrap_or(&slot[0]).pre
}
