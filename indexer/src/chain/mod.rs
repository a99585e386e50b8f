//! Pure code: bytes to blocks, blocks to rows, blocks to state. No I/O in here.

pub mod akash;
mod family;
mod rejected;
pub mod render;

pub use family::{Edge, Family, KINDS, Kind, Machine, NoMachine};
pub use rejected::{Fault, Rejected};
