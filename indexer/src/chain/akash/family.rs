//! Akash as the pipeline sees it.

use super::decode::{check_link, decode_block, decode_header};
use super::facts;
use super::model::{Block, Header};
use super::state::{ChainRules, State};
use crate::chain::{Edge, Family, Fault, Machine, Rejected};
use crate::source::{RawBlock, RawState};
use gridproof_store::batch::{Batch, TableRow};

/// Version of the code that derives rows. Raise it when the same archive gives other rows: it is part of every
/// deduplication token.
pub const DECODER_VERSION: u32 = 2;

impl Family for ChainRules {
    const KIND: &'static str = "akash";
    /// Large enough that a commit's cost (about ten inserts) is small, small enough that a range is in memory whole:
    /// 500 blocks of mainnet are about 60 MB of RPC bodies.
    const RANGE_HEIGHTS: u64 = 500;
    const MAX_RANGE_HEIGHTS: u64 = 5_000;
    const DIGEST_TABLE: &'static str = facts::BlockRow::TABLE;
    const EVERY_HEIGHT: bool = true;
    const LINKED: bool = true;

    type Raw = RawBlock;
    type Block = Block;
    type Machine = State;

    fn decoder(&self) -> u32 {
        DECODER_VERSION
    }

    fn decode(&self, chain_id: &str, raws: &[RawBlock]) -> Result<Vec<Block>, Rejected> {
        let Some(first) = raws.first() else {
            return Ok(Vec::new());
        };
        let blocks = raws
            .iter()
            .map(|raw| decode_block(raw).map_err(|error| Rejected::new(Fault::Decode, raw.height, &error)))
            .collect::<Result<Vec<_>, _>>()?;
        check_range(chain_id, first.height, blocks.iter().map(|block| &block.header))?;
        Ok(blocks)
    }

    fn derive(&self, block: &Block, batch: &mut Batch) -> Result<(), Rejected> {
        facts::derive(block, batch).map_err(|error| Rejected::new(Fault::Derive, block.header.height, &error))
    }

    fn edge(block: &Block) -> Option<Edge> {
        Some(edge_of(&block.header))
    }

    fn raw_edge(raw: &RawBlock) -> Option<Edge> {
        decode_header(raw).ok().map(|header| edge_of(&header))
    }

    fn time_s(_: &[RawBlock], blocks: &[Block]) -> Option<i64> {
        blocks.last().map(|block| block.header.time.unix_timestamp())
    }
}

impl Machine<ChainRules> for State {
    fn first(rules: &ChainRules, genesis: &[u8]) -> Result<Self, String> {
        let genesis: serde_json::Value = serde_json::from_slice(genesis).map_err(|error| error.to_string())?;
        Self::new(rules.clone(), Some(&genesis)).map_err(|error| error.to_string())
    }

    fn seed(rules: &ChainRules, raw: &RawState) -> Result<Self, String> {
        Self::from_snapshot(rules, raw).map_err(|error| error.to_string())
    }

    fn write_all(&self, snapshot: &RawState, batch: &mut Batch) -> Result<(), Rejected> {
        let height = snapshot.height;
        if height != self.height {
            let why = format!("the snapshot is of height {height}, the state of {}", self.height);
            return Err(Rejected::because(Fault::Derive, height, why));
        }
        self.write_start(snapshot.time_ns.div_euclid(1_000_000), batch)
            .map_err(|error| Rejected::new(Fault::Derive, height, &error))
    }

    fn restore(rules: &ChainRules, checkpoint: &[u8]) -> Result<Self, String> {
        let state = Self::from_checkpoint(checkpoint).map_err(|error| error.to_string())?;
        if state.rules == *rules {
            Ok(state)
        } else {
            Err("it was made under other upgrade heights".to_owned())
        }
    }

    fn checkpoint(&self) -> Result<Vec<u8>, String> {
        self.to_checkpoint().map_err(|error| error.to_string())
    }

    fn height(&self) -> u64 {
        self.height
    }

    fn step(&mut self, block: &Block, batch: Option<&mut Batch>) -> Result<u64, Rejected> {
        let height = block.header.height;
        let out = Self::step(self, block).map_err(|error| Rejected::new(Fault::State, height, &error))?;
        if let Some(batch) = batch {
            self.write_rows(&block.header, &out, batch)
                .map_err(|error| Rejected::new(Fault::Derive, height, &error))?;
        }
        Ok(out.audits.iter().filter(|audit| !audit.ok).count() as u64)
    }
}

fn edge_of(header: &Header) -> Edge {
    Edge {
        hash: header.hash.clone(),
        parent_hash: header.parent_hash.clone(),
    }
}

/// Checks that headers are of `chain_id`, begin at `from`, and that each follows the one before.
fn check_range<'a>(chain_id: &str, from: u64, headers: impl IntoIterator<Item = &'a Header>) -> Result<(), Rejected> {
    let mut before: Option<&Header> = None;
    for header in headers {
        let height = header.height;
        if header.chain_id != chain_id {
            let why = format!("the header is of chain {:?}, not {chain_id:?}", header.chain_id);
            return Err(Rejected::because(Fault::WrongChain, height, why));
        }
        match before {
            None if height != from => {
                let why = format!("the range begins at height {height}, not {from}");
                return Err(Rejected::because(Fault::BadBody, from, why));
            }
            None => {}
            Some(parent) => {
                check_link(parent, header).map_err(|error| Rejected::new(Fault::BrokenLink, height, &error))?;
            }
        }
        before = Some(header);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use time::OffsetDateTime;

    fn header(height: u64, hash: &str, parent_hash: &str) -> Header {
        Header {
            chain_id: "c".into(),
            height,
            time: OffsetDateTime::UNIX_EPOCH,
            hash: hash.into(),
            parent_hash: parent_hash.into(),
            num_txs: 0,
            proposer: String::new(),
        }
    }

    #[test]
    fn a_range_whose_blocks_follow_each_other_passes() {
        let headers = [header(5, "B", "A"), header(6, "C", "B")];
        assert_eq!(check_range("c", 5, &headers), Ok(()));
    }

    #[test]
    fn a_block_that_names_another_parent_is_rejected_at_its_height() {
        let headers = [header(5, "B", "A"), header(6, "C", "X")];
        let rejected = check_range("c", 5, &headers).unwrap_err();
        assert_eq!((rejected.fault, rejected.height), (Fault::BrokenLink, 6));
    }

    #[test]
    fn another_chain_or_another_height_is_rejected() {
        assert_eq!(
            check_range("d", 5, &[header(5, "B", "A")]).unwrap_err().fault,
            Fault::WrongChain
        );
        assert_eq!(
            check_range("c", 5, &[header(7, "B", "A")]).unwrap_err().fault,
            Fault::BadBody
        );
    }
}
