//! The calls that the indexer needs of a node.

use bytes::Bytes;
use reqwest::Url;
use serde::Deserialize;

use super::headers::{Header, PageOf};
use super::{answer, bodies, genesis};
use crate::source::pool::Client;
use crate::source::transport::{HttpClients, Limits, Transport};
use crate::source::{FetchError, NodeStatus};

/// Headers in one answer of `/blockchain`; a node gives no more.
pub(crate) const PAGE: u64 = 20;

/// One endpoint of one chain.
#[derive(Clone, Debug)]
pub struct CometClient {
    transport: Transport,
    chain_id: String,
}

#[derive(Deserialize)]
struct Status {
    node_info: NodeInfo,
    sync_info: SyncInfo,
}

#[derive(Deserialize)]
struct NodeInfo {
    network: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct SyncInfo {
    latest_block_height: String,
    #[serde(default)]
    earliest_block_height: String,
    #[serde(default)]
    catching_up: bool,
}

impl CometClient {
    /// A client for `url`, which must serve `chain_id`.
    ///
    /// # Errors
    /// The URL is not one, or no HTTP client can be built on this machine.
    pub fn new(clients: &HttpClients, url: &str, chain_id: &str, limits: Limits) -> Result<Self, FetchError> {
        Ok(Self {
            transport: Transport::new(clients, url, limits)?,
            chain_id: chain_id.to_owned(),
        })
    }

    /// The endpoint as it may be shown: without credentials.
    pub fn name(&self) -> &str {
        &self.transport.name
    }

    /// Chain id that the endpoint must serve.
    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// The websocket address of the endpoint; it may hold credentials.
    pub(crate) fn websocket(&self) -> Result<Url, FetchError> {
        self.transport.websocket()
    }

    /// `/status`, with the chain id checked.
    ///
    /// # Errors
    /// [`FetchError::WrongChain`], or what the endpoint failed with.
    pub async fn status(&self) -> Result<NodeStatus, FetchError> {
        let reply = self.transport.get("status", &[], 0).await?;
        let status: Status = answer::result(self.name(), 0, &reply)?;
        if status.node_info.network != self.chain_id {
            return Err(FetchError::WrongChain {
                endpoint: self.name().to_owned(),
                expected: self.chain_id.clone(),
                got: status.node_info.network.chars().take(100).collect(),
            });
        }
        let sync = status.sync_info;
        Ok(NodeStatus {
            tip: sync.latest_block_height.parse().unwrap_or(0),
            floor: sync.earliest_block_height.parse().unwrap_or(1).max(1),
            version: status.node_info.version.chars().take(100).collect(),
            catching_up: sync.catching_up,
        })
    }

    /// The headers `from..=to` in ascending order, at most 20.
    pub(crate) async fn headers(&self, from: u64, to: u64) -> Result<Vec<Header>, FetchError> {
        debug_assert!(from <= to && to - from < PAGE);
        let reply = self
            .transport
            .get("blockchain", &[("minHeight", from), ("maxHeight", to)], from)
            .await?;
        PageOf {
            endpoint: self.name(),
            chain_id: &self.chain_id,
            from,
            to,
        }
        .parse(&reply)
    }

    /// The body of `/block_results`, checked against the header.
    pub(crate) async fn results(&self, header: &Header) -> Result<Bytes, FetchError> {
        let reply = self
            .transport
            .get("block_results", &[("height", header.height)], header.height)
            .await?;
        bodies::check_results(self.name(), header, &reply)?;
        Ok(reply.body)
    }

    /// The body of `/block`, checked against the header.
    pub(crate) async fn block(&self, header: &Header) -> Result<Bytes, FetchError> {
        let reply = self
            .transport
            .get("block", &[("height", header.height)], header.height)
            .await?;
        bodies::check_block(self.name(), header, &reply)?;
        Ok(reply.body)
    }

    /// The genesis document, with the chain id checked.
    ///
    /// # Errors
    /// What the endpoint failed with.
    pub async fn genesis(&self) -> Result<Bytes, FetchError> {
        genesis::fetch(&self.transport, &self.chain_id).await
    }
}

impl Client for CometClient {
    fn name(&self) -> &str {
        self.name()
    }

    fn chain_id(&self) -> &str {
        self.chain_id()
    }

    async fn status(&self) -> Result<NodeStatus, FetchError> {
        self.status().await
    }

    async fn serves(&self, height: u64) -> Result<(), FetchError> {
        let header = self.headers(height, height).await?;
        self.results(&header[0]).await.map(drop)
    }
}
