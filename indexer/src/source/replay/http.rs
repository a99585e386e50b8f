//! HTTP in front of a replayed node: GET by path, JSON-RPC by POST, and the limits of the endpoint.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use super::node::{Answer, Node, RpcFailure};
use super::options::ReplayOptions;
use super::params::Params;
use super::ws;

/// Calls in one JSON-RPC batch; a real node takes ten.
const MAX_BATCH: usize = 10;

/// What the handlers share.
pub(super) struct Endpoint {
    pub(super) node: Node,
    pub(super) stop: CancellationToken,
    gate: Gate,
}

impl Endpoint {
    pub(super) fn new(node: Node, options: &ReplayOptions, stop: CancellationToken) -> Self {
        Self {
            node,
            stop,
            gate: Gate::new(options),
        }
    }
}

/// The routes of the endpoint, and further ones behind the same gate.
pub(super) fn router(endpoint: Arc<Endpoint>, further: Router) -> Router {
    Router::new()
        .route("/", get(index).post(by_post))
        .route("/websocket", get(websocket))
        .route("/{method}", get(by_path))
        .fallback(|| async { no_such_path() })
        .with_state(endpoint.clone())
        .merge(further)
        .layer(middleware::from_fn_with_state(endpoint, gate))
}

async fn gate(State(endpoint): State<Arc<Endpoint>>, request: Request, next: Next) -> Response {
    match endpoint.gate.pass().await {
        Err(refused) => *refused,
        Ok(()) => next.run(request).await,
    }
}

fn no_such_path() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

async fn index() -> Response {
    let methods = [
        "block",
        "block_results",
        "blockchain",
        "genesis",
        "genesis_chunked",
        "header",
        "health",
        "status",
    ];
    let list: String = methods
        .iter()
        .map(|m| format!("<a href=\"/{m}\">/{m}</a></br>"))
        .collect();
    let page = format!("<html><body>Available endpoints:<br>{list}</body></html>");
    ([(header::CONTENT_TYPE, "text/html")], page).into_response()
}

async fn by_path(
    State(endpoint): State<Arc<Endpoint>>,
    Path(method): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    match endpoint.node.call(&method, &Params::from_query(query)).await {
        Some(answer) => get_response(answer),
        None => no_such_path(),
    }
}

/// A GET answer: errors of the node come with status 500, as in a real node.
fn get_response(answer: Answer) -> Response {
    match answer {
        Answer::Body(body) => json_response(StatusCode::OK, body),
        Answer::Error(failure) => {
            let body = failure_body(&json!(-1), &failure);
            json_response(StatusCode::INTERNAL_SERVER_ERROR, body)
        }
        Answer::Html(page) => ([(header::CONTENT_TYPE, "text/html")], page).into_response(),
    }
}

fn json_response(status: StatusCode, body: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}

/// An error body, member by member in the order of a real node.
pub(super) fn failure_body(id: &Value, failure: &RpcFailure) -> Bytes {
    let (message, data) = (json!(failure.message), json!(failure.data));
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{},"message":{message},"data":{data}}}}}"#,
        failure.code
    )
    .into()
}

async fn by_post(State(endpoint): State<Arc<Endpoint>>, body: Bytes) -> Response {
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Array(calls)) if calls.len() <= MAX_BATCH => {
            let mut answers = Vec::with_capacity(calls.len());
            for call in &calls {
                answers.push(call_json(&endpoint.node, call).await);
            }
            let mut out = b"[".to_vec();
            out.extend_from_slice(&answers.join(&b","[..]));
            out.push(b']');
            json_response(StatusCode::OK, out.into())
        }
        Ok(call @ Value::Object(_)) => json_response(StatusCode::OK, call_json(&endpoint.node, &call).await),
        Ok(_) => parse_error("request is neither a call nor a batch of at most 10 calls"),
        Err(e) => parse_error(&format!("error unmarshalling request: {e}")),
    }
}

fn parse_error(data: &str) -> Response {
    let failure = RpcFailure {
        code: -32700,
        message: "Parse error. Invalid JSON",
        data: data.to_owned(),
    };
    json_response(StatusCode::INTERNAL_SERVER_ERROR, failure_body(&Value::Null, &failure))
}

/// Answers one JSON-RPC call with its own id; errors come with status 200, as in a real node.
pub(super) async fn call_json(node: &Node, call: &Value) -> Bytes {
    let id = call.get("id").cloned().unwrap_or(Value::Null);
    let method = call.get("method").and_then(Value::as_str).unwrap_or_default();
    let params = Params::from_json(method, call.get("params").unwrap_or(&Value::Null));
    match node.call(method, &params).await {
        Some(Answer::Body(body)) => with_id(&id, body),
        Some(Answer::Error(failure)) => failure_body(&id, &failure),
        Some(Answer::Html(page)) => Bytes::from_static(page.as_bytes()),
        None => failure_body(&id, &RpcFailure::no_method()),
    }
}

/// A recorded body under another id; one that is not JSON goes out as it is.
fn with_id(id: &Value, body: Bytes) -> Bytes {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    match serde_json::from_slice::<Envelope<'_>>(&body) {
        Ok(envelope) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{}}}"#, envelope.result.get()).into(),
        Err(_) => body,
    }
}

async fn websocket(State(endpoint): State<Arc<Endpoint>>, upgrade: WebSocketUpgrade) -> Response {
    if !endpoint.node.has_websocket() {
        return no_such_path();
    }
    upgrade
        .max_message_size(1024 * 1024)
        .on_upgrade(move |socket| ws::session(endpoint, socket))
}
