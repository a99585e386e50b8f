//! Work whose result anyone can check: keyed data that is generated on the device, products of integers that are exact
//! in any order of summation, and the arithmetic that checks them on the CPU. Everything here is bit-exact and pure.

pub mod digest;
pub mod exact;
pub mod formats;
pub mod freivalds;
pub mod generate;
pub mod linear;
pub mod mix64;
pub mod philox;
pub mod product;
