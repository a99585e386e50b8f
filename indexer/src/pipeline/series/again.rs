//! Deriving the entries of a series again from the archive, beside what is live, with one switch at the end.

use super::super::error::PipelineError;
use super::super::plan::Cut;
use super::SeriesHome;
use super::check::derived;
use crate::chain::SeriesKind;
use gridproof_store::state_db::{ClaimedRange, Reindex, Span, StageKey};
use tokio_util::sync::CancellationToken;

/// Entries that are derived and committed together.
const ENTRIES: u64 = 100;

/// What was derived again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Again {
    /// Entries.
    pub(in crate::pipeline) entries: u64,
    /// Their rows.
    pub(in crate::pipeline) rows: u64,
}

/// Derives every committed entry of a series again and goes on with what a crash left open.
///
/// # Errors
/// An entry is not accepted any more ([`PipelineError::Rejected`]): what is live stays live.
pub(in crate::pipeline) async fn reindex(
    home: &SeriesHome,
    kind: &SeriesKind,
    stop: &CancellationToken,
) -> Result<Again, PipelineError> {
    let (key, mut done) = (StageKey::new(&home.origin.network, kind.stage), Again::default());
    for open in open(home, kind, &key).await? {
        for (span, claim) in todo(home, kind, &open).await? {
            if stop.is_cancelled() {
                return Ok(done);
            }
            let batch = match derived(&home.vault, kind, home.origin.clone(), span).await? {
                Ok(batch) => batch,
                Err(rejected) => {
                    home.state_db.cancel_reindex(home.committer.lease(), &open).await?;
                    return Err(PipelineError::Rejected(rejected));
                }
            };
            let claim = match claim {
                Some(claim) => claim,
                None => home.state_db.claim_reindex(home.committer.lease(), &open, span).await?,
            };
            home.committer.commit(&claim, &batch).await?;
            done.entries += span.heights();
            done.rows += batch.rows();
        }
    }
    Ok(done)
}

/// Those that a crash left open, else one for each committed run.
async fn open(home: &SeriesHome, kind: &SeriesKind, key: &StageKey) -> Result<Vec<Reindex>, PipelineError> {
    let (db, lease) = (&home.state_db, home.committer.lease());
    // Those of another decoder begin again under this one.
    db.pending(lease, key, kind.decoder).await?;
    let left = db.reindexes(key).await?;
    if !left.is_empty() {
        return Ok(left);
    }
    let mut opened = Vec::new();
    for run in db.live_ranges(key).await?.live.runs() {
        opened.push(db.bump_generation(lease, key, run, kind.decoder).await?);
    }
    Ok(opened)
}

/// What is left of a re-derivation, lowest first.
async fn todo(
    home: &SeriesHome,
    kind: &SeriesKind,
    open: &Reindex,
) -> Result<Vec<(Span, Option<ClaimedRange>)>, PipelineError> {
    let claims = home
        .state_db
        .pending(home.committer.lease(), &open.key, kind.decoder)
        .await?;
    let ours = claims.into_iter().filter(|claim| claim.generation == open.generation);
    let mut todo: Vec<_> = ours.map(|claim| (claim.span, Some(claim))).collect();
    for hole in home.state_db.reindex_holes(open).await? {
        todo.extend(Cut::new(ENTRIES).all(hole).into_iter().map(|span| (span, None)));
    }
    todo.sort_by_key(|(span, _)| *span);
    Ok(todo)
}
