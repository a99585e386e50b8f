//! Where a watch set comes from: the data built in, or `accounts.json` of a recording.

use super::{Role, WatchAccount, WatchError, WatchSet};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is known of mainnet without any discovery: the mint and the burn wallet. `docs/render.md` says how it grows.
const MAINNET: &str = include_str!("../data/watch_mainnet.json");

/// Beginnings of the names that recordings give to accounts outside the watch set: people and nodes.
const BYSTANDERS: [&str; 9] = [
    "op",
    "operator",
    "node",
    "user",
    "customer",
    "holder",
    "wallet",
    "recipient",
    "artist",
];

/// `accounts.json` of a recording: a name for each account that plays a part.
#[derive(Deserialize)]
struct AccountsFile {
    mint: String,
    decimals: u8,
    watched: BTreeMap<String, String>,
    #[serde(default)]
    owners: BTreeMap<String, String>,
}

impl WatchSet {
    /// The mint of RENDER on Solana's mainnet and its burn wallet. The mint itself is not followed: it is traded.
    pub fn mainnet() -> Self {
        Self::from_json(MAINNET.as_bytes()).expect("the built-in watch set is valid: a test holds it to that")
    }

    /// A watch set in its own JSON form, checked.
    ///
    /// # Errors
    /// It is not a watch set, or [`WatchSet::check`] refuses it.
    pub fn from_json(json: &[u8]) -> Result<Self, WatchError> {
        let set: Self = serde_json::from_slice(json).map_err(WatchError::Json)?;
        set.check()?;
        Ok(set)
    }

    /// The accounts that a recording watches. Names are roles, with `_N` where there are several of a role; the mint is
    /// followed, so that supply can be audited. Operators and customers are left out: they are found, not watched. A name
    /// that is no role is followed as [`Role::Other`]: its balance is audited, the rules take it as not watched.
    ///
    /// # Errors
    /// The file has another form, or [`WatchSet::check`] refuses the outcome.
    pub fn from_accounts_json(json: &[u8]) -> Result<Self, WatchError> {
        let file: AccountsFile = serde_json::from_slice(json).map_err(WatchError::Json)?;
        let mut accounts = Vec::with_capacity(file.watched.len());
        for (name, address) in &file.watched {
            match role_of(name) {
                Some(Role::Mint) if *address != file.mint => {
                    return Err(WatchError::OtherMint {
                        mint: file.mint,
                        watched: address.clone(),
                    });
                }
                Some(Role::Mint) | None => {}
                Some(role) => accounts.push(WatchAccount {
                    address: address.clone(),
                    owner: file.owners.get(name).cloned().unwrap_or_default(),
                    role,
                    subnet: String::new(),
                    label: name.clone(),
                    evidence: "accounts.json of the recording".to_owned(),
                    valid_from_slot: 0,
                    valid_to_slot: None,
                }),
            }
        }
        let set = Self {
            mint: file.mint,
            decimals: file.decimals,
            follow_mint: true,
            accounts,
        };
        set.check()?;
        Ok(set)
    }
}

/// The role that a name stands for; nothing for a bystander.
fn role_of(name: &str) -> Option<Role> {
    let base = without_number(name);
    if let Some(role) = Role::ALL.into_iter().find(|role| role.name() == base) {
        return Some(role);
    }
    let first = base.split('_').next().unwrap_or(base);
    (!BYSTANDERS.contains(&first)).then_some(Role::Other)
}

/// A name without the `_N` that tells several of a role apart.
fn without_number(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((base, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => base,
        _ => name,
    }
}
