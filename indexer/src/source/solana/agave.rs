//! [`SolanaRpc`] over the Solana client crate. The only file that speaks its types.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_client::nonblocking::rpc_client::RpcClient;
use solana_client::rpc_client::RpcClientConfig;
use solana_client::rpc_request::RpcRequest;

use super::counters::Counters;
use super::rpc::{
    Account, Accounts, BlockDetail, BlockLinks, Listed, MAX_SIGNATURES, MAX_TRANSACTION_VERSION, SignaturesQuery,
    SolanaRpc, Supply,
};
use super::sender::{Sender, unwrap};
use super::throttle::{RateLimits, Throttle};
use crate::source::transport::Transport;
use crate::source::{Defect, FetchError, HttpClients, Limits};

/// A node behind an HTTP address.
#[derive(Clone)]
pub struct AgaveRpc {
    client: Arc<RpcClient>,
    sender: Sender,
}

impl fmt::Debug for AgaveRpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AgaveRpc").field(&self.name()).finish()
    }
}

impl AgaveRpc {
    /// A node at `url`. Nothing is sent yet.
    pub(super) fn new(
        clients: &HttpClients,
        url: &str,
        limits: Limits,
        rates: RateLimits,
        counters: Arc<Counters>,
    ) -> Result<Self, FetchError> {
        let transport = Transport::rpc(clients, url, limits)?;
        let sender = Sender::new(transport, Arc::new(Throttle::new(rates)), counters);
        let client = RpcClient::new_sender(sender.clone(), RpcClientConfig::default());
        Ok(Self {
            client: Arc::new(client),
            sender,
        })
    }

    /// A node at `url` that belongs to no source and counts for itself. Nothing is sent yet.
    pub(in crate::source) fn connect(
        clients: &HttpClients,
        url: &str,
        limits: Limits,
        rates: RateLimits,
    ) -> Result<Self, FetchError> {
        Self::new(clients, url, limits, rates, Arc::default())
    }

    /// Requests that waited for the rate limit.
    pub(super) fn rate_limit_waits(&self) -> u64 {
        self.sender.waits_total()
    }

    /// One request. The answer must have the shape `T`: the client would pass a typed error over as a lesser one.
    async fn ask<T: DeserializeOwned>(&self, request: RpcRequest, slot: u64, params: Value) -> Result<T, FetchError> {
        let answer = self.client.send(request, params).await;
        answer.map_err(|error| unwrap(self.name(), slot, error))
    }

    fn odd(&self, slot: u64, why: impl Into<String>) -> FetchError {
        FetchError::malformed(self.name(), slot, Defect::Shape { why: why.into() })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireListed {
    signature: String,
    slot: u64,
    #[serde(default)]
    err: Value,
    block_time: Option<i64>,
    confirmation_status: Option<String>,
    transaction_index: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBlock {
    blockhash: String,
    parent_slot: u64,
    previous_blockhash: String,
    block_time: Option<i64>,
    #[serde(default)]
    signatures: Vec<String>,
}

#[derive(Deserialize)]
struct WithContext<T> {
    context: Context,
    value: T,
}

#[derive(Deserialize)]
struct Context {
    slot: u64,
}

#[derive(Deserialize)]
struct WireSupply {
    amount: String,
    decimals: u8,
}

#[derive(Deserialize)]
struct WireAccount {
    owner: String,
    data: (String, String),
}

#[derive(Deserialize)]
struct WireVersion {
    #[serde(rename = "solana-core", default)]
    core: String,
}

impl SolanaRpc for AgaveRpc {
    fn name(&self) -> &str {
        self.sender.name()
    }

    async fn signatures(&self, query: &SignaturesQuery) -> Result<Vec<Listed>, FetchError> {
        let mut config = json!({
            "limit": query.limit,
            "commitment": "finalized",
            "minContextSlot": query.min_context_slot,
        });
        if let Some(before) = &query.before {
            config["before"] = json!(before);
        }
        let asked = query.min_context_slot;
        let request = RpcRequest::GetSignaturesForAddress;
        let page: Vec<WireListed> = self.ask(request, asked, json!([query.address, config])).await?;
        if page.len() > MAX_SIGNATURES {
            return Err(self.odd(asked, format!("{} signatures in one page", page.len())));
        }
        page.into_iter().map(|wire| self.listed(wire)).collect()
    }

    async fn transaction(&self, signature: &str) -> Result<Option<Bytes>, FetchError> {
        let config = json!({
            "encoding": "json",
            "commitment": "finalized",
            "maxSupportedTransactionVersion": MAX_TRANSACTION_VERSION,
        });
        let params = json!([signature, config]);
        let body: Option<String> = self.ask(RpcRequest::GetTransaction, 0, params).await?;
        Ok(body.map(Bytes::from))
    }

    async fn block(&self, slot: u64, detail: BlockDetail) -> Result<BlockLinks, FetchError> {
        let config = json!({
            "encoding": "json",
            "transactionDetails": match detail { BlockDetail::Links => "none", BlockDetail::Signatures => "signatures" },
            "rewards": false,
            "commitment": "finalized",
            "maxSupportedTransactionVersion": MAX_TRANSACTION_VERSION,
        });
        let block: Option<WireBlock> = self.ask(RpcRequest::GetBlock, slot, json!([slot, config])).await?;
        // A validator says why it has no block; some other servers answer null, which says nothing.
        let block = block.ok_or_else(|| FetchError::NotYet {
            endpoint: self.name().to_owned(),
            height: slot,
            tip: None,
        })?;
        if block.parent_slot >= slot && slot > 0 {
            return Err(self.odd(slot, format!("its parent is in slot {}", block.parent_slot)));
        }
        Ok(BlockLinks {
            slot,
            blockhash: block.blockhash,
            parent_slot: block.parent_slot,
            previous_blockhash: block.previous_blockhash,
            block_time: block.block_time,
            signatures: block.signatures,
        })
    }

    async fn block_time(&self, slot: u64) -> Result<Option<i64>, FetchError> {
        self.ask(RpcRequest::GetBlockTime, slot, json!([slot])).await
    }

    async fn slot(&self, at_least: Option<u64>) -> Result<u64, FetchError> {
        let mut config = json!({ "commitment": "finalized" });
        if let Some(slot) = at_least {
            config["minContextSlot"] = json!(slot);
        }
        self.ask(RpcRequest::GetSlot, at_least.unwrap_or(0), json!([config]))
            .await
    }

    async fn first_available_block(&self) -> Result<u64, FetchError> {
        self.ask(RpcRequest::GetFirstAvailableBlock, 0, json!([])).await
    }

    async fn blocks_with_limit(&self, start: u64, limit: usize) -> Result<Vec<u64>, FetchError> {
        let params = json!([start, limit, { "commitment": "finalized" }]);
        let slots: Vec<u64> = self.ask(RpcRequest::GetBlocksWithLimit, start, params).await?;
        let ascending = slots.windows(2).all(|pair| pair[0] < pair[1]);
        if slots.len() > limit || !ascending || slots.first().is_some_and(|first| *first < start) {
            return Err(self.odd(start, "its list of blocks is not what was asked for"));
        }
        Ok(slots)
    }

    async fn genesis_hash(&self) -> Result<String, FetchError> {
        let hash: String = self.ask(RpcRequest::GetGenesisHash, 0, json!([])).await?;
        if is_base58(&hash, 32) {
            Ok(hash)
        } else {
            Err(self.odd(0, "its genesis hash is not a hash"))
        }
    }

    async fn token_supply(&self, mint: &str) -> Result<Supply, FetchError> {
        let params = json!([mint, { "commitment": "finalized" }]);
        let answer: WithContext<WireSupply> = self.ask(RpcRequest::GetTokenSupply, 0, params).await?;
        let slot = answer.context.slot;
        let amount = answer.value.amount.parse();
        Ok(Supply {
            slot,
            amount: amount.map_err(|_| self.odd(slot, "the supply is not a number of base units"))?,
            decimals: answer.value.decimals,
        })
    }

    async fn accounts(&self, addresses: &[String]) -> Result<Accounts, FetchError> {
        let params = json!([addresses, { "encoding": "base64", "commitment": "finalized" }]);
        let request = RpcRequest::GetMultipleAccounts;
        let answer: WithContext<Vec<Option<WireAccount>>> = self.ask(request, 0, params).await?;
        let slot = answer.context.slot;
        if answer.value.len() != addresses.len() {
            return Err(self.odd(slot, "it answers for another number of accounts than asked"));
        }
        let account = |wire: Option<WireAccount>| wire.map(|wire| self.account(slot, wire)).transpose();
        Ok(Accounts {
            slot,
            accounts: answer.value.into_iter().map(account).collect::<Result<_, _>>()?,
        })
    }

    async fn version(&self) -> Result<String, FetchError> {
        let version: WireVersion = self.ask(RpcRequest::GetVersion, 0, json!([])).await?;
        Ok(version.core.chars().take(100).collect())
    }
}

impl AgaveRpc {
    fn listed(&self, wire: WireListed) -> Result<Listed, FetchError> {
        if !is_base58(&wire.signature, 64) {
            return Err(self.odd(wire.slot, "it lists what is not a signature"));
        }
        let status = wire.confirmation_status.as_deref();
        if status.is_some_and(|status| status != "finalized") {
            return Err(self.odd(
                wire.slot,
                format!("it lists {}, which is not finalized", wire.signature),
            ));
        }
        Ok(Listed {
            signature: wire.signature,
            slot: wire.slot,
            err: wire.err,
            block_time: wire.block_time,
            tx_index: wire.transaction_index,
        })
    }

    fn account(&self, slot: u64, wire: WireAccount) -> Result<Account, FetchError> {
        if wire.data.1 != "base64" {
            return Err(self.odd(slot, "an account in another encoding than asked for"));
        }
        let data = STANDARD.decode(&wire.data.0);
        Ok(Account {
            program: wire.owner,
            data: data.map_err(|e| self.odd(slot, format!("an account that is not base64: {e}")))?,
        })
    }
}

/// Whether `text` is `bytes` bytes in base58.
pub(super) fn is_base58(text: &str, bytes: usize) -> bool {
    // 64 bytes have at most 88 digits.
    text.len() <= 88
        && bs58::decode(text)
            .into_vec()
            .is_ok_and(|decoded| decoded.len() == bytes)
}
