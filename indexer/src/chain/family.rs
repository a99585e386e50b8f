//! What the pipeline needs to know of a family of chains, and nothing else.
//!
//! A family is a value: the rules of one network (versions in force, watched accounts). It is pure: bytes in, rows
//! out. `chain/NAME/family.rs` implements it; the composition root joins it with a [`Source`](crate::source::Source)
//! of the same raw unit.

use super::akash::state::ChainRules;
use super::rejected::{Fault, Rejected};
use super::render::RenderRules;
use crate::source::{Observed, RawState, RawUnit};
use gridproof_store::batch::Batch;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A family of chains, with the rules of one network.
///
/// *Height* is the chain's own number: a block height, or a slot.
pub trait Family: Clone + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the state database, the API and the configuration.
    const KIND: &'static str;
    /// Heights of one range, unless the configuration says otherwise.
    const RANGE_HEIGHTS: u64;
    /// Most heights that one range may be configured to have: a range is in memory whole.
    const MAX_RANGE_HEIGHTS: u64;
    /// Table whose rows state count and hashes of the rows of their heights, and are left out of them.
    const DIGEST_TABLE: &'static str;
    /// Whether every height has such a row; otherwise only heights with something in them do.
    const EVERY_HEIGHT: bool;
    /// Whether blocks name the one before: [`Self::edge`] gives something.
    const LINKED: bool;
    /// What its heights are called.
    const HEIGHTS: &'static str = "heights";

    /// What a source serves for one height.
    type Raw: RawUnit;
    /// The same, decoded.
    type Block: Send + 'static;
    /// The state machine; [`NoMachine`] where rows depend on nothing before them.
    type Machine: Machine<Self>;

    /// Version of the code and rules that derive rows: part of every deduplication token. It must change when the same
    /// archive gives other rows.
    fn decoder(&self) -> u32;

    /// Decodes a range, checks that it is of `chain_id` and, where units say so, that each follows the one before.
    ///
    /// # Errors
    /// The first unit that is not accepted: the whole range is rejected, for it is committed whole or not at all.
    fn decode(&self, chain_id: &str, raws: &[Self::Raw]) -> Result<Vec<Self::Block>, Rejected>;

    /// Writes the fact rows of one block: a pure function of the block and the rules.
    ///
    /// # Errors
    /// Rows cannot be derived or encoded; the batch must be dropped then.
    fn derive(&self, block: &Self::Block, batch: &mut Batch) -> Result<(), Rejected>;

    /// How a block is linked to its neighbours; `None` where the chain's units are not.
    fn edge(block: &Self::Block) -> Option<Edge>;

    /// [`Self::edge`] of a unit that was decoded once before; `None` also where it cannot be read any more.
    fn raw_edge(raw: &Self::Raw) -> Option<Edge>;

    /// Time of the newest block of a range, seconds since the Unix epoch, where it is known.
    fn time_s(raws: &[Self::Raw], blocks: &[Self::Block]) -> Option<i64>;

    /// Addresses that a source must follow, sorted; empty where it serves whole blocks. Rows of [`Self::DIGEST_TABLE`]
    /// say in `accounts` what was followed from `window_from` on.
    fn followed(&self) -> Vec<String> {
        Vec::new()
    }

    /// Writes the rows of an observation.
    ///
    /// # Errors
    /// It is not what a source of this family writes; the batch must be dropped then.
    fn observed(&self, seen: &Observed, _: &mut Batch) -> Result<(), Rejected> {
        let why = format!("nothing is observed on {}", Self::KIND);
        Err(Rejected::because(Fault::Derive, seen.height, why))
    }
}

/// What the chain says of one block at a border of ranges that arrive in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Hash of the block.
    pub hash: String,
    /// Hash of the block before.
    pub parent_hash: String,
}

/// A height-ordered state machine: a pure function of the genesis and the blocks.
pub trait Machine<F: Family>: Clone + Send + Sync + 'static {
    /// Whether there is one at all; without it the network has no state stage.
    const EXISTS: bool = true;

    /// The state before the first block.
    ///
    /// # Errors
    /// The genesis document is not one.
    fn first(rules: &F, genesis: &[u8]) -> Result<Self, String>;

    /// The state at the end of a height, from what a node answered about it.
    ///
    /// # Errors
    /// This family has no such answers, or they are not what its nodes answer.
    fn seed(_: &F, _: &RawState) -> Result<Self, String> {
        Err(format!("the state of {} cannot be asked of a node", F::KIND))
    }

    /// Writes a row for every object of a state that [`Self::seed`] just gave: `tx_index` is
    /// [`Identity::SNAPSHOT`](gridproof_store::batch::Identity::SNAPSHOT), time and height are those of `snapshot`.
    ///
    /// # Errors
    /// A row cannot be encoded; the batch must be dropped then.
    fn write_all(&self, snapshot: &RawState, _: &mut Batch) -> Result<(), Rejected> {
        let why = format!("the state of {} cannot be asked of a node", F::KIND);
        Err(Rejected::because(Fault::Derive, snapshot.height, why))
    }

    /// Reads what [`Self::checkpoint`] wrote.
    ///
    /// # Errors
    /// It cannot be read, or was made under other rules.
    fn restore(rules: &F, checkpoint: &[u8]) -> Result<Self, String>;

    /// The state as bytes: the same state always gives the same bytes.
    ///
    /// # Errors
    /// It has no such form.
    fn checkpoint(&self) -> Result<Vec<u8>, String>;

    /// Height of the last block taken in; 0: none.
    fn height(&self) -> u64;

    /// Takes one block in and, where there is a batch, writes the rows that changed. Gives the number of findings: what
    /// the machine computed and the block shows otherwise.
    ///
    /// # Errors
    /// The block is not accepted; the machine is spoiled and must be dropped.
    fn step(&mut self, block: &F::Block, batch: Option<&mut Batch>) -> Result<u64, Rejected>;
}

/// The state machine of a family that has none. It has no value.
#[derive(Clone, Debug)]
pub enum NoMachine {}

impl<F: Family> Machine<F> for NoMachine {
    const EXISTS: bool = false;

    fn first(_: &F, _: &[u8]) -> Result<Self, String> {
        Err(format!("{} has no state", F::KIND))
    }

    fn restore(_: &F, _: &[u8]) -> Result<Self, String> {
        Err(format!("{} has no state", F::KIND))
    }

    fn checkpoint(&self) -> Result<Vec<u8>, String> {
        match *self {}
    }

    fn height(&self) -> u64 {
        match *self {}
    }

    fn step(&mut self, _: &F::Block, _: Option<&mut Batch>) -> Result<u64, Rejected> {
        match *self {}
    }
}

/// What is known of a family by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// [`Family::KIND`].
    pub name: &'static str,
    /// Whether its networks have a state stage.
    pub has_state: bool,
    /// [`Family::RANGE_HEIGHTS`].
    pub range_heights: u64,
    /// [`Family::MAX_RANGE_HEIGHTS`].
    pub max_range_heights: u64,
}

impl Kind {
    /// The kind of a family.
    pub const fn of<F: Family>() -> Self {
        Self {
            name: F::KIND,
            has_state: F::Machine::EXISTS,
            range_heights: F::RANGE_HEIGHTS,
            max_range_heights: F::MAX_RANGE_HEIGHTS,
        }
    }

    /// The kind of that name; `None` for a family of a later release.
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().copied().find(|kind| kind.name == name)
    }
}

/// Every family.
pub const KINDS: &[Kind] = &[Kind::of::<ChainRules>(), Kind::of::<RenderRules>()];
