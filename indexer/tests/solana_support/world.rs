//! Chains: blocks with parents, and transactions that name addresses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub fn address(n: u8) -> String {
    bs58::encode([n; 32]).into_string()
}

pub fn mint() -> String {
    address(200)
}

/// A signature that no other number has.
pub fn signature(n: u64) -> String {
    let mut bytes = [0; 64];
    for (i, chunk) in bytes.chunks_mut(8).enumerate() {
        let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(7 * i as u32) ^ n;
        chunk.copy_from_slice(&mixed.to_be_bytes());
    }
    bs58::encode(bytes).into_string()
}

#[derive(Clone, Debug)]
pub struct Tx {
    pub signature: String,
    pub addresses: BTreeSet<String>,
    pub err: Value,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub hash: String,
    pub parent: u64,
    pub time: Option<i64>,
    pub txs: Vec<Tx>,
}

/// The blocks of one fork, from the first to the newest.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    pub blocks: BTreeMap<u64, Block>,
    next: u64,
}

impl Chain {
    /// A chain of empty blocks in `slots`.
    pub fn of(slots: impl IntoIterator<Item = u64>) -> Self {
        let mut chain = Self::default();
        slots.into_iter().for_each(|slot| chain.block(slot, 0));
        chain
    }

    /// Adds an empty block; blocks of other forks in one slot have another `salt`.
    pub fn block(&mut self, slot: u64, salt: u8) {
        let parent = self.blocks.range(..slot).next_back().map_or(0, |(slot, _)| *slot);
        let mut hash = [salt; 32];
        hash[..8].copy_from_slice(&slot.to_be_bytes());
        hash[8..16].copy_from_slice(&parent.to_be_bytes());
        let block = Block {
            hash: bs58::encode(hash).into_string(),
            parent,
            time: Some(1_700_000_000 + (slot * 2 / 5) as i64),
            txs: Vec::new(),
        };
        self.blocks.insert(slot, block);
    }

    /// Adds a transaction to a block; gives its signature.
    pub fn tx(&mut self, slot: u64, addresses: &[&String]) -> String {
        let signature = signature(self.next);
        self.next += 1;
        self.named(slot, signature.clone(), addresses, Value::Null);
        signature
    }

    pub fn failed(&mut self, slot: u64, addresses: &[&String]) -> String {
        let signature = signature(self.next);
        self.next += 1;
        let err = json!({"InstructionError": [0, {"Custom": 1}]});
        self.named(slot, signature.clone(), addresses, err);
        signature
    }

    pub fn named(&mut self, slot: u64, signature: String, addresses: &[&String], err: Value) {
        if !self.blocks.contains_key(&slot) {
            self.block(slot, 0);
        }
        let addresses = addresses.iter().map(|a| (*a).clone()).collect();
        let block = self.blocks.get_mut(&slot).unwrap();
        block.txs.push(Tx {
            signature,
            addresses,
            err,
        });
    }

    /// Hash of the block before the one in `slot`.
    pub fn previous_hash(&self, slot: u64) -> String {
        let parent = self.blocks[&slot].parent;
        self.blocks
            .get(&parent)
            .map_or_else(|| bs58::encode([9; 32]).into_string(), |b| b.hash.clone())
    }

    /// The truth: slot and signature of all that names one of `followed`, ordered.
    pub fn truth(&self, followed: &[String], from: u64, to: u64) -> Vec<(u64, String)> {
        let named = |tx: &&Tx| followed.iter().any(|a| tx.addresses.contains(a));
        let mut truth = Vec::new();
        for (slot, block) in self.blocks.range(from..=to) {
            truth.extend(block.txs.iter().filter(named).map(|tx| (*slot, tx.signature.clone())));
        }
        truth.sort();
        truth
    }

    pub fn find(&self, signature: &str) -> Option<(u64, &Block, &Tx)> {
        let of =
            |(slot, block): (&u64, &'_ Block)| block.txs.iter().any(|tx| tx.signature == signature).then_some(*slot);
        let slot = self.blocks.iter().find_map(of)?;
        let block = &self.blocks[&slot];
        let tx = block.txs.iter().find(|tx| tx.signature == signature)?;
        Some((slot, block, tx))
    }
}
