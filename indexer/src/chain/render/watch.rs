//! Which accounts count, as what, and when: data, never code.

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

    /// The role of a token account in `slot`, by its address or else by its owner.
    pub fn role_at(&self, account: &str, owner: &str, slot: u64) -> Option<&WatchAccount> {
        let valid = |watched: &&WatchAccount| watched.is_valid_at(slot);
        let mut all = self.accounts.iter().filter(valid);
        all.clone()
            .find(|watched| watched.address == account)
            .or_else(|| all.find(|watched| !owner.is_empty() && watched.owner == owner))
    }
}
