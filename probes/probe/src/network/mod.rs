//! The way to a verifier: latency and bandwidth over gRPC.

mod endpoint;

pub(crate) use endpoint::Endpoint;
