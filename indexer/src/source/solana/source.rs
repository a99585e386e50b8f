//! The [`Source`] of Solana: several endpoints behind one face.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::future::join_all;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::agave::AgaveRpc;
use super::config::SolanaConfig;
use super::counters::{Counters, EndpointLag, SolanaCounters};
use super::listing::Followed;
use super::member::{Expected, Member};
use super::rpc::{BlockDetail, MAX_SIGNATURES, SolanaRpc};
use crate::source::pool::{Endpoint, Group, GroupRules};
use crate::source::{EndpointStatus, FetchError, Head, HttpClients, Observed, RawSlot, Source};

/// Endpoints whose block at the head is compared.
const WITNESSES: usize = 3;

/// Follows addresses on Solana. Must be used within a tokio runtime.
#[derive(Debug)]
pub struct SolanaSource<R: SolanaRpc = AgaveRpc> {
    pub(super) config: SolanaConfig,
    pub(super) group: Group<Member<R>>,
    pub(super) followed: Vec<Followed>,
    pub(super) heads: watch::Sender<u64>,
    pub(super) counters: Arc<Counters>,
    /// Slot of the newest observation: an older one would take balances back.
    pub(super) observed: AtomicU64,
    expected: Arc<Expected>,
}

impl SolanaSource<AgaveRpc> {
    /// A source over the configured endpoints. Nothing is sent yet.
    ///
    /// # Errors
    /// No endpoint is configured, a URL or an address is not one, or no HTTP client can be built on this machine.
    pub fn new(config: SolanaConfig) -> Result<Self, FetchError> {
        let clients = HttpClients::default();
        let counters = Arc::new(Counters::default());
        let node = |url: &String| {
            AgaveRpc::new(
                &clients,
                url,
                config.limits.clone(),
                config.rates.clone(),
                counters.clone(),
            )
        };
        let nodes = config.endpoints.iter().map(node).collect::<Result<Vec<_>, _>>()?;
        Self::over(config, nodes, counters)
    }

    /// What the source did so far.
    pub fn counters(&self) -> SolanaCounters {
        let waits = self.group.members.iter().map(|e| e.client.rpc.rate_limit_waits()).sum();
        self.counters.snapshot(waits, self.lag())
    }
}

impl<R: SolanaRpc> SolanaSource<R> {
    /// A source over nodes of any make.
    ///
    /// # Errors
    /// There is no node, or a followed address is not one.
    pub fn with_nodes(config: SolanaConfig, nodes: Vec<R>) -> Result<Self, FetchError> {
        Self::over(config, nodes, Arc::default())
    }

    fn over(config: SolanaConfig, nodes: Vec<R>, counters: Arc<Counters>) -> Result<Self, FetchError> {
        let addresses: BTreeSet<&String> = config.followed.iter().collect();
        for address in addresses.iter().copied().chain([&config.mint]) {
            if !super::agave::is_base58(address, 32) {
                return Err(FetchError::Permanent {
                    endpoint: config.network.clone(),
                    reason: format!(
                        "{address:?} is not an address of Solana: check its case, base58 is case-sensitive"
                    ),
                    source: None,
                });
            }
        }
        let expected = Arc::new(Expected {
            genesis: config.genesis_hash.clone().map_or_else(OnceLock::new, OnceLock::from),
            mint: config.mint.clone(),
            decimals: config.decimals,
        });
        let rules = GroupRules {
            chain_id: config.network.clone(),
            max_in_flight: config.max_in_flight,
            patience: config.patience,
            max_lead: config.max_lead,
        };
        let members = nodes
            .into_iter()
            .map(|rpc| Member::new(rpc, expected.clone()))
            .collect();
        Ok(Self {
            followed: addresses
                .iter()
                .map(|address| Followed::new((*address).clone()))
                .collect(),
            group: Group::new(rules, members)?,
            heads: watch::Sender::new(0),
            counters,
            observed: AtomicU64::new(0),
            expected,
            config: SolanaConfig {
                page: config.page.clamp(1, MAX_SIGNATURES),
                parallel: config.parallel.max(1),
                ..config
            },
        })
    }

    /// Genesis hash that the endpoints must have: the configured one, or that of the first which answered.
    pub fn genesis_hash(&self) -> Option<&str> {
        self.expected.genesis.get().map(String::as_str)
    }

    /// State of each endpoint, in the configured order.
    pub fn status(&self) -> Vec<EndpointStatus> {
        self.group.status()
    }

    /// Listed signatures that are kept in memory now, of all addresses.
    pub async fn index_len(&self) -> usize {
        let mut entries = 0;
        for followed in &self.followed {
            entries += followed.history.lock().await.len();
        }
        entries
    }

    /// How far each endpoint is behind the one that claims most.
    pub(super) fn lag(&self) -> Vec<EndpointLag> {
        let status = self.status();
        let newest = status.iter().filter_map(|e| e.tip).max().unwrap_or(0);
        let lag = |e: EndpointStatus| {
            Some(EndpointLag {
                slots: newest.saturating_sub(e.tip?),
                endpoint: e.url,
            })
        };
        status.into_iter().filter_map(lag).collect()
    }

    /// The newest finalized slot that an endpoint serves and none contradicts; it never goes back.
    pub(super) async fn newest(&self) -> Result<Head, FetchError> {
        let head = self.group.newest().await?;
        if head.height > *self.heads.borrow() {
            self.agree(head.height).await?;
            self.heads.send_if_modified(|seen| {
                let higher = head.height > *seen;
                *seen = head.height.max(*seen);
                higher
            });
        }
        Ok(head)
    }

    /// The endpoints that have come as far must have the same block there. One that does not answer says nothing.
    async fn agree(&self, slot: u64) -> Result<(), FetchError> {
        let now = tokio::time::Instant::now();
        let far = |e: &&Arc<_>| as_far(e, slot, now);
        let witnesses: Vec<_> = self.group.members.iter().filter(far).take(WITNESSES).collect();
        if witnesses.len() < 2 {
            return Ok(());
        }
        let ask = |e: &Arc<Endpoint<Member<R>>>| {
            let endpoint = e.clone();
            async move {
                let permit = endpoint.permit();
                let block = permit
                    .measure(endpoint.client.rpc.block(slot, BlockDetail::Links))
                    .await;
                block.ok().map(|block| (endpoint.name().to_owned(), block.blockhash))
            }
        };
        let seen: Vec<(String, String)> = join_all(witnesses.into_iter().map(ask))
            .await
            .into_iter()
            .flatten()
            .collect();
        for pair in seen.windows(2) {
            if pair[0].1 != pair[1].1 {
                return Err(FetchError::Disagreement {
                    height: slot,
                    first: pair[0].0.clone(),
                    first_hash: pair[0].1.clone(),
                    second: pair[1].0.clone(),
                    second_hash: pair[1].1.clone(),
                });
            }
        }
        Ok(())
    }

    /// Keeps the head current until `stop`: one look in each poll interval.
    pub(super) async fn poll(&self, stop: CancellationToken) {
        let mut answered = true;
        loop {
            let look = async {
                match self.newest().await {
                    Ok(_) => answered = true,
                    Err(error) if answered => {
                        answered = false;
                        tracing::warn!(%error, network = self.config.network, "the tip is not known, trying on");
                    }
                    Err(_) => {}
                }
                sleep(self.config.poll).await;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = look => {}
            }
        }
    }
}

impl<R: SolanaRpc> Source for SolanaSource<R> {
    type Raw = RawSlot;

    async fn head(&self) -> Result<Head, FetchError> {
        self.newest().await
    }

    /// `parent` is not needed: a range of transactions has no link to the one before it.
    async fn fetch_range_after(&self, from: u64, to: u64, _parent: Option<&str>) -> Result<Vec<RawSlot>, FetchError> {
        self.range(from, to).await
    }

    fn heads(&self) -> watch::Receiver<u64> {
        self.heads.subscribe()
    }

    async fn follow(self: Arc<Self>, stop: CancellationToken) {
        self.poll(stop).await;
    }

    async fn genesis(&self) -> Result<Option<Bytes>, FetchError> {
        Ok(None)
    }

    fn endpoints(&self) -> Vec<EndpointStatus> {
        self.status()
    }

    async fn observe(&self) -> Result<Option<Observed>, FetchError> {
        self.observation().await.map(Some)
    }
}

/// Whether an endpoint in use claims to have come to `slot`.
fn as_far<R: SolanaRpc>(endpoint: &Arc<Endpoint<Member<R>>>, slot: u64, now: tokio::time::Instant) -> bool {
    let health = endpoint.health();
    health.ready() && health.tip(now).is_some_and(|tip| tip >= slot)
}
