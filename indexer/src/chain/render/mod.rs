//! Render on Solana. Pure: bodies in, rows out. `docs/render.md` has the path and the tables.

pub mod discover;
pub mod offchain;
pub mod watch;
