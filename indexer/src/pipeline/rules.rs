//! Rules that changed since rows were derived: a watch set, a table of epochs.
//!
//! The rules are part of a range's decoder version. Ranges of another one are derived again from the archive before
//! anything new is fetched, beside the live rows and with one switch at the end. Where the rules follow an address that a
//! committed range did not ask for, the archive cannot know; then the status says so, with the command that fetches.

use super::error::PipelineError;
use super::ranges::RangeSet;
use super::reference::publish_render_rules;
use super::shared::Shared;
use crate::chain::Family;
use crate::chain::render::RenderRules;
use clickhouse::Row;
use clickhouse::sql::Identifier;
use gridproof_store::state_db::{CommittedRange, Segment, Span, StageKey};
use serde::Deserialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of a week.
const WEEK_S: u64 = 7 * 24 * 3600;
/// Weeks of which epochs are told to readers ahead of time: a process that runs so long without a new start does not exist.
const WEEKS_AHEAD: u64 = 53;
/// Addresses that are named in the advice; the rest is counted.
const NAMED: usize = 3;

#[derive(Clone, Debug, Row, Deserialize)]
struct WindowRow {
    first: u64,
    last: u64,
    missing: Vec<String>,
}

/// Heights that were committed without some followed address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unfollowed {
    /// The heights.
    pub(super) spans: RangeSet,
    /// The addresses.
    pub(super) addresses: Vec<String>,
}

impl Unfollowed {
    /// What a person should know and do, if anything.
    pub(super) fn advice<F: Family>(&self, network: &str) -> Option<String> {
        let (first, last) = (self.spans.spans().next()?.from, self.spans.spans().next_back()?.to);
        let named: Vec<&str> = self.addresses.iter().take(NAMED).map(String::as_str).collect();
        let more = self.addresses.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Some(format!(
            "{} {} between {first} and {last} were fetched without {}{more}, which the watch set follows now; run \
             `gridproof reindex --network {network} --refetch`",
            self.spans.heights(),
            F::HEIGHTS,
            named.join(", "),
        ))
    }
}

/// Live heights whose windows lack an address that the rules follow.
pub(super) async fn unfollowed<F: Family>(shared: &Shared<F>) -> Result<Unfollowed, PipelineError> {
    let (followed, mut found) = (shared.rules.followed(), Unfollowed::default());
    if followed.is_empty() {
        return Ok(found);
    }
    let query = shared
        .committer
        .clickhouse()
        .raw()
        .query(include_str!("sql/unfollowed.sql"));
    let table = format!("{}_live", F::DIGEST_TABLE);
    let query = query
        .bind(&followed)
        .bind(Identifier(&table))
        .bind(&shared.chain.network);
    for row in query.fetch_all::<WindowRow>().await? {
        found.spans.extend(Span::new(row.first, row.last));
        found.addresses.extend(row.missing);
    }
    found.addresses.sort_unstable();
    found.addresses.dedup();
    Ok(found)
}

/// Live heights of a stage that were derived by another version of code and rules, lowest first.
pub(super) async fn outdated<F: Family>(shared: &Shared<F>, key: &StageKey) -> Result<Vec<Span>, PipelineError> {
    let live = shared.state_db.live_ranges(key).await?.live;
    let (mut current, decoder) = (RangeSet::new(), shared.rules.decoder());
    for CommittedRange { range, .. } in shared.state_db.committed(key, Span { from: 0, to: u64::MAX }).await? {
        // Ranges of a generation that was superseded stay on record.
        let is_live = |segment: &Segment| segment.generation == range.generation && segment.span.covers(range.span);
        if range.decoder == decoder && live.segments().iter().any(is_live) {
            current.insert(range.span);
        }
    }
    Ok(live.runs().into_iter().flat_map(|run| current.holes(run)).collect())
}

/// Keeps the rules with the network, so that it can be derived again by them, and tells them to readers.
pub(super) async fn keep<F: Family>(shared: &Shared<F>) -> Result<(), PipelineError> {
    let fail = |error: serde_json::Error| PipelineError::Rules {
        network: shared.chain.network.clone(),
        why: error.to_string(),
    };
    let document = serde_json::to_vec(&shared.rules).map_err(fail)?;
    if shared.vault.rules().await?.as_ref() != Some(&document) {
        shared.vault.put_rules(&document).await?;
    }
    if F::KIND == RenderRules::KIND {
        let rules: RenderRules = serde_json::from_slice(&document).map_err(fail)?;
        let (clickhouse, network) = (shared.committer.clickhouse(), &shared.chain.network);
        publish_render_rules(clickhouse, network, &rules.watch, &rules.epochs, published_until_s()).await?;
    }
    Ok(())
}

/// The end of the epochs that are told to readers, seconds since the Unix epoch: a year from now, cut to whole weeks so that
/// a start within the same week tells nothing new. Views leave out epochs that have not begun.
fn published_until_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let weeks = since.as_secs() / WEEK_S + WEEKS_AHEAD;
    i64::try_from(weeks * WEEK_S).unwrap_or(i64::MAX)
}
