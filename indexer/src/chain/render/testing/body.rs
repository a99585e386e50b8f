//! Bodies of getTransaction for cases that no recording has, in every encoding and version.

use crate::chain::render::model::Transaction;
use crate::chain::render::watch::{Role, WatchAccount, WatchSet};
use crate::chain::render::{RenderRules, epochs::EpochTable};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(in crate::chain::render) const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
pub(in crate::chain::render) const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
pub(in crate::chain::render) const MEMO: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
/// Slot and time of every body.
pub(in crate::chain::render) const SLOT: u64 = 1_000;
pub(in crate::chain::render) const TIME: i64 = 1_790_000_000;

/// The address that stands for a name: its bytes, filled up.
pub(in crate::chain::render) fn key(name: &str) -> String {
    let mut bytes = [b'.'; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bs58::encode(bytes).into_string()
}

/// A name's address; what is an address already stays one.
fn address(name: &str) -> String {
    match bs58::decode(name).into_vec() {
        Ok(bytes) if bytes.len() == 32 => name.to_owned(),
        _ => key(name),
    }
}

#[derive(Clone)]
struct Call {
    program: String,
    accounts: Vec<String>,
    data: Vec<u8>,
}

/// A transaction in the making. Accounts are names; the first to be named pays.
#[derive(Clone)]
pub(in crate::chain::render) struct Body {
    keys: Vec<String>,
    signers: usize,
    writable: Vec<String>,
    readonly: Vec<String>,
    calls: Vec<Call>,
    inner: BTreeMap<usize, Vec<Call>>,
    before: Vec<(String, String, String, u64)>,
    after: Vec<(String, String, String, u64)>,
    pub err: Value,
}

impl Body {
    /// Paid and signed by `payer`.
    pub(in crate::chain::render) fn new() -> Self {
        Self {
            keys: vec![key("payer")],
            signers: 1,
            writable: Vec::new(),
            readonly: Vec::new(),
            calls: Vec::new(),
            inner: BTreeMap::new(),
            before: Vec::new(),
            after: Vec::new(),
            err: Value::Null,
        }
    }

    /// Another signer.
    pub(in crate::chain::render) fn signed_by(mut self, name: &str) -> Self {
        assert_eq!(self.keys.len(), self.signers, "signers come first");
        self.keys.push(address(name));
        self.signers += 1;
        self
    }

    /// Accounts that come from lookup tables.
    pub(in crate::chain::render) fn loads(mut self, writable: &[&str], readonly: &[&str]) -> Self {
        self.writable.extend(writable.iter().map(|name| address(name)));
        self.readonly.extend(readonly.iter().map(|name| address(name)));
        self
    }

    fn named(&mut self, name: &str) -> String {
        let address = address(name);
        let all = || self.keys.iter().chain(&self.writable).chain(&self.readonly);
        if !all().any(|key| *key == address) {
            self.keys.push(address.clone());
        }
        address
    }

    fn made(&mut self, program: &str, accounts: &[&str], data: &[u8]) -> Call {
        Call {
            accounts: accounts.iter().map(|name| self.named(name)).collect(),
            program: self.named(program),
            data: data.to_vec(),
        }
    }

    /// A top-level instruction.
    pub(in crate::chain::render) fn call(mut self, program: &str, accounts: &[&str], data: &[u8]) -> Self {
        let call = self.made(program, accounts, data);
        self.calls.push(call);
        self
    }

    /// An instruction that the last top-level one called.
    pub(in crate::chain::render) fn inner(mut self, program: &str, accounts: &[&str], data: &[u8]) -> Self {
        let call = self.made(program, accounts, data);
        self.inner.entry(self.calls.len() - 1).or_default().push(call);
        self
    }

    /// A memo.
    pub(in crate::chain::render) fn memo(self, text: &str) -> Self {
        self.call(MEMO, &[], text.as_bytes())
    }

    /// A token account of `mint` before and after; nothing: it is not listed.
    pub(in crate::chain::render) fn balance(
        mut self,
        account: &str,
        owner: &str,
        before: Option<u64>,
        after: Option<u64>,
    ) -> Self {
        let account = self.named(account);
        let entry = |amount| (account.clone(), key("mint"), address(owner), amount);
        self.before.extend(before.map(entry));
        self.after.extend(after.map(entry));
        self
    }

    /// An account that changes hands.
    pub(in crate::chain::render) fn handed_over(
        mut self,
        account: &str,
        from: &str,
        to: &str,
        held: (u64, u64),
    ) -> Self {
        let account = self.named(account);
        self.before.push((account.clone(), key("mint"), address(from), held.0));
        self.after.push((account, key("mint"), address(to), held.1));
        self
    }

    fn index(&self, address: &str) -> usize {
        let mut all = self.keys.iter().chain(&self.writable).chain(&self.readonly);
        all.position(|key| key == address).unwrap()
    }

    fn json_calls(&self, calls: &[Call]) -> Vec<Value> {
        let one = |call: &Call| {
            json!({
                "programIdIndex": self.index(&call.program),
                "accounts": call.accounts.iter().map(|name| self.index(name)).collect::<Vec<_>>(),
                "data": bs58::encode(&call.data).into_string(),
                "stackHeight": null,
            })
        };
        calls.iter().map(one).collect()
    }

    fn json_balances(&self, list: &[(String, String, String, u64)]) -> Vec<Value> {
        let one = |(account, mint, owner, amount): &(String, String, String, u64)| {
            json!({
                "accountIndex": self.index(account), "mint": mint, "owner": owner, "programId": TOKEN,
                "uiTokenAmount": {"amount": amount.to_string(), "decimals": 8, "uiAmount": 0.5, "uiAmountString": "0.5"},
            })
        };
        list.iter().map(one).collect()
    }

    /// Its first signature: each signer's is its key, twice.
    pub(in crate::chain::render) fn signature(&self) -> String {
        bs58::encode(self.signatures()[0]).into_string()
    }

    fn signatures(&self) -> Vec<[u8; 64]> {
        let one = |key: &String| {
            let bytes = bs58::decode(key).into_vec().unwrap();
            let twice = [bytes.as_slice(), bytes.as_slice()].concat();
            twice.try_into().unwrap()
        };
        self.keys[..self.signers].iter().map(one).collect()
    }

    fn with(&self, version: Value, transaction: Value) -> Value {
        let inner: Vec<Value> = self
            .inner
            .iter()
            .map(|(index, calls)| json!({"index": index, "instructions": self.json_calls(calls)}))
            .collect();
        json!({
            "slot": SLOT, "blockTime": TIME, "version": version, "transaction": transaction,
            "meta": {
                "err": self.err, "fee": 5000, "innerInstructions": inner, "computeUnitsConsumed": 100,
                "preTokenBalances": self.json_balances(&self.before),
                "postTokenBalances": self.json_balances(&self.after),
                "loadedAddresses": {"writable": self.writable, "readonly": self.readonly},
                "logMessages": ["Log truncated"], "preBalances": [1], "postBalances": [0], "rewards": [],
            },
        })
    }

    fn version(&self) -> i8 {
        if self.writable.is_empty() && self.readonly.is_empty() {
            -1
        } else {
            0
        }
    }

    /// Encoding `json`.
    pub(in crate::chain::render) fn json(&self) -> Value {
        let signatures: Vec<String> = self
            .signatures()
            .iter()
            .map(|one| bs58::encode(one).into_string())
            .collect();
        let mut message = json!({
            "accountKeys": self.keys,
            "header": {"numRequiredSignatures": self.signers, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 0},
            "instructions": self.json_calls(&self.calls),
            "recentBlockhash": key("blockhash"),
        });
        let mut version = json!("legacy");
        if self.version() == 0 {
            let indexes = |count: usize| (0..count).collect::<Vec<_>>();
            version = json!(0);
            message["addressTableLookups"] = json!([{
                "accountKey": key("table"),
                "writableIndexes": indexes(self.writable.len()),
                "readonlyIndexes": indexes(self.readonly.len()),
            }]);
        }
        self.with(version, json!({"signatures": signatures, "message": message}))
    }

    /// Encoding `base64`: legacy, or version 0 where accounts are loaded.
    pub(in crate::chain::render) fn base64(&self) -> Value {
        let mut bytes = vec![u8::try_from(self.signers).unwrap()];
        self.signatures().iter().for_each(|one| bytes.extend(one));
        if self.version() == 0 {
            bytes.push(0x80);
        }
        bytes.extend([u8::try_from(self.signers).unwrap(), 0, 0]);
        bytes.extend(count(self.keys.len()));
        bytes.extend(self.key_bytes());
        bytes.extend([7; 32]);
        bytes.extend(count(self.calls.len()));
        for call in &self.calls {
            bytes.push(self.byte(&call.program));
            bytes.extend(count(call.accounts.len()));
            bytes.extend(call.accounts.iter().map(|name| self.byte(name)));
            bytes.extend(count(call.data.len()));
            bytes.extend(&call.data);
        }
        let mut version = json!("legacy");
        if self.version() == 0 {
            version = json!(0);
            bytes.push(1);
            bytes.extend([9; 32]);
            for list in [&self.writable, &self.readonly] {
                bytes.extend(count(list.len()));
                bytes.extend((0..list.len()).map(|index| u8::try_from(index).unwrap()));
            }
        }
        self.with(version, json!([STANDARD.encode(bytes), "base64"]))
    }

    /// Encoding `base64`, version 1, with a fee and a heap size in its configuration.
    pub(in crate::chain::render) fn version_1(&self) -> Value {
        self.with(json!(1), json!([STANDARD.encode(self.version_1_bytes()), "base64"]))
    }

    /// The bytes of version 1.
    pub(in crate::chain::render) fn version_1_bytes(&self) -> Vec<u8> {
        assert_eq!(self.version(), -1, "version 1 has no lookup tables");
        let small = |number: usize| u8::try_from(number).unwrap();
        let mut bytes = vec![0x81, small(self.signers), 0, 0];
        bytes.extend(0b1_0011_u32.to_le_bytes());
        bytes.extend([7; 32]);
        bytes.extend([small(self.calls.len()), small(self.keys.len())]);
        bytes.extend(self.key_bytes());
        bytes.extend(5_000_u64.to_le_bytes());
        bytes.extend(65_536_u32.to_le_bytes());
        for call in &self.calls {
            bytes.extend([self.byte(&call.program), small(call.accounts.len())]);
            bytes.extend(u16::try_from(call.data.len()).unwrap().to_le_bytes());
        }
        for call in &self.calls {
            bytes.extend(call.accounts.iter().map(|name| self.byte(name)));
            bytes.extend(&call.data);
        }
        self.signatures().iter().for_each(|one| bytes.extend(one));
        bytes
    }

    fn byte(&self, address: &str) -> u8 {
        u8::try_from(self.index(address)).unwrap()
    }

    fn key_bytes(&self) -> Vec<u8> {
        let decode = |key: &String| bs58::decode(key).into_vec().unwrap();
        self.keys.iter().flat_map(decode).collect()
    }

    /// Decoded.
    pub(in crate::chain::render) fn transaction(&self) -> Transaction {
        super::transaction(&self.json(), &self.signature())
    }
}

/// A compact-u16.
fn count(number: usize) -> Vec<u8> {
    match number {
        0..0x80 => vec![number as u8],
        _ => vec![(number & 0x7f) as u8 | 0x80, (number >> 7) as u8],
    }
}

/// `tag amount:u64`, as transfer, mintTo and burn have it.
pub(in crate::chain::render) fn plain(tag: u8, amount: u64) -> Vec<u8> {
    let mut data = vec![tag];
    data.extend(amount.to_le_bytes());
    data
}

/// `tag amount:u64 decimals:u8`, the checked forms.
pub(in crate::chain::render) fn checked(tag: u8, amount: u64) -> Vec<u8> {
    let mut data = plain(tag, amount);
    data.push(8);
    data
}

/// A Batch of parts: number of accounts, data.
pub(in crate::chain::render) fn batch_of(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut data = vec![255];
    for (accounts, part) in parts {
        data.extend([*accounts, u8::try_from(part.len()).unwrap()]);
        data.extend(part);
    }
    data
}

/// A watched account whose owner is named `<account>.owner`.
pub(in crate::chain::render) fn watched(account: &str, role: Role) -> WatchAccount {
    WatchAccount {
        address: key(account),
        owner: key(&format!("{account}.owner")),
        role,
        subnet: String::new(),
        label: account.to_owned(),
        evidence: "test".to_owned(),
        valid_from_slot: 0,
        valid_to_slot: None,
    }
}

/// Rules that watch one account of each role, named as its role.
pub(in crate::chain::render) fn rules_of_names() -> RenderRules {
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Mint);
    RenderRules {
        chain_id: "test".to_owned(),
        watch: WatchSet {
            mint: key("mint"),
            decimals: 8,
            follow_mint: true,
            accounts: roles.map(|role| watched(role.name(), role)).collect(),
        },
        epochs: EpochTable::mainnet(),
    }
}
