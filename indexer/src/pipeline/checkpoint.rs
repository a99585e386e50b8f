//! The state machine between two runs: genesis, checkpoints, and the silent replay from one to the cursor.

use super::derive::decode_range;
use super::error::PipelineError;
use super::quarantine::{Fault, Rejected};
use super::shared::Shared;
use crate::chain::akash::state::{ChainRules, State};
use crate::source::RawBlock;
use gridproof_store::state_db::Span;
use std::sync::Arc;

/// How the state stage can begin.
pub(super) enum Start {
    /// With this state, which is that of the cursor.
    At(Box<State>),
    /// Not at all, for this reason.
    Waiting(String),
    /// Not at all: an archived block that was accepted once is not accepted any more.
    Rejected(Rejected),
}

/// The state at `cursor` (0: before the first block), from the newest checkpoint or from the genesis.
///
/// `genesis` is called only where no checkpoint serves.
pub(super) async fn restore(
    shared: &Arc<Shared>,
    cursor: u64,
    genesis: impl Future<Output = Result<Option<bytes::Bytes>, PipelineError>>,
) -> Result<Start, PipelineError> {
    let begin: State = match newest(shared, cursor).await? {
        Some(state) => state,
        None => match genesis.await? {
            Some(document) => first_state(shared, document).await?,
            None => return Ok(Start::Waiting(super::state::NEEDS_GENESIS.to_owned())),
        },
    };
    replay(shared, begin, cursor).await
}

/// The state of the newest checkpoint at or below `cursor`. One that cannot be read (an older release wrote
/// it) is passed over: the genesis and the archive give the same state, only later.
async fn newest(shared: &Shared, cursor: u64) -> Result<Option<State>, PipelineError> {
    let Some((height, bytes)) = shared.vault.newest_state(cursor).await? else {
        return Ok(None);
    };
    let rules = shared.chain.rules.clone();
    match tokio::task::spawn_blocking(move || read(&bytes, &rules)).await? {
        Ok(state) => Ok(Some(state)),
        Err(why) => {
            let network = shared.chain.network.as_str();
            tracing::warn!(
                network,
                height,
                why,
                "checkpoint passed over; the state is replayed from genesis"
            );
            Ok(None)
        }
    }
}

/// Reads a state and checks that it was made under the rules in force.
fn read(bytes: &[u8], rules: &ChainRules) -> Result<State, String> {
    let state = State::from_checkpoint(bytes).map_err(|error| error.to_string())?;
    if state.rules == *rules {
        Ok(state)
    } else {
        Err("it was made under other upgrade heights".to_owned())
    }
}

/// The state before the first block.
pub(super) async fn first_state(shared: &Shared, document: bytes::Bytes) -> Result<State, PipelineError> {
    let (network, rules) = (shared.chain.network.clone(), shared.chain.rules.clone());
    tokio::task::spawn_blocking(move || {
        let fail = |why: String| PipelineError::Genesis {
            network: network.clone(),
            why,
        };
        let genesis: serde_json::Value = serde_json::from_slice(&document).map_err(|error| fail(error.to_string()))?;
        State::new(rules, Some(&genesis)).map_err(|error| fail(error.to_string()))
    })
    .await?
}

/// Takes archived blocks in without writing rows, up to `cursor`.
pub(super) async fn replay(shared: &Arc<Shared>, mut state: State, cursor: u64) -> Result<Start, PipelineError> {
    while let Some(rest) = Span::new(state.height + 1, cursor) {
        let span = shared.settings.cut.oldest(rest);
        let raws = shared.vault.read(span).await?;
        let worker = shared.clone();
        match tokio::task::spawn_blocking(move || silently(&worker, state, &raws)).await? {
            Ok(next) => state = next,
            Err(rejected) => return Ok(Start::Rejected(rejected)),
        }
    }
    Ok(Start::At(Box::new(state)))
}

/// The state after a range.
fn silently(shared: &Shared, mut state: State, raws: &[RawBlock]) -> Result<State, Rejected> {
    for block in decode_range(&shared.chain.chain_id, raws)? {
        let height = block.header.height;
        state
            .step(&block)
            .map_err(|error| Rejected::new(Fault::State, height, &error))?;
    }
    Ok(state)
}

/// Keeps a state: first its bytes in the archive, then its name in the state database.
pub(super) async fn keep(shared: &Shared, state: &State) -> Result<(), PipelineError> {
    let height = state.height;
    let copy = state.clone();
    let bytes = tokio::task::spawn_blocking(move || copy.to_checkpoint()).await?;
    let bytes = bytes.map_err(|error| PipelineError::Checkpoint {
        height,
        why: error.to_string(),
    })?;
    let file = shared.vault.put_state(height, &bytes).await?;
    shared.crash.pass("before-checkpoint");
    shared.vault.record_state(&file).await?;
    shared.vault.drop_states_below(height).await?;
    tracing::info!(network = shared.chain.network, height, bytes = file.bytes, "checkpoint");
    Ok(())
}
