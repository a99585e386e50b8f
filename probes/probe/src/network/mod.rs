//! The way to a verifier: latency and bandwidth over gRPC. The contract is `probes/protocol/proto/baseline.proto`.

mod baseline;
mod endpoint;
mod limits;
mod messages;
mod meter;

#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;

pub(crate) use baseline::BaselineError;
pub(crate) use endpoint::Endpoint;

use gridproof_probe_protocol::report::NetworkBaseline;

/// Measures the way to a verifier, in about a dozen seconds.
pub(crate) async fn baseline(verifier: &Endpoint) -> Result<NetworkBaseline, BaselineError> {
    baseline::measure(verifier, &limits::Limits::default()).await
}
