//! A verifier on loopback that keeps the contract, or breaks it as it is told.

#![allow(clippy::unwrap_used)]

use super::endpoint::Endpoint;
use super::limits::CHUNK_BYTES;
use super::messages::{Chunk, DownloadRequest, EchoReply, EchoRequest, SERVICE, UploadReply};
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http, tokio_stream};
use tonic::server::{ClientStreamingService, Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

/// How the stub behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As the contract says.
    Honest,
    /// Every echo has one bit wrong.
    WrongEcho,
    /// An echo is larger than any message may be.
    HugeEcho,
    /// No echo ever comes.
    NoEcho,
    /// Chunks are larger than allowed.
    HugeChunks,
    /// A chunk is empty.
    EmptyChunks,
    /// The download never ends, whatever was asked for.
    Endless,
    /// It stops in the middle of a download.
    Stalls,
    /// It counts wrongly.
    Miscounts,
    /// It refuses with text that attacks a terminal.
    Refuses,
}

/// Serves on a free port until the runtime ends.
pub(super) async fn start(manner: Manner) -> Endpoint {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap();
    tokio::spawn(
        Server::builder()
            .add_service(Stub { manner })
            .serve_with_incoming(incoming),
    );
    format!("http://{address}").parse().unwrap()
}

#[derive(Clone, Copy)]
struct Stub {
    manner: Manner,
}

impl NamedService for Stub {
    const NAME: &'static str = SERVICE;
}

impl Service<http::Request<Body>> for Stub {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let stub = *self;
        Box::pin(async move {
            let call = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            Ok(match call.as_str() {
                "Echo" => Grpc::new(ProstCodec::new()).unary(stub, request).await,
                "Download" => Grpc::new(ProstCodec::new()).server_streaming(stub, request).await,
                "Upload" => Grpc::new(ProstCodec::new()).client_streaming(stub, request).await,
                _ => Status::unimplemented("no such call").into_http(),
            })
        })
    }
}

impl UnaryService<EchoRequest> for Stub {
    type Response = EchoReply;
    type Future = BoxFuture<Response<EchoReply>, Status>;

    fn call(&mut self, request: Request<EchoRequest>) -> Self::Future {
        let manner = self.manner;
        Box::pin(async move {
            let mut payload = request.into_inner().payload;
            match manner {
                Manner::WrongEcho => payload[0] ^= 1,
                Manner::HugeEcho => payload = vec![0; 16 << 20],
                Manner::NoEcho => tokio::time::sleep(Duration::from_secs(3600)).await,
                Manner::Refuses => return Err(Status::permission_denied("go\x1b[2J away")),
                _ => {}
            }
            Ok(Response::new(EchoReply { payload }))
        })
    }
}

type Chunks = std::pin::Pin<Box<dyn tokio_stream::Stream<Item = Result<Chunk, Status>> + Send>>;

impl ServerStreamingService<DownloadRequest> for Stub {
    type Response = Chunk;
    type ResponseStream = Chunks;
    type Future = BoxFuture<Response<Chunks>, Status>;

    fn call(&mut self, request: Request<DownloadRequest>) -> Self::Future {
        let (length, count) = match self.manner {
            Manner::HugeChunks => (CHUNK_BYTES + 1, 1),
            Manner::EmptyChunks => (0, 1),
            Manner::Endless => (CHUNK_BYTES, usize::MAX),
            Manner::Stalls => (CHUNK_BYTES, 3),
            _ => (CHUNK_BYTES, request.into_inner().bytes as usize / CHUNK_BYTES),
        };
        let chunks = std::iter::repeat_with(move || Ok(Chunk { data: vec![7; length] })).take(count);
        let chunks = tokio_stream::iter(chunks);
        let stream: Chunks = match self.manner {
            Manner::Stalls => Box::pin(tokio_stream::StreamExt::chain(chunks, tokio_stream::pending())),
            _ => Box::pin(chunks),
        };
        Box::pin(async move { Ok(Response::new(stream)) })
    }
}

impl ClientStreamingService<Chunk> for Stub {
    type Response = UploadReply;
    type Future = BoxFuture<Response<UploadReply>, Status>;

    fn call(&mut self, request: Request<Streaming<Chunk>>) -> Self::Future {
        let wrong = u64::from(self.manner == Manner::Miscounts);
        Box::pin(async move {
            let mut chunks = request.into_inner();
            let mut received_bytes = wrong;
            while let Some(chunk) = chunks.message().await? {
                received_bytes += chunk.data.len() as u64;
            }
            Ok(Response::new(UploadReply { received_bytes }))
        })
    }
}
