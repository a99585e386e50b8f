//! The canonical body: what `getTransaction` answers in encoding `json`, keys in the order of the RPC's documentation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::Value;
use yellowstone_grpc_proto::prelude as proto;

use super::ConvertError;
use super::message::{Lookup, Message, Version};
use super::meta::{Meta, TokenBalance};

/// Top-level instructions run at this height of the stack.
const TOP_LEVEL: u32 = 1;

/// A body without its first key, `blockTime`, which comes with the block's meta.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Body(Bytes);

impl Body {
    pub(super) fn new(slot: u64, message: &Message<'_>, meta: &Meta<'_>) -> Result<Self, ConvertError> {
        let document = Document {
            slot,
            version: message.version,
            meta: outcome(message, meta),
            transaction: Wire {
                signatures: &message.signatures,
                message: plain(message),
            },
        };
        let written = serde_json::to_vec(&document);
        let bytes = written.map_err(|_| ConvertError::Contradiction("the transaction cannot be written as JSON"))?;
        Ok(Self(bytes.into()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn with_time(&self, block_time: i64) -> Bytes {
        let mut whole = Vec::with_capacity(self.0.len() + 40);
        whole.extend_from_slice(b"{\"blockTime\":");
        whole.extend_from_slice(block_time.to_string().as_bytes());
        whole.push(b',');
        whole.extend_from_slice(self.0.get(1..).unwrap_or_default());
        whole.into()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    slot: u64,
    version: Version,
    meta: Outcome<'a>,
    transaction: Wire<'a>,
}

#[derive(Serialize)]
struct Wire<'a> {
    signatures: &'a [String],
    message: Plain<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plain<'a> {
    header: Header,
    account_keys: &'a [String],
    recent_blockhash: &'a str,
    instructions: Vec<Instruction<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_table_lookups: Option<&'a [Lookup<'a>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_config: Option<Config>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    num_required_signatures: u32,
    num_readonly_signed_accounts: u32,
    num_readonly_unsigned_accounts: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    priority_fee: Option<u64>,
    compute_unit_limit: Option<u32>,
    loaded_accounts_data_size_limit: Option<u32>,
    heap_size: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Instruction<'a> {
    program_id_index: u32,
    #[serde(serialize_with = "numbers")]
    accounts: &'a [u8],
    #[serde(serialize_with = "base58")]
    data: &'a [u8],
    stack_height: Option<u32>,
}

#[derive(Serialize)]
struct Inner<'a> {
    index: u32,
    instructions: Vec<Instruction<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    err: Option<&'a Value>,
    status: Value,
    fee: u64,
    pre_balances: &'a [u64],
    post_balances: &'a [u64],
    inner_instructions: Option<Vec<Inner<'a>>>,
    log_messages: Option<&'a [String]>,
    pre_token_balances: &'a [TokenBalance<'a>],
    post_token_balances: &'a [TokenBalance<'a>],
    /// Rewards belong to blocks, and blocks are not followed.
    rewards: Option<()>,
    loaded_addresses: Loaded<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_data: Option<ReturnData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compute_units_consumed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_units: Option<u64>,
}

#[derive(Serialize)]
struct Loaded<'a> {
    writable: &'a [String],
    readonly: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReturnData<'a> {
    program_id: &'a str,
    data: (String, &'static str),
}

fn plain<'a>(message: &'a Message<'_>) -> Plain<'a> {
    let with_lookups = message.version == Version::Number(0);
    Plain {
        header: Header {
            num_required_signatures: message.header.num_required_signatures,
            num_readonly_signed_accounts: message.header.num_readonly_signed_accounts,
            num_readonly_unsigned_accounts: message.header.num_readonly_unsigned_accounts,
        },
        account_keys: &message.static_keys,
        recent_blockhash: &message.recent_blockhash,
        instructions: message.instructions.iter().map(top_level).collect(),
        address_table_lookups: with_lookups.then_some(&message.lookups[..]),
        transaction_config: message.config.map(|config| Config {
            priority_fee: config.priority_fee,
            compute_unit_limit: config.compute_unit_limit,
            loaded_accounts_data_size_limit: config.loaded_accounts_data_size_limit,
            heap_size: config.heap_size,
        }),
    }
}

fn outcome<'a>(message: &'a Message<'_>, meta: &'a Meta<'_>) -> Outcome<'a> {
    let err = meta.failure.as_ref().map(|failure| &failure.json);
    Outcome {
        err,
        status: match err {
            Some(err) => serde_json::json!({ "Err": err }),
            None => serde_json::json!({ "Ok": null }),
        },
        fee: meta.status.fee,
        pre_balances: &meta.status.pre_balances,
        post_balances: &meta.status.post_balances,
        inner_instructions: meta.inner.map(|lists| lists.iter().map(inner).collect()),
        log_messages: meta.logs,
        pre_token_balances: &meta.pre_tokens,
        post_token_balances: &meta.post_tokens,
        rewards: None,
        loaded_addresses: Loaded {
            writable: &message.loaded_writable,
            readonly: &message.loaded_readonly,
        },
        return_data: meta.returned.as_ref().map(|returned| ReturnData {
            program_id: &returned.program,
            data: (STANDARD.encode(returned.data), "base64"),
        }),
        compute_units_consumed: meta.status.compute_units_consumed,
        cost_units: meta.status.cost_units,
    }
}

fn top_level(raw: &proto::CompiledInstruction) -> Instruction<'_> {
    Instruction {
        program_id_index: raw.program_id_index,
        accounts: &raw.accounts,
        data: &raw.data,
        stack_height: Some(TOP_LEVEL),
    }
}

fn inner(raw: &proto::InnerInstructions) -> Inner<'_> {
    let instructions = raw.instructions.iter().map(|instruction| Instruction {
        program_id_index: instruction.program_id_index,
        accounts: &instruction.accounts,
        data: &instruction.data,
        stack_height: instruction.stack_height,
    });
    Inner {
        index: raw.index,
        instructions: instructions.collect(),
    }
}

fn numbers<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(bytes.len()))?;
    for byte in bytes {
        list.serialize_element(byte)?;
    }
    list.end()
}

fn base58<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&bs58::encode(bytes).into_string())
}
