//! Levels over time: active leases, and providers that hold them.

use async_graphql::SimpleObject;

use super::definitions::{ACTIVE_LEASES, ACTIVE_PROVIDERS};
use super::error::ApiError;
use super::scope::Api;
use super::series::{Frame, PointHead, SeriesArgs, SeriesHead};
use crate::read::coverage::Source;
use crate::read::series::{lease_levels, provider_levels};

/// Active leases over time.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ActiveLeasesSeries")]
pub(crate) struct ActiveLeasesSeries {
    #[graphql(flatten)]
    head: SeriesHead,
    /// One point per bucket, oldest first, without holes.
    points: Vec<ActiveLeasesPoint>,
}

/// Active leases at the end of one bucket.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ActiveLeasesPoint")]
pub(crate) struct ActiveLeasesPoint {
    #[graphql(flatten)]
    head: PointHead,
    /// Active leases at the end of the bucket; null where that is not known.
    value: Option<u64>,
    /// A lower bound where the past is not known: active leases among those whose creation was seen.
    at_least: Option<u64>,
    /// GPUs in those leases; null where that is not known.
    gpu_units: Option<u64>,
    /// Leases created in the bucket; null outside what is indexed.
    opened: Option<u64>,
    /// Leases that ended in the bucket; null outside what is indexed.
    closed: Option<u64>,
    /// How many leases were active at some moment of the bucket.
    sample_size: u64,
}

impl ActiveLeasesSeries {
    /// Reads and folds the series.
    pub(crate) async fn resolve(api: &Api, args: SeriesArgs<'_>) -> Result<Self, ApiError> {
        let frame = Frame::resolve(api, &args).await?;
        let network = &frame.scope.network.name;
        let changes = api.reader.lease_changes(network, frame.scope.plan, &frame.buckets);
        let (blocks, changes) = futures::try_join!(frame.blocks(api), changes)?;
        let levels = lease_levels(&frame.buckets, &changes);
        let from_state = frame.scope.plan.source == Source::State;
        // Events that reach back to the first block name every lease; those that do not give a lower bound.
        let counted = from_state || frame.scope.known.from_genesis;
        let points = frame
            .heads(&blocks, from_state)
            .zip(&levels)
            .map(|((known, head), level)| {
                let active = non_negative(level.active);
                ActiveLeasesPoint {
                    head,
                    value: (known && counted).then_some(active),
                    at_least: (known && !counted).then_some(active),
                    gpu_units: (known && from_state).then_some(non_negative(level.gpus)),
                    opened: known.then_some(level.opened),
                    closed: known.then_some(level.closed),
                    sample_size: if known { non_negative(level.seen) } else { 0 },
                }
            })
            .collect();
        let base = levels
            .first()
            .map_or(0, |first| first.seen.saturating_sub_unsigned(first.opened));
        let opened: u64 = levels.iter().map(|level| level.opened).sum();
        let sample = non_negative(base).saturating_add(opened);
        Ok(Self {
            head: frame.head(&ACTIVE_LEASES, sample, frame.scope.level_meta()),
            points,
        })
    }
}

/// Providers over time.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ActiveProvidersSeries")]
pub(crate) struct ActiveProvidersSeries {
    #[graphql(flatten)]
    head: SeriesHead,
    /// One point per bucket, oldest first, without holes.
    points: Vec<ActiveProvidersPoint>,
}

/// Providers at the end of one bucket.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ActiveProvidersPoint")]
pub(crate) struct ActiveProvidersPoint {
    #[graphql(flatten)]
    head: PointHead,
    /// Providers with at least one active lease; null where that is not known.
    value: Option<u64>,
    /// Providers on the chain's list; null where that is not known.
    registered: Option<u64>,
    /// How many providers the count rests on: those on the chain's list.
    sample_size: u64,
}

impl ActiveProvidersSeries {
    /// Reads and folds the series. Where the state stage is missing every value is null: events alone do not tell
    /// which of the older leases and providers still exist.
    pub(crate) async fn resolve(api: &Api, args: SeriesArgs<'_>) -> Result<Self, ApiError> {
        let frame = Frame::resolve(api, &args).await?;
        let from_state = frame.scope.plan.source == Source::State;
        let changes = async {
            match frame.scope.plan.source {
                Source::State => {
                    let network = &frame.scope.network.name;
                    api.reader
                        .provider_changes(network, frame.scope.plan, &frame.buckets)
                        .await
                }
                Source::Facts => Ok(Vec::new()),
            }
        };
        let (blocks, changes) = futures::try_join!(frame.blocks(api), changes)?;
        let levels = provider_levels(&frame.buckets, &changes);
        let points = frame
            .heads(&blocks, from_state)
            .zip(&levels)
            .map(|((known, head), level)| {
                let known = known && from_state;
                ActiveProvidersPoint {
                    head,
                    value: known.then_some(non_negative(level.leased)),
                    registered: known.then_some(non_negative(level.registered)),
                    sample_size: if known { non_negative(level.registered) } else { 0 },
                }
            })
            .collect();
        let mut seen: Vec<&str> = changes.iter().map(|change| change.provider.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        Ok(Self {
            head: frame.head(&ACTIVE_PROVIDERS, seen.len() as u64, frame.scope.level_meta()),
            points,
        })
    }
}

/// A count that folds of complete rows never make negative; events without their past can, and then nothing is known
/// to be active.
fn non_negative(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
