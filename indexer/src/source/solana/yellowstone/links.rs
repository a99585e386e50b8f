//! The chain of streamed blocks. A gap is what no parent link closes, whatever a server claims to have replayed.

use std::collections::BTreeMap;

/// Blocks kept, the newest: an hour of slots. Older ones are not compared any more.
const KEPT_BLOCKS: usize = 9_000;

/// A block as its meta tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) slot: u64,
    pub(super) hash: [u8; 32],
    pub(super) parent: u64,
    pub(super) parent_hash: [u8; 32],
    /// Seconds since the Unix epoch.
    pub(super) time: Option<i64>,
}

/// Finalized blocks that cannot all be true.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Two blocks in one slot.
    #[error("slot {slot} has block {first}, and then block {second}")]
    TwoBlocks {
        /// The slot.
        slot: u64,
        /// Hash that came first.
        first: String,
        /// Hash that came later.
        second: String,
    },
    /// A child names another parent than the one that was streamed.
    #[error("the block at slot {child} names the parent {named} at slot {parent}, which has block {streamed}")]
    OtherParent {
        /// Slot of the child.
        child: u64,
        /// Slot of the parent.
        parent: u64,
        /// Hash that the child names.
        named: String,
        /// Hash of the block that was streamed for the parent's slot.
        streamed: String,
    },
    /// A block in a slot that its child's link says was skipped.
    #[error("slot {slot} has a block, but the block at slot {child} has its parent at slot {parent}")]
    SkippedHasBlock {
        /// The slot between.
        slot: u64,
        /// Slot of the child.
        child: u64,
        /// Slot of the child's parent.
        parent: u64,
    },
    /// A parent that is not before its child.
    #[error("the block at slot {slot} names slot {parent} as its parent")]
    ParentNotBefore {
        /// Slot of the child.
        slot: u64,
        /// Slot that it names.
        parent: u64,
    },
    /// One transaction with two contents.
    #[error("transaction {signature} came twice with different content, in slot {first} and slot {second}")]
    TwoContents {
        /// Its signature.
        signature: String,
        /// Slot of the first.
        first: u64,
        /// Slot of the second.
        second: u64,
    },
}

/// What a block adds to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It was there.
    Known,
    /// Its parent was streamed: the slots between are skipped.
    Linked { parent: u64 },
    /// Its parent was not streamed: nothing is known of the slots before.
    Detached,
}

/// What is known of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotFact {
    /// It has a block, with this time where the server told one.
    Block(Option<i64>),
    /// It has none: the block after and the block before agree on it.
    Skipped,
    /// Nothing is known.
    Unknown,
}

/// The newest streamed blocks.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<u64, Block>);

impl Links {
    /// Adds a block, in whatever order blocks come.
    pub(super) fn add(&mut self, block: Block) -> Result<Added, LinkError> {
        if let Some(known) = self.0.get(&block.slot) {
            return same(known, &block).map(|()| Added::Known);
        }
        // Slot 0 is its own parent.
        if block.parent >= block.slot && block.slot > 0 {
            return Err(LinkError::ParentNotBefore {
                slot: block.slot,
                parent: block.parent,
            });
        }
        self.check_before(&block)?;
        self.check_after(&block)?;
        let added = if self.0.contains_key(&block.parent) {
            Added::Linked { parent: block.parent }
        } else {
            Added::Detached
        };
        self.0.insert(block.slot, block);
        if self.0.len() > KEPT_BLOCKS {
            self.0.pop_first();
        }
        Ok(added)
    }

    fn check_before(&self, block: &Block) -> Result<(), LinkError> {
        let Some((&slot, before)) = self.0.range(..block.slot).next_back() else {
            return Ok(());
        };
        if slot > block.parent {
            return Err(LinkError::SkippedHasBlock {
                slot,
                child: block.slot,
                parent: block.parent,
            });
        }
        if slot == block.parent {
            parent_agrees(block, before)?;
        }
        Ok(())
    }

    fn check_after(&self, block: &Block) -> Result<(), LinkError> {
        let after = self.0.range(block.slot..).next();
        let Some((_, child)) = after.filter(|(_, child)| child.parent <= block.slot) else {
            return Ok(());
        };
        if child.parent == block.slot {
            return parent_agrees(child, block);
        }
        Err(LinkError::SkippedHasBlock {
            slot: block.slot,
            child: child.slot,
            parent: child.parent,
        })
    }

    /// What the links say of a slot.
    pub(super) fn fact(&self, slot: u64) -> SlotFact {
        if let Some(block) = self.0.get(&slot) {
            return SlotFact::Block(block.time);
        }
        match self.0.range(slot..).next() {
            // A child alone might lie: the parent that it names must have been streamed, too.
            Some((_, child)) if child.parent < slot && self.0.contains_key(&child.parent) => SlotFact::Skipped,
            _ => SlotFact::Unknown,
        }
    }

    /// The newest block's slot.
    pub(super) fn head(&self) -> Option<u64> {
        self.0.last_key_value().map(|(slot, _)| *slot)
    }

    /// Whether the parent of the block at `slot` was streamed, or a block that names it as its parent.
    pub(super) fn child_of(&self, slot: u64) -> Option<u64> {
        let (_, child) = self.0.range(slot.checked_add(1)?..).next()?;
        (child.parent == slot).then_some(child.slot)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn same(known: &Block, block: &Block) -> Result<(), LinkError> {
    if known.hash == block.hash && known.parent == block.parent && known.parent_hash == block.parent_hash {
        return Ok(());
    }
    Err(LinkError::TwoBlocks {
        slot: known.slot,
        first: text(&known.hash),
        second: text(&block.hash),
    })
}

fn parent_agrees(child: &Block, parent: &Block) -> Result<(), LinkError> {
    if child.parent_hash == parent.hash {
        return Ok(());
    }
    Err(LinkError::OtherParent {
        child: child.slot,
        parent: parent.slot,
        named: text(&child.parent_hash),
        streamed: text(&parent.hash),
    })
}

fn text(hash: &[u8; 32]) -> String {
    bs58::encode(hash).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(slot: u64) -> [u8; 32] {
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&slot.to_le_bytes());
        hash
    }

    fn block(slot: u64, parent: u64) -> Block {
        Block {
            slot,
            hash: hash(slot),
            parent,
            parent_hash: hash(parent),
            time: Some(slot as i64),
        }
    }

    #[test]
    fn slots_between_a_parent_and_its_child_are_skipped_only_when_both_were_streamed() {
        let mut links = Links::default();
        assert_eq!(links.add(block(10, 9)), Ok(Added::Detached));
        assert_eq!(links.add(block(13, 10)), Ok(Added::Linked { parent: 10 }));
        assert_eq!(links.fact(11), SlotFact::Skipped);
        assert_eq!(links.fact(13), SlotFact::Block(Some(13)));
        assert_eq!(links.add(block(20, 15)), Ok(Added::Detached));
        assert_eq!(links.fact(17), SlotFact::Unknown);
        assert_eq!(links.fact(9), SlotFact::Unknown);
        assert_eq!(links.add(block(15, 13)), Ok(Added::Linked { parent: 13 }));
        assert_eq!(links.child_of(15), Some(20));
        assert_eq!(links.fact(17), SlotFact::Skipped);
    }

    #[test]
    fn the_same_block_again_is_known_and_another_block_in_its_slot_is_a_conflict() {
        let mut links = Links::default();
        links.add(block(10, 9)).expect("first");
        assert_eq!(links.add(block(10, 9)), Ok(Added::Known));
        let other = Block {
            hash: hash(99),
            ..block(10, 9)
        };
        assert!(matches!(links.add(other), Err(LinkError::TwoBlocks { slot: 10, .. })));
    }

    #[test]
    fn links_that_contradict_each_other_are_conflicts_in_either_order() {
        let wrong_parent = Block {
            parent_hash: hash(99),
            ..block(11, 10)
        };
        for order in [[block(10, 9), wrong_parent.clone()], [wrong_parent, block(10, 9)]] {
            let mut links = Links::default();
            let [first, second] = order;
            links.add(first).expect("the first alone is fine");
            assert!(matches!(
                links.add(second),
                Err(LinkError::OtherParent {
                    child: 11,
                    parent: 10,
                    ..
                })
            ));
        }
        for order in [[block(12, 10), block(14, 9)], [block(14, 9), block(12, 10)]] {
            let mut links = Links::default();
            let [first, second] = order;
            links.add(first).expect("the first alone is fine");
            assert!(matches!(
                links.add(second),
                Err(LinkError::SkippedHasBlock {
                    slot: 12,
                    child: 14,
                    ..
                })
            ));
        }
        assert!(matches!(
            Links::default().add(block(5, 5)),
            Err(LinkError::ParentNotBefore { .. })
        ));
        assert_eq!(Links::default().add(block(0, 0)), Ok(Added::Detached));
    }

    #[test]
    fn only_the_newest_blocks_are_kept() {
        let mut links = Links::default();
        for slot in 1..=KEPT_BLOCKS as u64 + 10 {
            links.add(block(slot, slot - 1)).expect("linked");
        }
        assert_eq!(links.0.len(), KEPT_BLOCKS);
        assert_eq!(links.head(), Some(KEPT_BLOCKS as u64 + 10));
    }
}
