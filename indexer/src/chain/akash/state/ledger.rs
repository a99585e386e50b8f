//! The part of the state beside the market: providers, audits, BME, oracle, supply, governance.

use super::error::StateError;
use super::output::StateOutput;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Block, Version};

/// Everything that is not market or escrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ledger {}

impl Ledger {
    /// Takes one block in, after the market has.
    pub fn step(&mut self, _version: Version, _block: &Block, _out: &mut StateOutput) -> Result<(), StateError> {
        Ok(())
    }

    /// Median of the stored AKT aggregate while the oracle is healthy, as of the end of the last block.
    pub fn repricing_price(&self) -> Option<Dec> {
        None
    }
}
