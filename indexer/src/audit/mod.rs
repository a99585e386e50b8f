//! The comparison of what is stored with what a chain itself answers.
//!
//! Both sides are brought into one normal form, [`Snapshot`]: the truth from a folder of REST answers
//! ([`Snapshot::from_truth_dir`]), the stored side from the state machine in memory or from the tables.
//! [`diff`] names every difference; parameters, pools and price health are outside.

mod canon;
mod compare;
mod diff;
mod error;
mod keys;
mod memory;
mod node;
pub mod render;
pub mod rows;
mod settlement;
mod snapshot;
mod tables;
mod truth;

pub use compare::{HeightReport, compare_state_dir, first_block, height_folders};
pub use diff::{Difference, OBJECT, diff};
pub use error::{AuditError, TruthError};
pub use settlement::{SettlementFinding, SettlementReport, settlement_report};
pub use snapshot::{Section, Snapshot, Table, VAULT_KEY};

#[cfg(test)]
mod tests;
