//! Several endpoints of one chain behind one face.

mod aimd;
mod choose;
mod client;
mod endpoint;
mod fetch;
mod group;
mod head;
mod health;
mod request;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use client::NodeStatus;
pub use endpoint::EndpointStatus;
pub use health::EndpointState;

pub(in crate::source) use client::Client;
pub(in crate::source) use endpoint::Endpoint;
pub(in crate::source) use group::{Group, GroupRules};
pub(in crate::source) use request::Need;

use super::comet::CometClient;
use super::transport::{HttpClients, Limits};
use super::{FetchError, Head, RawBlock, Source};

/// How a pool behaves. Start from [`PoolConfig::new`].
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// Chain id that every endpoint must serve.
    pub chain_id: String,
    /// URLs of the endpoints.
    pub endpoints: Vec<String>,
    /// What one request may cost.
    pub limits: Limits,
    /// Requests in flight at one endpoint, at most.
    pub max_in_flight: u32,
    /// Heights of one range that are fetched at the same time.
    pub parallel: usize,
    /// How long a request is tried while no endpoint answers anything, before it is given up. A pool that is slow but
    /// answers is waited for.
    pub patience: Duration,
    /// Fraction of ranges, 0 to 1, of which one block hash is compared with another endpoint. The first range always is.
    pub cross_check: f64,
    /// How far one endpoint may be ahead of all others and be believed, in blocks.
    pub max_lead: u64,
    /// Time between two looks at the tip where no websocket tells of it.
    pub poll: Duration,
}

impl PoolConfig {
    /// The defaults for public endpoints.
    pub fn new(chain_id: impl Into<String>, endpoints: Vec<String>) -> Self {
        Self {
            chain_id: chain_id.into(),
            endpoints,
            limits: Limits::default(),
            max_in_flight: 16,
            parallel: 64,
            patience: Duration::from_secs(60),
            cross_check: 1.0 / 16.0,
            max_lead: 50,
            poll: Duration::from_secs(3),
        }
    }
}

/// The [`Source`] of a network. Must be used within a tokio runtime.
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    group: Group<CometClient>,
    cross_checks: AtomicU64,
}

impl Pool {
    /// A pool over the configured endpoints. Nothing is sent yet.
    ///
    /// # Errors
    /// No endpoint is configured, a URL is not one, or no HTTP client can be built on this machine.
    pub fn new(config: PoolConfig) -> Result<Self, FetchError> {
        let clients = HttpClients::default();
        let client = |url: &String| CometClient::new(&clients, url, &config.chain_id, config.limits.clone());
        let members = config.endpoints.iter().map(client).collect::<Result<Vec<_>, _>>()?;
        let rules = GroupRules {
            chain_id: config.chain_id.clone(),
            max_in_flight: config.max_in_flight,
            patience: config.patience,
            max_lead: config.max_lead,
        };
        Ok(Self {
            group: Group::new(rules, members)?,
            config,
            cross_checks: AtomicU64::new(0),
        })
    }

    /// State of each endpoint, in the configured order.
    pub fn status(&self) -> Vec<EndpointStatus> {
        self.group.status()
    }

    /// Block hashes compared between two endpoints since the start.
    pub fn cross_checks_total(&self) -> u64 {
        self.cross_checks.load(Ordering::Relaxed)
    }

    /// Number of endpoints.
    pub fn len(&self) -> usize {
        self.group.members.len()
    }

    /// Whether there is no endpoint; never, for a pool that was built.
    pub fn is_empty(&self) -> bool {
        self.group.members.is_empty()
    }

    /// Chain id that every endpoint must serve.
    pub fn chain_id(&self) -> &str {
        &self.config.chain_id
    }

    pub(super) fn name(&self, index: usize) -> &str {
        self.group.members[index].name()
    }

    pub(super) fn poll_interval(&self) -> Duration {
        self.config.poll
    }

    pub(super) fn websocket(&self, index: usize) -> Result<reqwest::Url, FetchError> {
        self.group.members[index].client.websocket()
    }

    /// An endpoint announced a block.
    pub(super) fn claimed(&self, index: usize, height: u64) {
        self.group.members[index].health().claim(height);
    }

    pub(super) fn subscribed(&self, index: usize, yes: bool) {
        self.group.members[index].health().subscribed = yes;
    }

    /// [`Group::refresh`].
    pub(super) async fn refresh(&self) {
        self.group.refresh().await;
    }

    /// [`Group::settle_head`].
    pub(super) async fn settle_head(&self) -> Result<Head, FetchError> {
        self.group.settle_head().await
    }

    /// [`Group::claims_more`].
    pub(super) fn claims_more(&self) -> bool {
        self.group.claims_more()
    }

    fn cross_check_due(&self) -> bool {
        self.cross_checks_total() == 0 && self.config.cross_check > 0.0 || fastrand::f64() < self.config.cross_check
    }

    fn cross_checked(&self) {
        self.cross_checks.fetch_add(1, Ordering::Relaxed);
    }
}

impl Source for Pool {
    type Raw = RawBlock;

    async fn head(&self) -> Result<Head, FetchError> {
        self.group.newest().await
    }

    async fn fetch_range_after(&self, from: u64, to: u64, parent: Option<&str>) -> Result<Vec<RawBlock>, FetchError> {
        self.range(from, to, parent).await
    }

    fn heads(&self) -> watch::Receiver<u64> {
        self.group.heads()
    }

    async fn follow(self: Arc<Self>, stop: CancellationToken) {
        super::follow(self, stop).await;
    }

    fn endpoints(&self) -> Vec<EndpointStatus> {
        self.status()
    }

    async fn genesis(&self) -> Result<Option<Bytes>, FetchError> {
        let need = Need {
            what: "the genesis document".to_owned(),
            height: 0,
            exists: false,
            not: BTreeSet::new(),
        };
        let answer = self.group.request(&need, |c| async move { c.genesis().await }).await?;
        Ok(Some(answer.0))
    }
}
