//! Chains in, rows out.

pub mod audit;
pub mod chain;
pub mod pipeline;
pub mod source;
