//! What a provider says about its hardware, in one form, whatever it was asked through. Pure: bytes in, [`ProviderStatus`] out.
//!
//! A provider answers in four shapes: the protobuf message `akash.provider.v1.Status` and its JSON view, and the REST body of
//! `/status`, old and new. All of it is free text of a stranger: every count, every string and every number is bounded, and what
//! does not fit is an [`InventoryError`] that says where, never a guess.

mod error;
mod status;

pub use error::InventoryError;
pub use status::{Amount, GpuCount, GpuKind, Node, ProviderStatus, Reserved, Resources, StorageClass, Total, Totals};
