//! From a `host_uri` on chain to addresses that may be dialed.
//!
//! Anybody can write anything into a `host_uri`, and whoever writes it may also run the name server that answers for it. So:
//! the address is taken apart by one parser, the name is looked up once, *every* address of the answer must be public (one that
//! is not refuses them all: an honest provider has no reason to mix), and what is dialed later is an address of this answer,
//! never the name. A second look-up, which could answer differently, does not happen.

mod parse;
mod ranges;
mod resolve;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::{Refusal, RefusalCode};

pub use parse::Place;
pub use resolve::{Resolve, SystemResolver};

/// More addresses than this of one name are not checked.
const MAX_ADDRESSES: usize = 32;

/// What may be dialed. The default is what the public network needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// For local chains: loopback, private, shared, link-local, documentation and benchmarking addresses, too. Metadata
    /// services, multicast and reserved addresses are refused all the same.
    pub allow_private: bool,
    /// For local chains: `http://`, without TLS.
    pub allow_http: bool,
}

/// Where a provider may be dialed: everything about it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host, ports, TLS or not.
    pub place: Place,
    /// Checked addresses, in the order of the answer; at least one.
    addresses: Vec<IpAddr>,
}

impl Target {
    /// Checks a `host_uri`. The name is looked up at most once, for at most `limit`; an address in numbers is not looked up.
    ///
    /// # Errors
    /// A [`Refusal`] for what is wrong with the address.
    pub async fn check<R: Resolve>(
        host_uri: &str,
        policy: Policy,
        resolver: &R,
        limit: Duration,
    ) -> Result<Self, Refusal> {
        let place = Place::parse(host_uri, policy)?;
        let addresses = match place.literal() {
            Some(ip) => vec![ip],
            None => look_up(&place, resolver, limit).await?,
        };
        judge(&place, &addresses, policy)?;
        Ok(Self { place, addresses })
    }

    /// The checked addresses with the port of REST.
    pub fn rest(&self) -> impl Iterator<Item = SocketAddr> {
        self.on_port(self.place.rest_port)
    }

    /// The checked addresses with the port of gRPC.
    pub fn grpc(&self) -> impl Iterator<Item = SocketAddr> {
        self.on_port(self.place.grpc_port)
    }

    fn on_port(&self, port: u16) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(move |ip| SocketAddr::new(*ip, port))
    }
}

async fn look_up<R: Resolve>(place: &Place, resolver: &R, limit: Duration) -> Result<Vec<IpAddr>, Refusal> {
    let host = &place.host;
    match tokio::time::timeout(limit, resolver.resolve(host)).await {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(Refusal::new(
            RefusalCode::NameNotFound,
            format!("the name {host} has no address"),
        )),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(Refusal::new(
            RefusalCode::NameNotFound,
            format!("the name {host} cannot be looked up: {error}"),
        )),
        Err(_) => Err(Refusal::new(
            RefusalCode::NameTimeout,
            format!("the name {host} was not looked up within {limit:?}"),
        )),
    }
}

/// Refuses all addresses where one of them must not be dialed.
fn judge(place: &Place, addresses: &[IpAddr], policy: Policy) -> Result<(), Refusal> {
    let host = &place.host;
    if addresses.len() > MAX_ADDRESSES {
        return Err(Refusal::new(
            RefusalCode::TooManyAddresses,
            format!(
                "the name {host} has {} addresses, {MAX_ADDRESSES} are the most that are checked",
                addresses.len()
            ),
        ));
    }
    for ip in addresses {
        if let Some(range) = ranges::refused(*ip, policy) {
            let reason = format!(
                "{host} is {ip}, which is {}: only public addresses are dialed",
                range.words
            );
            return Err(Refusal::new(range.code, reason));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
