//! Objects of the query answers as both encodings carry them: tags for the wire form, serde for the REST gateway.
//!
//! Only what the state needs is declared; both readers skip the rest, so a later version may add fields.

mod ledger;
mod market;

pub(super) use ledger::*;
pub(super) use market::*;

/// A page of any list: the objects are always field 1.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Page {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(super) objects: Vec<Vec<u8>>,
}
