//! The height-ordered state machine of an Akash chain.
//!
//! `State` is a pure function of the genesis (or of a state that a node answered) and the blocks: messages of successful transactions
//! drive it, events only cross-check it. Parts of one block run in the chain's order: upgrade
//! handlers, transactions, end-block (akash.md 2.10 is the specification of the market and escrow).

pub mod audit;
pub mod error;
pub mod escrow;
mod flow;
pub mod funding;
mod halt;
mod hardware;
pub mod ledger;
mod machine;
pub mod market;
pub mod output;
pub mod pairs;
pub mod rows;
pub mod rules;
mod start;
#[cfg(test)]
pub(in crate::chain::akash) mod tests;
pub(in crate::chain::akash) mod upgrades;

pub use error::{RulesError, StateError};
pub(in crate::chain::akash) use machine::{bid_key, deployment_key, group_key, order_key};
pub use output::{ObjectKey, Place, StateOutput};
pub use rules::{ChainRules, parse_version};
pub(in crate::chain::akash) use start::StateStart;

use super::accrual::Accrual;
use super::dec::{Dec, DecError};
use super::model::{Block, EventBody, Version};
use escrow::Escrow;
use flow::Flow;
use halt::Halt;
use ledger::Ledger;
use machine::{BlockContext, Machine};
use market::Market;

/// State of a chain at the end of one height.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct State {
    /// Versions of this chain.
    pub rules: ChainRules,
    /// Height of the last block taken in, or of the answered state; 0 is the genesis.
    pub height: u64,
    /// Deployments, groups, orders, bids, leases.
    pub market: Market,
    /// Accounts and payments.
    pub escrow: Escrow,
    /// Everything that is not market or escrow.
    pub ledger: Ledger,
    /// Whether BME is halted by its collateral ratio, or worse (v2.0.0+).
    bme_halted: bool,
    /// The incumbent's count of what leases spend. A state that comes without begins with what it holds.
    #[serde(default)]
    pub accrual: Option<Accrual>,
}

impl State {
    /// The state before the first block. `genesis` is the whole genesis document, where there is one.
    ///
    /// Market and escrow begin empty: a genesis that already has such objects is refused.
    pub fn new(rules: ChainRules, genesis: Option<&serde_json::Value>) -> Result<Self, StateError> {
        for (module, list) in [
            ("market", "leases"),
            ("deployment", "deployments"),
            ("escrow", "accounts"),
        ] {
            let objects = genesis.and_then(|genesis| genesis.pointer(&format!("/app_state/{module}/{list}")));
            if objects
                .and_then(|objects| objects.as_array())
                .is_some_and(|objects| !objects.is_empty())
            {
                let what = format!("it begins with {list}; only a chain that starts without any can be followed");
                return Err(StateError::Genesis { what });
            }
        }
        Ok(Self {
            rules,
            height: 0,
            market: Market::default(),
            escrow: Escrow::default(),
            ledger: Ledger::new(genesis)?,
            // A fresh BME has no price, and so no collateral.
            bme_halted: true,
            accrual: Some(Accrual::default()),
        })
    }

    /// The version in force at the last height.
    pub fn version(&self) -> Version {
        self.rules.version_at(self.height)
    }

    /// Takes one block in. On an error the state is spoiled and must be dropped.
    ///
    /// Market and escrow go first: what they need of oracle, BME and governance is what the block
    /// before left, as it is for the chain's own modules.
    pub fn step(&mut self, block: &Block) -> Result<StateOutput, StateError> {
        let height = block.header.height;
        self.follows(block)?;
        let version = self.rules.version_at(height);
        let mut out = StateOutput::default();
        self.begin_accrual(&mut out)?;
        self.run_market(version, block, &mut out)?;
        self.ledger.step(version, block, &mut out)?;
        self.resolve_hardware(height, &out);
        self.note_mint_status(block);
        out.audits.extend(audit::audit(block, &out.sent, &out.announced));
        self.height = height;
        self.mark_funding(height, &mut out);
        self.accrue(block, &mut out)?;
        Ok(out)
    }

    /// Begins the books of spending, where there are none yet, with what the state holds.
    pub fn begin_accrual(&mut self, out: &mut StateOutput) -> Result<(), StateError> {
        if self.accrual.is_none() {
            let books = Accrual::begun_with(self).map_err(|source| spending_error(self.height, source))?;
            let denoms = books.spending.keys().cloned();
            denoms.for_each(|denom| out.mark(ObjectKey::AccruedSpend(denom)));
            self.accrual = Some(books);
        }
        Ok(())
    }

    fn accrue(&mut self, block: &Block, out: &mut StateOutput) -> Result<(), StateError> {
        let Some(books) = self.accrual.as_mut() else {
            return Ok(());
        };
        let changed = books.step(block, &self.market, out);
        let changed = changed.map_err(|source| spending_error(block.header.height, source))?;
        changed
            .into_iter()
            .for_each(|denom| out.mark(ObjectKey::AccruedSpend(denom)));
        Ok(())
    }

    fn follows(&self, block: &Block) -> Result<(), StateError> {
        let (height, header) = (self.height, &block.header);
        if header.chain_id != self.rules.chain_id {
            let (expected, got) = (self.rules.chain_id.clone(), header.chain_id.clone());
            return Err(StateError::WrongChain { expected, got });
        }
        if height != 0 && header.height != height + 1 {
            return Err(StateError::OutOfOrder {
                height,
                got: header.height,
            });
        }
        Ok(())
    }

    fn run_market(&mut self, version: Version, block: &Block, out: &mut StateOutput) -> Result<(), StateError> {
        let height = block.header.height;
        let price = self.ledger.repricing_price();
        let time = block.header.time;
        let mut machine = Machine {
            block: BlockContext {
                version,
                height,
                time_unix_s: time.unix_timestamp(),
                time_unix_ms: unix_ms(time),
                take: self.ledger.take_params(),
                akt_fallback: price.filter(|_| self.bme_halted && version >= Version::V2_0),
            },
            market: &mut self.market,
            escrow: &mut self.escrow,
            out,
            place: Place::Begin,
            flow: Flow::default(),
        };
        for upgrade in self.rules.upgrades_at(height) {
            machine.upgrade(upgrade).map_err(|halt| halt.at(height, Place::Begin))?;
        }
        for tx in &block.txs {
            machine.transaction(tx)?;
        }
        machine.place = Place::End;
        end_block(&mut machine, price).map_err(|halt| halt.at(height, Place::End))
    }

    fn note_mint_status(&mut self, block: &Block) {
        let txs = block.txs.iter().filter(|tx| tx.succeeded()).flat_map(|tx| &tx.events);
        for event in txs.chain(&block.events) {
            let EventBody::Typed {
                package: "akash.bme.v1",
                name,
                fields,
            } = &event.body
            else {
                continue;
            };
            if let Some(status) = fields.get("new_status").filter(|_| name == "EventMintStatusChange") {
                self.bme_halted = status
                    .as_str()
                    .is_some_and(|status| status.starts_with("mint_status_halt"));
            }
        }
    }

    /// The state as bytes, for a checkpoint: the same state always gives the same bytes.
    pub fn to_checkpoint(&self) -> Result<Vec<u8>, StateError> {
        serde_json::to_vec(self).map_err(|source| StateError::Checkpoint { source })
    }

    /// Reads what [`State::to_checkpoint`] wrote.
    pub fn from_checkpoint(bytes: &[u8]) -> Result<Self, StateError> {
        serde_json::from_slice(bytes).map_err(|source| StateError::Checkpoint { source })
    }
}

/// The deployment module's end-block: it reprices once the oracle has a price.
fn end_block(machine: &mut Machine<'_>, price: Option<Dec>) -> Result<(), Halt> {
    match price {
        Some(price) if !machine.market.waiting.is_empty() => machine.reprice_waiting(price),
        _ => Ok(()),
    }
}

fn spending_error(height: u64, source: DecError) -> StateError {
    let place = "accrued spend".to_owned();
    StateError::Number { height, place, source }
}

/// Milliseconds since the Unix epoch; a time out of range is cut to the range.
fn unix_ms(time: time::OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
