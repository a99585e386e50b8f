#![allow(clippy::unwrap_used)]
//! A state that was asked of a node, against the same state derived from the blocks.

mod equal;
#[path = "../../../../../tests/common/recorded_state.rs"]
mod recorded_state;

use crate::source::{Encoding, RawAnswer, RawState};
