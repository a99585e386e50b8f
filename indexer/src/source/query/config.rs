//! Where a state is asked for, and what asking may cost.

use std::time::Duration;

use super::error::QueryError;

/// An endpoint that answers queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryEndpoint {
    /// gRPC: `https://host:port`, or `http://host:port` for HTTP/2 without TLS.
    Grpc(String),
    /// The REST gateway: `https://host`, a path in front of the gateway's own and a query are kept.
    Rest(String),
}

/// What the requests for one state may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    /// Time to connect.
    pub connect: Duration,
    /// Time for one page.
    pub request: Duration,
    /// Time without a byte (REST), without a reply to a ping (gRPC).
    pub idle: Duration,
    /// Largest page, in bytes.
    pub page_bytes: usize,
    /// All pages together, in bytes: they are held in memory until they are archived.
    pub total_bytes: u64,
    /// Pages of one list.
    pub pages: u32,
    /// Tries of one page, the first included.
    pub tries: u32,
    /// First wait between two tries; it doubles up to [`Self::longest_wait`].
    pub first_wait: Duration,
    /// Longest wait between two tries, also where a node asks for more.
    pub longest_wait: Duration,
    /// Least time between the starts of two requests to one endpoint.
    pub pace: Duration,
    /// Lists that are walked at once.
    pub parallel: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(60),
            idle: Duration::from_secs(20),
            page_bytes: 64 * 1024 * 1024,
            total_bytes: 8 * 1024 * 1024 * 1024,
            pages: 100_000,
            tries: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            pace: Duration::from_millis(40),
            parallel: 4,
        }
    }
}

/// Configuration of a [`super::StateQuery`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryConfig {
    /// Chain id that each endpoint must serve.
    pub chain_id: String,
    /// Endpoints in the order in which they are tried. A state comes from one of them; the next one starts again.
    pub endpoints: Vec<QueryEndpoint>,
    /// Objects on a page that are asked for. A node may give fewer, or all.
    pub page_limit: u64,
    /// How far below the newest block a recent state is.
    pub behind: u64,
    /// What it may cost.
    pub limits: QueryLimits,
}

impl QueryConfig {
    /// The defaults: gRPC endpoints first, then the gateways.
    pub fn new(chain_id: &str, grpc: impl IntoIterator<Item = String>, rest: impl IntoIterator<Item = String>) -> Self {
        let grpc = grpc.into_iter().map(QueryEndpoint::Grpc);
        let rest = rest.into_iter().map(QueryEndpoint::Rest);
        Self {
            chain_id: chain_id.to_owned(),
            endpoints: grpc.chain(rest).collect(),
            page_limit: 1_000,
            behind: 10,
            limits: QueryLimits::default(),
        }
    }

    /// Refuses what cannot work.
    pub(super) fn check(&self) -> Result<(), QueryError> {
        let refuse = |reason: &str| {
            Err(QueryError::Config {
                endpoint: self.chain_id.clone(),
                reason: reason.to_owned(),
            })
        };
        if self.endpoints.is_empty() {
            return refuse("no endpoint answers queries: add `grpc` or `rest` to the network in gridproof.toml");
        }
        if self.page_limit == 0 || self.limits.tries == 0 || self.limits.pages == 0 || self.limits.parallel == 0 {
            return refuse("the page limit, the number of pages, of tries and of parallel lists must be above 0");
        }
        Ok(())
    }
}
