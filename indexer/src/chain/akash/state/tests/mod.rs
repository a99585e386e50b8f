//! The machine against the chain's own answers.
#![allow(clippy::unwrap_used)]

mod replay;
mod truth;
