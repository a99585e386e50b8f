//! Providers of a network, asked for their status beside its follower.

use crate::config::{Config, Inventory};
use crate::exit::Failure;
use crate::follow::Boxed;
use crate::house::{House, Writer};
use anyhow::Context;
use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::akash::provider_series::INVENTORY;
use gridproof_indexer::chain::akash::state::ChainRules;
use gridproof_indexer::pipeline::{
    Board, Chain, ChainState, Inventory as Supervisor, InventorySettings, NetworkStatus, PipelineError, Series,
    SeriesHome, Vault,
};
use gridproof_indexer::source::provider::guard::Policy;
use gridproof_indexer::source::provider::{ProviderLimits, StatusClient};
use gridproof_store::batch::Origin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// What is asked, and how.
pub(crate) struct Plan {
    manners: Inventory,
    client: StatusClient,
    home: SeriesHome,
    discovery: ChainState,
    supervisor: InventorySettings,
}

/// The manners of a network; `None` where its providers are not asked: recordings, other kinds, and where it is switched off.
pub(crate) fn enabled(config: &Config, chain: &Chain) -> Option<Inventory> {
    if chain.recording || chain.kind != ChainRules::KIND {
        return None;
    }
    let configured = config.network.iter().find(|network| network.name == chain.network)?;
    Some(configured.inventory.unwrap_or_default()).filter(|manners| manners.enabled)
}

/// What a network needs to have its providers asked.
pub(crate) fn plan(config: &Config, chain: &Chain, house: &House, writer: &Writer) -> Result<Option<Plan>, Failure> {
    let Some(manners) = enabled(config, chain) else {
        return Ok(None);
    };
    let policy = Policy {
        allow_private: manners.allow_private,
        allow_http: manners.allow_private,
    };
    let client = StatusClient::new(policy, ProviderLimits::default()).context("TLS cannot be set up")?;
    let lease = writer.committer.lease().clone();
    let supervisor = InventorySettings {
        max_concurrent: manners.max_concurrent,
        max_providers: manners.max_providers,
        heartbeat: Duration::from_secs(manners.heartbeat_seconds),
        flush_every: Duration::from_secs(manners.flush_seconds),
        ..InventorySettings::default()
    };
    Ok(Some(Plan {
        manners,
        client,
        home: SeriesHome {
            origin: Origin {
                network: chain.network.clone(),
                chain_id: chain.chain_id.clone(),
            },
            vault: Vault::new(writer.archive.clone(), writer.state_db.clone(), lease, &chain.network),
            committer: writer.committer.clone(),
            state_db: writer.state_db.clone(),
            metrics: writer.metrics.clone(),
            crash: writer.crash.clone(),
        },
        discovery: ChainState::new(house.clickhouse.clone(), writer.state_db.clone(), &chain.network),
        supervisor,
    }))
}

/// Runs a follower with the inventory of its network beside it. The first that fails ends the other in good order; `stop` is
/// that of the follower.
pub(crate) fn beside(
    follower: Boxed<'static, Result<NetworkStatus, PipelineError>>,
    plan: Plan,
    writer: &Writer,
    board: Board,
    stop: CancellationToken,
) -> Boxed<'static, Result<NetworkStatus, PipelineError>> {
    let gauges = writer.inventory.of(&plan.home.origin.network);
    let asking_stop = stop.child_token();
    let followed_stop = asking_stop.clone();
    let asking = async move {
        let Plan {
            manners,
            client,
            home,
            discovery,
            supervisor,
        } = plan;
        let network = home.origin.network.clone();
        let (dials, private) = (manners.max_concurrent, manners.allow_private);
        tracing::info!(network, dials, private, "providers are asked for their status");
        let supervisor = Supervisor {
            series: Series::open(home, INVENTORY).await?,
            source: client,
            discovery,
            settings: supervisor,
            gauges,
            board,
            clock: Arc::new(now_ms),
        };
        supervisor.run(asking_stop).await
    };
    Box::pin(async move {
        let asking = async {
            let asked = asking.await;
            if asked.is_err() {
                stop.cancel();
            }
            asked
        };
        let following = async {
            let followed = follower.await;
            followed_stop.cancel();
            followed
        };
        let (asked, followed) = tokio::join!(asking, following);
        asked.and(followed)
    })
}

/// Milliseconds since the Unix epoch.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
