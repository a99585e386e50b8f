//! Solana: the live path of its source.

pub mod yellowstone;
//! Solana over its JSON-RPC interface.

pub mod replay;
