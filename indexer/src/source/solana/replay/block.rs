//! Recorded blocks, whole or cut down to what a request wants of them.

use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::RpcError;
use super::transaction::{Version, version};

/// What is known of a recorded block without opening it.
#[derive(Clone, Debug)]
pub(super) struct BlockNote {
    /// Where its body lies.
    pub(super) body: u64,
    pub(super) parent: u64,
    pub(super) height: Option<u64>,
    pub(super) time: Option<i64>,
    /// Highest version of its transactions.
    pub(super) version: Version,
}

/// How much of a block a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Details {
    Full,
    Accounts,
    Signatures,
    None,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    parent_slot: u64,
    block_height: Option<u64>,
    block_time: Option<i64>,
    #[serde(borrow, default)]
    transactions: Vec<Transaction<'a>>,
}

#[derive(Deserialize)]
struct Transaction<'a> {
    transaction: Signatures,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Signatures {
    signatures: Vec<String>,
}

/// Reads a block recorded with all its transactions in encoding `json`; gives its signatures in their order, too.
pub(super) fn note(result: &str, body: u64) -> io::Result<(BlockNote, Vec<String>)> {
    let head: Head<'_> = serde_json::from_str(result)?;
    let mut highest = Version::Legacy;
    let mut signatures = Vec::new();
    for transaction in head.transactions {
        highest = highest.max(version(transaction.version.map(RawValue::get))?);
        signatures.extend(transaction.transaction.signatures.into_iter().next());
    }
    let note = BlockNote {
        body,
        parent: head.parent_slot,
        height: head.block_height,
        time: head.block_time,
        version: highest,
    };
    Ok((note, signatures))
}

/// Cuts a whole block down. `versions`: the request says which versions it understands, so that they are shown.
pub(super) fn cut(whole: &[u8], details: Details, versions: bool) -> Result<String, RpcError> {
    let broken = |e: serde_json::Error| RpcError::internal(e.to_string());
    let mut block: Map<String, Value> = serde_json::from_slice(whole).map_err(broken)?;
    let transactions = block.remove("transactions").unwrap_or_default();
    let transactions = match transactions {
        Value::Array(list) => list,
        _ => Vec::new(),
    };
    match details {
        Details::None => {}
        Details::Signatures => {
            let first = |transaction: Value| transaction["transaction"]["signatures"][0].clone();
            block.insert("signatures".into(), transactions.into_iter().map(first).collect());
        }
        Details::Accounts => {
            let list = transactions.iter().map(|t| accounts_only(t, versions)).collect();
            block.insert("transactions".into(), list);
        }
        Details::Full => {
            let strip = |mut transaction: Value| {
                if let (false, Some(members)) = (versions, transaction.as_object_mut()) {
                    members.remove("version");
                }
                transaction
            };
            block.insert("transactions".into(), transactions.into_iter().map(strip).collect());
        }
    }
    serde_json::to_string(&block).map_err(broken)
}

/// A transaction by its accounts and balances, as `transactionDetails: "accounts"` shows it.
fn accounts_only(transaction: &Value, versions: bool) -> Value {
    let (meta, message) = (&transaction["meta"], &transaction["transaction"]["message"]);
    let mut shown = Map::new();
    for member in [
        "err",
        "fee",
        "postBalances",
        "postTokenBalances",
        "preBalances",
        "preTokenBalances",
        "status",
    ] {
        shown.insert(member.into(), meta[member].clone());
    }
    let mut out = Map::new();
    out.insert("meta".into(), shown.into());
    let mut body = Map::new();
    body.insert("accountKeys".into(), account_keys(meta, message));
    body.insert("signatures".into(), transaction["transaction"]["signatures"].clone());
    out.insert("transaction".into(), body.into());
    if let (true, Some(version)) = (versions, transaction.get("version")) {
        out.insert("version".into(), version.clone());
    }
    out.into()
}

/// The accounts with what the header says of each: signers come first, readonly ones last in each part.
fn account_keys(meta: &Value, message: &Value) -> Value {
    let number = |name: &str| message["header"][name].as_u64().unwrap_or(0) as usize;
    let keys = message["accountKeys"].as_array().map_or(&[][..], Vec::as_slice);
    let signers = number("numRequiredSignatures").min(keys.len());
    let writable_signers = signers.saturating_sub(number("numReadonlySignedAccounts"));
    let writable = keys.len().saturating_sub(number("numReadonlyUnsignedAccounts"));
    let fixed = keys.iter().enumerate().map(|(i, key)| {
        let can_write = i < writable_signers || (i >= signers && i < writable);
        account_key(key, i < signers, "transaction", can_write)
    });
    let loaded = |list: &'static str, can_write: bool| {
        let keys = meta["loadedAddresses"][list].as_array();
        keys.into_iter()
            .flatten()
            .map(move |key| account_key(key, false, "lookupTable", can_write))
    };
    fixed
        .chain(loaded("writable", true))
        .chain(loaded("readonly", false))
        .collect()
}

fn account_key(key: &Value, signer: bool, source: &str, writable: bool) -> Value {
    serde_json::json!({"pubkey": key, "signer": signer, "source": source, "writable": writable})
}
