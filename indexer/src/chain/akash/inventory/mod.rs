//! What a provider says about its hardware, in one form, whatever it was asked through. Pure: bytes in, [`ProviderStatus`] out.
//!
//! A provider answers in four shapes: the protobuf message `akash.provider.v1.Status` ([`ProviderStatus::from_proto`]) and its
//! JSON view, and the REST body of `/status`, old and new ([`ProviderStatus::from_json`] tells the three apart). All of it is
//! free text of a stranger: every count, every string and every number is bounded, and what does not fit is an
//! [`InventoryError`] that says where, never a guess.

mod audited;
mod error;
mod gpu;
mod json;
pub mod limits;
mod message;
mod number;
mod quantity;
mod status;
mod sums;
#[cfg(test)]
mod tests;
mod text;
mod version;

pub use audited::{AuditedAttribute, audited};
pub use error::InventoryError;
pub use gpu::{GpuComparison, advertised, side_by_side};
pub use status::{Amount, GpuCount, GpuKind, Node, ProviderStatus, Reserved, Resources, StorageClass, Total, Totals};
pub use version::ProviderVersion;
