//! Asks real providers.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::Instant;

use super::dial::Dialer;
use super::guard::{Policy, Resolve, SystemResolver, Target};
use super::limits::ProviderLimits;
use super::rpc::Rpc;
use super::watch::{Watch, named};
use super::{Refusal, StatusReport, StatusSource, Via, rest};

/// Asks real providers; cheap to clone.
pub struct StatusClient<R = SystemResolver>(Asker<R>);

/// What every attempt needs.
pub(super) struct Asker<R> {
    policy: Policy,
    pub(super) limits: Arc<ProviderLimits>,
    resolver: Arc<R>,
    pub(super) dialer: Dialer,
}

// By hand: a resolver need not be cloneable.
impl<R> Clone for Asker<R> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy,
            limits: Arc::clone(&self.limits),
            resolver: Arc::clone(&self.resolver),
            dialer: self.dialer.clone(),
        }
    }
}

impl<R> Clone for StatusClient<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl StatusClient {
    /// A client that looks names up as the machine does.
    ///
    /// # Errors
    /// Where TLS cannot be set up at all.
    pub fn new(policy: Policy, limits: ProviderLimits) -> Result<Self, rustls::Error> {
        Self::with_resolver(policy, limits, SystemResolver::default())
    }
}

impl<R: Resolve> StatusClient<R> {
    /// A client with a resolver of its own.
    ///
    /// # Errors
    /// Where TLS cannot be set up at all.
    pub fn with_resolver(policy: Policy, limits: ProviderLimits, resolver: R) -> Result<Self, rustls::Error> {
        Ok(Self(Asker {
            policy,
            dialer: Dialer::new(limits.step)?,
            limits: Arc::new(limits),
            resolver: Arc::new(resolver),
        }))
    }
}

impl<R: Resolve> Asker<R> {
    pub(super) async fn check(&self, host_uri: &str) -> Result<Target, Refusal> {
        Target::check(host_uri, self.policy, &*self.resolver, self.limits.step).await
    }

    async fn get(&self, host_uri: &str) -> Result<StatusReport, Refusal> {
        let target = self.check(host_uri).await?;
        let version = rest::version(&self.dialer, &target, &self.limits);
        let (asked, version) = tokio::join!(self.over_grpc(&target), version);
        let asked = match asked {
            Ok(report) => Ok(report),
            Err(grpc) => self.over_rest(&target).await.map_err(|rest| further(&grpc, &rest)),
        };
        asked.map(|report| StatusReport {
            version: named(version),
            ..report
        })
    }

    async fn over_grpc(&self, target: &Target) -> Result<StatusReport, Refusal> {
        let start = Instant::now();
        let mut rpc = Rpc::connect(&self.dialer, target, &self.limits).await?;
        let status = rpc.get_status().await?;
        Ok(StatusReport {
            via: Via::Grpc,
            status,
            latency: Some(start.elapsed()),
            version: None,
            address: rpc.address,
        })
    }

    async fn over_rest(&self, target: &Target) -> Result<StatusReport, Refusal> {
        let start = Instant::now();
        let (status, address) = rest::status(&self.dialer, target, &self.limits).await?;
        Ok(StatusReport {
            via: Via::Rest,
            status,
            latency: Some(start.elapsed()),
            version: None,
            address,
        })
    }
}

/// The refusal of the attempt that got further; where both got as far, that of gRPC.
fn further(grpc: &Refusal, rest: &Refusal) -> Refusal {
    let (code, reason) = if rest.code > grpc.code {
        (rest.code, format!("REST: {rest}; gRPC: {grpc}"))
    } else {
        (grpc.code, format!("gRPC: {grpc}; REST: {rest}"))
    };
    Refusal::new(code, reason)
}

impl<R: Resolve> StatusSource for StatusClient<R> {
    fn watch(&self, host_uri: &str) -> BoxStream<'static, Result<StatusReport, Refusal>> {
        let watch = Watch::New(self.0.clone(), host_uri.to_owned());
        stream::unfold(watch, Watch::next).boxed()
    }

    async fn get(&self, host_uri: &str) -> Result<StatusReport, Refusal> {
        self.0.get(host_uri).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::RefusalCode;
    use super::*;

    #[test]
    fn of_two_refusals_the_one_that_got_further_counts_and_both_are_told() {
        let grpc = Refusal::new(RefusalCode::ConnectRefused, "nobody there");
        let rest = Refusal::new(RefusalCode::Malformed, "no JSON");
        let both = further(&grpc, &rest);
        assert_eq!(both.code, RefusalCode::Malformed);
        assert_eq!(both.reason, "REST: no JSON; gRPC: nobody there");
        assert_eq!(further(&rest, &grpc).code, RefusalCode::Malformed);
    }
}
