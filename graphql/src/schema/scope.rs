//! One question's frame: which network, as of which height, read from which stage.

use async_graphql::{Context, SimpleObject};
use time::OffsetDateTime;

use super::error::{ApiError, printable};
use super::not_on_chain;
use super::scalars::{millis, moment};
use crate::read::Reader;
use crate::read::coverage::{Coverage, NotCovered, Plan, Segment, Source};
use crate::read::series::Known;
use crate::state::{Kind, Limits, NetworkDescriptor};

/// What resolvers share.
pub(crate) struct Api {
    pub(crate) reader: Reader,
    pub(crate) networks: Vec<NetworkDescriptor>,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) limits: Limits,
    pub(crate) metrics: Vec<gridproof_store::metrics::Metric>,
}

impl Api {
    /// The shared state of this request.
    pub(crate) fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }

    /// The network with this name.
    pub(crate) fn network(&self, name: &str) -> Result<&NetworkDescriptor, ApiError> {
        self.networks
            .iter()
            .find(|network| network.name == name)
            .ok_or_else(|| ApiError::UnknownNetwork {
                asked: printable(name),
                known: self
                    .networks
                    .iter()
                    .map(|network| network.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

/// A block that an answer refers to. On Render a height is a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
#[graphql(name = "BlockRef")]
pub(crate) struct BlockRef {
    /// The block's height; on Render its slot.
    pub(crate) height: u64,
    /// The time in the block's header; on Render that of the newest indexed slot up to this one.
    pub(crate) time: OffsetDateTime,
}

/// How far an answer can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(name = "AnswerMeta")]
pub(crate) struct AnswerMeta {
    /// The answer holds at the end of this block. Ask again with `asOf` set to it and the answer is the same.
    as_of_height: u64,
    /// The time in that block's header.
    as_of_time: OffsetDateTime,
    /// True when nothing that the definition speaks of is missing up to `asOfHeight`.
    complete: bool,
    /// What happened before this height is not known yet; null when nothing is missing.
    incomplete_before: Option<u64>,
    /// Which rows the answer was computed from.
    source: Source,
    /// What else a reader must know, if anything.
    note: Option<String>,
}

/// The frame of one answer.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) network: NetworkDescriptor,
    pub(crate) kind: Kind,
    pub(crate) plan: Plan,
    pub(crate) as_of: BlockRef,
    pub(crate) known: Known,
    /// The heights whose state is known.
    state: Option<Segment>,
}

/// The height that a caller asked for, in one of the two ways to name it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) height: Option<u64>,
    pub(crate) time: Option<OffsetDateTime>,
}

impl Asked {
    /// The height that two arguments of a field name.
    pub(crate) fn new(height: Option<u64>, time: Option<OffsetDateTime>) -> Self {
        Self { height, time }
    }
}

impl Scope {
    /// Decides what answers the question `field` about `network` as of what was asked.
    pub(crate) async fn resolve(api: &Api, network: &str, field: &'static str, asked: Asked) -> Result<Self, ApiError> {
        let network = api.network(network)?.clone();
        let kind = not_on_chain::check(&network, field)?;
        let coverage = api.reader.coverage(&network.name).await?;
        let height = match (asked.height, asked.time) {
            (Some(_), Some(_)) => {
                return Err(ApiError::BadInput("give either `asOf` or `asOfTime`, not both".into()));
            }
            (height, None) => height,
            (None, Some(time)) => Some(height_at(api, kind, &network.name, &coverage, time).await?),
        };
        let plan = coverage.plan(height)?;
        let (low_ms, as_of_ms) = times_of(api, kind, &network.name, plan).await?;
        Ok(Self {
            as_of: BlockRef {
                height: plan.as_of,
                time: moment(as_of_ms),
            },
            known: Known {
                from_ms: low_ms,
                to_ms: as_of_ms,
                from_genesis: plan.low <= network.first_height,
            },
            network,
            kind,
            plan,
            state: coverage.state.tip(),
        })
    }

    /// The same, for questions that need every object as the chain has it: on Akash only the state stage knows them. Render
    /// has no state stage, for its objects are sums of facts.
    pub(crate) async fn resolve_state(
        api: &Api,
        network: &str,
        field: &'static str,
        asked: Asked,
    ) -> Result<Self, ApiError> {
        let scope = Self::resolve(api, network, field, asked).await?;
        match (scope.kind, scope.plan.source) {
            (Kind::Render, _) | (Kind::Akash, Source::State) => Ok(scope),
            (Kind::Akash, Source::Facts) => Err(ApiError::NoState {
                height: scope.plan.as_of,
                state: scope.state,
            }),
        }
    }

    /// The metadata of an answer whose value at a height depends on all of the past (a level, such as a count of
    /// open leases). Events alone never complete it.
    pub(crate) fn level_meta(&self) -> AnswerMeta {
        match (self.kind, self.plan.source) {
            (Kind::Render, _) | (Kind::Akash, Source::State) => self.meta(self.known.from_genesis, None),
            (Kind::Akash, Source::Facts) => {
                let (why, begins) = self.no_state();
                let meta = self.meta(false, Some(format!("counted from events alone: {why}")));
                AnswerMeta {
                    incomplete_before: begins.or(meta.incomplete_before),
                    ..meta
                }
            }
        }
    }

    /// Why only events answer here, and where the state begins if that is later: what was there before a snapshot of it
    /// is not known.
    fn no_state(&self) -> (String, Option<u64>) {
        match self.state.filter(|state| self.plan.as_of < state.from) {
            Some(state) => {
                let begins = state.from;
                (
                    format!("the state of the chain is incomplete before {begins}"),
                    Some(begins),
                )
            }
            None => ("the state stage has not reached this height".to_owned(), None),
        }
    }

    /// The metadata of an answer that sums up what happened in a range (a flow, such as payouts).
    pub(crate) fn flow_meta(&self) -> AnswerMeta {
        let note = match (self.kind, self.plan.source) {
            (Kind::Render, _) | (Kind::Akash, Source::State) => None,
            (Kind::Akash, Source::Facts) => Some(format!(
                "summed from classified escrow transfers: {}",
                self.no_state().0
            )),
        };
        self.meta(self.known.from_genesis, note)
    }

    fn meta(&self, complete: bool, note: Option<String>) -> AnswerMeta {
        AnswerMeta {
            as_of_height: self.as_of.height,
            as_of_time: self.as_of.time,
            complete,
            incomplete_before: (!self.known.from_genesis).then_some(self.plan.low),
            source: self.plan.source,
            note,
        }
    }
}

/// Times of the first and the last block of a plan, in milliseconds since the epoch.
async fn times_of(api: &Api, kind: Kind, network: &str, plan: Plan) -> Result<(i64, i64), ApiError> {
    let missing = ApiError::from(NotCovered::NoBlock { asked: plan.as_of });
    match kind {
        Kind::Render => {
            let times = api.reader.slot_times(network, plan.low, plan.as_of).await?;
            times.ok_or(missing)
        }
        Kind::Akash => {
            // State that holds a genesis may begin one height before the first block.
            let heights = [plan.low, plan.low.saturating_add(1), plan.as_of];
            let times = api.reader.block_times(network, &heights).await?;
            let low_ms = times.at(plan.low).or_else(|| times.at(heights[1]));
            low_ms.zip(times.at(plan.as_of)).ok_or(missing)
        }
    }
}

/// The height of the last block that is not younger than `time`.
async fn height_at(
    api: &Api,
    kind: Kind,
    network: &str,
    coverage: &Coverage,
    time: OffsetDateTime,
) -> Result<u64, ApiError> {
    let run = coverage.bounds().ok_or(NotCovered::Nothing)?;
    let newest = match kind {
        Kind::Akash => api.reader.block_times(network, &[run.to]).await?.at(run.to),
        Kind::Render => api
            .reader
            .slot_times(network, run.from, run.to)
            .await?
            .map(|times| times.1),
    };
    if newest.is_none_or(|newest_ms| newest_ms < millis(time)) {
        return Err(ApiError::BadInput(format!(
            "`asOfTime` is after the newest committed block (height {})",
            run.to
        )));
    }
    let found = match kind {
        Kind::Akash => api.reader.height_at(network, run, millis(time)).await?,
        Kind::Render => api.reader.slot_at(network, run, millis(time)).await?,
    };
    found.ok_or_else(|| {
        ApiError::BadInput(format!(
            "`asOfTime` is before the first committed block (height {})",
            run.from
        ))
    })
}
