//! The stored side from the state machine in memory: the fast way to prove its rules.

mod ledger;
mod market;

use super::snapshot::Snapshot;
use crate::chain::akash::state::State;

impl Snapshot {
    /// Everything that is compared, as the state has it at the end of its last block.
    pub fn from_state(state: &State) -> Self {
        let mut snapshot = Self::from_ledger(&state.ledger);
        market::fill(&mut snapshot, &state.market, &state.escrow);
        snapshot
    }
}
