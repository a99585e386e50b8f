//! `/status` and `/version` over HTTP/1.1: one request per connection, nothing followed, nothing unpacked.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, USER_AGENT};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::dial::{Connection, Dialer, Speech, causes};
use super::guard::Target;
use super::limits::ProviderLimits;
use super::rpc::{AGENT, HEADER_BYTES, redirect};
use super::{Refusal, RefusalCode};
use crate::chain::akash::inventory::{ProviderStatus, ProviderVersion};

/// Most headers of an answer.
const MAX_HEADERS: usize = 64;

/// `GET /status`, with the address that answered.
pub(super) async fn status(
    dialer: &Dialer,
    target: &Target,
    limits: &ProviderLimits,
) -> Result<(ProviderStatus, SocketAddr), Refusal> {
    let (body, address) = get(dialer, target, limits, "/status").await?;
    Ok((ProviderStatus::from_json(&body)?, address))
}

/// The version that `GET /version` names.
pub(super) async fn version(dialer: &Dialer, target: &Target, limits: &ProviderLimits) -> Result<String, Refusal> {
    let (body, _) = get(dialer, target, limits, "/version").await?;
    Ok(ProviderVersion::from_json(&body)?.provider)
}

async fn get(
    dialer: &Dialer,
    target: &Target,
    limits: &ProviderLimits,
    path: &str,
) -> Result<(Bytes, SocketAddr), Refusal> {
    let Connection { wire, address } = dialer.dial(target, Speech::Rest).await?;
    let asking = async {
        let (mut requests, driver) = Builder::new()
            .max_buf_size(HEADER_BYTES as usize)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|e| broken(&e))?;
        // How it ends is seen by whoever waits for the answer.
        let _driver = AbortOnDropHandle::new(tokio::spawn(async move { drop(driver.await) }));
        let request = Request::get(path)
            .header(HOST, target.place.authority(target.place.rest_port))
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity")
            .header(CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|e| Refusal::new(RefusalCode::BadHost, format!("the request cannot be written: {e}")))?;
        let response = requests.send_request(request).await.map_err(|e| broken(&e))?;
        accept(path, response.status(), response.headers(), limits.message_bytes)?;
        read(path, response.into_body(), limits.message_bytes).await
    };
    match tokio::time::timeout(limits.step, asking).await {
        Ok(body) => Ok((body?, address)),
        Err(_) => Err(late(path, limits.step)),
    }
}

fn late(path: &str, step: Duration) -> Refusal {
    Refusal::new(RefusalCode::Timeout, format!("{path}: no whole answer within {step:?}"))
}

/// Refuses an answer by its head, before any of its body is read.
fn accept(path: &str, status: StatusCode, headers: &HeaderMap, limit: usize) -> Result<(), Refusal> {
    redirect(status, headers)?;
    if status != StatusCode::OK {
        let reason = format!("{path} was answered with the HTTP status {}", status.as_u16());
        return Err(Refusal::new(RefusalCode::HttpStatus, reason));
    }
    let packed = headers.get(CONTENT_ENCODING).filter(|encoding| *encoding != "identity");
    if let Some(encoding) = packed {
        let encoding = String::from_utf8_lossy(encoding.as_bytes());
        let reason = format!("{path} is compressed ({encoding}), which was not asked for");
        return Err(Refusal::new(RefusalCode::Compressed, reason));
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    let announced: Option<u64> = announced.and_then(|v| v.parse().ok());
    match announced {
        Some(bytes) if bytes > limit as u64 => Err(too_large(path, limit)),
        _ => Ok(()),
    }
}

async fn read(path: &str, mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|e| broken(&e))?.into_data() else {
            continue;
        };
        if whole.len() + data.len() > limit {
            return Err(too_large(path, limit));
        }
        whole.extend_from_slice(&data);
    }
    Ok(Bytes::from(whole))
}

fn too_large(path: &str, limit: usize) -> Refusal {
    Refusal::new(
        RefusalCode::TooLarge,
        format!("{path} is larger than {limit} bytes, the most that is read"),
    )
}

fn broken(error: &hyper::Error) -> Refusal {
    let code = if error.is_parse_too_large() {
        RefusalCode::HeadersTooLarge
    } else if error.is_parse() {
        RefusalCode::Protocol
    } else {
        RefusalCode::Broken
    };
    Refusal::new(code, format!("the answer broke off: {}", causes(error)))
}
