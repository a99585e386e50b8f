//! The RPC methods of a replayed node: a method and its parameters in, a body or a node's error out.

use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::options::{Fault, Faults};
use super::params::Params;
use super::spoil;
use super::store::{ReplayStore, StoredHeight};

/// Headers in one answer of `/blockchain`, as in a real node.
const PAGE: u64 = 20;
/// Bytes in one chunk of `/genesis_chunked`, as in a real node.
const GENESIS_CHUNK: usize = 16 * 1024 * 1024;

/// What a method answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// A whole body with the envelope of a GET request (id −1).
    Body(Bytes),
    /// A JSON-RPC error.
    Error(RpcFailure),
    /// A page in HTML, where an endpoint is made to answer so.
    Html(&'static str),
}

/// A JSON-RPC error as a node words it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RpcFailure {
    pub(super) code: i32,
    pub(super) message: &'static str,
    pub(super) data: String,
}

impl RpcFailure {
    pub(super) fn internal(data: impl Into<String>) -> Self {
        Self {
            code: -32603,
            message: "Internal error",
            data: data.into(),
        }
    }

    pub(super) fn params(data: impl Into<String>) -> Self {
        Self {
            code: -32602,
            message: "Invalid params",
            data: data.into(),
        }
    }

    pub(super) fn no_method() -> Self {
        Self {
            code: -32601,
            message: "Method not found",
            data: String::new(),
        }
    }
}

/// A node that answers from a store.
pub(super) struct Node {
    store: Arc<dyn ReplayStore>,
    pub(super) faults: Faults,
    tip: watch::Receiver<(u64, Instant)>,
}

type Outcome = Result<Answer, RpcFailure>;

impl Node {
    pub(super) fn new(store: Arc<dyn ReplayStore>, faults: Faults, tip: watch::Receiver<(u64, Instant)>) -> Self {
        Self { store, faults, tip }
    }

    /// Height of the newest block.
    pub(super) fn tip(&self) -> u64 {
        self.tip.borrow().0
    }

    /// Follows the newest block.
    pub(super) fn tips(&self) -> watch::Receiver<(u64, Instant)> {
        self.tip.clone()
    }

    /// Calls a method. `None`: the node has no such method.
    pub(super) async fn call(&self, method: &str, params: &Params) -> Option<Answer> {
        let outcome = match method {
            "health" => Ok(body(&json!({}))),
            "status" => self.status().await,
            "block" => self.block(params).await,
            "block_results" => self.block_results(params).await,
            "blockchain" => self.blockchain(params).await,
            "header" => self.header(params).await,
            "genesis" => self.genesis().await,
            "genesis_chunked" => self.genesis_chunk(params).await,
            _ => return None,
        };
        Some(outcome.unwrap_or_else(Answer::Error))
    }

    /// The header of a height as it stands in `block_metas`, with the faults of this endpoint in it.
    pub(super) async fn header_raw(&self, height: u64) -> Result<Box<RawValue>, RpcFailure> {
        #[derive(Deserialize)]
        struct Meta {
            header: Box<RawValue>,
        }
        let meta = self.meta(height).await?;
        let parsed: Meta = serde_json::from_slice(&meta).map_err(|e| RpcFailure::internal(e.to_string()))?;
        Ok(parsed.header)
    }

    fn bounds(&self) -> RangeInclusive<u64> {
        let (first, last) = self.store.heights().into_inner();
        self.faults.floor().unwrap_or(first).max(first)..=self.tip().min(last)
    }

    async fn stored(&self, height: u64) -> Result<StoredHeight, RpcFailure> {
        found(height, self.store.height(height).await)
    }

    async fn meta(&self, height: u64) -> Result<Bytes, RpcFailure> {
        let meta = found(height, self.store.meta(height).await)?;
        Ok(spoil::meta(&self.faults, height, meta))
    }

    /// The height that a request means, or the error of a real node.
    fn wanted(&self, params: &Params) -> Result<u64, RpcFailure> {
        let (floor, tip) = self.bounds().into_inner();
        let Some(height) = params.integer("height")? else {
            return Ok(tip);
        };
        let height = u64::try_from(height)
            .ok()
            .filter(|h| *h > 0)
            .ok_or_else(|| RpcFailure::internal(format!("height must be greater than 0, but got {height}")))?;
        if height > tip {
            let data = format!("height {height} must be less than or equal to the current blockchain height {tip}");
            return Err(RpcFailure::internal(data));
        }
        if height < floor {
            return Err(RpcFailure::internal(format!(
                "height {height} is not available, lowest height is {floor}"
            )));
        }
        Ok(height)
    }

    async fn block(&self, params: &Params) -> Outcome {
        let height = self.wanted(params)?;
        let stored = self.stored(height).await?;
        let whole = match stored.block {
            Some(block) => block,
            None => block_of_header(&stored.meta).map_err(|e| RpcFailure::internal(e.to_string()))?,
        };
        Ok(spoil::block(&self.faults, height, whole))
    }

    async fn block_results(&self, params: &Params) -> Outcome {
        let height = self.wanted(params)?;
        let (tip, since) = *self.tip.borrow();
        if let Some(late) = self.faults.late_results()
            && height == tip
            && since.elapsed() < late
        {
            return Err(RpcFailure::internal(format!(
                "could not find results for height #{height}"
            )));
        }
        Ok(spoil::results(&self.faults, height, self.stored(height).await?.results))
    }

    async fn header(&self, params: &Params) -> Outcome {
        let header = self.header_raw(self.wanted(params)?).await?;
        let mut out = b"{\"jsonrpc\":\"2.0\",\"id\":-1,\"result\":{\"header\":".to_vec();
        out.extend_from_slice(header.get().as_bytes());
        out.extend_from_slice(b"}}");
        Ok(Answer::Body(out.into()))
    }

    async fn blockchain(&self, params: &Params) -> Outcome {
        let (floor, tip) = self.bounds().into_inner();
        let (asked_min, asked_max) = (
            params.integer("minHeight")?.unwrap_or(0),
            params.integer("maxHeight")?.unwrap_or(0),
        );
        let (Ok(min), Ok(max)) = (u64::try_from(asked_min), u64::try_from(asked_max)) else {
            return Err(RpcFailure::internal("heights must be non-negative"));
        };
        let max = if max == 0 { tip } else { max.min(tip) };
        let min = min.max(1).max(floor).max((max + 1).saturating_sub(PAGE));
        if min > max {
            return Err(RpcFailure::internal(format!(
                "min height {min} can't be greater than max height {max}"
            )));
        }
        let mut metas = Vec::new();
        for height in (min..=max).rev() {
            metas.push(self.meta(height).await?);
        }
        let mut out =
            format!("{{\"jsonrpc\":\"2.0\",\"id\":-1,\"result\":{{\"last_height\":\"{tip}\",\"block_metas\":[")
                .into_bytes();
        out.extend_from_slice(&metas.join(&b","[..]));
        out.extend_from_slice(b"]}}");
        Ok(Answer::Body(out.into()))
    }

    async fn genesis(&self) -> Outcome {
        let document = self.genesis_document().await?;
        if document.len() > GENESIS_CHUNK {
            return Err(RpcFailure::internal(
                "genesis response is large, please use the genesis_chunked API instead",
            ));
        }
        let mut out = b"{\"jsonrpc\":\"2.0\",\"id\":-1,\"result\":{\"genesis\":".to_vec();
        out.extend_from_slice(&document);
        out.extend_from_slice(b"}}");
        Ok(Answer::Body(out.into()))
    }

    async fn genesis_chunk(&self, params: &Params) -> Outcome {
        let document = self.genesis_document().await?;
        let total = document.len().div_ceil(GENESIS_CHUNK).max(1);
        let chunk = params.integer("chunk")?.unwrap_or(0);
        let Some(index) = usize::try_from(chunk).ok().filter(|i| *i < total) else {
            let last = total - 1;
            return Err(RpcFailure::internal(format!(
                "there are 0 to {last} chunks, {chunk} is invalid"
            )));
        };
        let piece = document.slice(index * GENESIS_CHUNK..document.len().min((index + 1) * GENESIS_CHUNK));
        let (chunk, total) = (index.to_string(), total.to_string());
        Ok(body(
            &json!({"chunk": chunk, "total": total, "data": STANDARD.encode(piece)}),
        ))
    }

    async fn genesis_document(&self) -> Result<Bytes, RpcFailure> {
        let document = self
            .store
            .genesis()
            .await
            .map_err(|e| RpcFailure::internal(e.to_string()))?;
        document.ok_or_else(|| RpcFailure::internal("genesis is not part of what is replayed"))
    }

    async fn status(&self) -> Outcome {
        let (floor, tip) = self.bounds().into_inner();
        let recorded = self.store.status();
        let whole = self.store.heights() == (floor..=tip);
        if let Some(bytes) = &recorded
            && whole
            && self.faults.claimed_tip().is_none()
            && self.faults.chain_id().is_none()
        {
            return Ok(Answer::Body(bytes.clone()));
        }
        let mut result = recorded
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .and_then(|mut v| v.get_mut("result").map(Value::take))
            .unwrap_or_else(|| json!({"node_info": {"version": "0.38.19", "moniker": "replay"}}));
        result["node_info"]["network"] = self.faults.chain_id().unwrap_or(self.store.chain_id()).into();
        let claimed = self.faults.claimed_tip().unwrap_or(tip);
        result["sync_info"] = self.sync_info(floor, tip, claimed).await?;
        Ok(body(&result))
    }

    async fn meta_json(&self, height: u64) -> Result<Value, RpcFailure> {
        serde_json::from_slice(&self.meta(height).await?).map_err(|e| RpcFailure::internal(e.to_string()))
    }

    async fn sync_info(&self, floor: u64, tip: u64, claimed: u64) -> Result<Value, RpcFailure> {
        let (first, last) = (self.meta_json(floor).await?, self.meta_json(tip).await?);
        Ok(json!({
            "latest_block_hash": last["block_id"]["hash"],
            "latest_app_hash": last["header"]["app_hash"],
            "latest_block_height": claimed.to_string(),
            "latest_block_time": last["header"]["time"],
            "earliest_block_hash": first["block_id"]["hash"],
            "earliest_app_hash": first["header"]["app_hash"],
            "earliest_block_height": floor.to_string(),
            "earliest_block_time": first["header"]["time"],
            "catching_up": false,
        }))
    }

    /// Whether the endpoint has a websocket.
    pub(super) fn has_websocket(&self) -> bool {
        !self.faults.has(&Fault::NoWebsocket)
    }
}

fn found<T>(height: u64, stored: io::Result<Option<T>>) -> Result<T, RpcFailure> {
    let stored = stored.map_err(|e| RpcFailure::internal(e.to_string()))?;
    stored.ok_or_else(|| RpcFailure::internal(format!("could not find results for height #{height}")))
}

fn body(result: &Value) -> Answer {
    Answer::Body(json!({"jsonrpc": "2.0", "id": -1, "result": result}).to_string().into())
}

/// The block of a height without transactions, made from its header: the archive keeps no more of it.
fn block_of_header(meta: &[u8]) -> serde_json::Result<Bytes> {
    #[derive(Deserialize)]
    struct Meta<'a> {
        #[serde(borrow)]
        block_id: &'a RawValue,
        #[serde(borrow)]
        header: &'a RawValue,
    }
    let meta: Meta<'_> = serde_json::from_slice(meta)?;
    Ok(format!(
        r#"{{"jsonrpc":"2.0","id":-1,"result":{{"block_id":{},"block":{{"header":{},"data":{{"txs":[]}},"evidence":{{"evidence":[]}},"last_commit":null}}}}}}"#,
        meta.block_id.get(),
        meta.header.get()
    )
    .into())
}
