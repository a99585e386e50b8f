//! The machine against the chain's own answers.
#![allow(clippy::unwrap_used)]

mod bench;
mod funding;
mod random;
mod refusals;
pub(crate) mod replay;
mod scenarios;
pub(crate) mod truth;
mod upgrades;
mod v038;
mod v1_0;
mod v1_1;
