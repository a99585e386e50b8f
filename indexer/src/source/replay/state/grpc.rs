//! gRPC in front of a query node: any service, told apart by its path, as bytes.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use tonic::{Code, Status};

use super::encode;
use super::node::{Ask, Content, NodeBlock, Page, PageRequest, Refusal, Reply, Spoil, StateNode};
use crate::source::Encoding;
use crate::source::wire::{bytes_of, integer_of, put_bytes, put_integer};

/// Largest request that is read, in bytes.
const MAX_REQUEST: usize = 1 << 20;
/// Metadata in which a height is asked for and named.
pub(super) const HEIGHT: &str = "x-cosmos-block-height";
/// The service with the blocks.
const BLOCKS: &str = "cosmos.base.tendermint.v1beta1.Service";
/// Methods that are asked about something: it stands in field 1.
const WITH_SUBJECT: &[&str] = &["ProviderAttributes", "AggregatedPrice"];

/// The routes of the gRPC endpoint.
pub(super) fn router(node: Arc<StateNode>) -> Router {
    Router::new().fallback(handle).with_state(node)
}

async fn handle(State(node): State<Arc<StateNode>>, request: Request) -> Response {
    let method = request.uri().path().trim_start_matches('/').to_owned();
    let headers = request.headers().clone();
    let message = match to_bytes(request.into_body(), MAX_REQUEST).await {
        Ok(body) => unframed(&body),
        Err(error) => Err(Refusal::new(Code::Internal, error.to_string())),
    };
    let answered = match message {
        Ok(message) => match node.admit(&method).await {
            Ok(()) => call(&node, &method, &headers, &message),
            Err(refusal) => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    };
    match answered {
        Ok((height, message)) => framed(&message, height, node.spoil(&method)),
        Err(refusal) => Status::new(refusal.code, refusal.message).into_http(),
    }
}

/// The message of a request without its frame.
fn unframed(body: &Bytes) -> Result<Bytes, Refusal> {
    let broken = || Refusal::new(Code::Internal, "the request is not one uncompressed gRPC message");
    let (head, message) = body.split_at_checked(5).ok_or_else(broken)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    if head[0] != 0 || length as usize != message.len() {
        return Err(broken());
    }
    Ok(body.slice(5..))
}

type Answered = Result<(Option<u64>, Vec<u8>), Refusal>;

fn call(node: &StateNode, method: &str, headers: &HeaderMap, message: &[u8]) -> Answered {
    let broken = |_| Refusal::new(Code::Internal, "grpc: error unmarshalling request: unexpected EOF");
    match method.strip_prefix(BLOCKS) {
        Some("/GetLatestBlock") => return Ok((Some(node.latest()), block(&node.block(node.latest())?))),
        Some("/GetBlockByHeight") => {
            let height = integer_of(message, 1).map_err(broken)?;
            return Ok((Some(node.latest()), block(&node.block(height)?)));
        }
        _ => {}
    }
    let page = match node.book().pagination_field(method) {
        None => PageRequest::default(),
        Some(field) => page_request(bytes_of(message, field).map_err(broken)?.unwrap_or_default()).map_err(broken)?,
    };
    let about = WITH_SUBJECT.iter().any(|name| method.ends_with(&format!("/{name}")));
    let subject = if about {
        bytes_of(message, 1).map_err(broken)?.unwrap_or_default()
    } else {
        &[]
    };
    let subject = String::from_utf8_lossy(subject);
    let Reply { height, content } = node.answer(&Ask {
        method,
        subject: &subject,
        height: headers.get(HEIGHT).and_then(|value| value.to_str().ok()),
        page,
        encoding: Encoding::Proto,
    })?;
    let body = match content {
        Content::Whole(body) => body.to_vec(),
        Content::Page(page) => encoded(&page),
    };
    Ok((height, body))
}

fn page_request(message: &[u8]) -> Result<PageRequest, crate::source::wire::WireError> {
    Ok(PageRequest {
        key: bytes_of(message, 1)?.unwrap_or_default().to_vec(),
        offset: integer_of(message, 2)?,
        limit: integer_of(message, 3)?,
        count_total: integer_of(message, 4)? != 0,
    })
}

/// A page of a list: its objects in field 1, the page response in field 2.
fn encoded(page: &Page) -> Vec<u8> {
    let mut out = Vec::new();
    for object in &page.objects {
        put_bytes(&mut out, 1, object);
    }
    let mut response = Vec::new();
    if let Some(key) = &page.next_key {
        put_bytes(&mut response, 1, key);
    }
    put_integer(&mut response, 2, page.total.unwrap_or(0));
    put_bytes(&mut out, 2, &response);
    out
}

/// `block_id.hash`, and of the block its header with chain id, height and time.
fn block(block: &NodeBlock) -> Vec<u8> {
    let mut id = Vec::new();
    put_bytes(&mut id, 1, &hex::decode(&block.block.hash).unwrap_or_default());
    let mut header = Vec::new();
    put_bytes(&mut header, 2, block.chain_id.as_bytes());
    put_integer(&mut header, 3, block.height);
    put_bytes(&mut header, 4, &encode::timestamp_of(&block.block.time));
    let mut inner = Vec::new();
    put_bytes(&mut inner, 1, &header);
    let mut out = Vec::new();
    put_bytes(&mut out, 1, &id);
    put_bytes(&mut out, 2, &inner);
    put_bytes(&mut out, 3, &inner);
    out
}

fn framed(message: &[u8], height: Option<u64>, spoil: Option<Spoil>) -> Response {
    let garbage: &[u8] = &[0x0f, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x67, 0x61, 0x72];
    let message = match spoil {
        Some(Spoil::Garbage) => garbage,
        Some(Spoil::Truncated) => &message[..message.len() / 2],
        _ => message,
    };
    let mut frame = vec![0];
    frame.extend_from_slice(&(message.len() as u32).to_be_bytes());
    frame.extend_from_slice(message);
    let mut parts: Vec<Result<Frame<Bytes>, std::io::Error>> = Vec::new();
    if spoil == Some(Spoil::Cut) {
        frame.truncate(5 + message.len() / 2);
        parts.push(Ok(Frame::data(frame.into())));
        parts.push(Err(std::io::ErrorKind::ConnectionReset.into()));
    } else {
        parts.push(Ok(Frame::data(frame.into())));
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        parts.push(Ok(Frame::trailers(trailers)));
    }
    let mut response = Response::new(Body::new(StreamBody::new(stream::iter(parts))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if let Some(height) = height {
        headers.insert(HEIGHT, HeaderValue::from(height));
    }
    response
}
