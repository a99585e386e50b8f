//! Balances and supply at any slot, from what transactions say of the balances before and after them.

use std::collections::BTreeMap;

use super::transaction::BalanceChange;

/// Contradictions that are kept to be told.
const MAX_TOLD: usize = 20;

/// A token account at some slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) mint: String,
    pub(super) owner: String,
    pub(super) program: String,
    pub(super) decimals: u8,
    pub(super) amount: u64,
}

/// A supply that the recorded node answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) slot: u64,
    pub(super) amount: u64,
}

/// Histories of all token accounts that recorded transactions touch.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    accounts: BTreeMap<String, Account>,
    mints: BTreeMap<String, Mint>,
    contradictions: Vec<String>,
}

#[derive(Debug)]
struct Account {
    mint: String,
    /// State before the first change, where it existed.
    opening: Option<State>,
    /// State after each slot that changed it; `None`: closed.
    states: Vec<(u64, Option<State>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    owner: String,
    program: String,
    decimals: u8,
    amount: u64,
}

#[derive(Debug, Default)]
struct Mint {
    decimals: u8,
    program: String,
    /// Balances that were there before the first recorded change of each account.
    opening: i128,
    /// Sum of all changes up to a slot.
    sums: Vec<(u64, i128)>,
    anchor: Option<Anchor>,
}

impl Ledger {
    /// Adds what one transaction changed; transactions come oldest first.
    ///
    /// What a transaction says counts, also where the one before said otherwise: between them may lie one that was not
    /// recorded. [`Self::contradictions`] tells.
    pub(super) fn push(&mut self, slot: u64, changes: &[BalanceChange]) {
        for change in changes {
            self.change(slot, change);
        }
    }

    /// The first balances before a transaction that are not those after the one before it.
    pub(super) fn contradictions(&self) -> &[String] {
        &self.contradictions
    }

    fn change(&mut self, slot: u64, change: &BalanceChange) {
        let state = |amount| State {
            owner: change.owner.clone().unwrap_or_default(),
            program: change.program.clone().unwrap_or_default(),
            decimals: change.decimals,
            amount,
        };
        let mint = self.mints.entry(change.mint.clone()).or_default();
        (mint.decimals, mint.program) = (change.decimals, change.program.clone().unwrap_or_default());
        let account = self.accounts.entry(change.account.clone()).or_insert_with(|| {
            mint.opening += i128::from(change.pre.unwrap_or(0));
            Account {
                mint: change.mint.clone(),
                opening: change.pre.map(state),
                states: Vec::new(),
            }
        });
        let before = account.states.last().map_or(&account.opening, |(_, state)| state);
        let known = before.as_ref().map_or(0, |state| state.amount);
        if known != change.pre.unwrap_or(0) && self.contradictions.len() < MAX_TOLD {
            self.contradictions.push(format!(
                "account {} has {known} before slot {slot}, a transaction there says {}",
                change.account,
                change.pre.unwrap_or(0)
            ));
        }
        account.mint.clone_from(&change.mint);
        account.states.push((slot, change.post.map(state)));
        let delta = i128::from(change.post.unwrap_or(0)) - i128::from(change.pre.unwrap_or(0));
        let sum = mint.sums.last().map_or(0, |(_, sum)| *sum) + delta;
        mint.sums.push((slot, sum));
    }

    /// Notes a supply that the recorded node answered; the latest counts.
    pub(super) fn anchor(&mut self, mint: &str, anchor: Anchor, decimals: u8) {
        let mint = self.mints.entry(mint.to_owned()).or_default();
        mint.decimals = decimals;
        if mint.anchor.is_none_or(|known| known.slot <= anchor.slot) {
            mint.anchor = Some(anchor);
        }
    }

    /// Supply of a mint after a slot, with its decimals: what the node answered, less or plus the changes between.
    /// `None`: no recorded transaction or answer is about it, or they contradict each other.
    pub(super) fn supply(&self, mint: &str, slot: u64) -> Option<(u64, u8)> {
        let mint = self.mints.get(mint)?;
        let base = match mint.anchor {
            Some(anchor) => i128::from(anchor.amount) - mint.sum(anchor.slot),
            None => mint.opening,
        };
        let amount = u64::try_from(base + mint.sum(slot)).ok()?;
        Some((amount, mint.decimals))
    }

    /// Token program and decimals of a mint.
    pub(super) fn program(&self, mint: &str) -> Option<(&str, u8)> {
        self.mints.get(mint).map(|mint| (mint.program.as_str(), mint.decimals))
    }

    /// A token account after a slot; `None` where it did not exist.
    pub(super) fn holding(&self, account: &str, slot: u64) -> Option<Holding> {
        let account = self.accounts.get(account)?;
        let state = account.at(slot)?;
        Some(Holding {
            mint: account.mint.clone(),
            owner: state.owner.clone(),
            program: state.program.clone(),
            decimals: state.decimals,
            amount: state.amount,
        })
    }

    /// Whether an address is or was a token account.
    pub(super) fn knows(&self, account: &str) -> bool {
        self.accounts.contains_key(account)
    }

    /// All token accounts that existed after a slot, by address.
    pub(super) fn holdings(&self, slot: u64) -> impl Iterator<Item = (&str, Holding)> {
        let names = self.accounts.keys();
        names.filter_map(move |name| Some((name.as_str(), self.holding(name, slot)?)))
    }
}

impl Mint {
    fn sum(&self, slot: u64) -> i128 {
        let after = self.sums.partition_point(|(changed, _)| *changed <= slot);
        after.checked_sub(1).map_or(0, |last| self.sums[last].1)
    }
}

impl Account {
    fn at(&self, slot: u64) -> Option<&State> {
        let after = self.states.partition_point(|(changed, _)| *changed <= slot);
        match after.checked_sub(1) {
            Some(last) => self.states[last].1.as_ref(),
            None => self.opening.as_ref(),
        }
    }
}
