//! The books against a second, simpler bookkeeper, and against the ledger.
#![allow(clippy::unwrap_used)]

mod begun;
mod brute;
mod identity;
