//! From archived bytes to decoded blocks, for one range. Pure, and busy: run it on a blocking thread.

use super::links::check_range;
use super::quarantine::{Fault, Rejected};
use crate::chain::akash::decode::decode_block;
use crate::chain::akash::facts;
use crate::chain::akash::model::Block;
use crate::source::RawBlock;
use gridproof_store::batch::{Batch, Origin};

/// The fact rows of a range.
///
/// # Errors
/// A block whose rows cannot be derived or encoded.
pub fn derive_facts(origin: Origin, blocks: &[Block]) -> Result<Batch, Rejected> {
    let mut batch = Batch::new(origin);
    for block in blocks {
        facts::derive(block, &mut batch).map_err(|error| Rejected::new(Fault::Derive, block.header.height, &error))?;
    }
    Ok(batch)
}

/// Decodes a range and checks that its blocks are of `chain_id` and follow each other.
///
/// # Errors
/// The first block that cannot be decoded, or that does not follow the one before: the whole range is
/// rejected, for a range is committed whole or not at all.
pub fn decode_range(chain_id: &str, raws: &[RawBlock]) -> Result<Vec<Block>, Rejected> {
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
