//! A CometBFT node over HTTP. One request per call, no retries: the pool decides what to do about an error.

mod answer;
mod bodies;
mod client;
mod genesis;
mod headers;
mod transport;

pub(crate) use client::PAGE;
pub use client::{CometClient, NodeStatus};
pub(crate) use headers::{Header, follows};
pub use transport::{HttpClients, Limits};
