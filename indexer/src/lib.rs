//! Chains in, rows out.

pub mod chain;
pub mod source;
