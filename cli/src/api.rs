//! What the API is told about this process.

use crate::board::Board;
use crate::house::House;
use crate::ops::{EnginePing, Operations};
use gridproof_graphql::{ApiState, NetworkDescriptor, Readiness, ReadyCheck};
use gridproof_indexer::pipeline::{Chain, FirstHeight, is_recording};
use gridproof_store::state_db::Network;
use std::sync::Arc;

/// The routes of the page and the API over this house.
pub(crate) fn router(house: &House, operations: &Operations, networks: Vec<NetworkDescriptor>) -> axum::Router {
    let mut state = ApiState::new(house.clickhouse.raw().clone(), networks);
    state.ready = ready_check(operations.board.clone(), operations.ping.clone());
    state.registry = Some(house.registry.clone());
    gridproof_graphql::router(state)
}

/// A network that is followed here.
pub(crate) fn descriptor(chain: &Chain) -> NetworkDescriptor {
    NetworkDescriptor {
        name: chain.network.clone(),
        kind: chain.kind.to_owned(),
        chain_id: chain.chain_id.clone(),
        is_recording: chain.recording,
        notice: Some(chain.note.clone()).filter(|note| !note.is_empty()),
        first_height: match chain.first {
            FirstHeight::Height(height) if chain.recording => height,
            _ => 1,
        },
    }
}

/// A network that another process follows.
pub(crate) fn stored(network: &Network) -> NetworkDescriptor {
    let recording = is_recording(&network.name);
    NetworkDescriptor {
        name: network.name.clone(),
        kind: network.kind.clone(),
        chain_id: network.chain_id.clone(),
        is_recording: recording,
        notice: Some(network.note.clone()).filter(|note| !note.is_empty()),
        first_height: if recording { network.first_height } else { 1 },
    }
}

fn ready_check(board: Board, ping: EnginePing) -> ReadyCheck {
    Arc::new(move || {
        let (board, ping) = (board.clone(), ping.clone());
        Box::pin(async move {
            let reasons = board.not_ready(ping().await.err());
            Readiness {
                ready: reasons.is_empty(),
                checks: reasons
                    .into_iter()
                    .map(|reason| ("not ready".to_owned(), reason))
                    .collect(),
            }
        })
    })
}
