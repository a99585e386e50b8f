//! What a transaction did to one mint: what its instructions say, what its balances say, and where the two differ.
//!
//! Amounts that count are the balances before and after. For each token account of the mint, the sum of what the
//! instructions do must equal its balance after minus before; the rest is an [`Kind::UnexplainedDelta`]. So for every account
//! and every transaction the events add up to the balances, whatever the decoder understood.

mod event;
mod holders;

#[cfg(test)]
mod tests;

pub use event::{Event, Kind, Party, Place};

use super::model::{Instruction, Program, TokenBalance, Transaction};
use super::token::{self, Action, Operation, Part, Reading};
use holders::Holders;
use std::collections::BTreeMap;

/// The mint, seen through one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// In the order in which they happened; unexplained differences behind, by account.
    pub events: Vec<Event>,
    /// One for each token account of the mint that the balances list, by its place among the keys.
    pub changes: Vec<Change>,
    /// Instructions of token programs that were not understood.
    pub unknown: Vec<Unknown>,
}

/// A token account of the mint before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The account.
    pub account: String,
    /// Its owner after; before, where it is gone.
    pub owner: String,
    /// Its owner before; after, where it is new.
    pub owner_before: String,
    /// Base units before; zero where it is new.
    pub pre: u64,
    /// Base units after; zero where it is gone.
    pub post: u64,
    /// Whether it is new.
    pub created: bool,
    /// Whether it is gone.
    pub closed: bool,
    /// Decimals of the mint, as the balances say.
    pub decimals: u8,
}

/// An instruction that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Where it stands.
    pub place: Place,
    /// Its program.
    pub program: Program,
    /// Its tag.
    pub tag: u8,
    /// Its accounts.
    pub accounts: Vec<String>,
    /// Its data.
    pub data: Vec<u8>,
}

/// A difference that does not fit 64 bits: no balance changes by that much.
#[derive(Debug, thiserror::Error)]
#[error(
    "the balance of {account} and its instructions differ by {difference} base units, more than an amount can be; fetch the transaction from another node"
)]
pub struct TooFarApart {
    /// The account.
    pub account: String,
    /// What the instructions do not explain.
    pub difference: i128,
}

/// Explains what a transaction did to `mint`. A failed transaction did nothing.
///
/// # Errors
/// An account's difference that no amount can hold.
pub fn explain(mint: &str, transaction: &Transaction) -> Result<Explained, TooFarApart> {
    if transaction.error.is_some() {
        return Ok(Explained::default());
    }
    let mut run = Run {
        mint,
        transaction,
        holders: Holders::new(transaction),
        moved: BTreeMap::new(),
        events: Vec::new(),
        unknown: Vec::new(),
    };
    for instruction in &transaction.instructions {
        run.instruction(instruction);
    }
    let changes = changes(mint, transaction);
    let touched = !changes.is_empty() || transaction.keys.iter().any(|key| key == mint);
    let mut explained = Explained::default();
    if touched || run.events.iter().any(|event| event.mint == mint) {
        run.differences()?;
        explained.events = run.events;
        explained.unknown = run.unknown;
    }
    explained.changes = changes.into_values().collect();
    Ok(explained)
}

/// Token accounts of the mint that the balances list, by index.
fn changes(mint: &str, transaction: &Transaction) -> BTreeMap<u8, Change> {
    let mut all = BTreeMap::new();
    for (balance, after) in listed(mint, transaction) {
        let change = all.entry(balance.account).or_insert_with(|| Change {
            account: transaction.keys[usize::from(balance.account)].clone(),
            owner: balance.owner.clone(),
            owner_before: balance.owner.clone(),
            pre: 0,
            post: 0,
            created: true,
            closed: true,
            decimals: balance.decimals,
        });
        if after {
            change.owner = balance.owner.clone();
            change.post = balance.amount;
            change.closed = false;
        } else {
            change.pre = balance.amount;
            change.created = false;
        }
    }
    all
}

/// Balances of the mint: those before, then those after.
fn listed<'a>(mint: &'a str, transaction: &'a Transaction) -> impl Iterator<Item = (&'a TokenBalance, bool)> {
    let before = transaction.before.iter().map(|balance| (balance, false));
    let after = transaction.after.iter().map(|balance| (balance, true));
    before.chain(after).filter(move |(balance, _)| balance.mint == mint)
}

struct Run<'a> {
    mint: &'a str,
    transaction: &'a Transaction,
    holders: Holders<'a>,
    /// What the instructions did to each account of the mint.
    moved: BTreeMap<u8, i128>,
    events: Vec<Event>,
    unknown: Vec<Unknown>,
}

impl<'a> Run<'a> {
    fn key(&self, index: u8) -> &'a str {
        self.transaction.keys.get(usize::from(index)).map_or("", String::as_str)
    }

    fn instruction(&mut self, instruction: &'a Instruction) {
        if instruction.program == Program::Memo {
            return;
        }
        let Some(parts) = token::parts(&instruction.accounts, &instruction.data) else {
            let whole = Part {
                batch: None,
                accounts: &instruction.accounts,
                data: &instruction.data,
            };
            return self.not_understood(instruction, whole, instruction.data[0]);
        };
        for part in parts {
            match token::read(instruction.program, part.accounts, part.data) {
                Reading::Known(operation) => self.operation(instruction, part, operation),
                Reading::Unknown { tag } => self.not_understood(instruction, part, tag),
            }
        }
    }

    fn not_understood(&mut self, instruction: &Instruction, part: Part<'_>, tag: u8) {
        self.unknown.push(Unknown {
            place: Place::of(instruction, part.batch),
            program: instruction.program,
            tag,
            accounts: part.accounts.iter().map(|&index| self.key(index).to_owned()).collect(),
            data: part.data.to_vec(),
        });
    }

    fn operation(&mut self, instruction: &'a Instruction, part: Part<'a>, operation: Operation<'a>) {
        let mut event = Event::new(Place::of(instruction, part.batch), instruction.program, operation.name);
        event.signers = self.signers(operation.extra);
        match operation.action {
            Action::Transfer {
                source,
                dest,
                authority,
                mint,
                amount,
            } => {
                event.kind = Kind::Transfer;
                event.mint = self.mint_of(&[source, dest], mint).to_owned();
                event.source = self.party(source);
                event.dest = self.party(dest);
                self.moves(event, authority, amount, &[(source, -1), (dest, 1)]);
            }
            Action::Mint {
                mint,
                dest,
                authority,
                amount,
            } => {
                event.kind = Kind::Mint;
                event.mint = self.mint_of(&[dest], Some(mint)).to_owned();
                event.dest = self.party(dest);
                self.moves(event, authority, amount, &[(dest, 1)]);
            }
            Action::Burn {
                source,
                mint,
                authority,
                amount,
            } => {
                event.kind = Kind::Burn;
                event.mint = self.mint_of(&[source], Some(mint)).to_owned();
                event.source = self.party(source);
                self.moves(event, authority, amount, &[(source, -1)]);
            }
            Action::SetAuthority {
                target,
                authority,
                which,
                is_owner,
                new,
            } => {
                event.kind = Kind::SetAuthority;
                event.mint = self.mint_of_target(target).to_owned();
                event.source = self.party(target);
                event.authority_type = which;
                event.new_authority.clone_from(&new);
                self.moves(event, authority, 0, &[]);
                if is_owner {
                    self.holders.hand_over(target, new);
                }
            }
            Action::Close {
                account,
                dest,
                authority,
            } => {
                event.kind = Kind::Close;
                event.mint = self.mint_of(&[account], None).to_owned();
                event.source = self.party(account);
                event.dest = Party {
                    account: self.key(dest).to_owned(),
                    owner: String::new(),
                };
                self.moves(event, authority, 0, &[]);
                self.holders.close(account);
            }
            Action::Open { account, mint, owner } => self.open(account, mint, owner),
            Action::Nothing => {}
        }
    }

    fn open(&mut self, account: u8, mint: u8, owner: token::Owner) {
        let owner = match owner {
            token::Owner::Key(index) => self.key(index).to_owned(),
            token::Owner::Address(address) => address,
        };
        self.holders.open(account, self.key(mint), owner);
    }

    /// Keeps an event of the mint and what it does to accounts. A movement of a mint that nothing tells is kept, too: it may
    /// be ours.
    fn moves(&mut self, mut event: Event, authority: u8, amount: u64, effects: &[(u8, i128)]) {
        let untold = event.mint.is_empty() && !effects.is_empty();
        if event.mint != self.mint && !untold {
            return;
        }
        event.authority = self.key(authority).to_owned();
        event.amount = amount;
        self.events.push(event);
        if !untold {
            for (account, sign) in effects {
                *self.moved.entry(*account).or_default() += sign * i128::from(amount);
            }
        }
    }

    /// The mint of a movement: as the accounts' balances say, else as the instruction does.
    fn mint_of(&self, accounts: &[u8], named: Option<u8>) -> &'a str {
        accounts
            .iter()
            .find_map(|&account| self.holders.mint(account))
            .or_else(|| named.map(|index| self.key(index)))
            .unwrap_or_default()
    }

    fn mint_of_target(&self, target: u8) -> &'a str {
        match self.key(target) == self.mint {
            true => self.mint,
            false => self.mint_of(&[target], None),
        }
    }

    fn party(&self, account: u8) -> Party {
        Party {
            account: self.key(account).to_owned(),
            owner: self.holders.owner(account).to_owned(),
        }
    }

    /// Members of a multisig: accounts behind the fixed ones that signed the transaction. (Others may be what a transfer hook
    /// asks for. A member that is a program's address signs within the call only, which nothing tells.)
    fn signers(&self, extra: &[u8]) -> Vec<String> {
        let signed = |index: &&u8| usize::from(**index) < self.transaction.signers;
        extra
            .iter()
            .filter(signed)
            .map(|&index| self.key(index).to_owned())
            .collect()
    }

    /// Adds an event for each account whose balance changed otherwise than the instructions say.
    fn differences(&mut self) -> Result<(), TooFarApart> {
        let mut rest: BTreeMap<u8, i128> = self.moved.iter().map(|(&account, &moved)| (account, -moved)).collect();
        for (balance, after) in listed(self.mint, self.transaction) {
            let amount = i128::from(balance.amount);
            *rest.entry(balance.account).or_default() += if after { amount } else { -amount };
        }
        let mut rest: Vec<(&str, u8, i128)> = rest
            .into_iter()
            .filter(|&(_, difference)| difference != 0)
            .map(|(account, difference)| (self.key(account), account, difference))
            .collect();
        rest.sort_unstable();
        for (position, (account, index, difference)) in rest.into_iter().enumerate() {
            let amount = u64::try_from(difference.unsigned_abs()).map_err(|_| TooFarApart {
                account: account.to_owned(),
                difference,
            })?;
            let event = Event::unexplained(position, self.mint, self.party(index), difference.signum(), amount);
            self.events.push(event);
        }
        Ok(())
    }
}
