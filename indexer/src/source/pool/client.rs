//! What the pool asks of the client of one endpoint, whatever the chain.

use std::future::Future;

use crate::source::FetchError;

/// What a node says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// Height of the newest block, as claimed.
    pub tip: u64,
    /// Lowest height that the node keeps.
    pub floor: u64,
    /// Version of the node's consensus engine.
    pub version: String,
    /// Whether the node is still catching up with its chain.
    pub catching_up: bool,
}

/// One endpoint of one chain. One request per call, no retries: the pool decides what to do about an error.
pub(in crate::source) trait Client: Clone + Send + Sync + 'static {
    /// The endpoint as it may be shown: without credentials.
    fn name(&self) -> &str;

    /// The chain that the endpoint must serve.
    fn chain_id(&self) -> &str;

    /// What the node says about itself, after a look at the chain that it serves.
    ///
    /// Errors with [`FetchError::WrongChain`] for another chain, which takes the endpoint out of use.
    fn status(&self) -> impl Future<Output = Result<NodeStatus, FetchError>> + Send;

    /// Whether the node really has the block that its tip claims.
    fn serves(&self, height: u64) -> impl Future<Output = Result<(), FetchError>> + Send;
}
