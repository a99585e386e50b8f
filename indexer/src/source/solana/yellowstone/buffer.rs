//! What was streamed and waits for its range. Pure: no I/O, no clock; the bound in bytes is the caller's permit.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::convert::Converted;
use super::intervals::Intervals;
use super::links::{Added, Block, LinkError, Links, SlotFact};

/// A streamed transaction with its share of the buffer, which dropping it gives back.
#[derive(Debug)]
pub(super) struct Streamed {
    pub(super) transaction: Converted,
    _share: OwnedSemaphorePermit,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It waits for its range; whether the block's meta came before it.
    New { block_known: bool },
    /// It waits already.
    Duplicate,
    /// Its range is done.
    Late,
}

/// Streamed blocks and transactions.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    links: Links,
    waiting: BTreeMap<u64, BTreeMap<String, Arc<Streamed>>>,
    slot_of: std::collections::HashMap<String, u64>,
    /// Slots whose blocks were streamed with a link to what was streamed before: every transaction in them should
    /// have come.
    covered: Intervals,
    /// Slots whose range is done or that were left to the RPC.
    done: Intervals,
}

impl Buffer {
    /// Adds a block and says what it adds to the chain.
    pub(super) fn block(&mut self, block: Block) -> Result<Added, LinkError> {
        let slot = block.slot;
        let added = self.links.add(block)?;
        if added == Added::Known {
            return Ok(added);
        }
        if let Added::Linked { parent } = added {
            self.cover(parent.saturating_add(1), slot);
        }
        if let Some(child) = self.links.child_of(slot) {
            self.cover(slot + 1, child);
        }
        Ok(added)
    }

    /// What is known of a transaction that came, before it takes a share of the buffer.
    pub(super) fn look(&self, transaction: &Converted) -> Result<Kept, LinkError> {
        if let Some(slot) = self.slot_of.get(&transaction.signature) {
            let known = self
                .waiting
                .get(slot)
                .and_then(|there| there.get(&transaction.signature));
            let same = known.is_some_and(|known| known.transaction == *transaction);
            return same.then_some(Kept::Duplicate).ok_or_else(|| LinkError::TwoContents {
                signature: transaction.signature.clone(),
                first: *slot,
                second: transaction.slot,
            });
        }
        if self.done.contains(transaction.slot) {
            return Ok(Kept::Late);
        }
        let block_known = matches!(self.links.fact(transaction.slot), SlotFact::Block(_));
        Ok(Kept::New { block_known })
    }

    /// Keeps a transaction of which [`Self::look`] said that it is new.
    pub(super) fn keep(&mut self, transaction: Converted, share: OwnedSemaphorePermit) {
        let signature = transaction.signature.clone();
        self.slot_of.insert(signature.clone(), transaction.slot);
        let there = self.waiting.entry(transaction.slot).or_default();
        if let Entry::Vacant(place) = there.entry(signature) {
            place.insert(Arc::new(Streamed {
                transaction,
                _share: share,
            }));
        }
    }

    /// The transactions that wait in a range, by slot and signature.
    pub(super) fn range(&self, from: u64, to: u64) -> Vec<Arc<Streamed>> {
        if from > to {
            return Vec::new();
        }
        let slots = self.waiting.range(from..=to);
        slots.flat_map(|(_, there)| there.values().cloned()).collect()
    }

    /// The range is done: its transactions go, and what comes later of it is late.
    pub(super) fn done(&mut self, from: u64, to: u64) {
        self.drop_waiting(from, to);
        self.covered.remove(from, to);
        self.done.insert(from, to);
    }

    /// Leaves the oldest slot to the RPC. Returns the number of its transactions.
    pub(super) fn evict_oldest(&mut self) -> u64 {
        let Some((&slot, there)) = self.waiting.first_key_value() else {
            return 0;
        };
        let count = there.len() as u64;
        self.drop_waiting(slot, slot);
        self.covered.remove(slot, slot);
        self.done.insert(slot, slot);
        count
    }

    fn drop_waiting(&mut self, from: u64, to: u64) {
        let slots: Vec<u64> = self.waiting.range(from..=to.max(from)).map(|(slot, _)| *slot).collect();
        for slot in slots {
            for signature in self.waiting.remove(&slot).unwrap_or_default().keys() {
                self.slot_of.remove(signature);
            }
        }
    }

    /// Whether the stream should have told of every transaction in a slot.
    pub(super) fn covers(&self, slot: u64) -> bool {
        self.covered.contains(slot)
    }

    pub(super) fn has_transactions(&self, slot: u64) -> bool {
        self.waiting.contains_key(&slot)
    }

    pub(super) fn fact(&self, slot: u64) -> SlotFact {
        self.links.fact(slot)
    }

    /// The newest streamed block.
    pub(super) fn head(&self) -> Option<u64> {
        self.links.head()
    }

    /// Forgets everything that a server said which contradicted itself.
    pub(super) fn distrust(&mut self) {
        self.links.clear();
        self.waiting.clear();
        self.slot_of.clear();
        self.covered.clear();
    }

    /// A slot whose range is done does not count as covered again when it is replayed.
    fn cover(&mut self, from: u64, to: u64) {
        let mut covered = Intervals::default();
        covered.insert(from, to);
        for (done_from, done_to) in self.done.iter() {
            covered.remove(done_from, done_to);
        }
        for (from, to) in covered.iter() {
            self.covered.insert(from, to);
        }
    }
}
