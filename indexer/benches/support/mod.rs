//! A generated chain for benches, and for the replay server as a recording.
//!
//! 2,000 blocks with five transactions each by default (37 MB of RPC JSON), from a fixed seed: tenants create deployments,
//! providers bid, win, draw their pay; deployments close. Objects, prices, payouts and refunds are
//! consistent to the unit, so that the state machine's audit holds, too. The software is v2.1.

#![allow(dead_code, unused_imports, unreachable_pub, missing_docs, clippy::unwrap_used)]

mod json;
mod recorded;
mod recording;
mod scenario;

pub use recorded::{first_state, recorded};
pub use recording::write_recording;

use bytes::Bytes;
use gridproof_indexer::source::RawBlock;

/// Chain id of every generated chain.
pub const CHAIN_ID: &str = "synthetic-1";

/// Raw blocks 1 to `heights`.
pub fn chain(heights: u64, seed: u64) -> Vec<RawBlock> {
    let mut scenario = scenario::Scenario::new(seed);
    let mut parent = String::new();
    let block = |height| {
        let served = json::Served::new(height, &parent, &scenario.block(height));
        parent.clone_from(&served.hash);
        RawBlock {
            height,
            meta: Bytes::from(served.meta),
            block: Some(Bytes::from(served.block)),
            results: Bytes::from(served.results),
        }
    };
    (1..=heights).map(block).collect()
}

/// Bytes of all bodies.
pub fn size(blocks: &[RawBlock]) -> u64 {
    let one = |raw: &RawBlock| raw.meta.len() + raw.block.as_ref().map_or(0, Bytes::len) + raw.results.len();
    blocks.iter().map(|raw| one(raw) as u64).sum()
}
