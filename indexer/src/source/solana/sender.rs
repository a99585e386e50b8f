//! The transport under the Solana client: one POST per request, nothing retried, nothing waited for but our own
//! rate limit, no body larger than allowed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use solana_client::client_error::{ClientError, ClientErrorKind};
use solana_client::rpc_request::RpcRequest;
use solana_client::rpc_sender::{RpcSender, RpcTransportStats};

use super::counters::Counters;
use super::refusal::{Asked, RpcRefusal, meaning};
use super::throttle::Throttle;
use crate::source::transport::{Reply, Transport};
use crate::source::{Defect, FetchError};

/// Sends the requests of one endpoint.
///
/// The answer of `getTransaction` is handed on as a string that holds the node's JSON, byte for byte: a parsed
/// [`Value`] would forget the order and spelling of what the archive must keep.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    transport: Transport,
    throttle: Arc<Throttle>,
    counters: Arc<Counters>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    error: Option<RpcRefusal>,
}

/// Tells `"result":null` from no result at all.
fn present<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl Sender {
    pub(super) fn new(transport: Transport, throttle: Arc<Throttle>, counters: Arc<Counters>) -> Self {
        Self {
            transport,
            throttle,
            counters,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.transport.name
    }

    pub(super) fn waits_total(&self) -> u64 {
        self.throttle.waits_total()
    }

    async fn exchange(&self, request: RpcRequest, params: Value) -> Result<Value, FetchError> {
        let asked = Asked {
            endpoint: &self.transport.name,
            method: method(request),
            slot: slot_of(&params),
        };
        self.throttle.acquire(asked.method).await;
        let body = request.build_request_json(1, params).to_string();
        let outcome = async {
            let reply = self.transport.post(asked.method, body, asked.slot).await?;
            read(asked, &reply, matches!(request, RpcRequest::GetTransaction))
        }
        .await;
        self.counters.request(asked.method, &outcome);
        outcome
    }
}

/// The result of a reply; with `verbatim`, as a string with the JSON as served.
fn read(asked: Asked<'_>, reply: &Reply, verbatim: bool) -> Result<Value, FetchError> {
    let malformed = |defect| FetchError::malformed(asked.endpoint, asked.slot, defect);
    let unreadable = |error: serde_json::Error| {
        malformed(if error.is_eof() {
            Defect::Truncated {
                bytes: reply.body.len(),
            }
        } else {
            Defect::Shape { why: error.to_string() }
        })
    };
    let envelope: Envelope<'_> = serde_json::from_slice(&reply.body).map_err(unreadable)?;
    match envelope {
        Envelope {
            error: Some(refusal), ..
        } => Err(meaning(asked, &refusal, reply.retry_after)),
        Envelope {
            result: Some(result), ..
        } if reply.status.is_success() => match result.get() {
            "null" => Ok(Value::Null),
            text if verbatim => Ok(Value::String(text.to_owned())),
            text => serde_json::from_str(text).map_err(unreadable),
        },
        _ => Err(malformed(Defect::Status {
            status: reply.status.as_u16(),
            text: "neither result nor error".to_owned(),
        })),
    }
}

/// The slot that a question is about: its first parameter, else what the answer must include.
fn slot_of(params: &Value) -> u64 {
    let first = params.get(0).and_then(Value::as_u64);
    let wanted = || {
        let configs = params.as_array()?.iter();
        configs.filter_map(|p| p.get("minContextSlot")?.as_u64()).next()
    };
    first.or_else(wanted).unwrap_or(0)
}

/// Name of a method that the source uses.
fn method(request: RpcRequest) -> &'static str {
    match request {
        RpcRequest::GetSignaturesForAddress => "getSignaturesForAddress",
        RpcRequest::GetTransaction => "getTransaction",
        RpcRequest::GetBlock => "getBlock",
        RpcRequest::GetBlockTime => "getBlockTime",
        RpcRequest::GetSlot => "getSlot",
        RpcRequest::GetFirstAvailableBlock => "getFirstAvailableBlock",
        RpcRequest::GetBlocksWithLimit => "getBlocksWithLimit",
        RpcRequest::GetGenesisHash => "getGenesisHash",
        RpcRequest::GetTokenSupply => "getTokenSupply",
        RpcRequest::GetMultipleAccounts => "getMultipleAccounts",
        RpcRequest::GetVersion => "getVersion",
        _ => "other",
    }
}

/// Carries our error through the client's own; [`unwrap`] takes it out again.
fn wrap(error: FetchError) -> ClientError {
    ClientErrorKind::Io(std::io::Error::other(error)).into()
}

/// The error of a request as the sender made it, or what the client made of an answer that has another shape.
pub(super) fn unwrap(endpoint: &str, slot: u64, error: ClientError) -> FetchError {
    let shape = |why: String| FetchError::malformed(endpoint, slot, Defect::Shape { why });
    match *error.kind {
        ClientErrorKind::Io(io) => match io.into_inner().map(|inner| inner.downcast::<FetchError>()) {
            Some(Ok(ours)) => *ours,
            Some(Err(other)) => FetchError::transient(endpoint, other.to_string()),
            None => FetchError::transient(endpoint, "the request failed"),
        },
        ClientErrorKind::SerdeJson(json) => shape(json.to_string()),
        other => shape(other.to_string()),
    }
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<Value, ClientError>> + Send + 'a>>;

impl RpcSender for Sender {
    // The trait's future with its lifetimes spelt out: one boxed future is no reason for a macro crate.
    fn send<'life0, 'async_trait>(&'life0 self, request: RpcRequest, params: Value) -> Sent<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { self.exchange(request, params).await.map_err(wrap) })
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats {
            request_count: 0,
            elapsed_time: Duration::ZERO,
            rate_limited_time: Duration::ZERO,
        }
    }

    fn url(&self) -> String {
        self.transport.name.clone()
    }
}
