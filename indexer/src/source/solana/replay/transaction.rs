//! What a replay knows of one recorded transaction: enough to list it, to date it and to follow its balances.

use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::source::replay::lines::invalid;

/// Programs whose instruction data is a memo.
const MEMO_PROGRAMS: [&str; 3] = [
    "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
    "Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH",
];
/// Characters of one instruction's data: a transaction has at most 4,096 bytes, and base58 is slow to read.
const MAX_DATA_CHARS: usize = 8 * 1024;
/// Accounts that a transaction can name: indexes are bytes.
const MAX_KEYS: usize = 256;

/// Format of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// Without a number.
    Legacy,
    /// With one.
    Number(u8),
}

/// A transaction by what its bodies say.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) signature: String,
    pub(super) slot: u64,
    pub(super) block_time: Option<i64>,
    /// `err` as JSON; `null` where it worked.
    pub(super) err: Box<str>,
    pub(super) memo: Option<String>,
    pub(super) version: Version,
    /// Static keys, then loaded writable ones, then loaded readonly ones, each once.
    pub(super) keys: Vec<String>,
    /// Token balances before and after, by account; empty where it failed. `None`: the node did not say.
    pub(super) balances: Option<Vec<BalanceChange>>,
}

/// A token account before and after a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BalanceChange {
    pub(super) account: String,
    pub(super) mint: String,
    pub(super) decimals: u8,
    pub(super) program: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) pre: Option<u64>,
    pub(super) post: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    slot: u64,
    block_time: Option<i64>,
    #[serde(borrow)]
    meta: Option<Meta<'a>>,
    transaction: Transaction,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    #[serde(borrow)]
    err: Option<&'a RawValue>,
    #[serde(default)]
    loaded_addresses: Option<Loaded>,
    #[serde(default)]
    pre_token_balances: Option<Vec<TokenBalance>>,
    #[serde(default)]
    post_token_balances: Option<Vec<TokenBalance>>,
}

#[derive(Deserialize, Default)]
struct Loaded {
    writable: Vec<String>,
    readonly: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenBalance {
    account_index: usize,
    mint: String,
    owner: Option<String>,
    program_id: Option<String>,
    ui_token_amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    amount: String,
    decimals: u8,
}

#[derive(Deserialize)]
struct Transaction {
    signatures: Vec<String>,
    message: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    account_keys: Vec<String>,
    instructions: Vec<Instruction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instruction {
    program_id_index: usize,
    data: String,
}

/// The version as a body has it; absent is legacy, as older nodes leave it out.
pub(super) fn version(raw: Option<&str>) -> io::Result<Version> {
    match raw {
        None | Some("null" | "\"legacy\"") => Ok(Version::Legacy),
        Some(number) => number
            .parse()
            .map(Version::Number)
            .map_err(|_| invalid(format!("version {number} is none that this program knows"))),
    }
}

/// Reads the `result` of `getTransaction` in encoding `json`.
pub(super) fn parse(result: &str) -> io::Result<Parsed> {
    let body: Body<'_> = serde_json::from_str(result)?;
    let signature = body.transaction.signatures.first();
    let signature = signature
        .ok_or_else(|| invalid("a transaction without a signature"))?
        .clone();
    let Some(meta) = body.meta else {
        return Err(invalid(format!("transaction {signature} has no meta")));
    };
    let message = body.transaction.message;
    let memo = memo(&message);
    let mut keys = message.account_keys;
    let loaded = meta.loaded_addresses.unwrap_or_default();
    keys.extend(loaded.writable);
    keys.extend(loaded.readonly);
    if keys.len() > MAX_KEYS {
        return Err(invalid(format!(
            "transaction {signature} names {} accounts",
            keys.len()
        )));
    }
    let err: Box<str> = meta.err.map_or("null", RawValue::get).into();
    let balances = match (&*err, meta.pre_token_balances, meta.post_token_balances) {
        ("null", Some(pre), Some(post)) => Some(changes(&keys, pre, post)?),
        ("null", _, _) => None,
        _ => Some(Vec::new()),
    };
    keys.sort_unstable();
    keys.dedup();
    Ok(Parsed {
        signature,
        slot: body.slot,
        block_time: body.block_time,
        err,
        memo,
        version: version(body.version.map(RawValue::get))?,
        keys,
        balances,
    })
}

/// The two lists as one, in the order of the accounts.
fn changes(keys: &[String], pre: Vec<TokenBalance>, post: Vec<TokenBalance>) -> io::Result<Vec<BalanceChange>> {
    let mut changes: Vec<BalanceChange> = Vec::new();
    for (is_post, balance) in pre
        .into_iter()
        .map(|b| (false, b))
        .chain(post.into_iter().map(|b| (true, b)))
    {
        let account = keys
            .get(balance.account_index)
            .ok_or_else(|| invalid(format!("a token balance of account {}", balance.account_index)))?;
        let amount: u64 = balance
            .ui_token_amount
            .amount
            .parse()
            .map_err(|_| invalid(format!("a token balance of {:?}", balance.ui_token_amount.amount)))?;
        let known = changes
            .iter_mut()
            .find(|c| c.account == *account && c.mint == balance.mint);
        let change = match known {
            Some(change) => change,
            None => {
                changes.push(BalanceChange {
                    account: account.clone(),
                    mint: balance.mint,
                    decimals: balance.ui_token_amount.decimals,
                    program: None,
                    owner: None,
                    pre: None,
                    post: None,
                });
                let last = changes.len() - 1;
                &mut changes[last]
            }
        };
        let side = if is_post { &mut change.post } else { &mut change.pre };
        if side.replace(amount).is_some() {
            return Err(invalid(format!("two token balances of account {account}")));
        }
        change.owner = balance.owner.or(change.owner.take());
        change.program = balance.program_id.or(change.program.take());
    }
    Ok(changes)
}

/// All memos as `getSignaturesForAddress` shows them: `[length] text`, joined by `; `.
fn memo(message: &Message) -> Option<String> {
    let memos: Vec<String> = message
        .instructions
        .iter()
        .filter(|instruction| {
            let program = message.account_keys.get(instruction.program_id_index);
            program.is_some_and(|program| MEMO_PROGRAMS.contains(&program.as_str()))
        })
        .filter(|instruction| instruction.data.len() <= MAX_DATA_CHARS)
        .filter_map(|instruction| bs58::decode(&instruction.data).into_vec().ok())
        .map(|data| match std::str::from_utf8(&data) {
            Ok(text) => format!("[{}] {text}", data.len()),
            Err(_) => format!("[{}] (unparseable)", data.len()),
        })
        .collect();
    (!memos.is_empty()).then(|| memos.join("; "))
}
