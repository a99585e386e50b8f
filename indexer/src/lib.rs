//! Chains in, rows out.

pub mod chain;
pub mod pipeline;
pub mod source;
