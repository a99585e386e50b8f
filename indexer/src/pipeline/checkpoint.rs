//! The state machine between two runs: genesis or snapshot, checkpoints, and the silent replay from one to the cursor.

use super::bootstrap;
use super::error::PipelineError;
use super::quarantine::Rejected;
use super::shared::Shared;
use crate::chain::{Family, Machine};
use gridproof_store::state_db::Span;
use std::sync::Arc;

/// How the state stage can begin.
pub(super) enum Start<M> {
    /// With this state, which is that of the cursor.
    At(M),
    /// Not at all, for this reason.
    Waiting(String),
    /// Not at all: an archived block that was accepted once is not accepted any more.
    Rejected(Rejected),
}

/// The state at `cursor` (0: before the first block), from the newest checkpoint, else from the archived snapshot of the
/// height `snapshot`, else from the genesis.
///
/// `genesis` is called only where no checkpoint serves and there is no snapshot.
pub(super) async fn restore<F: Family>(
    shared: &Arc<Shared<F>>,
    cursor: u64,
    snapshot: Option<u64>,
    genesis: impl Future<Output = Result<Option<bytes::Bytes>, PipelineError>>,
) -> Result<Start<F::Machine>, PipelineError> {
    let begin = match (newest(shared, cursor).await?, snapshot) {
        (Some(state), _) => state,
        (None, Some(height)) => match bootstrap::seeded(shared, height).await? {
            Ok((state, _)) => state,
            Err(rejected) => return Ok(Start::Rejected(rejected)),
        },
        (None, None) => match genesis.await? {
            Some(document) => first_state(shared, document).await?,
            None => return Ok(Start::Waiting(super::state::NEEDS_GENESIS.to_owned())),
        },
    };
    replay(shared, begin, cursor).await
}

/// The state of the newest checkpoint at or below `cursor`. One that cannot be read (an older release wrote
/// it) is passed over: the genesis or the snapshot and the archive give the same state, only later.
async fn newest<F: Family>(shared: &Shared<F>, cursor: u64) -> Result<Option<F::Machine>, PipelineError> {
    let Some((height, bytes)) = shared.vault.newest_state(shared.rules.decoder(), cursor).await? else {
        return Ok(None);
    };
    let rules = shared.rules.clone();
    match tokio::task::spawn_blocking(move || F::Machine::restore(&rules, &bytes)).await? {
        Ok(state) => Ok(Some(state)),
        Err(why) => {
            let network = shared.chain.network.as_str();
            tracing::warn!(
                network,
                height,
                why,
                "checkpoint passed over; the state is replayed from its beginning"
            );
            Ok(None)
        }
    }
}

/// The state before the first block.
pub(super) async fn first_state<F: Family>(
    shared: &Shared<F>,
    document: bytes::Bytes,
) -> Result<F::Machine, PipelineError> {
    let (network, rules) = (shared.chain.network.clone(), shared.rules.clone());
    tokio::task::spawn_blocking(move || F::Machine::first(&rules, &document))
        .await?
        .map_err(|why| PipelineError::Genesis { network, why })
}

/// Takes archived blocks in without writing rows, up to `cursor`.
pub(super) async fn replay<F: Family>(
    shared: &Arc<Shared<F>>,
    mut state: F::Machine,
    cursor: u64,
) -> Result<Start<F::Machine>, PipelineError> {
    while let Some(rest) = Span::new(state.height() + 1, cursor) {
        let span = shared.settings.cut.oldest(rest);
        let raws = shared.vault.read(span).await?;
        let worker = shared.clone();
        match tokio::task::spawn_blocking(move || silently(&worker, state, &raws)).await? {
            Ok(next) => state = next,
            Err(rejected) => return Ok(Start::Rejected(rejected)),
        }
    }
    Ok(Start::At(state))
}

/// The state after a range.
fn silently<F: Family>(shared: &Shared<F>, mut state: F::Machine, raws: &[F::Raw]) -> Result<F::Machine, Rejected> {
    for block in shared.rules.decode(&shared.chain.chain_id, raws)? {
        state.step(&block, None)?;
    }
    Ok(state)
}

/// Keeps a state: first its bytes in the archive, then its name in the state database.
pub(super) async fn keep<F: Family>(shared: &Shared<F>, state: &F::Machine) -> Result<(), PipelineError> {
    let (height, decoder) = (state.height(), shared.rules.decoder());
    let copy = state.clone();
    let bytes = tokio::task::spawn_blocking(move || copy.checkpoint()).await?;
    let bytes = bytes.map_err(|why| PipelineError::Checkpoint { height, why })?;
    let file = shared.vault.put_state(decoder, height, &bytes).await?;
    shared.crash.pass("before-checkpoint");
    shared.vault.record_state(&file).await?;
    shared.vault.drop_states_below(decoder, height).await?;
    tracing::info!(network = shared.chain.network, height, bytes = file.bytes, "checkpoint");
    Ok(())
}
