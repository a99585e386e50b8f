//! The pipeline: what joins a source, the archive, the decoder, the state machine and the committer.

mod plan;
mod ranges;

pub use plan::{Cut, MAX_RANGE_HEIGHTS, Plan, RANGE_HEIGHTS};
pub use ranges::{HeightRange, RangeSet};
