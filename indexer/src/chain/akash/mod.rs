//! Akash: every era of the chain, decoded into one model.

pub mod accrual;
pub mod dec;
pub mod decode;
pub mod facts;
mod family;
pub mod gpu;
pub mod inventory;
pub mod model;
pub mod proto;
pub mod provider_series;
pub mod resources;
pub mod snapshot;
pub mod state;

pub use family::DECODER_VERSION;

#[cfg(test)]
pub(crate) mod testing;
