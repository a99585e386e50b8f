#![allow(clippy::unwrap_used)]
//! A state that was asked of a node, against the same state derived from the blocks.

mod completed;
mod equal;
mod hostile;
mod optional;
#[path = "../../../../../tests/common/recorded_state.rs"]
mod recorded_state;
mod rows;

use crate::source::{Encoding, RawAnswer, RawState};
