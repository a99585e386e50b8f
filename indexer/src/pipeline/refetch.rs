//! Fetching committed heights again, because the rules follow more addresses than were asked for, or because the archive
//! lost them.
//!
//! The new bytes replace the old ones in the archive and are derived as a new generation; readers see the old rows until
//! the last part of a span is committed. A crash leaves the re-derivation open: the next start derives what is left from
//! the archive as it is, and the status goes on to name what was not fetched yet.

use super::backoff::Backoff;
use super::error::PipelineError;
use super::reindex::{ReindexReport, Work};
use super::rules;
use super::shared::Shared;
use crate::chain::{Family, Fault, Rejected};
use crate::source::{Class, RawUnit, Source};
use gridproof_store::state_db::Span;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Fetches all committed heights again whose windows lack an address that the rules follow.
///
/// # Errors
/// Endpoints do not serve a range for longer than the settings' patience, or serve what is not accepted; what is live
/// stays as it is.
pub async fn refetch<F: Family, S: Source<Raw = F::Raw>>(
    shared: Arc<Shared<F>>,
    source: Arc<S>,
    stop: &CancellationToken,
) -> Result<ReindexReport, PipelineError> {
    shared.committer.resume().await?;
    // What a crash left open, and what other rules derived, comes from the archive.
    super::reindex::catch_up(shared.clone(), stop).await?;
    let mut work = Work::new(shared.clone(), stop);
    let lacking = rules::unfollowed(&shared).await?;
    let spans: Vec<Span> = lacking.spans.spans().collect();
    if spans.is_empty() {
        return work.finish().await;
    }
    for open in work.open(&shared.facts_key(), Some(spans)).await? {
        for (span, claim) in work.todo(&open).await? {
            if stop.is_cancelled() {
                return work.finish().await;
            }
            let Some(units) = fetch(&shared, &*source, span, stop).await? else {
                return work.finish().await;
            };
            shared.vault.put(span, &units).await?;
            work.again(&open, span, claim, units).await?;
        }
    }
    work.finish().await
}

/// Asks until there is an answer or patience ends; `None`: stopped.
async fn fetch<F: Family, S: Source<Raw = F::Raw>>(
    shared: &Shared<F>,
    source: &S,
    span: Span,
    stop: &CancellationToken,
) -> Result<Option<Vec<F::Raw>>, PipelineError> {
    let (mut backoff, began) = (Backoff::default(), Instant::now());
    loop {
        let answer = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            answer = source.fetch_range(span.from, span.to) => answer,
        };
        let error = match answer {
            Ok(units) => match F::Raw::first_missing(span, &units) {
                None => return Ok(Some(units)),
                Some(height) => {
                    let why = "the endpoints gave nothing that speaks of this height";
                    return Err(PipelineError::Rejected(Rejected::because(Fault::BadBody, height, why)));
                }
            },
            Err(error) => error,
        };
        let again = matches!(error.class(), Class::Retry | Class::Wait);
        if !again || began.elapsed() >= shared.settings.patience {
            return Err(PipelineError::Upstream {
                network: shared.chain.network.clone(),
                what: format!("{} {span}", F::HEIGHTS),
                source: Box::new(error),
            });
        }
        tracing::warn!(network = shared.chain.network, %span, %error, "endpoints did not serve a range, trying again");
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(backoff.next()) => {}
        }
    }
}
