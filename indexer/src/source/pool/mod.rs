//! Several endpoints of one chain behind one face.

mod aimd;
mod choose;
mod endpoint;
mod fetch;
mod head;
mod health;
mod request;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use endpoint::EndpointStatus;
pub use health::EndpointState;

use endpoint::Endpoint;
use request::Need;

use super::comet::{CometClient, HttpClients, Limits};
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
    endpoints: Vec<Arc<Endpoint>>,
    changed: Arc<Notify>,
    head: watch::Sender<u64>,
    agreed: Mutex<Option<(u64, Instant)>>,
    answered: Mutex<Option<Instant>>,
    cross_checks: AtomicU64,
}

impl Pool {
    /// A pool over the configured endpoints. Nothing is sent yet.
    ///
    /// # Errors
    /// No endpoint is configured, a URL is not one, or no HTTP client can be built on this machine.
    pub fn new(config: PoolConfig) -> Result<Self, FetchError> {
        if config.endpoints.is_empty() {
            return Err(FetchError::Exhausted {
                what: config.chain_id,
                attempts: Vec::new(),
            });
        }
        let clients = HttpClients::default();
        let changed = Arc::new(Notify::new());
        let mut endpoints = Vec::with_capacity(config.endpoints.len());
        for (index, url) in config.endpoints.iter().enumerate() {
            let client = CometClient::new(&clients, url, &config.chain_id, config.limits.clone())?;
            endpoints.push(Arc::new(Endpoint::new(
                index,
                client,
                config.max_in_flight,
                changed.clone(),
            )));
        }
        let head = watch::Sender::new(0);
        Ok(Self {
            config,
            endpoints,
            changed,
            head,
            agreed: Mutex::default(),
            answered: Mutex::default(),
            cross_checks: AtomicU64::new(0),
        })
    }

    /// State of each endpoint, in the configured order.
    pub fn status(&self) -> Vec<EndpointStatus> {
        self.endpoints.iter().map(|e| e.snapshot()).collect()
    }

    /// Block hashes compared between two endpoints since the start.
    pub fn cross_checks_total(&self) -> u64 {
        self.cross_checks.load(Ordering::Relaxed)
    }

    /// Number of endpoints.
    pub fn len(&self) -> usize {
        self.endpoints.len()
    }

    /// Whether there is no endpoint; never, for a pool that was built.
    pub fn is_empty(&self) -> bool {
        self.endpoints.is_empty()
    }

    /// Chain id that every endpoint must serve.
    pub fn chain_id(&self) -> &str {
        &self.config.chain_id
    }

    pub(super) fn name(&self, index: usize) -> &str {
        self.endpoints[index].name()
    }

    pub(super) fn poll_interval(&self) -> Duration {
        self.config.poll
    }

    pub(super) fn websocket(&self, index: usize) -> Result<reqwest::Url, FetchError> {
        self.endpoints[index].client.websocket()
    }

    /// An endpoint announced a block.
    pub(super) fn claimed(&self, index: usize, height: u64) {
        self.endpoints[index].health().claim(height);
    }

    pub(super) fn subscribed(&self, index: usize, yes: bool) {
        self.endpoints[index].health().subscribed = yes;
    }

    /// When a request that began at `start` is given up, if nothing is answered until then.
    fn deadline(&self, start: Instant) -> Instant {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.map_or(start, |at| at.max(start)) + self.config.patience
    }

    fn answered(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn agreed_since(&self) -> Option<(u64, Instant)> {
        *self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_agreed(&self, height: u64, since: Instant) {
        *self.agreed.lock().unwrap_or_else(PoisonError::into_inner) = Some((height, since));
    }

    fn cross_check_due(&self) -> bool {
        self.cross_checks_total() == 0 && self.config.cross_check > 0.0 || fastrand::f64() < self.config.cross_check
    }

    fn cross_checked(&self) {
        self.cross_checks.fetch_add(1, Ordering::Relaxed);
    }

    fn head_seen(&self) -> u64 {
        *self.head.borrow()
    }

    fn raise_head(&self, height: u64) {
        self.head.send_if_modified(|head| {
            let higher = height > *head;
            *head = height.max(*head);
            higher
        });
    }
}

impl Source for Pool {
    type Raw = RawBlock;

    async fn head(&self) -> Result<Head, FetchError> {
        self.newest().await
    }

    async fn fetch_range_after(&self, from: u64, to: u64, parent: Option<&str>) -> Result<Vec<RawBlock>, FetchError> {
        self.range(from, to, parent).await
    }

    fn heads(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
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
        Ok(Some(self.request(&need, |c| async move { c.genesis().await }).await?.0))
    }
}
