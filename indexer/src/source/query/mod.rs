//! The whole state of one height, asked of a node's query services: gRPC, or the REST gateway.
//!
//! [`StateQuery`] is the [`StateSource`] of Akash from v1.0.0 on. Every page is pinned to the height in its metadata,
//! and the answer must say that it is of that height; lists are walked by key, never by offset. Pages are kept as
//! served: of their content only what names an object and whether there is a further page is read. A state comes from
//! one endpoint; where that fails, the next one starts again. What a page may not be is listed in [`QueryDefect`].
//!
//! Left out, because a node does not have it: the take of the community pool from v2.0.0 on, vault and oracle before,
//! an oracle without a price, audits of an owner whom nobody audited (the node answers with an error), and where it is
//! not served, parameters of deployments and markets, the status of the vault, open proposals (subject `1`: in deposit
//! period, `2`: in voting period) and epochs.

mod asker;
mod block;
mod call;
mod config;
mod envelope;
mod error;
mod grpc;
mod method;
mod rest;
mod snapshot;
mod tally;
mod walk;

pub use config::{QueryConfig, QueryEndpoint, QueryLimits};
pub use error::{QueryDefect, QueryError};

use super::{HttpClients, RawState, StateHeight, StateProgress, StateSource};
use asker::Asker;
use call::Caller;

/// Asks endpoints for whole states.
pub struct StateQuery {
    config: QueryConfig,
    callers: Vec<Caller>,
}

impl StateQuery {
    /// Clients of the configured endpoints; nothing is asked yet.
    ///
    /// # Errors
    /// No endpoint, an address that cannot be used, or a limit of 0.
    pub fn new(config: QueryConfig) -> Result<Self, QueryError> {
        config.check()?;
        let clients = HttpClients::default();
        let caller = |endpoint| Caller::new(&clients, endpoint, &config.limits);
        let callers = config.endpoints.iter().map(caller).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { config, callers })
    }

    /// The endpoints as they may be shown, in the order in which they are tried.
    pub fn endpoints(&self) -> Vec<&str> {
        self.callers.iter().map(Caller::name).collect()
    }
}

impl StateSource for StateQuery {
    type Error = QueryError;

    async fn state(
        &self,
        at: StateHeight,
        progress: &(dyn Fn(&StateProgress) + Send + Sync),
    ) -> Result<RawState, QueryError> {
        let mut attempts = Vec::new();
        for caller in &self.callers {
            let asker = Asker::new(caller, &self.config.limits);
            match snapshot::take(&asker, &self.config, at, progress).await {
                Ok(state) => return Ok(state),
                Err(error) => {
                    tracing::warn!(endpoint = caller.name(), %error, "no state from this endpoint");
                    attempts.push(error);
                }
            }
        }
        // What a single endpoint said needs no list around it.
        match attempts.pop() {
            Some(only) if attempts.is_empty() => Err(only),
            last => {
                attempts.extend(last);
                Err(QueryError::Exhausted { attempts })
            }
        }
    }
}
