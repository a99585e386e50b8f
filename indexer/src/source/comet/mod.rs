//! A CometBFT node over HTTP. One request per call, no retries: the pool decides what to do about an error.

mod answer;
mod bodies;
mod client;
mod genesis;
mod headers;

pub use client::CometClient;
pub(crate) use client::PAGE;
pub(crate) use headers::{Header, follows};
