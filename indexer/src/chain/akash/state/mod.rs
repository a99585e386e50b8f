//! The height-ordered state machine of an Akash chain.
//!
//! `State` is a pure function of the genesis and the blocks: messages of successful transactions
//! drive it, events only cross-check it. Parts of one block run in the chain's order: upgrade
//! handlers, transactions, end-block (akash.md 2.10 is the specification of the market and escrow).

pub mod error;
pub mod escrow;
pub mod ledger;
pub mod output;
pub mod pairs;
pub mod rules;

pub use error::{RulesError, StateError};
pub use output::{ObjectKey, Place, StateOutput};
pub use rules::{ChainRules, parse_version};

use super::model::{Block, Version};
use escrow::Escrow;
use ledger::Ledger;

/// State of a chain at the end of one height.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct State {
    /// Versions of this chain.
    pub rules: ChainRules,
    /// Height of the last block taken in; 0 is the genesis.
    pub height: u64,
    /// Accounts and payments.
    pub escrow: Escrow,
    /// Everything that is not market or escrow.
    pub ledger: Ledger,
}

impl State {
    /// The state before the first block. `genesis` is the whole genesis document, where there is one.
    pub fn new(rules: ChainRules, _genesis: Option<&serde_json::Value>) -> Result<Self, StateError> {
        Ok(Self {
            rules,
            height: 0,
            escrow: Escrow::default(),
            ledger: Ledger::default(),
        })
    }

    /// The version in force at the last height.
    pub fn version(&self) -> Version {
        self.rules.version_at(self.height)
    }

    /// Takes one block in. On an error the state is spoiled and must be dropped.
    pub fn step(&mut self, block: &Block) -> Result<StateOutput, StateError> {
        let (height, mut out) = (block.header.height, StateOutput::default());
        if self.height != 0 && height != self.height + 1 {
            return Err(StateError::OutOfOrder {
                height: self.height,
                got: height,
            });
        }
        let version = self.rules.version_at(height);
        self.ledger.step(version, block, &mut out)?;
        self.height = height;
        Ok(out)
    }
}
