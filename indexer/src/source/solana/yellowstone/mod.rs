//! A Yellowstone gRPC stream as the live path in front of the RPC, which stays the truth.
//!
//! [`LiveSource`] wraps the RPC source. `reader` keeps the subscription open, `convert` turns messages into the bodies
//! that the RPC would have served, `links` finds gaps by the parent links of blocks, `buffer` holds what waits for its
//! range, and `reconcile` puts a range together.

mod backoff;
mod buffer;
mod config;
mod convert;
mod endpoint;
mod error;
mod inflow;
mod intervals;
mod links;
mod live;
mod over_rpc;
mod probe;
mod reader;
mod reconcile;
mod request;
mod status;
mod subscription;
mod truth;

pub use config::{StreamConfig, StreamLimits};
pub use convert::ConvertError;
pub use error::StreamError;
pub use links::{LinkError, SlotFact};
pub use live::LiveSource;
pub use probe::{Probe, probe};
pub use status::{StreamState, StreamStatus};
pub use truth::{Listing, Truth};
