//! The recorded transactions as a node streams them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;
use yellowstone_grpc_proto::geyser::{
    SlotStatus, SubscribeUpdate, SubscribeUpdateBlockMeta, SubscribeUpdatePing, SubscribeUpdateSlot,
    SubscribeUpdateTransaction, SubscribeUpdateTransactionInfo,
};
use yellowstone_grpc_proto::prelude as proto;

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/render-world-1");

/// A recorded transaction that names a followed address.
pub(crate) struct Recorded {
    pub(crate) slot: u64,
    pub(crate) index: u32,
    pub(crate) signature: String,
    pub(crate) block_time: i64,
    /// `result` of `getTransaction`, encoding `json`.
    pub(crate) json: Value,
}

/// All of them, by slot and index.
pub(crate) struct World {
    pub(crate) followed: Vec<String>,
    pub(crate) transactions: Vec<Recorded>,
}

impl World {
    pub(crate) fn load() -> Self {
        let accounts: Value = serde_json::from_slice(&read("accounts.json")).expect("accounts");
        let watched = accounts["watched"].as_object().expect("watched");
        let followed: BTreeSet<String> = watched.values().map(|a| text(a).to_owned()).collect();
        let lines = zstd::decode_all(&read("rpc.jsonl.zst")[..]).expect("zstd");
        let mut slots: BTreeMap<u64, Vec<Recorded>> = BTreeMap::new();
        for line in lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            let pair: Value = serde_json::from_slice(line).expect("JSON");
            let request = &pair["request"];
            if request["method"] != "getTransaction" || request["params"][1]["encoding"] != "json" {
                continue;
            }
            let json = pair["response"]["result"].clone();
            if !keys(&json).iter().any(|key| followed.contains(key)) {
                continue;
            }
            let slot = json["slot"].as_u64().expect("a slot");
            let there = slots.entry(slot).or_default();
            there.push(Recorded {
                slot,
                index: there.len() as u32,
                signature: text(&json["transaction"]["signatures"][0]).to_owned(),
                block_time: json["blockTime"].as_i64().expect("a time"),
                json,
            });
        }
        Self {
            followed: followed.into_iter().collect(),
            transactions: slots.into_values().flatten().collect(),
        }
    }

    /// Slots with transactions.
    pub(crate) fn slots(&self) -> Vec<u64> {
        let slots: BTreeSet<u64> = self.transactions.iter().map(|t| t.slot).collect();
        slots.into_iter().collect()
    }

    /// The last slot.
    pub(crate) fn head(&self) -> u64 {
        *self.slots().last().expect("a slot")
    }

    /// What a node streams of the slots at `from..to` (positions in [`Self::slots`]), slot by slot.
    pub(crate) fn stream(&self, from: usize, to: usize) -> Vec<Vec<SubscribeUpdate>> {
        let slots = self.slots();
        (from..to.min(slots.len())).map(|at| self.slot(&slots, at)).collect()
    }

    fn slot(&self, slots: &[u64], at: usize) -> Vec<SubscribeUpdate> {
        let slot = slots[at];
        let there = self.transactions.iter().filter(|t| t.slot == slot);
        let mut updates: Vec<SubscribeUpdate> = there.map(transaction).collect();
        let time = self.transactions.iter().find(|t| t.slot == slot).map(|t| t.block_time);
        // The parent of the first is a block that was never streamed.
        let parent = if at == 0 { slot - 1 } else { slots[at - 1] };
        updates.push(block(slot, parent, time));
        updates.push(finalized(slot));
        updates
    }
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}/{name}")).expect(name)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> u32 {
    value.as_u64().expect("a number") as u32
}

fn unbase58(value: &Value) -> Vec<u8> {
    bs58::decode(text(value)).into_vec().expect("base58")
}

/// Blockhashes of the recording have letters that are no base58 digits of 32 bytes; any 32 bytes do.
fn any_hash(value: &Value) -> Vec<u8> {
    let mut hash = text(value).as_bytes().to_vec();
    hash.resize(32, 0);
    hash
}

fn keys(json: &Value) -> Vec<String> {
    let loaded = &json["meta"]["loadedAddresses"];
    let lists = [
        &json["transaction"]["message"]["accountKeys"],
        &loaded["writable"],
        &loaded["readonly"],
    ];
    lists
        .iter()
        .flat_map(|keys| list(keys))
        .map(|key| text(key).to_owned())
        .collect()
}

pub(crate) fn update(one: UpdateOneof) -> SubscribeUpdate {
    SubscribeUpdate {
        filters: vec!["gridproof".to_owned()],
        update_oneof: Some(one),
        created_at: None,
    }
}

pub(crate) fn hash(slot: u64) -> String {
    let mut hash = [9; 32];
    hash[..8].copy_from_slice(&slot.to_le_bytes());
    bs58::encode(hash).into_string()
}

pub(crate) fn block(slot: u64, parent: u64, time: Option<i64>) -> SubscribeUpdate {
    update(UpdateOneof::BlockMeta(SubscribeUpdateBlockMeta {
        slot,
        blockhash: hash(slot),
        parent_slot: parent,
        parent_blockhash: hash(parent),
        block_time: time.map(|timestamp| proto::UnixTimestamp { timestamp }),
        ..Default::default()
    }))
}

pub(crate) fn finalized(slot: u64) -> SubscribeUpdate {
    status(slot, SlotStatus::SlotFinalized)
}

pub(crate) fn status(slot: u64, status: SlotStatus) -> SubscribeUpdate {
    update(UpdateOneof::Slot(SubscribeUpdateSlot {
        slot,
        status: status.into(),
        ..Default::default()
    }))
}

pub(crate) fn ping() -> SubscribeUpdate {
    update(UpdateOneof::Ping(SubscribeUpdatePing {}))
}

pub(crate) fn transaction(recorded: &Recorded) -> SubscribeUpdate {
    update(UpdateOneof::Transaction(SubscribeUpdateTransaction {
        slot: recorded.slot,
        bank_id: 0,
        transaction: Some(SubscribeUpdateTransactionInfo {
            signature: bs58::decode(&recorded.signature).into_vec().expect("base58"),
            is_vote: false,
            transaction: Some(wire(&recorded.json)),
            meta: Some(meta(&recorded.json["meta"])),
            index: recorded.index.into(),
        }),
    }))
}

fn wire(json: &Value) -> proto::Transaction {
    let message = &json["transaction"]["message"];
    let header = &message["header"];
    let lookup = |table: &Value| proto::MessageAddressTableLookup {
        account_key: unbase58(&table["accountKey"]),
        writable_indexes: list(&table["writableIndexes"])
            .iter()
            .map(|i| number(i) as u8)
            .collect(),
        readonly_indexes: list(&table["readonlyIndexes"])
            .iter()
            .map(|i| number(i) as u8)
            .collect(),
    };
    proto::Transaction {
        signatures: list(&json["transaction"]["signatures"]).iter().map(unbase58).collect(),
        message: Some(proto::Message {
            header: Some(proto::MessageHeader {
                num_required_signatures: number(&header["numRequiredSignatures"]),
                num_readonly_signed_accounts: number(&header["numReadonlySignedAccounts"]),
                num_readonly_unsigned_accounts: number(&header["numReadonlyUnsignedAccounts"]),
            }),
            account_keys: list(&message["accountKeys"]).iter().map(unbase58).collect(),
            recent_blockhash: any_hash(&message["recentBlockhash"]),
            instructions: list(&message["instructions"]).iter().map(outer).collect(),
            versioned: json["version"] != "legacy",
            address_table_lookups: list(&message["addressTableLookups"]).iter().map(lookup).collect(),
            config: None,
        }),
    }
}

fn accounts(instruction: &Value) -> Vec<u8> {
    list(&instruction["accounts"]).iter().map(|i| number(i) as u8).collect()
}

fn outer(instruction: &Value) -> proto::CompiledInstruction {
    proto::CompiledInstruction {
        program_id_index: number(&instruction["programIdIndex"]),
        accounts: accounts(instruction),
        data: unbase58(&instruction["data"]),
    }
}

fn inner(list_of_one: &Value) -> proto::InnerInstructions {
    let instruction = |i: &Value| proto::InnerInstruction {
        program_id_index: number(&i["programIdIndex"]),
        accounts: accounts(i),
        data: unbase58(&i["data"]),
        stack_height: i["stackHeight"].as_u64().map(|h| h as u32),
    };
    proto::InnerInstructions {
        index: number(&list_of_one["index"]),
        instructions: list(&list_of_one["instructions"]).iter().map(instruction).collect(),
    }
}

fn meta(json: &Value) -> proto::TransactionStatusMeta {
    let numbers = |value: &Value| list(value).iter().map(|n| n.as_u64().expect("lamports")).collect();
    let loaded = &json["loadedAddresses"];
    proto::TransactionStatusMeta {
        err: failure(&json["err"]),
        fee: json["fee"].as_u64().expect("a fee"),
        pre_balances: numbers(&json["preBalances"]),
        post_balances: numbers(&json["postBalances"]),
        inner_instructions: list(&json["innerInstructions"]).iter().map(inner).collect(),
        inner_instructions_none: json["innerInstructions"].is_null(),
        log_messages: list(&json["logMessages"])
            .iter()
            .map(|line| text(line).to_owned())
            .collect(),
        log_messages_none: json["logMessages"].is_null(),
        pre_token_balances: list(&json["preTokenBalances"]).iter().map(token_balance).collect(),
        post_token_balances: list(&json["postTokenBalances"]).iter().map(token_balance).collect(),
        rewards: Vec::new(),
        loaded_writable_addresses: list(&loaded["writable"]).iter().map(unbase58).collect(),
        loaded_readonly_addresses: list(&loaded["readonly"]).iter().map(unbase58).collect(),
        return_data: None,
        return_data_none: true,
        compute_units_consumed: json["computeUnitsConsumed"].as_u64(),
        cost_units: json["costUnits"].as_u64(),
    }
}

/// The only failures of the recording are custom errors of an instruction.
fn failure(err: &Value) -> Option<proto::TransactionError> {
    if err.is_null() {
        return None;
    }
    let mut bytes = vec![8, 0, 0, 0];
    bytes.push(number(&err["InstructionError"][0]) as u8);
    bytes.extend(25_u32.to_le_bytes());
    bytes.extend(number(&err["InstructionError"][1]["Custom"]).to_le_bytes());
    Some(proto::TransactionError { err: bytes })
}

fn token_balance(json: &Value) -> proto::TokenBalance {
    let amount = &json["uiTokenAmount"];
    proto::TokenBalance {
        account_index: number(&json["accountIndex"]),
        mint: text(&json["mint"]).to_owned(),
        owner: text(&json["owner"]).to_owned(),
        program_id: text(&json["programId"]).to_owned(),
        ui_token_amount: Some(proto::UiTokenAmount {
            ui_amount: amount["uiAmount"].as_f64().unwrap_or_default(),
            decimals: number(&amount["decimals"]),
            amount: text(&amount["amount"]).to_owned(),
            ui_amount_string: text(&amount["uiAmountString"]).to_owned(),
        }),
    }
}
