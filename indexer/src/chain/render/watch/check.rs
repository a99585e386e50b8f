//! What a watch set must hold to, and its fingerprint.

use super::{Role, WatchAccount, WatchSet};
use crate::chain::render::text::is_address;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Most accounts in a set: each costs calls to a node for every range.
const MAX_ACCOUNTS: usize = 10_000;

/// Longest label, evidence or subnet, bytes.
const MAX_TEXT_BYTES: usize = 1_024;

/// Most decimals that a mint has: 10^19 fits an amount of 64 bits, 10^20 does not.
const MAX_DECIMALS: u8 = 19;

/// Why a watch set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Not JSON, or other fields.
    #[error("the watch set cannot be read: {0}; compare its fields with docs/render.md")]
    Json(#[source] serde_json::Error),
    /// The mint appears twice, differently.
    #[error("the mint is {mint}, but among the watched accounts it is {watched}: give one address for both")]
    OtherMint {
        /// The mint.
        mint: String,
        /// What `watched.mint` says.
        watched: String,
    },
    /// Not 32 bytes in base58.
    #[error(
        "{what} `{address}` is not an address (32 bytes in base58; capital and small letters differ): copy it again from its source"
    )]
    Address {
        /// What should be an address.
        what: &'static str,
        /// What is there.
        address: String,
    },
    /// Decimals beyond what an amount can have.
    #[error("the mint cannot have {0} decimals (at most {MAX_DECIMALS}): read them from the mint account")]
    Decimals(u8),
    /// Too many accounts.
    #[error("{0} accounts are watched, at most {MAX_ACCOUNTS} can be: each is asked for in every range")]
    TooMany(usize),
    /// A text that is too long.
    #[error("the {what} of {address} is longer than {MAX_TEXT_BYTES} bytes: shorten it")]
    LongText {
        /// Which text.
        what: &'static str,
        /// Of which account.
        address: String,
    },
    /// The mint among the token accounts.
    #[error("{0} is the mint: set `mint` and `follow_mint`, and leave it out of `accounts`")]
    MintAsAccount(String),
    /// A burn wallet whose owner is not known.
    #[error(
        "the burn wallet {0} names no owner: a burn counts only while the account belongs to its owner, so add `owner`"
    )]
    BurnWithoutOwner(String),
    /// An interval that ends before it begins.
    #[error("{address} is valid from slot {from} to slot {to}: the end lies before the beginning")]
    Interval {
        /// The account.
        address: String,
        /// First slot.
        from: u64,
        /// Last slot.
        to: u64,
    },
    /// Two entries of one account in one slot.
    #[error("{address} has two entries that are both valid in slot {slot}: end the first before the second begins")]
    Overlap {
        /// The account.
        address: String,
        /// A slot in which both count.
        slot: u64,
    },
}

impl WatchSet {
    /// Checks addresses, validity and what each role needs.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), WatchError> {
        address("the mint", &self.mint)?;
        if self.decimals > MAX_DECIMALS {
            return Err(WatchError::Decimals(self.decimals));
        }
        if self.accounts.len() > MAX_ACCOUNTS {
            return Err(WatchError::TooMany(self.accounts.len()));
        }
        self.accounts
            .iter()
            .try_for_each(|account| self.check_account(account))?;
        self.check_overlaps()
    }

    fn check_account(&self, account: &WatchAccount) -> Result<(), WatchError> {
        let named = || account.address.clone();
        address("a watched account", &account.address)?;
        if !account.owner.is_empty() {
            address("the owner of a watched account", &account.owner)?;
        }
        if account.role == Role::Mint || account.address == self.mint {
            return Err(WatchError::MintAsAccount(named()));
        }
        if account.role == Role::Burn && account.owner.is_empty() {
            return Err(WatchError::BurnWithoutOwner(named()));
        }
        let texts = [
            ("label", &account.label),
            ("evidence", &account.evidence),
            ("subnet", &account.subnet),
        ];
        if let Some((what, _)) = texts.into_iter().find(|(_, text)| text.len() > MAX_TEXT_BYTES) {
            return Err(WatchError::LongText { what, address: named() });
        }
        match account.valid_to_slot {
            Some(to) if to < account.valid_from_slot => Err(WatchError::Interval {
                address: named(),
                from: account.valid_from_slot,
                to,
            }),
            _ => Ok(()),
        }
    }

    fn check_overlaps(&self) -> Result<(), WatchError> {
        let mut entries: BTreeMap<&str, Vec<&WatchAccount>> = BTreeMap::new();
        for account in &self.accounts {
            entries.entry(&account.address).or_default().push(account);
        }
        for (address, mut list) in entries {
            list.sort_by_key(|account| account.valid_from_slot);
            let both = list
                .windows(2)
                .find(|pair| pair[0].is_valid_at(pair[1].valid_from_slot));
            if let Some(pair) = both {
                return Err(WatchError::Overlap {
                    address: address.to_owned(),
                    slot: pair[1].valid_from_slot,
                });
            }
        }
        Ok(())
    }

    /// SHA-256, in hex, of the set's canonical JSON: accounts by address and first slot, fields in declared order. Equal
    /// fingerprints classify alike, in whatever order the accounts were written down.
    pub fn fingerprint(&self) -> String {
        let mut canonical = self.clone();
        canonical
            .accounts
            .sort_by(|a, b| (&a.address, a.valid_from_slot).cmp(&(&b.address, b.valid_from_slot)));
        let json = serde_json::to_vec(&canonical).expect("texts and integers have a JSON form");
        hex::encode(Sha256::digest(json))
    }
}

fn address(what: &'static str, address: &str) -> Result<(), WatchError> {
    if is_address(address) {
        return Ok(());
    }
    Err(WatchError::Address {
        what,
        address: address.chars().take(64).collect(),
    })
}
