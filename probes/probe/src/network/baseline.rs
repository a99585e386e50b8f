//! The measurement: echoes one after the other, then each direction for some seconds.

use super::endpoint::Endpoint;
use super::limits::{CHUNK_BYTES, CONNECTION_WINDOW_BYTES, ECHO_BYTES, Limits, MESSAGE_BYTES, STREAM_WINDOW_BYTES};
use super::messages::{Chunk, DownloadRequest, EchoReply, EchoRequest, SERVICE, UploadReply};
use super::meter::Meter;
use gridproof_probe_protocol::report::NetworkBaseline;
use gridproof_probe_protocol::samples::{Samples, Unit};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::tokio_stream;
use tonic::transport::{Channel, ClientTlsConfig};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

/// Why there is no baseline.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BaselineError {
    /// No connection.
    #[error("cannot reach the verifier: {0}; look at the address, the name's lookup and the firewall")]
    Connect(String),
    /// It refused a call.
    #[error("the verifier refused {call}: {status}")]
    Refused {
        /// Which call.
        call: &'static str,
        /// What it said, safe to print.
        status: String,
    },
    /// It fell silent, or took too long.
    #[error("the verifier was silent for too long in {0}")]
    Silent(&'static str),
    /// It broke the contract.
    #[error("the verifier breaks the contract: {0}")]
    Contract(&'static str),
}

/// One warm connection and how it is used.
struct Session<'a> {
    grpc: Grpc<Channel>,
    limits: &'a Limits,
}

/// Connects, then measures latency, download, upload.
pub(super) async fn measure(verifier: &Endpoint, limits: &Limits) -> Result<NetworkBaseline, BaselineError> {
    let all = async {
        let channel = connect(verifier, limits).await?;
        let grpc = Grpc::new(channel).max_decoding_message_size(MESSAGE_BYTES);
        let mut session = Session { grpc, limits };
        Ok(NetworkBaseline {
            verifier: verifier.as_str().to_owned(),
            latency_ms: session.latency().await?,
            down_mbps: session.download().await?,
            up_mbps: session.upload().await?,
        })
    };
    tokio::time::timeout(limits.total, all)
        .await
        .map_err(|_| BaselineError::Silent("the whole baseline"))?
}

async fn connect(verifier: &Endpoint, limits: &Limits) -> Result<Channel, BaselineError> {
    let refuse = |error: tonic::transport::Error| BaselineError::Connect(causes(&error));
    let mut endpoint = Channel::from_shared(verifier.as_str().to_owned())
        .map_err(|error| BaselineError::Connect(error.to_string()))?
        .connect_timeout(limits.silence)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .tcp_nodelay(true);
    if verifier.is_secure() {
        let tls = ClientTlsConfig::new().with_enabled_roots();
        endpoint = endpoint.tls_config(tls).map_err(refuse)?;
    }
    within(limits.silence, "connecting", endpoint.connect())
        .await?
        .map_err(refuse)
}

impl Session<'_> {
    async fn latency(&mut self) -> Result<Samples, BaselineError> {
        let mut values = Vec::new();
        for i in 0..self.limits.warm_up + self.limits.echoes {
            let took = self.echo().await?;
            if i >= self.limits.warm_up {
                values.push(took.as_secs_f64() * 1e3);
            }
        }
        Samples::new(Unit::Millisecond, values).ok_or(BaselineError::Contract("no echo"))
    }

    async fn echo(&mut self) -> Result<Duration, BaselineError> {
        let payload: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(ECHO_BYTES).collect();
        let request = Request::new(EchoRequest {
            payload: payload.clone(),
        });
        self.ready().await?;
        let began = Instant::now();
        let call = self
            .grpc
            .unary(request, path("Echo"), ProstCodec::<EchoRequest, EchoReply>::new());
        let reply = within(self.limits.silence, "Echo", call)
            .await?
            .map_err(|status| refused("Echo", &status))?;
        let took = began.elapsed();
        if reply.into_inner().payload != payload {
            return Err(BaselineError::Contract("an echo is not what was sent"));
        }
        Ok(took)
    }

    async fn download(&mut self) -> Result<Samples, BaselineError> {
        let bytes = self.limits.transfer_bytes;
        self.ready().await?;
        let request = Request::new(DownloadRequest { bytes });
        let call = self
            .grpc
            .server_streaming(request, path("Download"), ProstCodec::<DownloadRequest, Chunk>::new());
        let status = |status| refused("Download", &status);
        let reply = within(self.limits.silence, "Download", call).await?.map_err(status)?;
        let mut chunks = reply.into_inner();
        let mut meter = Meter::new(self.limits.window);
        let began = Instant::now();
        while began.elapsed() < self.limits.transfer {
            let next = within(self.limits.silence, "Download", chunks.message()).await?;
            let Some(chunk) = next.map_err(status)? else { break };
            if chunk.data.is_empty() || chunk.data.len() > CHUNK_BYTES {
                return Err(BaselineError::Contract("a chunk is empty or longer than 64 KiB"));
            }
            meter.add(began.elapsed(), chunk.data.len());
            if meter.total() > bytes {
                return Err(BaselineError::Contract("more bytes than were asked for"));
            }
        }
        // Dropping the stream resets it: the rest is not sent.
        meter
            .samples(began.elapsed())
            .ok_or(BaselineError::Contract("a download of nothing"))
    }

    async fn upload(&mut self) -> Result<Samples, BaselineError> {
        self.ready().await?;
        let sending = Sending::new(self.limits);
        let meter = Arc::clone(&sending.meter);
        let began = sending.began;
        let request = Request::new(tokio_stream::iter(sending));
        let call = self
            .grpc
            .client_streaming(request, path("Upload"), ProstCodec::<Chunk, UploadReply>::new());
        let reply = within(self.limits.transfer + self.limits.silence, "Upload", call).await?;
        let reply = reply.map_err(|status| refused("Upload", &status))?.into_inner();
        let elapsed = began.elapsed();
        let meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
        if reply.received_bytes != meter.total() {
            return Err(BaselineError::Contract("it counts other bytes than were sent"));
        }
        meter
            .samples(elapsed)
            .ok_or(BaselineError::Contract("an upload of nothing"))
    }

    async fn ready(&mut self) -> Result<(), BaselineError> {
        let ready = within(self.limits.silence, "connecting", self.grpc.ready()).await?;
        ready.map_err(|error| BaselineError::Connect(causes(&error)))
    }
}

/// Chunks until time or bytes are used up. One block of random bytes again and again: too far apart for a compressor.
struct Sending {
    chunk: Vec<u8>,
    began: Instant,
    transfer: Duration,
    left: u64,
    meter: Arc<Mutex<Meter>>,
}

impl Sending {
    fn new(limits: &Limits) -> Self {
        Self {
            chunk: std::iter::repeat_with(|| fastrand::u8(..)).take(CHUNK_BYTES).collect(),
            began: Instant::now(),
            transfer: limits.transfer,
            left: limits.transfer_bytes,
            meter: Arc::new(Mutex::new(Meter::new(limits.window))),
        }
    }
}

impl Iterator for Sending {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let elapsed = self.began.elapsed();
        if elapsed >= self.transfer || self.left < CHUNK_BYTES as u64 {
            return None;
        }
        self.left -= CHUNK_BYTES as u64;
        // A chunk is asked for when the windows have room: so the time between two is that of the path.
        self.meter
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(elapsed, CHUNK_BYTES);
        let data = self.chunk.clone();
        Some(Chunk { data })
    }
}

async fn within<T>(time: Duration, step: &'static str, work: impl Future<Output = T>) -> Result<T, BaselineError> {
    tokio::time::timeout(time, work)
        .await
        .map_err(|_| BaselineError::Silent(step))
}

fn path(call: &str) -> PathAndQuery {
    let path = format!("/{SERVICE}/{call}");
    PathAndQuery::from_maybe_shared(path).unwrap_or_else(|_| PathAndQuery::from_static("/"))
}

fn refused(call: &'static str, status: &Status) -> BaselineError {
    let status = format!("{:?}: {}", status.code(), crate::explain::plain(status.message(), 200));
    BaselineError::Refused { call, status }
}

/// The error with what caused it, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = chain.map(ToString::to_string).collect();
    crate::explain::plain(&texts.join(": "), 300)
}
