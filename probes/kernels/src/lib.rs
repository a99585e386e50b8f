//! The GPU kernels: sources, images built ahead, their calling interface, and bit-exact models for the CPU.

pub mod abi;
pub mod arch;
pub mod images;
pub mod layout;
pub mod tiles;
mod tiles_ampere;
mod tiles_hopper;

pub use arch::{ARCHES, Arch, UnknownArch, candidates};
pub use images::{Image, Set, image, images};
pub use tiles::tile;
