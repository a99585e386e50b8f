//! One transaction: message and metadata, checked against each other.

use super::body::{Balance, Body, InnerInstructions, JsonTransaction, LoadedAddresses, Meta};
use super::error::{Fault, excerpt};
use super::limits::{MAX_ACCOUNTS, MAX_BODY_BYTES, MAX_ERROR_BYTES, MAX_INSTRUCTIONS, MAX_KEYS, MAX_WIRE_BYTES};
use super::message::{Call, Message, addresses, at_most, malformed};
use super::{same_time, wire};
use crate::chain::render::model::{Instruction, Program, TokenBalance, Transaction, Version};
use crate::chain::render::text::is_address;
use crate::source::RawTransaction;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

/// Decodes the body of one transaction, which must be the one that was asked for.
pub(super) fn decode(slot: u64, raw: &RawTransaction) -> Result<Transaction, Fault> {
    at_most("the body", raw.body.len(), MAX_BODY_BYTES)?;
    if raw.body.trim_ascii() == b"null" {
        return Err(Fault::Unknown("the transaction"));
    }
    let body: Body<'_> = serde_json::from_slice(&raw.body).map_err(Fault::Json)?;
    if body.slot != slot {
        return Err(Fault::OtherSlot(body.slot));
    }
    if let Some(time) = body.block_time {
        same_time(time, raw.block_time)?;
    }
    let message = message(&body)?;
    if message.signature != raw.signature {
        return Err(Fault::OtherSignature(message.signature));
    }
    let meta = body.meta.ok_or(Fault::Unknown("meta"))?;
    let error = meta.err.map(compact).transpose()?;
    let mut transaction = Transaction {
        signature: message.signature,
        block_time: raw.block_time,
        tx_index: raw.tx_index,
        version: message.version,
        error,
        fee: meta.fee,
        compute_units: meta.compute_units_consumed,
        keys: message.keys,
        signers: message.signers,
        instructions: Vec::new(),
        before: Vec::new(),
        after: Vec::new(),
    };
    match transaction.error {
        Some(_) => failed(&mut transaction, message.calls, &meta)?,
        None => succeeded(&mut transaction, message.calls, message.lookups, meta)?,
    }
    Ok(transaction)
}

fn message<'a>(body: &Body<'a>) -> Result<Message<'a>, Fault> {
    let said = body.version.map(version).transpose()?;
    let text = body.transaction.get();
    if !text.starts_with('[') {
        let transaction: JsonTransaction<'a> = serde_json::from_str(text).map_err(Fault::Json)?;
        return Message::from_json(transaction, said);
    }
    let (encoded, encoding): (&str, &str) = serde_json::from_str(text).map_err(Fault::Json)?;
    if encoding != "base64" {
        return Err(Fault::Encoding(excerpt(encoding)));
    }
    at_most(
        "the wire transaction in base64",
        encoded.len(),
        MAX_WIRE_BYTES / 3 * 4 + 4,
    )?;
    let bytes = STANDARD.decode(encoded).map_err(|_| malformed("base64", encoded))?;
    let message = wire::read(&bytes)?;
    match said {
        Some(said) if said != message.version => Err(Fault::OtherVersion {
            said: said.number(),
            found: message.version.number(),
        }),
        _ => Ok(message),
    }
}

fn version(raw: &RawValue) -> Result<Version, Fault> {
    match raw.get() {
        "\"legacy\"" => Ok(Version::Legacy),
        "0" => Ok(Version::V0),
        "1" => Ok(Version::V1),
        other => Err(Fault::Version(excerpt(other))),
    }
}

/// The error without the blanks that one node writes and another does not.
fn compact(error: &RawValue) -> Result<String, Fault> {
    at_most("the error", error.get().len(), MAX_ERROR_BYTES)?;
    let value: serde_json::Value = serde_json::from_str(error.get()).map_err(Fault::Json)?;
    Ok(value.to_string())
}

/// A failed transaction has no effect. What a node tells of it varies (where it could not even be loaded there is no
/// list at all), so nothing is taken but its memos; where balances are told, they must stand still.
fn failed(transaction: &mut Transaction, calls: Vec<Call<'_>>, meta: &Meta<'_>) -> Result<(), Fault> {
    if let (Some(before), Some(after)) = (&meta.pre_token_balances, &meta.post_token_balances) {
        let held = |balances: &[Balance<'_>]| -> Vec<(u8, String, String)> {
            let one = |b: &Balance<'_>| (b.account_index, b.mint.to_owned(), b.ui_token_amount.amount.to_owned());
            let mut held: Vec<_> = balances.iter().map(one).collect();
            held.sort_unstable();
            held
        };
        let (before, after) = (held(before), held(after));
        if before != after {
            let moved = after.iter().find(|one| !before.contains(one)).or(before.first());
            let index = moved.map_or(0, |(index, ..)| usize::from(*index));
            let account = transaction.keys.get(index).cloned();
            return Err(Fault::FailedButMoved(account.unwrap_or_else(|| index.to_string())));
        }
    }
    at_most("instructions", calls.len(), MAX_INSTRUCTIONS)?;
    for (outer, call) in calls.into_iter().enumerate() {
        if program(&transaction.keys, &call)? == Some(Program::Memo) {
            transaction.instructions.push(Instruction {
                outer: number(outer),
                inner: None,
                program: Program::Memo,
                accounts: Vec::new(),
                data: call.data.bytes()?,
            });
        }
    }
    Ok(())
}

fn succeeded(
    transaction: &mut Transaction,
    calls: Vec<Call<'_>>,
    lookups: (usize, usize),
    meta: Meta<'_>,
) -> Result<(), Fault> {
    load(&mut transaction.keys, lookups, meta.loaded_addresses)?;
    let inner = meta
        .inner_instructions
        .ok_or(Fault::Unknown("meta.innerInstructions"))?;
    let before = meta.pre_token_balances.ok_or(Fault::Unknown("meta.preTokenBalances"))?;
    let after = meta
        .post_token_balances
        .ok_or(Fault::Unknown("meta.postTokenBalances"))?;
    transaction.instructions = instructions(&transaction.keys, calls, inner)?;
    transaction.before = balances(transaction.keys.len(), &before)?;
    transaction.after = balances(transaction.keys.len(), &after)?;
    Ok(())
}

/// Adds what lookup tables loaded: writable, then readonly.
fn load(keys: &mut Vec<String>, lookups: (usize, usize), loaded: Option<LoadedAddresses<'_>>) -> Result<(), Fault> {
    if loaded.is_none() && lookups != (0, 0) {
        return Err(Fault::Unknown("meta.loadedAddresses"));
    }
    let loaded = loaded.unwrap_or_default();
    for (expected, found) in [(lookups.0, &loaded.writable), (lookups.1, &loaded.readonly)] {
        if expected != found.len() {
            return Err(Fault::Loaded {
                expected,
                found: found.len(),
            });
        }
        keys.extend(addresses(found)?);
    }
    at_most("accounts", keys.len(), MAX_KEYS)
}

/// Instructions in the order in which they run: each top-level one, then those that it called.
fn instructions(
    keys: &[String],
    calls: Vec<Call<'_>>,
    inner: Vec<InnerInstructions<'_>>,
) -> Result<Vec<Instruction>, Fault> {
    let outers = calls.len();
    let total = inner.iter().map(|list| list.instructions.len()).sum::<usize>() + outers;
    at_most("instructions", total, MAX_INSTRUCTIONS)?;
    let mut lists: Vec<Option<Vec<_>>> = calls.iter().map(|_| None).collect();
    for list in inner {
        let place = lists.get_mut(list.index).ok_or(Fault::Index {
            what: "inner instructions of instruction",
            index: list.index,
            len: outers,
        })?;
        if place.replace(list.instructions).is_some() {
            return Err(Fault::Twice {
                what: "the list of inner instructions of instruction",
                index: list.index,
            });
        }
    }
    let mut all = Vec::with_capacity(total);
    for (outer, (call, list)) in calls.into_iter().zip(lists).enumerate() {
        all.extend(instruction(keys, outer, None, call)?);
        for (position, called) in list.into_iter().flatten().enumerate() {
            all.extend(instruction(keys, outer, Some(position), Call::from(called))?);
        }
    }
    Ok(all)
}

/// An instruction with its indexes checked; kept if its program is one that is read.
fn instruction(
    keys: &[String],
    outer: usize,
    inner: Option<usize>,
    call: Call<'_>,
) -> Result<Option<Instruction>, Fault> {
    let program = program(keys, &call)?;
    at_most("accounts of an instruction", call.accounts.len(), MAX_ACCOUNTS)?;
    if let Some(&wrong) = call.accounts.iter().find(|&&index| usize::from(index) >= keys.len()) {
        return Err(Fault::Index {
            what: "an instruction's account",
            index: usize::from(wrong),
            len: keys.len(),
        });
    }
    let Some(program) = program else { return Ok(None) };
    Ok(Some(Instruction {
        outer: number(outer),
        inner: inner.map(number),
        program,
        accounts: call.accounts,
        data: call.data.bytes()?,
    }))
}

fn program(keys: &[String], call: &Call<'_>) -> Result<Option<Program>, Fault> {
    let key = keys.get(call.program).ok_or(Fault::Index {
        what: "an instruction's program",
        index: call.program,
        len: keys.len(),
    })?;
    Ok(Program::at(key))
}

/// Indexes are below [`MAX_INSTRUCTIONS`].
fn number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Balances by account index, each account once.
fn balances(keys: usize, list: &[Balance<'_>]) -> Result<Vec<TokenBalance>, Fault> {
    at_most("token balances", list.len(), MAX_KEYS)?;
    let mut all = list
        .iter()
        .map(|one| balance(keys, one))
        .collect::<Result<Vec<_>, _>>()?;
    all.sort_unstable_by_key(|balance| balance.account);
    match all.windows(2).find(|pair| pair[0].account == pair[1].account) {
        None => Ok(all),
        Some(pair) => Err(Fault::Twice {
            what: "the token balance of account",
            index: usize::from(pair[0].account),
        }),
    }
}

fn balance(keys: usize, one: &Balance<'_>) -> Result<TokenBalance, Fault> {
    if usize::from(one.account_index) >= keys {
        return Err(Fault::Index {
            what: "the account of a token balance",
            index: usize::from(one.account_index),
            len: keys,
        });
    }
    if !is_address(one.mint) {
        return Err(malformed("the mint of a token balance", one.mint));
    }
    let owner = one.owner.unwrap_or_default();
    if !owner.is_empty() && !is_address(owner) {
        return Err(malformed("the owner of a token balance", owner));
    }
    Ok(TokenBalance {
        account: one.account_index,
        mint: one.mint.to_owned(),
        owner: owner.to_owned(),
        amount: amount(one.ui_token_amount.amount)?,
        decimals: one.ui_token_amount.decimals,
    })
}

/// Base units: digits only, 64 bits.
fn amount(text: &str) -> Result<u64, Fault> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| Fault::Amount(excerpt(text)))
}
