//! The REST gateway in front of a query node: the same questions by path, answered in JSON.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use tonic::Code;

use super::grpc::HEIGHT;
use super::node::{Ask, Content, NodeBlock, Page, PageRequest, Refusal, Spoil, StateNode};
use super::routes;
use crate::source::Encoding;

/// How the gateway passes metadata on.
const ANSWERED_HEIGHT: &str = "grpc-metadata-x-cosmos-block-height";
/// Where the blocks are.
const BLOCKS: &str = "cosmos/base/tendermint/v1beta1/blocks/";

/// The routes of the gateway.
pub(super) fn router(node: Arc<StateNode>) -> Router {
    Router::new()
        .route("/akash/{*path}", get(handle))
        .route("/cosmos/{*path}", get(handle))
        .with_state(node)
}

async fn handle(
    State(node): State<Arc<StateNode>>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let path = request.uri().path().trim_matches('/').to_owned();
    if let Some(height) = path.strip_prefix(BLOCKS) {
        return blocks(&node, height).await;
    }
    let Some((route, subject)) = routes::of_path(&path) else {
        return refusal(&Refusal::new(Code::Unimplemented, "Not Implemented"));
    };
    if let Err(refused) = node.admit(route.method).await {
        return refusal(&refused);
    }
    let answered = page_request(&query).and_then(|page| {
        node.answer(&Ask {
            method: route.method,
            subject: &subject,
            height: asked_height(request.headers()),
            page,
            encoding: Encoding::Json,
        })
    });
    match answered {
        Err(refused) => refusal(&refused),
        Ok(reply) => {
            let body = match reply.content {
                Content::Whole(body) => body,
                Content::Page(page) => encoded(&page),
            };
            let mut response = served(body, node.spoil(route.method));
            if let Some(height) = reply.height {
                response
                    .headers_mut()
                    .insert(ANSWERED_HEIGHT, HeaderValue::from(height));
            }
            response
        }
    }
}

fn asked_height(headers: &HeaderMap) -> Option<&str> {
    headers.get(HEIGHT).and_then(|value| value.to_str().ok())
}

fn page_request(query: &[(String, String)]) -> Result<PageRequest, Refusal> {
    let mut page = PageRequest::default();
    let wrong = |name: &str, text: &str| {
        let message = format!("parsing field {name:?}: invalid value {text:?}");
        Refusal::new(Code::InvalidArgument, message)
    };
    for (name, text) in query {
        let number = || text.parse::<u64>().map_err(|_| wrong(name, text));
        match name.as_str() {
            "pagination.key" => {
                let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text));
                page.key = bytes.map_err(|_| wrong(name, text))?;
            }
            "pagination.offset" => page.offset = number()?,
            "pagination.limit" => page.limit = number()?,
            "pagination.count_total" => page.count_total = text == "true",
            _ => {}
        }
    }
    Ok(page)
}

async fn blocks(node: &StateNode, height: &str) -> Response {
    let method = "cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight";
    if let Err(refused) = node.admit(method).await {
        return refusal(&refused);
    }
    let block = match (height, height.parse()) {
        ("latest", _) => node.block(node.latest()),
        (_, Ok(height)) => node.block(height),
        (_, Err(_)) => Err(Refusal::new(
            Code::InvalidArgument,
            format!("invalid height {height:?}"),
        )),
    };
    match block {
        Ok(block) => served(block_body(&block).to_string().into(), node.spoil(method)),
        Err(refused) => refusal(&refused),
    }
}

fn block_body(block: &NodeBlock) -> Value {
    let hash = STANDARD.encode(hex::decode(&block.block.hash).unwrap_or_default());
    let header = json!({"chain_id": block.chain_id, "height": block.height.to_string(), "time": block.block.time});
    json!({
        "block_id": {"hash": hash, "part_set_header": {"total": 1, "hash": ""}},
        "block": {"header": header, "data": {"txs": []}},
        "sdk_block": {"header": header, "data": {"txs": []}},
    })
}

/// A page of a list in the order of a real gateway: the list, then the page response.
fn encoded(page: &Page) -> Bytes {
    let mut out = format!("{{\"{}\":[", page.items).into_bytes();
    out.extend_from_slice(&page.objects.join(&b","[..]));
    let pagination = json!({
        "next_key": page.next_key.as_ref().map(|key| STANDARD.encode(key)),
        "total": page.total.unwrap_or(0).to_string(),
    });
    out.extend_from_slice(format!("],\"pagination\":{pagination}}}").as_bytes());
    out.into()
}

fn served(body: Bytes, spoil: Option<Spoil>) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    match spoil {
        None => (json, Body::from(body)).into_response(),
        Some(Spoil::Garbage) => (json, "{\"leases\":7,\"pagination\":[]}").into_response(),
        Some(Spoil::Truncated) => (json, Body::from(body.slice(..body.len() / 2))).into_response(),
        Some(Spoil::Cut) => {
            let parts = [
                Ok(body.slice(..body.len() / 2)),
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
            ];
            (json, Body::from_stream(stream::iter(parts))).into_response()
        }
    }
}

/// An error as the gateway words it, with the status that it gives to a code.
fn refusal(refusal: &Refusal) -> Response {
    let status = match refusal.code {
        Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let body = json!({"code": refusal.code as i32, "message": refusal.message, "details": []});
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
