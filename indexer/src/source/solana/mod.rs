//! Solana: the live path of its source.

pub mod yellowstone;
