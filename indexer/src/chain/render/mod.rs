//! Render on Solana. Pure: bodies in, rows out. `docs/render.md` has the path and the tables.

pub mod classify;
pub mod decode;
pub mod discover;
pub mod epochs;
pub mod explain;
pub mod facts;
mod family;
pub mod model;
pub mod observation;
pub mod offchain;
pub mod payout;
#[cfg(test)]
pub(crate) mod testing;
mod text;
pub mod token;
pub mod watch;

use epochs::EpochTable;
use watch::WatchSet;

/// Everything that rows of Render depend on beside the transactions themselves.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RenderRules {
    /// Genesis hash; of a recording its `chain_id`.
    pub chain_id: String,
    /// What is watched, and as what.
    pub watch: WatchSet,
    /// The weekly epochs.
    pub epochs: EpochTable,
}
