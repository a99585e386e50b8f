//! A CUDA driver and NVML of our own for tests: no GPU, bit-exact results, scenarios.
//!
//! Built as a shared library it stands for `libcuda.so.1` and `libnvidia-ml.so.1` ([`install`] links it under both
//! names); `README.md` tells the environment that chooses a scenario, and what is modelled.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod driver;
pub mod error;
pub mod ffi;
pub mod host;
pub mod image;
mod install;
pub mod kernel;
pub mod memory;
pub mod power;
pub mod scenario;
pub mod state;

pub use install::{install, library};
