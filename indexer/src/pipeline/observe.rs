//! What nodes say about the present: asked again and again beside the facts, archived as served, committed under a
//! stage of its own.
//!
//! A range of this stage reaches from the observation before to this one, so that the live list stays one segment. The
//! document is in the archive before the range is claimed: a claim that a crash left is derived from it again.

use super::error::PipelineError;
use super::quarantine::{Fault, Rejected};
use super::shared::{Goal, Shared};
use super::vault::OBSERVATIONS_STAGE;
use crate::chain::Family;
use crate::source::{Observed, Source};
use gridproof_store::batch::Batch;
use gridproof_store::state_db::{ClaimedRange, Span, StageKey};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Looks of a finite run, which is to end with one, while nodes do not answer.
const FINITE_LOOKS: u32 = 3;

/// An observation as it is archived.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    height: u64,
    time_s: i64,
    endpoint: String,
    /// As served: a text, so that it comes back byte for byte.
    body: String,
}

/// Observes at once and then in each interval until `stop`; a finite run observes once.
///
/// Nodes that do not answer, and answers that are not understood, are told and asked again: the facts go on.
pub(super) async fn run<F: Family, S: Source<Raw = F::Raw>>(
    shared: Arc<Shared<F>>,
    source: Arc<S>,
    stop: CancellationToken,
) -> Result<(), PipelineError> {
    let key = StageKey::new(&shared.chain.network, OBSERVATIONS_STAGE);
    for claim in shared.pending(&key).await? {
        again(&shared, &claim).await?;
    }
    let (network, finite) = (shared.chain.network.as_str(), shared.settings.goal != Goal::Follow);
    let mut looks = 0;
    loop {
        looks += 1;
        let seen = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            seen = source.observe() => seen,
        };
        let done = match seen {
            Ok(None) => return Ok(()),
            Ok(Some(seen)) => match take_in(&shared, &key, &seen).await? {
                Ok(()) => true,
                Err(rejected) => {
                    tracing::error!(network, endpoint = seen.endpoint, %rejected, "an observation was not understood");
                    false
                }
            },
            Err(error) => {
                tracing::warn!(network, %error, "no node told of the present; trying again later");
                false
            }
        };
        if finite && (done || looks >= FINITE_LOOKS) {
            return Ok(());
        }
        let pause = if finite {
            super::shared::STATUS_INTERVAL
        } else {
            shared.settings.observe_every
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Archives and commits an observation that is newer than the last one.
async fn take_in<F: Family>(
    shared: &Shared<F>,
    key: &StageKey,
    seen: &Observed,
) -> Result<Result<(), Rejected>, PipelineError> {
    let batch = match rows(shared, seen) {
        Ok(batch) => batch,
        Err(rejected) => return Ok(Err(rejected)),
    };
    let last = shared
        .state_db
        .live_ranges(key)
        .await?
        .live
        .runs()
        .last()
        .map(|run| run.to);
    let Some(span) = Span::new(last.map_or(seen.height, |last| last + 1), seen.height) else {
        return Ok(Ok(()));
    };
    let document = match kept(seen) {
        Ok(document) => document,
        Err(rejected) => return Ok(Err(rejected)),
    };
    shared.vault.put_observation(seen.height, &document).await?;
    let claim = shared.claim(key, span).await?;
    shared.committer.commit(&claim, &batch).await?;
    shared
        .metrics
        .committed(&shared.chain.network, OBSERVATIONS_STAGE, batch.rows());
    Ok(Ok(()))
}

/// Commits a claim that a crash left.
async fn again<F: Family>(shared: &Shared<F>, claim: &ClaimedRange) -> Result<(), PipelineError> {
    let height = claim.span.to;
    let rejected = |why: String| Rejected::because(Fault::Archive, height, why);
    let derived = match shared.vault.observation(height).await? {
        None => Err(rejected("the observation is not in the archive".to_owned())),
        Some(document) => match serde_json::from_slice::<Kept>(&document) {
            Ok(kept) if kept.height == height => rows(shared, &kept.into()),
            Ok(kept) => Err(rejected(format!("the archive has the observation of {}", kept.height))),
            Err(error) => Err(rejected(error.to_string())),
        },
    };
    match derived {
        Ok(batch) => Ok(shared.committer.commit(claim, &batch).await.map(drop)?),
        Err(rejected) => shared.quarantine(claim, &rejected).await,
    }
}

fn rows<F: Family>(shared: &Shared<F>, seen: &Observed) -> Result<Batch, Rejected> {
    let mut batch = Batch::new(shared.origin());
    shared.rules.observed(seen, &mut batch)?;
    Ok(batch)
}

fn kept(seen: &Observed) -> Result<Vec<u8>, Rejected> {
    let rejected = |error: &(dyn std::error::Error + 'static)| Rejected::new(Fault::BadBody, seen.height, error);
    let kept = Kept {
        height: seen.height,
        time_s: seen.time_s,
        endpoint: seen.endpoint.clone(),
        body: String::from_utf8(seen.body.to_vec()).map_err(|error| rejected(&error))?,
    };
    serde_json::to_vec(&kept).map_err(|error| rejected(&error))
}

impl From<Kept> for Observed {
    fn from(kept: Kept) -> Self {
        Self {
            height: kept.height,
            time_s: kept.time_s,
            endpoint: kept.endpoint,
            body: kept.body.into(),
        }
    }
}
