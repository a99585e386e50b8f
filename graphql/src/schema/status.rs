//! How fresh and how whole the index of a network is, and the limits of this service.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::cost::{DEFAULT_PAGE, MAX_PAGE};
use super::error::ApiError;
use super::scalars::{moment, moment_s};
use super::scope::{Api, BlockRef};
use crate::read::bucket::MAX_BUCKETS;
use crate::read::coverage::{BlockTimes, Coverage, Segment, Stage};

use crate::state::{Kind, Limits, NetworkDescriptor};

/// A run of heights, both ends included.
#[derive(Debug, Clone, Copy, SimpleObject)]
#[graphql(name = "HeightRange")]
pub(crate) struct HeightRange {
    /// The first height.
    from: u64,
    /// The last height.
    to: u64,
    /// How many heights that are.
    blocks: u64,
}

impl From<Segment> for HeightRange {
    fn from(run: Segment) -> Self {
        Self {
            from: run.from,
            to: run.to,
            blocks: (run.to - run.from).saturating_add(1),
        }
    }
}

/// What one stage of the index has committed.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "StageStatus")]
pub(crate) struct StageStatus {
    /// `facts`: rows that follow from one block alone, committed in any order. `state`: the chain's objects, in height
    /// order.
    stage: &'static str,
    /// The newest committed height; readers never look past it. Null when nothing is committed.
    watermark: Option<u64>,
    /// The time of that block.
    time: Option<OffsetDateTime>,
    /// The first height of the run that holds the newest one: from here on nothing is missing.
    complete_from: Option<u64>,
    /// All committed runs, oldest first.
    segments: Vec<HeightRange>,
    /// The holes between them.
    gaps: Vec<HeightRange>,
    /// How many heights are committed.
    blocks: u64,
    /// The highest generation that is live: how often rows were derived again.
    generation: u32,
    /// When the newest range was committed.
    committed_at: Option<OffsetDateTime>,
}

impl StageStatus {
    fn new(name: &'static str, stage: &Stage, times: &BlockTimes) -> Self {
        let segments: Vec<HeightRange> = stage.segments.iter().copied().map(Into::into).collect();
        let tip = stage.tip();
        Self {
            stage: name,
            watermark: tip.map(|run| run.to),
            time: tip.and_then(|run| times.at(run.to)).map(moment),
            complete_from: tip.map(|run| run.from),
            blocks: segments.iter().map(|run| run.blocks).sum(),
            segments,
            gaps: stage.gaps().into_iter().map(Into::into).collect(),
            generation: stage.generation,
            committed_at: stage.committed_at.map(moment_s),
        }
    }
}

/// How fresh and how whole the index of a network is.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "IndexStatus")]
pub(crate) struct IndexStatus {
    /// The network.
    network: NetworkDescriptor,
    /// The newest committed block; null when nothing is committed.
    head: Option<BlockRef>,
    /// The oldest block that any stage knows without a hole up to the head; null when nothing is committed.
    first: Option<BlockRef>,
    /// Seconds between the time in the newest block's header and now; null when nothing is committed.
    age_seconds: Option<i64>,
    /// The stage of facts.
    facts: StageStatus,
    /// The stage of state. On Render there is none, and nothing is ever committed in it.
    state: StageStatus,
    /// When this was looked up.
    checked_at: OffsetDateTime,
    /// When this service started.
    started_at: OffsetDateTime,
}

impl IndexStatus {
    /// Looks up what is committed for a network.
    pub(crate) async fn resolve(api: &Api, network: &str) -> Result<Self, ApiError> {
        let network = api.network(network)?.clone();
        let coverage = api.reader.coverage(&network.name).await?;
        let times = times(api, &network, &coverage).await?;
        let now = OffsetDateTime::now_utc();
        let block = |height: u64| {
            times.at(height).map(|ms| BlockRef {
                height,
                time: moment(ms),
            })
        };
        let head = coverage.bounds().and_then(|run| block(run.to));
        Ok(Self {
            first: coverage.bounds().and_then(|run| block(run.from)),
            age_seconds: head.map(|head| (now - head.time).whole_seconds()),
            head,
            facts: StageStatus::new("facts", &coverage.facts, &times),
            state: StageStatus::new("state", &coverage.state, &times),
            checked_at: now,
            started_at: api.started_at,
            network,
        })
    }
}

/// Times of the first and last heights of the runs that hold the tips.
async fn times(api: &Api, network: &NetworkDescriptor, coverage: &Coverage) -> Result<BlockTimes, ApiError> {
    let tip = coverage.facts.tip();
    match (Kind::of(&network.kind), tip) {
        (Some(Kind::Render), Some(run)) => {
            let found = api.reader.slot_times(&network.name, run.from, run.to).await?;
            Ok(BlockTimes::of_run(run, found))
        }
        _ => Ok(api.reader.block_times(&network.name, &edges(coverage)).await?),
    }
}

/// The first and last heights of the runs that hold the tips.
fn edges(coverage: &Coverage) -> Vec<u64> {
    let tips = [coverage.facts.tip(), coverage.state.tip()];
    tips.iter().flatten().flat_map(|run| [run.from, run.to]).collect()
}

/// The bounds of this service.
#[derive(Debug, Clone, Copy, SimpleObject)]
#[graphql(name = "ServiceLimits")]
pub(crate) struct ServiceLimits {
    /// How deep a query may nest.
    max_depth: u32,
    /// How much a query may cost: 1 for each field, 300 for each root field that reads rows; a page multiplies what
    /// it selects by `first`, a series by 10.
    max_complexity: u32,
    /// The size of a page when `first` is not given.
    default_page_size: i32,
    /// The largest `first`.
    max_page_size: i32,
    /// The most buckets in one series.
    max_buckets: u32,
    /// Milliseconds that one request may run.
    timeout_ms: u32,
    /// The largest request body, in bytes.
    max_body_bytes: u32,
}

impl From<Limits> for ServiceLimits {
    fn from(limits: Limits) -> Self {
        let clip = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            max_depth: clip(limits.depth),
            max_complexity: clip(limits.complexity),
            default_page_size: DEFAULT_PAGE,
            max_page_size: MAX_PAGE,
            max_buckets: clip(MAX_BUCKETS),
            timeout_ms: u32::try_from(limits.timeout.as_millis()).unwrap_or(u32::MAX),
            max_body_bytes: clip(limits.body_bytes),
        }
    }
}
