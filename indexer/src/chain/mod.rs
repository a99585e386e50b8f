//! Pure code: bytes to blocks, blocks to rows, blocks to state. No I/O in here.

pub mod akash;
mod exact;
mod family;
pub mod prices;
mod rejected;
pub mod render;
mod series;

pub use family::{Edge, Family, KINDS, Kind, Machine, NoMachine};
pub use rejected::{Fault, Rejected};
pub use series::{DeriveEntry, SERIES, SeriesKind};
