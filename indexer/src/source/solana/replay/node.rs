//! The methods of a replayed node: a method and its parameters in, JSON or a node's error out.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::error::RpcError;
use super::faults::Faults;
use super::params::{Commitment, Params};
use super::recording::{SolanaRecording, request_key};

/// A block that is confirmed becomes final when so many slots have been built on it.
pub(super) const SLOTS_TO_FINALITY: u64 = 31;
/// Slots of an epoch of the chain's calendar.
const SLOTS_IN_EPOCH: u64 = 432_000;
/// Version that a node names where none is recorded.
const NODE_VERSION: &str = "4.2.2";

/// A result as JSON text.
pub(super) type Outcome = Result<String, RpcError>;

/// A node that answers from a recording.
pub(super) struct Node {
    pub(super) recording: Arc<SolanaRecording>,
    pub(super) faults: Faults,
    tip: watch::Receiver<(u64, Instant)>,
    last: u64,
}

/// How far the chain has come for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) finalized: u64,
    /// Nothing more will come: the state is the recorded one.
    pub(super) is_end: bool,
}

impl View {
    /// The newest slot that an answer may know of.
    pub(super) fn slot(self, commitment: Commitment) -> u64 {
        match commitment {
            Commitment::Finalized => self.finalized,
            Commitment::Confirmed | Commitment::Processed => self.finalized.saturating_add(SLOTS_TO_FINALITY),
        }
    }
}

impl Node {
    pub(super) fn new(recording: Arc<SolanaRecording>, faults: Faults, tip: watch::Receiver<(u64, Instant)>) -> Self {
        let last = *recording.slots().end();
        Self {
            recording,
            faults,
            tip,
            last,
        }
    }

    /// The state of the chain now.
    pub(super) fn view(&self) -> View {
        let finalized = self.tip.borrow().0.saturating_sub(self.faults.lag());
        View {
            finalized,
            is_end: finalized >= self.last,
        }
    }

    /// Calls a method.
    pub(super) fn call(&self, method: &str, params: Params<'_>) -> Outcome {
        let view = self.view();
        if view.is_end
            && !(method == "getGenesisHash" && self.faults.genesis().is_some())
            && let Some(recorded) = self.recorded(method, params)
        {
            return recorded;
        }
        self.computed(method, params, view)
    }

    /// The recorded answer to exactly this request.
    fn recorded(&self, method: &str, params: Params<'_>) -> Option<Outcome> {
        let stored = self.recording.exact.get(&request_key(method, params.all()))?;
        let text = match self.text(stored.body) {
            Ok(text) => text,
            Err(error) => return Some(Err(error)),
        };
        if !stored.is_error {
            return Some(Ok(text));
        }
        let error: Value = serde_json::from_str(&text).unwrap_or_default();
        Some(Err(RpcError {
            code: error["code"].as_i64().unwrap_or(-32603),
            message: error["message"].as_str().unwrap_or("Internal error").to_owned(),
            data: error.get("data").cloned(),
        }))
    }

    /// A recorded body as text.
    pub(super) fn text(&self, body: u64) -> Outcome {
        let bytes = self
            .recording
            .body(body)
            .map_err(|e| RpcError::internal(e.to_string()))?;
        String::from_utf8(bytes.into()).map_err(|e| RpcError::internal(e.to_string()))
    }

    /// The answer that follows from all recorded ones together.
    pub(super) fn computed(&self, method: &str, params: Params<'_>, view: View) -> Outcome {
        match method {
            "getSignaturesForAddress" => self.signatures(params, view),
            "getTransaction" => self.transaction(params, view),
            "getBlock" => self.block(params, view),
            "getBlocks" => self.blocks(params, view),
            "getBlocksWithLimit" => self.blocks_with_limit(params, view),
            "getBlockTime" => self.block_time(params, view),
            "getSignatureStatuses" => self.statuses(params, view),
            "getTokenSupply" => self.token_supply(params, view),
            "getTokenLargestAccounts" => self.largest(params, view),
            "getTokenAccountBalance" => self.token_balance(params, view),
            "getTokenAccountsByOwner" => self.by_owner(params, view),
            "getAccountInfo" => self.account_info(params, view),
            "getMultipleAccounts" => self.multiple_accounts(params, view),
            "getProgramAccounts" => self.program_accounts(params, view),
            _ => self.about_itself(method, params, view),
        }
    }

    /// What a node says about itself.
    fn about_itself(&self, method: &str, params: Params<'_>, view: View) -> Outcome {
        let facts = &self.recording.facts;
        let first_block = facts.first_block.unwrap_or(*self.recording.slots().start());
        let answer = match method {
            "getHealth" => return self.health(),
            "getGenesisHash" => return self.genesis_hash(),
            "getVersion" => json!({"feature-set": null, "solana-core": self.version()}),
            "getFirstAvailableBlock" | "minimumLedgerSlot" => first_block.into(),
            "getSlot" => self.context_slot(params, 0, view)?.into(),
            "getBlockHeight" => self.recording.height_at(self.context_slot(params, 0, view)?).into(),
            "getEpochInfo" => self.epoch(self.context_slot(params, 0, view)?),
            _ => return Err(RpcError::no_method()),
        };
        Ok(answer.to_string())
    }

    fn health(&self) -> Outcome {
        match self.faults.lag() {
            0 => Ok(r#""ok""#.into()),
            behind => Err(RpcError::unhealthy(behind)),
        }
    }

    fn genesis_hash(&self) -> Outcome {
        let hash = self.faults.genesis().or(self.recording.genesis_hash());
        let hash = hash.ok_or_else(|| RpcError::internal("the recording has no genesis hash"))?;
        Ok(Value::from(hash).to_string())
    }

    fn version(&self) -> &str {
        self.recording.facts.version.as_deref().unwrap_or(NODE_VERSION)
    }

    fn epoch(&self, slot: u64) -> Value {
        let known = self.recording.transactions.partition_point(|t| t.slot <= slot);
        json!({
            "absoluteSlot": slot,
            "blockHeight": self.recording.height_at(slot),
            "epoch": slot / SLOTS_IN_EPOCH,
            "slotIndex": slot % SLOTS_IN_EPOCH,
            "slotsInEpoch": SLOTS_IN_EPOCH,
            "transactionCount": known,
        })
    }

    /// The slot that an answer is about; refuses a request that wants a later one. Options are at `index`.
    pub(super) fn context_slot(&self, params: Params<'_>, index: usize, view: View) -> Result<u64, RpcError> {
        let options = params.options(index)?;
        let slot = view.slot(options.commitment()?);
        match options.number("minContextSlot")? {
            Some(wanted) if wanted > slot => Err(RpcError::context_slot(slot)),
            _ => Ok(slot),
        }
    }

    /// A value with the slot that it is about.
    pub(super) fn with_context(&self, slot: u64, value: &Value) -> String {
        let context = json!({"apiVersion": self.version(), "slot": slot});
        format!(r#"{{"context":{context},"value":{value}}}"#)
    }
}
