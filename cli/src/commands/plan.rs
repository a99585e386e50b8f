//! `gridproof plan`: what would be fetched, before anything is.

use super::backfill::select;
use crate::args::{PlanArgs, ReplayManners};
use crate::config::Config;
use crate::data::DataDir;
use crate::exit::{Failure, Outcome};
use crate::networks::{self, Prepared};
use crate::output;
use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::render::RenderRules;
use gridproof_indexer::pipeline::{FirstHeight, Plan, RangeSet, first_beside_snapshot};
use gridproof_store::state_db::{Span, StageKey, StateDb};
use serde::Serialize;
use std::time::Instant;

/// Headers on one page of `/blockchain`.
const HEADERS_A_PAGE: u64 = 20;
/// Requests that are in flight at one endpoint, on the average; public nodes allow about so many.
const IN_FLIGHT_AN_ENDPOINT: f64 = 5.0;

/// What would be done for a network.
#[derive(Debug, Serialize)]
struct Planned {
    network: String,
    first: u64,
    tip: u64,
    heights: u64,
    ranges: u64,
    /// The first ranges, in the order in which they would be done.
    next: Vec<Span>,
    /// Requests at least: results of each height and pages of headers.
    calls_at_least: u64,
    /// Requests at most: with the block of each height, should all have transactions.
    calls_at_most: u64,
    /// Seconds, from the latency of one request now; a guess.
    seconds_about: u64,
    /// What comes before the blocks: whether a node is asked for the whole state first.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<StatePlan>,
}

/// How the state of a network begins, where that is with a snapshot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum StatePlan {
    /// A node will be asked for it, a little below the tip.
    Snapshot,
    /// It has begun with a snapshot of this height.
    Began(u64),
}

/// Prints the plan of each network.
pub(crate) async fn run(config: &Config, args: PlanArgs, json: bool) -> Outcome {
    let mut prepared = Vec::new();
    match (&args.recording, &args.network) {
        (Some(folder), _) => {
            prepared.push(networks::recording(folder, ReplayManners::default(), Vec::new(), "").await?)
        }
        (None, Some(name)) => prepared.push(networks::live(config, select(config, Some(name))?).await?),
        (None, None) => {
            for network in &config.network {
                prepared.push(networks::live(config, network).await?);
            }
        }
    }
    let mut plans = Vec::new();
    for network in &prepared {
        plans.push(plan(config, network).await?);
    }
    if json {
        return output::json(&plans);
    }
    plans.iter().try_for_each(|planned| output::text_line(&text(planned)))
}

async fn plan(config: &Config, prepared: &Prepared) -> Result<Planned, Failure> {
    let (network, asked) = (&prepared.chain.network, Instant::now());
    let head = prepared
        .network
        .head()
        .await
        .map_err(|error| Failure::Upstream(error.into()))?;
    let latency_s = asked.elapsed().as_secs_f64();
    let known = known(config, network).await.map_err(Failure::Internal)?;
    let first = match prepared.chain.first {
        FirstHeight::Height(height) => height,
        FirstHeight::Earliest => match (&known, &prepared.node) {
            (Some(known), _) => known.first,
            (None, Some(_)) => first_beside_snapshot(&head),
            (None, None) => head.floor.max(1),
        },
    };
    let state = match known.as_ref().and_then(|known| known.snapshot) {
        Some(height) => Some(StatePlan::Began(height)),
        None if known.as_ref().is_some_and(|known| known.state) => None,
        None => prepared.node.as_ref().map(|_| StatePlan::Snapshot),
    };
    let (done, claimed) = known.map(|known| (known.done, known.claimed)).unwrap_or_default();
    let remaining = Plan::new(prepared.cut(config), first, &done, claimed).remaining(head.height);
    let heights = remaining.iter().map(|span| span.heights()).fold(0, u64::saturating_add);
    let (calls_at_least, blocks) = match prepared.chain.kind {
        // A page at least for each range; how many transactions it names, only the node knows.
        RenderRules::KIND => (remaining.len() as u64, 0),
        _ => (heights + heights.div_ceil(HEADERS_A_PAGE), heights),
    };
    let at_once = IN_FLIGHT_AN_ENDPOINT * prepared.network.endpoints().len().max(1) as f64;
    Ok(Planned {
        network: network.clone(),
        first,
        tip: head.height,
        heights,
        ranges: remaining.len() as u64,
        next: remaining.into_iter().take(5).collect(),
        calls_at_least,
        calls_at_most: calls_at_least + blocks,
        seconds_about: (calls_at_least as f64 * latency_s / at_once).ceil() as u64,
        state,
    })
}

/// What the data folder has of a network.
struct Known {
    first: u64,
    done: RangeSet,
    claimed: Vec<Span>,
    /// Height of the snapshot that the state began with.
    snapshot: Option<u64>,
    /// Whether any state is there.
    state: bool,
}

async fn known(config: &Config, network: &str) -> anyhow::Result<Option<Known>> {
    let path = DataDir::new(&config.data_dir).state_db();
    if !path.is_file() {
        return Ok(None);
    }
    let state_db = StateDb::open_file(&path).await?;
    let key = StageKey::new(network, StageKey::FACTS);
    let mut done: RangeSet = state_db.live_ranges(&key).await?.live.runs().into_iter().collect();
    for entry in state_db.quarantined(&key).await? {
        done.insert(entry.range.span);
    }
    let claimed = state_db
        .claimed(&key)
        .await?
        .into_iter()
        .map(|claim| claim.span)
        .collect();
    let first = state_db.network(network).await?.map(|network| network.first_height);
    let key = StageKey::new(network, StageKey::STATE);
    let snapshot = state_db.stage_first(&key).await?;
    let state = !state_db.live_ranges(&key).await?.live.is_empty();
    state_db.close().await;
    Ok(first.map(|first| Known {
        first,
        done,
        claimed,
        snapshot,
        state,
    }))
}

fn text(planned: &Planned) -> String {
    let Planned {
        network,
        first,
        tip,
        heights,
        ranges,
        next,
        calls_at_least,
        calls_at_most,
        seconds_about,
        state,
    } = planned;
    let state = match state {
        None => String::new(),
        Some(StatePlan::Snapshot) => "\n  a node is asked for the whole state, a little below the tip".to_owned(),
        Some(StatePlan::Began(height)) => format!("\n  the state began with a snapshot of height {height}"),
    };
    let next = next.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!(
        "{network}: heights {first} to {tip}, {heights} missing in {ranges} ranges\n  first: {next}\n  \
         {calls_at_least} to {calls_at_most} requests, about {seconds_about} s{state}"
    )
}
