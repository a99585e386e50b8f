//! The errors of a Solana node: numbers, words and data as version 4.2 has them.

use bytes::Bytes;
use serde_json::{Value, json};

/// A JSON-RPC error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RpcError {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) data: Option<Value>,
}

impl RpcError {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    pub(super) fn parse() -> Self {
        Self::new(-32700, "Parse error")
    }

    pub(super) fn invalid_request() -> Self {
        Self::new(-32600, "Invalid request")
    }

    /// A request that is well-formed and that a node refuses all the same.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(-32600, message)
    }

    pub(super) fn no_method() -> Self {
        Self::new(-32601, "Method not found")
    }

    pub(super) fn params(message: impl Into<String>) -> Self {
        Self::new(-32602, message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(-32603, message)
    }

    pub(super) fn cleaned_up(slot: u64, first: u64) -> Self {
        let message = format!("Block {slot} cleaned up, does not exist on node. First available block: {first}");
        Self::new(-32001, message)
    }

    pub(super) fn not_available(slot: u64) -> Self {
        Self::new(-32004, format!("Block not available for slot {slot}"))
    }

    pub(super) fn unhealthy(behind: u64) -> Self {
        Self {
            code: -32005,
            message: format!("Node is behind by {behind} slots"),
            data: Some(json!({"numSlotsBehind": behind})),
        }
    }

    pub(super) fn skipped(slot: u64) -> Self {
        let message = format!("Slot {slot} was skipped, or missing due to ledger jump to recent snapshot");
        Self::new(-32007, message)
    }

    pub(super) fn skipped_in_storage(slot: u64) -> Self {
        Self::new(
            -32009,
            format!("Slot {slot} was skipped, or missing in long-term storage"),
        )
    }

    pub(super) fn version(version: u8) -> Self {
        Self::new(
            -32015,
            format!(
                "Transaction version ({version}) is not supported by the requesting client. Please try the request \
                 again with the following configuration parameter: \"maxSupportedTransactionVersion\": {version}"
            ),
        )
    }

    pub(super) fn context_slot(context_slot: u64) -> Self {
        Self {
            code: -32016,
            message: "Minimum context slot has not been reached".into(),
            data: Some(json!({"contextSlot": context_slot})),
        }
    }

    pub(super) fn filter_not_found(signature: &str) -> Self {
        Self::new(-32020, format!("Transaction {signature} not found"))
    }

    /// The error that a node with this code words so, about `slot`; `None`: no node has that code.
    pub(super) fn of_code(code: i64, slot: u64) -> Option<Self> {
        Some(match code {
            -32001 => Self::cleaned_up(slot, slot.saturating_add(1)),
            -32004 => Self::not_available(slot),
            -32005 => Self::unhealthy(150),
            -32007 => Self::skipped(slot),
            -32009 => Self::skipped_in_storage(slot),
            -32010 => Self::new(
                code,
                "key excluded from account secondary indexes; this RPC method unavailable for key",
            ),
            -32011 => Self::new(code, "Transaction history is not available from this node"),
            -32014 => Self::new(code, format!("Block status not yet available for slot {slot}")),
            -32015 => Self::version(1),
            -32016 => Self::context_slot(slot),
            -32019 => Self::new(code, "Failed to query long-term storage; please try again"),
            -32020 => Self::filter_not_found("1111111111111111111111111111111111111111111111111111111111111111"),
            -32021 => Self::new(code, "No slot history"),
            -32603 => Self::internal("Internal error"),
            _ => return None,
        })
    }

    /// The body of an answer, member by member in a node's order. `id` is JSON.
    pub(super) fn body(&self, id: &str) -> Bytes {
        let message = Value::from(self.message.as_str());
        let data = match &self.data {
            Some(data) => format!(r#","data":{data}"#),
            None => String::new(),
        };
        let code = self.code;
        format!(r#"{{"jsonrpc":"2.0","error":{{"code":{code},"message":{message}{data}}},"id":{id}}}"#).into()
    }
}
