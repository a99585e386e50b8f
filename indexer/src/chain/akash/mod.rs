//! Akash: every era of the chain, decoded into one model.

pub mod dec;
pub mod decode;
pub mod facts;
pub mod gpu;
pub mod model;
pub mod proto;
pub mod resources;
pub mod state;

#[cfg(test)]
pub(crate) mod testing;
