//! `akash.provider.v1.ProviderRPC` over one HTTP/2 connection, with small windows.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION, TE, USER_AGENT};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio_util::task::AbortOnDropHandle;

use super::dial::{Connection, Dialer, Speech};
use super::frames::{self, Messages};
use super::guard::Target;
use super::limits::ProviderLimits;
use super::{Refusal, RefusalCode};
use crate::chain::akash::inventory::ProviderStatus;
use crate::chain::akash::proto::inventory::SERVICE;

/// Most that a provider may send before it was read, per stream and per connection.
const WINDOW_BYTES: u32 = 64 << 10;
/// Largest frame.
const FRAME_BYTES: u32 = 16 << 10;
/// Most that is kept of what we send: requests are five bytes.
const SEND_BYTES: usize = 16 << 10;
/// Largest list of headers.
pub(super) const HEADER_BYTES: u32 = 16 << 10;
/// An empty message, framed: the request of both methods.
const EMPTY_MESSAGE: &[u8] = &[0; 5];
/// What we say we are.
pub(super) const AGENT: &str = concat!("gridproof/", env!("CARGO_PKG_VERSION"));

/// A connection that speaks gRPC. Dropping it closes it.
pub(super) struct Rpc {
    requests: SendRequest<Full<Bytes>>,
    origin: String,
    step: Duration,
    message_bytes: usize,
    /// The checked address that it leads to.
    pub(super) address: SocketAddr,
    _driver: AbortOnDropHandle<()>,
}

impl Rpc {
    /// Connects, handshakes included, within one step.
    pub(super) async fn connect(dialer: &Dialer, target: &Target, limits: &ProviderLimits) -> Result<Self, Refusal> {
        let Connection { wire, address } = dialer.dial(target, Speech::Grpc).await?;
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .max_frame_size(FRAME_BYTES)
            .max_send_buf_size(SEND_BYTES)
            .max_header_list_size(HEADER_BYTES)
            .keep_alive_interval(limits.ping)
            .keep_alive_timeout(limits.ping_answer)
            // Providers count pings without a request as an attack.
            .keep_alive_while_idle(false);
        let shaking = tokio::time::timeout(limits.step, builder.handshake(TokioIo::new(wire)));
        let (requests, driver) = match shaking.await {
            Ok(Ok(pair)) => pair,
            Ok(Err(error)) => return Err(frames::broken(&error)),
            Err(_) => return Err(late(limits.step)),
        };
        // How it ends is seen by whoever waits for an answer.
        let driver = tokio::spawn(async move { drop(driver.await) });
        let place = &target.place;
        let scheme = if place.tls { "https" } else { "http" };
        Ok(Self {
            requests,
            origin: format!("{scheme}://{}", place.authority(place.grpc_port)),
            step: limits.step,
            message_bytes: limits.message_bytes,
            address,
            _driver: AbortOnDropHandle::new(driver),
        })
    }

    /// `GetStatus`: the whole answer within one step.
    pub(super) async fn get_status(&mut self) -> Result<ProviderStatus, Refusal> {
        let step = self.step;
        let asking = async {
            let mut messages = self.call("GetStatus").await?;
            messages
                .next()
                .await?
                .ok_or_else(|| Refusal::new(RefusalCode::Malformed, "GetStatus was answered with no message"))
        };
        let message = tokio::time::timeout(step, asking).await.map_err(|_| late(step))??;
        Ok(ProviderStatus::from_proto(&message)?)
    }

    /// `StreamStatus`: the stream and its first message, within one step.
    pub(super) async fn stream_status(&mut self) -> Result<(Messages, Bytes), Refusal> {
        let step = self.step;
        let asking = async {
            let mut messages = self.call("StreamStatus").await?;
            match messages.next().await? {
                Some(first) => Ok((messages, first)),
                None => Err(Refusal::new(
                    RefusalCode::Ended,
                    "the provider ended the stream before its first status",
                )),
            }
        };
        tokio::time::timeout(step, asking).await.map_err(|_| late(step))?
    }

    async fn call(&mut self, method: &str) -> Result<Messages, Refusal> {
        let request = Request::post(format!("{}/{SERVICE}/{method}", self.origin))
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .header(USER_AGENT, AGENT)
            .body(Full::new(Bytes::from_static(EMPTY_MESSAGE)))
            .map_err(|e| Refusal::new(RefusalCode::BadHost, format!("the request cannot be written: {e}")))?;
        self.requests.ready().await.map_err(|e| frames::broken(&e))?;
        let response = self
            .requests
            .send_request(request)
            .await
            .map_err(|e| frames::broken(&e))?;
        accept(&response)?;
        Ok(Messages::new(response.into_body(), self.message_bytes))
    }
}

fn late(step: Duration) -> Refusal {
    Refusal::new(RefusalCode::Timeout, format!("gRPC: no whole answer within {step:?}"))
}

/// Refuses what is no answer of a gRPC server.
fn accept(response: &Response<Incoming>) -> Result<(), Refusal> {
    let (status, headers) = (response.status(), response.headers());
    redirect(status, headers)?;
    if let Some(refusal) = frames::status(headers) {
        return Err(refusal);
    }
    if status != StatusCode::OK {
        let reason = format!("gRPC was answered with the HTTP status {}", status.as_u16());
        return Err(Refusal::new(RefusalCode::HttpStatus, reason));
    }
    let kind = headers.get(CONTENT_TYPE).map(|v| v.as_bytes()).unwrap_or_default();
    if !kind.starts_with(b"application/grpc") {
        let reason = format!("gRPC was answered with {}", String::from_utf8_lossy(kind));
        return Err(Refusal::new(RefusalCode::Protocol, reason));
    }
    Ok(())
}

/// Refuses a redirect, wherever it leads.
pub(super) fn redirect(status: StatusCode, headers: &HeaderMap) -> Result<(), Refusal> {
    if !status.is_redirection() {
        return Ok(());
    }
    let to = headers
        .get(LOCATION)
        .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let to = to.unwrap_or_else(|| "nowhere".to_owned());
    let reason = format!("it redirects ({}) to {to}: redirects are not followed", status.as_u16());
    Err(Refusal::new(RefusalCode::Redirect, reason))
}
