//! Which mint and owner each token account has while a transaction runs.

use crate::chain::render::model::{TokenBalance, Transaction};

/// Mint and owner of each account, by index. At first as the balances before say; an account that they do not list is told by
/// the instruction that opens it, else by the balances after. Never by how its address was derived.
pub(super) struct Holders<'a> {
    now: Vec<Option<Holder<'a>>>,
    after: Vec<Option<&'a TokenBalance>>,
}

struct Holder<'a> {
    mint: &'a str,
    owner: String,
}

impl<'a> Holders<'a> {
    pub(super) fn new(transaction: &'a Transaction) -> Self {
        let count = transaction.keys.len();
        let mut holders = Self {
            now: (0..count).map(|_| None).collect(),
            after: vec![None; count],
        };
        for balance in &transaction.before {
            holders.open(balance.account, &balance.mint, balance.owner.clone());
        }
        for balance in &transaction.after {
            if let Some(place) = holders.after.get_mut(usize::from(balance.account)) {
                *place = Some(balance);
            }
        }
        holders
    }

    fn now(&self, account: u8) -> Option<&Holder<'a>> {
        self.now.get(usize::from(account))?.as_ref()
    }

    fn after(&self, account: u8) -> Option<&'a TokenBalance> {
        *self.after.get(usize::from(account))?
    }

    /// The mint of an account, if anything tells.
    pub(super) fn mint(&self, account: u8) -> Option<&'a str> {
        let now = self.now(account).map(|holder| holder.mint);
        now.or_else(|| self.after(account).map(|balance| balance.mint.as_str()))
    }

    /// The owner of an account; empty where nothing tells.
    pub(super) fn owner(&self, account: u8) -> &str {
        let now = self.now(account).map(|holder| holder.owner.as_str());
        now.or_else(|| self.after(account).map(|balance| balance.owner.as_str()))
            .unwrap_or_default()
    }

    /// An account begins, or is known from before.
    pub(super) fn open(&mut self, account: u8, mint: &'a str, owner: String) {
        if let Some(place) = self.now.get_mut(usize::from(account)) {
            *place = Some(Holder { mint, owner });
        }
    }

    /// An account changes hands.
    pub(super) fn hand_over(&mut self, account: u8, owner: String) {
        if let Some(Some(holder)) = self.now.get_mut(usize::from(account)) {
            holder.owner = owner;
        }
    }

    /// An account ends.
    pub(super) fn close(&mut self, account: u8) {
        if let Some(place) = self.now.get_mut(usize::from(account)) {
            *place = None;
        }
    }
}
