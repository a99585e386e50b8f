//! Render's audits: do the stored movements add up, and do they agree with what nodes answered?
//!
//! [`Ledger`] is what is stored of a network, read once. Over it run the always-on audits ([`check`]) and the comparison
//! with the truth of a recording ([`compare`]): the node's own answers, never our own sums.

mod answers;
mod chains;
mod check;
mod compare;
mod ledger;
mod read;
mod transfers;
mod truth;
mod views;

pub use check::{AuditReport, Check, Finding, check};
pub use compare::{Comparison, LabelTable, RenderDifference, compare};
pub use ledger::{Change, Event, Ledger, Observation, Subject};
pub use read::{StoredTransaction, read_ledger, read_transactions};
pub use transfers::{read_decimals, read_transfers};
pub use truth::RenderTruth;
pub use views::compare_views;

/// Kind of the networks that these audits are for.
pub const KIND: &str = "render";

#[cfg(test)]
mod tests;
