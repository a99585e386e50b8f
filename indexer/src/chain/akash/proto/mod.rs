//! Minimal protobuf messages of Akash, written by hand from the field numbers of its public schema.
//!
//! Only what the decoder reads is declared; protobuf skips the rest. The numbers of ids coincide in
//! all versions, so one struct serves every era; where a version lays a message out differently it has
//! a struct of its own with the version in its name.
//!
//! Two traps of the wire form: decimals are integers scaled by 10^18 as text, and the value of a
//! resource is its decimal digits in ASCII.

mod base;
mod deployment;
pub mod inventory;
pub mod json;
pub(crate) mod json_view;
mod ledger;
mod market;
mod provider;

pub use base::*;
pub use deployment::*;
pub use ledger::*;
pub use market::*;
pub use provider::*;
