//! Which providers there are, by the chain's own state.

use super::super::error::PipelineError;
use crate::chain::akash::inventory::{GpuKind, advertised};
use crate::chain::akash::model::Attribute;
use clickhouse::Row;
use gridproof_store::client::ClickHouse;
use gridproof_store::state_db::{StageKey, StateDb};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

/// A provider as the chain has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Account.
    pub owner: String,
    /// Where it says it is reached. Anybody may write anything here.
    pub host_uri: String,
    /// Height of registration; 0 where it is not known.
    pub created_at: u64,
    /// What it advertises.
    pub attributes: Vec<Attribute>,
}

/// The providers of the chain at a height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The height.
    pub height: u64,
    /// The providers.
    pub providers: Vec<Registered>,
}

/// What knows the providers.
pub trait Discovery: Send + Sync + 'static {
    /// The providers at the newest committed height; `None`: no height is committed yet.
    fn look(&self) -> impl Future<Output = Result<Option<Known>, PipelineError>> + Send;

    /// Whether a newer height than this is known to be committed.
    fn moved(&self, since: u64) -> bool;
}

/// The state stage of a network as it is committed.
pub struct ChainState {
    clickhouse: ClickHouse,
    state_db: StateDb,
    key: StageKey,
    seen: AtomicU64,
}

impl ChainState {
    /// The state of `network`.
    pub fn new(clickhouse: ClickHouse, state_db: StateDb, network: &str) -> Self {
        Self {
            clickhouse,
            state_db,
            key: StageKey::new(network, StageKey::STATE),
            seen: AtomicU64::new(0),
        }
    }
}

/// A row of `providers_as_of`.
#[derive(Debug, Row, Deserialize)]
struct ProviderRow {
    owner: String,
    host_uri: String,
    created_at: u64,
    attributes: String,
}

/// An attribute as the state tables write it.
#[derive(Debug, Deserialize)]
struct Pair {
    key: String,
    value: String,
}

impl Discovery for ChainState {
    async fn look(&self) -> Result<Option<Known>, PipelineError> {
        let Some(run) = self.state_db.watermark(&self.key).await?.newest_run else {
            return Ok(None);
        };
        self.seen.store(run.to, Ordering::Relaxed);
        let query = self
            .clickhouse
            .raw()
            .query_raw(include_str!("../sql/providers.sql"))
            .param("network", &self.key.network)
            .param("as_of", run.to);
        let providers = query.fetch_all::<ProviderRow>().await?;
        Ok(Some(Known {
            height: run.to,
            providers: providers.into_iter().map(registered).collect(),
        }))
    }

    fn moved(&self, _: u64) -> bool {
        // Heights are committed all the time; whether providers changed is seen by looking.
        true
    }
}

fn registered(row: ProviderRow) -> Registered {
    // Our own table wrote the list: what cannot be read is no attribute that we could compare.
    let pairs: Vec<Pair> = serde_json::from_str(&row.attributes).unwrap_or_default();
    let attribute = |Pair { key, value }| Attribute { key, value };
    Registered {
        owner: row.owner,
        host_uri: row.host_uri,
        created_at: row.created_at,
        attributes: pairs.into_iter().map(attribute).collect(),
    }
}

/// What a task asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) owner: String,
    pub(super) host_uri: String,
    pub(super) advertised: Vec<GpuKind>,
    /// A newer registration has the same address: nobody asks this one.
    pub(super) shadowed: bool,
}

/// What is asked, by owner. Of several with one address the newest registration is asked; of more than `limit` the oldest
/// are, for anybody can register any number.
pub(super) fn targets(known: Known, limit: usize) -> BTreeMap<String, Target> {
    let mut providers = known.providers;
    providers.sort_by(|a, b| (b.created_at, &b.owner).cmp(&(a.created_at, &a.owner)));
    let mut taken = BTreeSet::new();
    let mut all: Vec<Target> = providers
        .into_iter()
        .map(|provider| Target {
            shadowed: !taken.insert(address(&provider.host_uri)),
            advertised: advertised(&provider.attributes),
            owner: provider.owner,
            host_uri: provider.host_uri,
        })
        .collect();
    all.reverse();
    all.truncate(limit);
    all.into_iter().map(|target| (target.owner.clone(), target)).collect()
}

/// The form in which addresses are compared.
fn address(host_uri: &str) -> String {
    host_uri.trim().trim_end_matches('/').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(owner: &str, host_uri: &str, created_at: u64) -> Registered {
        Registered {
            owner: owner.into(),
            host_uri: host_uri.into(),
            created_at,
            attributes: Vec::new(),
        }
    }

    #[test]
    fn of_one_address_the_newest_owner_is_asked_and_of_too_many_the_oldest_are_kept() {
        let known = Known {
            height: 9,
            providers: vec![
                provider("old", "https://A.example:8443/", 1),
                provider("new", "https://a.example:8443", 7),
                provider("other", "https://b.example:8443", 5),
            ],
        };
        let all = targets(known.clone(), 9);
        let shadowed: Vec<_> = all
            .values()
            .map(|target| (target.owner.as_str(), target.shadowed))
            .collect();
        assert_eq!(shadowed, [("new", false), ("old", true), ("other", false)]);
        assert_eq!(targets(known, 2).into_keys().collect::<Vec<_>>(), ["old", "other"]);
    }
}
