//! One request to one endpoint, over gRPC or over the gateway: bytes in, bytes out.

use std::time::Duration;

use bytes::Bytes;

use super::config::{QueryEndpoint, QueryLimits};
use super::error::{QueryDefect, QueryError, said};
use super::grpc::GrpcCaller;
use super::method::Method;
use super::rest::RestCaller;
use crate::source::{Encoding, HttpClients};

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) subject: &'a str,
    /// `None`: whatever the node likes.
    pub(super) height: Option<u64>,
    pub(super) page: Option<Ask<'a>>,
}

/// Which page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) key: &'a [u8],
    pub(super) limit: u64,
    pub(super) count: bool,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) body: Bytes,
    /// Of which height the answer says to be.
    pub(super) height: Option<u64>,
}

/// A client of one endpoint.
pub(super) enum Caller {
    Grpc(Box<GrpcCaller>),
    Rest(RestCaller),
}

impl Caller {
    pub(super) fn new(
        clients: &HttpClients,
        endpoint: &QueryEndpoint,
        limits: &QueryLimits,
    ) -> Result<Self, QueryError> {
        match endpoint {
            QueryEndpoint::Grpc(url) => GrpcCaller::new(url, limits).map(|caller| Self::Grpc(Box::new(caller))),
            QueryEndpoint::Rest(url) => RestCaller::new(clients, url, limits).map(Self::Rest),
        }
    }

    /// The endpoint as it may be shown.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Grpc(caller) => &caller.name,
            Self::Rest(caller) => &caller.name,
        }
    }

    pub(super) fn encoding(&self) -> Encoding {
        match self {
            Self::Grpc(_) => Encoding::Proto,
            Self::Rest(_) => Encoding::Json,
        }
    }

    /// Sends one request.
    pub(super) async fn call(&self, call: &Call<'_>, within: Duration) -> Result<Served, QueryDefect> {
        let answer = async {
            match self {
                Self::Grpc(caller) => caller.call(call).await,
                Self::Rest(caller) => caller.call(call).await,
            }
        };
        tokio::time::timeout(within, answer)
            .await
            .unwrap_or(Err(QueryDefect::TimedOut(within)))
    }
}

/// What a node's refusal means: its gRPC code, and its words where the code says too little.
pub(super) fn refused(code: i32, message: &str, height: Option<u64>, retry_after: Option<Duration>) -> QueryDefect {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let height = height.unwrap_or_default();
    let text = said(message);
    if has(&[
        "height in the future",
        "current blockchain height",
        "bigger then the chain length",
    ]) {
        return QueryDefect::Future { height, said: text };
    }
    let gone = [
        "failed to load state at height",
        "version does not exist",
        "no commit info found",
        "is not available, lowest height",
        "version mismatch on immutable IAVL tree",
    ];
    if has(&gone) {
        return QueryDefect::Pruned { height, said: text };
    }
    match code {
        // A gateway that has no such path says "Not Found" and nothing else.
        12 => QueryDefect::Unimplemented,
        5 if message == "Not Found" => QueryDefect::Unimplemented,
        5 => QueryDefect::Nothing { said: text },
        _ if has(&["address not found"]) => QueryDefect::Nothing { said: text },
        4 | 14 => QueryDefect::Unavailable { said: text },
        // A limit of the node's own for one message is no limit for requests.
        8 if has(&["larger than max"]) => QueryDefect::Refused { code, said: text },
        8 => QueryDefect::RateLimited { retry_after },
        7 | 16 => QueryDefect::Denied { said: text },
        _ => QueryDefect::Refused { code, said: text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_refusals_are_told_apart() {
        let future = "codespace sdk code 26: invalid height: cannot query with height in the future; \
                      please provide a valid height";
        assert!(matches!(
            refused(2, future, Some(999), None),
            QueryDefect::Future { height: 999, .. }
        ));
        let old = "cannot query with height in the future; please provide a valid height: invalid height";
        assert!(matches!(refused(2, old, Some(999), None), QueryDefect::Future { .. }));
        let pruned = "codespace sdk code 38: not found: failed to load state at height 5; version does not exist \
                      (latest height: 860)";
        assert!(matches!(
            refused(5, pruned, Some(5), None),
            QueryDefect::Pruned { height: 5, .. }
        ));
        assert_eq!(
            refused(12, "unknown service akash.nope.v1.Query", Some(5), None),
            QueryDefect::Unimplemented
        );
        assert_eq!(refused(5, "Not Found", Some(5), None), QueryDefect::Unimplemented);
        let nobody = "codespace audit code 1: invalid provider: address not found";
        for code in [2, 5] {
            assert!(matches!(
                refused(code, nobody, Some(5), None),
                QueryDefect::Nothing { .. }
            ));
        }
        let large = "grpc: received message larger than max (12000000 vs. 10485760)";
        assert!(matches!(
            refused(8, large, Some(5), None),
            QueryDefect::Refused { code: 8, .. }
        ));
        assert_eq!(
            refused(8, "slow down", None, None),
            QueryDefect::RateLimited { retry_after: None }
        );
        let broken = "interface conversion: interface is nil, not v1beta3.QueryServer";
        assert!(matches!(
            refused(13, broken, Some(5), None),
            QueryDefect::Refused { code: 13, .. }
        ));
    }
}
