//! The pipeline: what joins a source, the archive, the decoder, the state machine and the committer.
//!
//! [`Follower`] runs one network. Its facts stage takes ranges from the [`Plan`] (the tip first, then the newest
//! hole), its state stage takes what the facts have committed, in height order. Both write through
//! `gridproof_store::commit`, so that every crash leaves either a committed range or a claim that is run again.

mod asking;
mod backoff;
mod board;
mod bootstrap;
mod checkpoint;
mod derive;
mod error;
mod facts;
mod follower;
mod integrity;
mod inventory;
mod links;
mod metrics;
mod observe;
mod plan;
mod prices;
mod quarantine;
mod ranges;
mod reference;
mod refetch;
mod reindex;
mod rules;
mod series;
mod shared;
mod snapshot;
mod state;
mod status;
mod vault;

pub use asking::first_beside_snapshot;
pub use board::{Board, from_store, is_recording};
pub use bootstrap::{Asking, BootstrapReport, StateNode, bootstrap};
pub use error::PipelineError;
pub use follower::Follower;
pub use integrity::{Finding, IntegrityReport, check_integrity};
pub use inventory::{ChainState, Clock, Discovery, Inventory, InventoryGauges, InventorySettings, Known, Registered};
pub use metrics::{Metrics, Step};
pub use plan::{Cut, Plan};
pub use prices::{POLL_EVERY, PriceMetrics, PricePoller};
pub use quarantine::{Fault, Quarantined, Rejected};
pub use ranges::RangeSet;
pub use reference::publish_render_rules;
pub use refetch::refetch;
pub use reindex::{ReindexReport, reindex};
pub use series::{Series, SeriesHome};
pub use shared::{Chain, FirstHeight, Goal, OBSERVE_EVERY, Settings, Shared};
pub use state::NEEDS_GENESIS;
pub use status::{EndpointStatus, InventoryStatus, NetworkStatus, PriceStatus, StageStatus};
pub use vault::Vault;

#[cfg(test)]
mod tests;
