//! Solana over its JSON-RPC interface.

pub mod replay;
