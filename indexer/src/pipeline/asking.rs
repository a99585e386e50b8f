//! A follower that begins with the state of a node: it asks beside the facts, and again until a node answers.

use super::backoff::Backoff;
use super::bootstrap::{self, StateNode};
use super::error::PipelineError;
use super::shared::{Goal, Shared};
use crate::chain::Family;
use crate::source::{Head, StateHeight, StateProgress};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// First pause after a node that did not answer, or not as it should.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest pause: whole states are much to ask of public nodes.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Heights below the tip with which the facts of a network begin that waits for its state: deeper than a snapshot that
/// is asked for afterwards, so that the two meet.
const FACTS_AHEAD: u64 = 64;

/// Where the facts of a new network begin whose state is going to begin with a snapshot: the past before it is fetched only
/// where somebody asks for it.
pub fn first_beside_snapshot(head: &Head) -> u64 {
    head.height.saturating_sub(FACTS_AHEAD).max(head.floor).max(1)
}

/// Asks until a node gave the state of a height that the facts, which begin at `facts_from`, go on from; gives that height. `None`: stopped, or a finite run has waited for long enough; the
/// board says what was the matter.
///
/// # Errors
/// The databases or the archive failed. What nodes answer or do not answer is none.
pub(super) async fn until_answered<F: Family>(
    shared: &Arc<Shared<F>>,
    node: &dyn StateNode,
    facts_from: u64,
    stop: &CancellationToken,
) -> Result<Option<u64>, PipelineError> {
    let (mut backoff, began) = (Backoff::between(FIRST_PAUSE, LONGEST_PAUSE), Instant::now());
    let network = shared.chain.network.as_str();
    loop {
        shared
            .board
            .state_waits(Some("asking nodes for the state of the chain".to_owned()));
        let board = shared.board.clone();
        let progress = move |progress: &StateProgress| board.state_waits(Some(asking(progress)));
        let recent = (StateHeight::Recent, Some(facts_from));
        let error = match bootstrap::begin(shared, node, recent, &progress, stop).await {
            Ok(report) => return Ok(report.map(|report| report.height)),
            Err(error @ (PipelineError::Asked { .. } | PipelineError::Rejected(_))) => error,
            Err(error) => return Err(error),
        };
        if shared.settings.goal != Goal::Follow && began.elapsed() >= shared.settings.patience {
            shared.board.state_waits(Some(error.to_string()));
            return Ok(None);
        }
        let pause = backoff.next();
        tracing::warn!(network, %error, again_in_s = pause.as_secs(), "the state was not answered");
        shared
            .board
            .state_waits(Some(format!("{error}; asking again in {} s", pause.as_secs())));
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How far a snapshot is, for the status.
fn asking(progress: &StateProgress) -> String {
    let StateProgress {
        method,
        methods_done,
        methods,
        pages,
        bytes,
    } = progress;
    let number = methods_done.saturating_add(1).min(*methods);
    format!(
        "asking a node for the state of the chain: query {number} of {methods} ({method}), {pages} pages, {} KiB so far",
        bytes / 1024
    )
}
