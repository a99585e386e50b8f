//! A whole state that was asked of a node, to the state that the machine goes on from.
//!
//! Input is what a node answered at one height ([`RawState`]): pages of its query services, in the wire form or as the
//! REST gateway prints them. Nothing of it is trusted: bounds on bytes and counts, ids, states and amounts are checked,
//! each child must have its parent, and what is told twice must be told alike. Fields that are not known are passed
//! over; a query of another version is refused by name.
//!
//! What a node does not tell, and what stands in for it:
//!
//! | not told | then |
//! |---|---|
//! | time at which a lease was made | `created_time_ms` is absent |
//! | what its closing event said | `reason` is empty; `reason_in_state` is the chain's |
//! | attributes of its provider at that time | those of now; where they decide, `gpu_resolved_by` is `provider_later` |
//! | height at which a provider registered | 0, as for those of a genesis |
//! | failed attempts of a pending BME record, as they go on | not kept |
//! | numbers of the oracle's sources | order of the parameters, see `oracle.rs` |
//! | the clock of the epochs, where `EpochInfos` was not asked | nothing is pruned; a finding once something should be |
//! | open proposals, where `Proposals` was not asked | a finding when one passes that no block submitted |
//!
//! To read a further query: its layout in `wire/`, its [`Query`](read::Query) and reader here, its part in
//! `state/ledger/start.rs`.

mod bme;
mod error;
mod escrow;
mod gov;
mod ledger;
mod market;
mod oracle;
mod read;
#[cfg(test)]
mod tests;
mod wire;

pub use error::{PageAt, SnapshotError};

use super::model::Version;
use super::state::{ChainRules, State, StateStart};
use crate::source::RawState;
use escrow::Escrowed;
use read::Answers;

impl State {
    /// The state at the end of a height, from what a node answered about it.
    ///
    /// # Errors
    /// It is of another chain, of a version whose answers are not read, incomplete, unreadable, or contradicts itself.
    pub fn from_snapshot(rules: &ChainRules, raw: &RawState) -> Result<Self, SnapshotError> {
        if raw.chain_id != rules.chain_id {
            let (expected, got) = (rules.chain_id.clone(), raw.chain_id.clone());
            return Err(SnapshotError::Chain { expected, got });
        }
        let height = raw.height;
        if height == 0 || i64::try_from(height).is_err() {
            return Err(SnapshotError::Height { height });
        }
        let version = rules.version_at(height);
        if version < Version::V1_0 {
            return Err(SnapshotError::Version { height, version });
        }
        let answers = Answers { raw, version };
        let mut escrowed = Escrowed::at(height);
        let market = market::read(&answers, &mut escrowed)?;
        let escrow = escrowed.confirm(&answers)?;
        let ledger = ledger::read(&answers)?;
        Ok(Self::started(StateStart {
            rules: rules.clone(),
            height,
            market,
            escrow,
            ledger,
        }))
    }
}
