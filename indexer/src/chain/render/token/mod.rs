//! Instructions of SPL Token and Token-2022, from their bytes.
//!
//! Layouts: tag, then little-endian integers and keys; both programs share them up to tag 24. Bytes after the last field are
//! allowed, as the programs allow them. Whatever else is not understood is [`Reading::Unknown`]: it becomes a row, and what
//! it did to balances becomes an unexplained difference.

mod batch;
mod names;

#[cfg(test)]
mod tests;

pub use batch::{Part, parts};

use super::model::Program;
use names::{authority_type, plain};

/// What the instruction is called, what it does and who may order it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// Name as explorers write it: `transferChecked`.
    pub name: &'static str,
    /// What it does.
    pub action: Action,
    /// Accounts behind the fixed ones: the signers of a multisig, if they signed.
    pub extra: &'a [u8],
}

/// What an instruction does. Accounts are indexes into the transaction's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Moves tokens. A Token-2022 mint may keep a fee of what arrives.
    Transfer {
        /// From.
        source: u8,
        /// To.
        dest: u8,
        /// By order of.
        authority: u8,
        /// The mint, where the instruction names it.
        mint: Option<u8>,
        /// Base units.
        amount: u64,
    },
    /// Creates tokens.
    Mint {
        /// The mint.
        mint: u8,
        /// To.
        dest: u8,
        /// By order of.
        authority: u8,
        /// Base units.
        amount: u64,
    },
    /// Destroys tokens.
    Burn {
        /// From.
        source: u8,
        /// The mint.
        mint: u8,
        /// By order of.
        authority: u8,
        /// Base units.
        amount: u64,
    },
    /// Hands a right on.
    SetAuthority {
        /// Mint or token account.
        target: u8,
        /// Who had it.
        authority: u8,
        /// Which right.
        which: String,
        /// Whether it is the ownership of a token account.
        is_owner: bool,
        /// Who has it now, base58; nobody where empty.
        new: String,
    },
    /// Ends a token account.
    Close {
        /// The account.
        account: u8,
        /// Who gets its lamports.
        dest: u8,
        /// By order of.
        authority: u8,
    },
    /// Begins a token account.
    Open {
        /// The account.
        account: u8,
        /// Its mint.
        mint: u8,
        /// Its owner.
        owner: Owner,
    },
    /// Changes neither balances nor owners.
    Nothing,
}

/// The owner of a new account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An account of the instruction.
    Key(u8),
    /// In its data, base58.
    Address(String),
}

/// What became of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<'a> {
    /// Understood.
    Known(Operation<'a>),
    /// Not understood: an unknown tag, or known with too few bytes or accounts.
    Unknown {
        /// The tag; 0 where there is no byte at all.
        tag: u8,
    },
}

/// Tags that both programs share.
mod tag {
    pub(super) const INITIALIZE_ACCOUNT: u8 = 1;
    pub(super) const TRANSFER: u8 = 3;
    pub(super) const SET_AUTHORITY: u8 = 6;
    pub(super) const MINT_TO: u8 = 7;
    pub(super) const BURN: u8 = 8;
    pub(super) const CLOSE_ACCOUNT: u8 = 9;
    pub(super) const TRANSFER_CHECKED: u8 = 12;
    pub(super) const MINT_TO_CHECKED: u8 = 14;
    pub(super) const BURN_CHECKED: u8 = 15;
    pub(super) const INITIALIZE_ACCOUNT_2: u8 = 16;
    pub(super) const INITIALIZE_ACCOUNT_3: u8 = 18;
    /// Token-2022 only.
    pub(super) const TRANSFER_FEE: u8 = 26;
    pub(super) const TRANSFER_CHECKED_WITH_FEE: u8 = 1;
    pub(super) const BATCH: u8 = 255;
}

/// Reads one instruction that is no Batch, or a part of one.
pub fn read<'a>(program: Program, accounts: &'a [u8], data: &[u8]) -> Reading<'a> {
    let Some((&tag, rest)) = data.split_first() else {
        return Reading::Unknown { tag: 0 };
    };
    match known(program, tag, accounts, rest) {
        Some(operation) => Reading::Known(operation),
        None => Reading::Unknown { tag },
    }
}

fn known<'a>(program: Program, tag: u8, accounts: &'a [u8], data: &[u8]) -> Option<Operation<'a>> {
    if let Some(name) = plain(program, tag, data) {
        return Some(operation(name, Action::Nothing, &[]));
    }
    match tag {
        tag::INITIALIZE_ACCOUNT | tag::INITIALIZE_ACCOUNT_2 | tag::INITIALIZE_ACCOUNT_3 => open(tag, accounts, data),
        tag::TRANSFER | tag::TRANSFER_CHECKED => transfer(tag, accounts, data),
        tag::TRANSFER_FEE if program == Program::Token2022 => transfer_with_fee(accounts, data),
        tag::MINT_TO | tag::MINT_TO_CHECKED => mint(tag, accounts, data),
        tag::BURN | tag::BURN_CHECKED => burn(tag, accounts, data),
        tag::SET_AUTHORITY => set_authority(accounts, data),
        tag::CLOSE_ACCOUNT => close(accounts),
        _ => None,
    }
}

fn operation<'a>(name: &'static str, action: Action, extra: &'a [u8]) -> Operation<'a> {
    Operation { name, action, extra }
}

/// The fixed accounts of an instruction and those behind them.
fn split<const N: usize>(accounts: &[u8]) -> Option<(&[u8; N], &[u8])> {
    accounts.split_first_chunk::<N>()
}

/// An amount; the checked forms add the decimals.
fn amount(data: &[u8], checked: bool) -> Option<u64> {
    let (amount, rest) = data.split_first_chunk::<8>()?;
    (!checked || !rest.is_empty()).then_some(u64::from_le_bytes(*amount))
}

fn transfer<'a>(tag: u8, accounts: &'a [u8], data: &[u8]) -> Option<Operation<'a>> {
    if tag == tag::TRANSFER {
        let (&[source, dest, authority], extra) = split::<3>(accounts)?;
        let action = Action::Transfer {
            source,
            dest,
            authority,
            mint: None,
            amount: amount(data, false)?,
        };
        return Some(operation("transfer", action, extra));
    }
    checked_transfer("transferChecked", accounts, amount(data, true)?)
}

/// `26 01 amount:u64 decimals:u8 fee:u64`. The fee stays in the destination, withheld: its balance grows by less.
fn transfer_with_fee<'a>(accounts: &'a [u8], data: &[u8]) -> Option<Operation<'a>> {
    let (&sub, rest) = data.split_first()?;
    let complete = sub == tag::TRANSFER_CHECKED_WITH_FEE && rest.len() >= 17;
    complete.then_some(())?;
    checked_transfer("transferCheckedWithFee", accounts, amount(rest, true)?)
}

fn checked_transfer<'a>(name: &'static str, accounts: &'a [u8], amount: u64) -> Option<Operation<'a>> {
    let (&[source, mint, dest, authority], extra) = split::<4>(accounts)?;
    let action = Action::Transfer {
        source,
        dest,
        authority,
        mint: Some(mint),
        amount,
    };
    Some(operation(name, action, extra))
}

fn mint<'a>(tag: u8, accounts: &'a [u8], data: &[u8]) -> Option<Operation<'a>> {
    let checked = tag == tag::MINT_TO_CHECKED;
    let (&[mint, dest, authority], extra) = split::<3>(accounts)?;
    let action = Action::Mint {
        mint,
        dest,
        authority,
        amount: amount(data, checked)?,
    };
    Some(operation(
        if checked { "mintToChecked" } else { "mintTo" },
        action,
        extra,
    ))
}

fn burn<'a>(tag: u8, accounts: &'a [u8], data: &[u8]) -> Option<Operation<'a>> {
    let checked = tag == tag::BURN_CHECKED;
    let (&[source, mint, authority], extra) = split::<3>(accounts)?;
    let action = Action::Burn {
        source,
        mint,
        authority,
        amount: amount(data, checked)?,
    };
    Some(operation(if checked { "burnChecked" } else { "burn" }, action, extra))
}

/// `06 type:u8 some:u8 [key:32]`.
fn set_authority<'a>(accounts: &'a [u8], data: &[u8]) -> Option<Operation<'a>> {
    let (&[target, authority], extra) = split::<2>(accounts)?;
    let (&[which, some], key) = data.split_first_chunk::<2>()?;
    let new = match some {
        0 => String::new(),
        1 => address(key)?,
        _ => return None,
    };
    let action = Action::SetAuthority {
        target,
        authority,
        which: authority_type(which),
        is_owner: which == names::ACCOUNT_OWNER,
        new,
    };
    Some(operation("setAuthority", action, extra))
}

fn close(accounts: &[u8]) -> Option<Operation<'_>> {
    let (&[account, dest, authority], extra) = split::<3>(accounts)?;
    let action = Action::Close {
        account,
        dest,
        authority,
    };
    Some(operation("closeAccount", action, extra))
}

fn open<'a>(tag: u8, accounts: &'a [u8], data: &[u8]) -> Option<Operation<'a>> {
    let (&[account, mint], rest) = split::<2>(accounts)?;
    let (name, owner) = match tag {
        tag::INITIALIZE_ACCOUNT => ("initializeAccount", Owner::Key(*rest.first()?)),
        tag::INITIALIZE_ACCOUNT_2 => ("initializeAccount2", Owner::Address(address(data)?)),
        _ => ("initializeAccount3", Owner::Address(address(data)?)),
    };
    Some(operation(name, Action::Open { account, mint, owner }, &[]))
}

fn address(data: &[u8]) -> Option<String> {
    let (key, _) = data.split_first_chunk::<32>()?;
    Some(super::text::base58(key))
}
