//! Pure code: bytes to blocks, blocks to rows, blocks to state. No I/O in here.

pub mod akash;
pub mod render;
