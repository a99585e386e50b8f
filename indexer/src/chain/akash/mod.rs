//! Akash: every era of the chain, decoded into one model.

pub mod dec;
pub mod model;
pub mod state;
