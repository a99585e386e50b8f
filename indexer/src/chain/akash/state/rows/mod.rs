//! Rows of the market and escrow tables.

pub mod json;
