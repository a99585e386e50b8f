//! The connection to one Yellowstone server.

use std::time::Duration;

use reqwest::Url;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use yellowstone_grpc_proto::geyser::geyser_client::GeyserClient;
use yellowstone_grpc_proto::geyser::{GetVersionRequest, SubscribeReplayInfoRequest};

use super::config::StreamConfig;
use super::error::StreamError;
use super::request::subscription;
use super::subscription::Subscription;

/// Time between two HTTP/2 pings, and how long one may stay unanswered.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Bytes that the server may send before we have read them: what a stopped reader costs besides its buffer.
const WINDOW_BYTES: u32 = 256 << 10;
/// Oldest version of the protocol whose servers tell a v1 message from a v0 message.
const TELLS_V1: (u64, u64) = (12, 6);

/// An endpoint as it may be shown: without user, password, path, query and fragment (providers put keys into paths).
pub(super) fn shown(endpoint: &str) -> String {
    let Ok(url) = Url::parse(endpoint) else {
        return "a Yellowstone endpoint that is not a URL".to_owned();
    };
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Whether a connection could be tried.
pub(super) fn check(config: &StreamConfig) -> Result<(), StreamError> {
    let name = shown(&config.endpoint);
    Token::new(&name, config.x_token.as_deref())?;
    transport(&name, config).map(drop)
}

/// What the server offers besides the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replay {
    /// It does not say.
    Unknown,
    /// It keeps nothing.
    Nothing,
    /// It keeps everything from this slot on.
    From(u64),
}

/// A connected client.
pub(super) struct Client {
    name: String,
    geyser: GeyserClient<InterceptedService<Channel, Token>>,
    timeout: Duration,
}

impl Client {
    /// Connects.
    pub(super) async fn connect(config: &StreamConfig) -> Result<Self, StreamError> {
        let name = shown(&config.endpoint);
        let token = Token::new(&name, config.x_token.as_deref())?;
        let endpoint = transport(&name, config)?;
        let connecting = tokio::time::timeout(config.limits.connect, endpoint.connect());
        let channel = match connecting.await {
            Ok(Ok(channel)) => channel,
            Ok(Err(error)) => return Err(connect_error(&name, &causes(&error))),
            Err(_) => return Err(connect_error(&name, "no answer in time")),
        };
        // Compression stays off: followed accounts are little traffic, and a small message must not become a large one.
        let geyser =
            GeyserClient::with_interceptor(channel, token).max_decoding_message_size(config.limits.max_message_bytes);
        Ok(Self {
            name,
            geyser,
            timeout: config.limits.connect,
        })
    }

    /// Whether the server's messages tell a v1 transaction from a v0 one.
    pub(super) async fn tells_v1(&mut self) -> Result<bool, StreamError> {
        let call = self.geyser.get_version(GetVersionRequest {});
        match answered(&self.name, self.timeout, call).await? {
            Ok(answer) => Ok(proto_version(&answer.version).is_some_and(|version| version >= TELLS_V1)),
            Err(status) if is_fatal(&status) => Err(StreamError::status(&self.name, &status, None)),
            Err(_) => Ok(false),
        }
    }

    /// From which slot the server can replay.
    pub(super) async fn replay(&mut self) -> Result<Replay, StreamError> {
        let call = self.geyser.subscribe_replay_info(SubscribeReplayInfoRequest {});
        match answered(&self.name, self.timeout, call).await? {
            Ok(answer) => Ok(answer.first_available.map_or(Replay::Nothing, Replay::From)),
            Err(status) if is_fatal(&status) => Err(StreamError::status(&self.name, &status, None)),
            Err(_) => Ok(Replay::Unknown),
        }
    }

    /// Subscribes. The server has accepted the subscription when this returns.
    pub(super) async fn subscribe(
        &mut self,
        addresses: &[String],
        from_slot: Option<u64>,
    ) -> Result<Subscription, StreamError> {
        let (answers, requests) = Subscription::requests(subscription(addresses, from_slot));
        let call = self.geyser.subscribe(Request::new(requests));
        match answered(&self.name, self.timeout, call).await? {
            Ok(updates) => Ok(Subscription::new(self.name.clone(), updates, answers, from_slot)),
            Err(status) => Err(StreamError::status(&self.name, &status, from_slot)),
        }
    }
}

/// Adds the token to every call.
#[derive(Clone)]
struct Token(Option<MetadataValue<Ascii>>);

impl Token {
    fn new(name: &str, token: Option<&str>) -> Result<Self, StreamError> {
        let Some(token) = token else { return Ok(Self(None)) };
        let mut value: MetadataValue<Ascii> = token.parse().map_err(|_| StreamError::Config {
            endpoint: name.to_owned(),
            reason: "the x-token has characters that metadata cannot carry: check the variable it is read from".into(),
        })?;
        value.set_sensitive(true);
        Ok(Self(Some(value)))
    }
}

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("x-token", token.clone());
        }
        Ok(request)
    }
}

fn transport(name: &str, config: &StreamConfig) -> Result<Endpoint, StreamError> {
    let wrong = |reason: &str| StreamError::Config {
        endpoint: name.to_owned(),
        reason: reason.to_owned(),
    };
    let url = Url::parse(&config.endpoint).map_err(|_| wrong("not a URL: write https://host:port"))?;
    let endpoint = Endpoint::from_shared(config.endpoint.clone()).map_err(|_| wrong("not a URL that gRPC can use"))?;
    let endpoint = endpoint
        .connect_timeout(config.limits.connect)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .tcp_nodelay(true);
    match url.scheme() {
        "https" => endpoint
            .tls_config(ClientTlsConfig::new().with_webpki_roots())
            .map_err(|error| wrong(&format!("TLS cannot be set up: {}", causes(&error)))),
        "http" if is_loopback(&url) => Ok(endpoint),
        "http" => Err(wrong(
            "http:// is for loopback only, it would show the x-token: write https://",
        )),
        _ => Err(wrong("unknown scheme: write https://host:port")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

async fn answered<T>(
    name: &str,
    limit: Duration,
    call: impl Future<Output = Result<tonic::Response<T>, Status>>,
) -> Result<Result<T, Status>, StreamError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => Ok(answer.map(tonic::Response::into_inner)),
        Err(_) => Err(connect_error(name, "no answer in time")),
    }
}

/// Whether a status on a side question says that the stream will not work either.
fn is_fatal(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unauthenticated | Code::PermissionDenied | Code::Unavailable
    )
}

fn connect_error(name: &str, reason: &str) -> StreamError {
    StreamError::Connect {
        endpoint: name.to_owned(),
        reason: super::error::clip(reason),
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
    text
}

/// Major and minor version of the protocol in the JSON that `GetVersion` answers: `{"version": {"proto": "12.6.0"}}`
/// or with the key at the top.
fn proto_version(answer: &str) -> Option<(u64, u64)> {
    let json: serde_json::Value = serde_json::from_str(answer).ok()?;
    let proto = json.get("version").and_then(|v| v.get("proto")).or(json.get("proto"))?;
    let mut parts = proto.as_str()?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(endpoint: &str) -> String {
        let error = transport(&shown(endpoint), &StreamConfig::new(endpoint, None)).expect_err("refused");
        error.to_string()
    }

    #[test]
    fn an_endpoint_is_shown_without_what_must_stay_secret() {
        assert_eq!(
            shown("https://user:pw@geyser.example.org:443/key/abc?k=v"),
            "https://geyser.example.org"
        );
        assert_eq!(shown("http://127.0.0.1:10000"), "http://127.0.0.1:10000");
        assert!(!shown("x-token-by-mistake").contains("mistake"));
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        assert!(refused("http://geyser.example.org:10000").contains("loopback only"));
        assert!(refused("ftp://geyser.example.org").contains("scheme"));
        for fine in [
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost:1",
            "https://geyser.example.org",
        ] {
            transport("x", &StreamConfig::new(fine, None)).expect(fine);
        }
    }

    #[test]
    fn a_token_that_metadata_cannot_carry_is_refused_without_showing_it() {
        let Err(error) = Token::new("https://x", Some("secret\nline")) else {
            panic!("taken");
        };
        assert!(!error.to_string().contains("secret"));
        let config = StreamConfig::new("https://x", Some("secret".to_owned()));
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn the_version_of_the_protocol_is_read_from_either_shape() {
        assert_eq!(
            proto_version(r#"{"version":{"package":"y","proto":"12.6.0"}}"#),
            Some((12, 6))
        );
        assert_eq!(proto_version(r#"{"proto":"14.0.1"}"#), Some((14, 0)));
        assert_eq!(proto_version("15.0"), None);
    }
}
