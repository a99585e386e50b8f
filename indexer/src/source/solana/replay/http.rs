//! HTTP in front of a replayed node: JSON-RPC by POST, one call or a batch, and `/health` by GET.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::Value;

use super::error::RpcError;
use super::faults::CallFault;
use super::node::Node;
use super::params::Params;
use super::recording::request_key;
use crate::source::replay::gate::{Gate, too_many};

/// Bytes of a request, as nodes limit it.
const MAX_BODY_BYTES: usize = 50 * 1024;
/// What a proxy serves when the node behind it is gone.
const PAGE: &str = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>502</body></html>";

/// What the handlers share.
pub(super) struct Endpoint {
    pub(super) node: Node,
    pub(super) gate: Gate,
}

/// How a call ends: with JSON, with nothing (a notification), or by the transport.
enum Reply {
    Json(Bytes),
    Nothing,
    Transport(Box<Response>),
}

/// The routes of the endpoint.
pub(super) fn router(endpoint: Arc<Endpoint>) -> Router {
    Router::new()
        .route("/", post(by_post).fallback(wrong_verb))
        .route("/health", get(health))
        .fallback(wrong_verb)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(endpoint.clone(), gate))
        .with_state(endpoint)
}

async fn gate(State(endpoint): State<Arc<Endpoint>>, request: Request, next: Next) -> Response {
    match endpoint.gate.pass().await {
        Err(refused) => *refused,
        Ok(()) => next.run(request).await,
    }
}

async fn wrong_verb() -> Response {
    let text = "Used HTTP Method is not allowed. POST or OPTIONS is required\n";
    (StatusCode::METHOD_NOT_ALLOWED, text).into_response()
}

async fn health(State(endpoint): State<Arc<Endpoint>>) -> &'static str {
    match endpoint.node.faults.lag() {
        0 => "ok",
        _ => "behind",
    }
}

async fn by_post(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        let text = "Supplied content type is not allowed. Content-Type: application/json is required\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response();
    }
    match serde_json::from_slice::<Value>(&body) {
        Err(_) => json_response(RpcError::parse().body("null")),
        Ok(Value::Array(calls)) if calls.is_empty() => json_response(RpcError::invalid_request().body("null")),
        Ok(Value::Array(calls)) => batch(&endpoint.node, &calls),
        Ok(one) => match call(&endpoint.node, &one) {
            Reply::Json(body) => json_response(body),
            Reply::Nothing => json_response(Bytes::new()),
            Reply::Transport(response) => *response,
        },
    }
}

fn batch(node: &Node, calls: &[Value]) -> Response {
    let mut answers = Vec::with_capacity(calls.len());
    for one in calls {
        match call(node, one) {
            Reply::Json(body) => answers.push(body),
            Reply::Nothing => {}
            Reply::Transport(response) => return *response,
        }
    }
    let mut out = b"[".to_vec();
    out.extend_from_slice(&answers.join(&b","[..]));
    out.push(b']');
    json_response(out.into())
}

fn json_response(body: Bytes) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (StatusCode::OK, kind, Body::from(body)).into_response()
}

/// Answers one call with its own id.
fn call(node: &Node, call: &Value) -> Reply {
    let id = match call.get("id") {
        Some(id @ (Value::Null | Value::String(_) | Value::Number(_))) => Some(id.to_string()),
        Some(_) => return Reply::Json(RpcError::invalid_request().body("null")),
        None => None,
    };
    let method = call.get("method").and_then(Value::as_str);
    let (Some(method), Some("2.0")) = (method, call.get("jsonrpc").and_then(Value::as_str)) else {
        return Reply::Json(RpcError::invalid_request().body(id.as_deref().unwrap_or("null")));
    };
    let Some(id) = id else {
        return Reply::Nothing;
    };
    let params = match Params::new(call.get("params")) {
        Ok(params) => params,
        Err(error) => return Reply::Json(error.body(&id)),
    };
    let fault = node.faults.strike(method, &request_key(method, params.all()));
    if let Some(response) = fault.and_then(refusal) {
        return Reply::Transport(Box::new(response));
    }
    let body = match node.spoil(fault, node.call(method, params)) {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","result":{result},"id":{id}}}"#).into(),
        Err(error) => error.body(&id),
    };
    match fault {
        Some(CallFault::Truncated) => Reply::Transport(Box::new(json_response(body.slice(..body.len() / 2)))),
        _ => Reply::Json(body),
    }
}

/// The answer of what stands in front of a node.
fn refusal(fault: CallFault) -> Option<Response> {
    match fault {
        CallFault::TooMany(seconds) => Some(too_many(seconds.map(f64::from))),
        CallFault::Forbidden => Some(
            (
                StatusCode::FORBIDDEN,
                "Your IP or provider is blocked from this endpoint\n",
            )
                .into_response(),
        ),
        CallFault::Html => Some(([(header::CONTENT_TYPE, "text/html")], PAGE).into_response()),
        _ => None,
    }
}
