//! Queries over gRPC: messages go in and out as bytes, pages are kept as served.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use reqwest::Url;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

use super::call::{Call, Served, refused};
use super::config::QueryLimits;
use super::error::{QueryDefect, QueryError, said};
use super::method::About;
use crate::source::wire::{put_bytes, put_integer};

/// Metadata in which a height is asked for and named.
pub(super) const HEIGHT: &str = "x-cosmos-block-height";
/// Bytes that a node may send before we have read them.
const WINDOW_BYTES: u32 = 1 << 20;
/// Time between two pings.
const PING: Duration = Duration::from_secs(10);

/// A client of a gRPC endpoint. The connection is made with the first request, and again after it broke.
pub(super) struct GrpcCaller {
    pub(super) name: String,
    endpoint: Endpoint,
    /// Made where a runtime is sure to be.
    channel: OnceLock<Channel>,
    page_bytes: usize,
}

impl GrpcCaller {
    pub(super) fn new(url: &str, limits: &QueryLimits) -> Result<Self, QueryError> {
        let name = shown(url);
        let endpoint = endpoint(url, limits).map_err(|reason| QueryError::Config {
            endpoint: name.clone(),
            reason,
        })?;
        Ok(Self {
            name,
            endpoint,
            channel: OnceLock::new(),
            page_bytes: limits.page_bytes,
        })
    }

    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Served, QueryDefect> {
        let channel = self.channel.get_or_init(|| self.endpoint.connect_lazy());
        let mut client = Grpc::new(channel.clone()).max_decoding_message_size(self.page_bytes);
        let down = |error: tonic::transport::Error| QueryDefect::Unreachable { reason: causes(&error) };
        client.ready().await.map_err(down)?;
        let mut request = Request::new(Bytes::from(message(call)));
        if let Some(height) = call.height {
            request.metadata_mut().insert(HEIGHT, height.into());
        }
        let path: PathAndQuery = format!("/{}", call.method.name)
            .parse()
            .map_err(|_| QueryDefect::garbage("the method has a name that is no path"))?;
        let answer = client.unary(request, path, Raw).await;
        let answer = answer.map_err(|status| self.refusal(&status, call.height))?;
        let height = answer.metadata().get(HEIGHT).and_then(|value| value.to_str().ok());
        Ok(Served {
            height: height.and_then(|text| text.parse().ok()),
            body: answer.into_inner(),
        })
    }

    fn refusal(&self, status: &Status, height: Option<u64>) -> QueryDefect {
        let text = status.message();
        if text.contains("message length too large") {
            return QueryDefect::PageTooLarge { limit: self.page_bytes };
        }
        if status.source().is_some() {
            return QueryDefect::Unreachable { reason: causes(status) };
        }
        match status.code() {
            Code::Internal if text.contains("Unexpected EOF") => QueryDefect::truncated(said(text)),
            Code::Internal if text.contains("protocol error") => QueryDefect::garbage(said(text)),
            code => refused(code as i32, text, height, None),
        }
    }
}

/// A request: what it is about in field 1, the page request where the method has it.
fn message(call: &Call<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    match call.method.about {
        About::All => {}
        About::Text => put_bytes(&mut out, 1, call.subject.as_bytes()),
        About::Number(_) => put_integer(&mut out, 1, call.subject.parse().unwrap_or_default()),
    }
    if let (Some(paged), Some(ask)) = (&call.method.paged, &call.page) {
        let mut page = Vec::new();
        if !ask.key.is_empty() {
            put_bytes(&mut page, 1, ask.key);
        }
        put_integer(&mut page, 3, ask.limit);
        put_integer(&mut page, 4, u64::from(ask.count));
        put_bytes(&mut out, paged.field, &page);
    }
    out
}

fn endpoint(url: &str, limits: &QueryLimits) -> Result<Endpoint, String> {
    let wrong = "not the address of a gRPC endpoint: write https://host:port".to_owned();
    let parsed = Url::parse(url).map_err(|_| wrong.clone())?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("gRPC endpoints take no user and password in the address: remove them".to_owned());
    }
    if parsed.host_str().is_none() || !matches!(parsed.path(), "" | "/") || parsed.query().is_some() {
        return Err(wrong);
    }
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|_| wrong.clone())?;
    let endpoint = endpoint
        .user_agent(concat!("gridproof/", env!("CARGO_PKG_VERSION")))
        .map_err(|_| wrong.clone())?
        .connect_timeout(limits.connect)
        .http2_keep_alive_interval(PING)
        .keep_alive_timeout(limits.idle)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .tcp_nodelay(true);
    match parsed.scheme() {
        "http" => Ok(endpoint),
        "https" => endpoint
            .tls_config(ClientTlsConfig::new().with_webpki_roots())
            .map_err(|error| format!("TLS cannot be set up: {}", causes(&error))),
        _ => Err(wrong),
    }
}

/// An endpoint as it may be shown: scheme, host and port.
fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.host_str().is_some() => {
            let port = parsed.port().map(|p| format!(":{p}")).unwrap_or_default();
            format!("{}://{}{port}", parsed.scheme(), parsed.host_str().unwrap_or_default())
        }
        _ => "a gRPC endpoint that is no address".to_owned(),
    }
}

/// An error with all its causes: the outermost alone says only "transport error".
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    said(&text)
}

/// Messages as bytes.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        // A copy of just its size: the buffer that a page came in is larger, and would be kept with it.
        let mut page = vec![0; from.remaining()];
        from.copy_to_slice(&mut page);
        Ok(Some(page.into()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_endpoint_is_refused_without_showing_what_must_stay_secret() {
        let limits = QueryLimits::default();
        let refused = |url: &str| GrpcCaller::new(url, &limits).err().unwrap().to_string();
        for wrong in [
            "grpc.example.org:443",
            "ftp://grpc.example.org",
            "https://grpc.example.org/path/hunter2",
            "https://me:hunter2@grpc.example.org:443",
        ] {
            let text = refused(wrong);
            assert!(!text.contains("hunter2"), "{text}");
        }
        for fine in [
            "https://grpc.example.org:443",
            "http://10.0.0.7:9090/",
            "https://[::1]:9090",
        ] {
            let caller = GrpcCaller::new(fine, &limits).unwrap();
            assert_eq!(caller.name, fine.trim_end_matches('/').trim_end_matches(":443"));
        }
    }
}
