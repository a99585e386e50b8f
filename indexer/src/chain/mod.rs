//! Pure code: bytes to blocks, blocks to rows, blocks to state. No I/O in here.

pub mod akash;
mod family;
mod rejected;
pub mod render;
mod series;

pub use family::{Edge, Family, KINDS, Kind, Machine, NoMachine};
pub use rejected::{Fault, Rejected};
pub use series::{DeriveEntry, SERIES, SeriesKind};
