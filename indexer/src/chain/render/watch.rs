//! Which accounts count, as what, and when: data, never code.

mod check;
mod load;

#[cfg(test)]
mod tests;

pub use check::WatchError;

use serde::{Deserialize, Serialize};

/// What a watched account is for. The class of a movement follows from the roles at its two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The mint itself.
    Mint,
    /// Receives job payments and burns them.
    Burn,
    /// Pays nodes for work.
    PayoutWork,
    /// Pays nodes for availability.
    PayoutAvailability,
    /// Pays compute nodes.
    PayoutCompute,
    /// Receives emissions and fills the payout wallets.
    Treasury,
    /// Receives and gives grants.
    Grants,
    /// Where tokens are bought and sold.
    Market,
    /// Mints on behalf of the upgrade from the older token.
    Bridge,
    /// Followed and audited; to the rules it is as if it were not watched.
    Other,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 10] = [
        Self::Mint,
        Self::Burn,
        Self::PayoutWork,
        Self::PayoutAvailability,
        Self::PayoutCompute,
        Self::Treasury,
        Self::Grants,
        Self::Market,
        Self::Bridge,
        Self::Other,
    ];

    /// The name, as in JSON and in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mint => "mint",
            Self::Burn => "burn",
            Self::PayoutWork => "payout_work",
            Self::PayoutAvailability => "payout_availability",
            Self::PayoutCompute => "payout_compute",
            Self::Treasury => "treasury",
            Self::Grants => "grants",
            Self::Market => "market",
            Self::Bridge => "bridge",
            Self::Other => "other",
        }
    }
}

/// A watched account, valid for a range of slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchAccount {
    /// The token account (for [`Role::Mint`], the mint), base58. Never change its case.
    pub address: String,
    /// Owner of the token account, base58; empty for the mint.
    #[serde(default)]
    pub owner: String,
    /// What it is for.
    pub role: Role,
    /// Part of the network that it belongs to, where there are several; may be empty.
    #[serde(default)]
    pub subnet: String,
    /// A name for people.
    #[serde(default)]
    pub label: String,
    /// How we know: a document, a transaction, a match ratio.
    #[serde(default)]
    pub evidence: String,
    /// First slot in which the role counts.
    #[serde(default)]
    pub valid_from_slot: u64,
    /// Last slot in which the role counts; absent: it still does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to_slot: Option<u64>,
}

/// The mint and everything that is watched of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchSet {
    /// The mint, base58.
    pub mint: String,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Whether every transaction that names the mint is followed: all mints and burns, so that supply can be audited.
    /// On a traded token that is much; without it, supply is observed and not summed.
    pub follow_mint: bool,
    /// Token accounts. The mint is not among them.
    pub accounts: Vec<WatchAccount>,
}

impl WatchAccount {
    /// Whether the role counts in `slot`.
    pub fn is_valid_at(&self, slot: u64) -> bool {
        self.valid_from_slot <= slot && self.valid_to_slot.is_none_or(|last| slot <= last)
    }
}

impl WatchSet {
    /// Addresses whose transactions are followed: every token account, whatever its validity, and the mint where so asked.
    pub fn followed(&self) -> impl Iterator<Item = &str> {
        let mint = self.follow_mint.then_some(self.mint.as_str());
        mint.into_iter()
            .chain(self.accounts.iter().map(|account| account.address.as_str()))
    }

    /// What a token account that belongs to `owner` counts as in `slot`; `owner` as the transaction itself says, empty
    /// where it does not.
    ///
    /// An entry for the address counts only while the account belongs to the owner that the entry names, for token
    /// accounts change hands. Any other account of a watched owner counts as that owner's, unless its entries differ.
    pub fn role_at(&self, account: &str, owner: &str, slot: u64) -> Option<&WatchAccount> {
        let valid = |watched: &&WatchAccount| watched.is_valid_at(slot);
        let same_owner = |watched: &&WatchAccount| !owner.is_empty() && watched.owner == owner;
        let mut by_address = self.accounts.iter().filter(valid).filter(|one| one.address == account);
        by_address
            .find(|one| one.owner.is_empty() || owner.is_empty() || same_owner(one))
            .or_else(|| {
                let mut by_owner = self.accounts.iter().filter(valid).filter(same_owner);
                let first = by_owner.next()?;
                by_owner.all(|other| other.role == first.role).then_some(first)
            })
    }

    /// What somebody who signs counts as in `slot`: the watched account itself or its owner, where all entries agree.
    pub fn signer_role_at(&self, address: &str, slot: u64) -> Option<Role> {
        let is_it = |one: &&WatchAccount| one.is_valid_at(slot) && (one.address == address || one.owner == address);
        let mut all = self.accounts.iter().filter(is_it);
        let first = all.next()?.role;
        all.all(|other| other.role == first).then_some(first)
    }

    /// Whether every movement of a token account is followed: it is listed, whatever its validity.
    pub fn follows(&self, account: &str) -> bool {
        self.accounts.iter().any(|watched| watched.address == account)
    }
}
