//! `akash.provider.v1.ProviderRPC` as a tonic service whose messages are whatever bytes the behaviour wants.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BufMut};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use gridproof_indexer::chain::akash::proto::inventory::SERVICE;
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tower::Service;

use super::status::{self, bytes};
use super::{Behaviour, Seen};

/// Messages as raw bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
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
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; from.remaining()];
        from.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

/// The service.
#[derive(Clone)]
pub(crate) struct ProviderRpc {
    pub behaviour: Behaviour,
    pub tick: Duration,
    pub seen: Arc<Seen>,
}

impl NamedService for ProviderRpc {
    const NAME: &'static str = SERVICE;
}

type Answers = BoxStream<'static, Result<Vec<u8>, Status>>;

impl ProviderRpc {
    fn stream(&self) -> Result<Answers, Status> {
        let tick = self.tick;
        let now = |n: u32| Ok(bytes(&status::status(n, i64::from(n))));
        let first = stream::iter([now(1)]);
        Ok(match self.behaviour {
            Behaviour::RestOnly | Behaviour::OldRest => return Err(Status::unimplemented("unknown service")),
            Behaviour::Errors => return Err(Status::internal("the inventory operator is away\nfor lunch")),
            Behaviour::Garbage => stream::iter([Ok(garbage())]).boxed(),
            Behaviour::Huge | Behaviour::HugeChunked => stream::iter([Ok(vec![0x0a; 10_000_000])]).boxed(),
            Behaviour::Silence => stream::pending().boxed(),
            Behaviour::Repeats => stream::iter(0..).map(|n: i64| Ok(bytes(&status::status(1, n)))).boxed(),
            Behaviour::Floods => stream::iter(0..).map(now).boxed(),
            Behaviour::Ends => first.boxed(),
            Behaviour::Quiet | Behaviour::FallsSilent => first.chain(stream::pending()).boxed(),
            Behaviour::ManyNodes => stream::iter([Ok(many_nodes())]).boxed(),
            Behaviour::BadQuantity => stream::iter([Ok(bad_quantity())]).boxed(),
            _ => {
                let later = stream::unfold(2, move |n| async move {
                    tokio::time::sleep(tick).await;
                    Some((now(n), n + 1))
                });
                first.chain(later).boxed()
            }
        })
    }

    fn once(&self) -> Result<Answers, Status> {
        if self.behaviour == Behaviour::FallsSilent {
            return Ok(stream::pending().boxed());
        }
        Ok(self.stream()?.take(1).boxed())
    }
}

pub(crate) fn garbage() -> Vec<u8> {
    b"\xff\xfe this is not a status".to_vec()
}

fn many_nodes() -> Vec<u8> {
    bytes(&status::of(vec![Default::default(); 1_025], 1, 1))
}

fn bad_quantity() -> Vec<u8> {
    let mut node = status::node("node1");
    let cpu = node.resources.as_mut().unwrap().cpu.as_mut().unwrap();
    cpu.quantity.as_mut().unwrap().allocatable.as_mut().unwrap().string = "plenty".to_owned();
    bytes(&status::of(vec![node], 1, 1))
}

impl Service<http::Request<Body>> for ProviderRpc {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        service.seen.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            Ok(Grpc::new(Raw).server_streaming(Method { service, name }, request).await)
        })
    }
}

/// One method.
struct Method {
    service: ProviderRpc,
    name: String,
}

impl Service<Request<Vec<u8>>> for Method {
    type Response = Response<Answers>;
    type Error = Status;
    type Future = Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Vec<u8>>) -> Self::Future {
        let answers = match self.name.as_str() {
            "StreamStatus" => self.service.stream(),
            "GetStatus" => self.service.once(),
            _ => Err(Status::unimplemented("unknown method")),
        };
        ready(answers.map(Response::new))
    }
}

/// What reflection tells: the service and its two methods.
pub(crate) fn descriptors() -> FileDescriptorSet {
    let method = |name: &str, streams| MethodDescriptorProto {
        name: Some(name.to_owned()),
        input_type: Some(".google.protobuf.Empty".to_owned()),
        output_type: Some(".akash.provider.v1.Status".to_owned()),
        server_streaming: Some(streams),
        ..MethodDescriptorProto::default()
    };
    FileDescriptorSet {
        file: vec![FileDescriptorProto {
            name: Some("akash/provider/v1/service.proto".to_owned()),
            package: Some("akash.provider.v1".to_owned()),
            service: vec![ServiceDescriptorProto {
                name: Some("ProviderRPC".to_owned()),
                method: vec![method("GetStatus", false), method("StreamStatus", true)],
                ..ServiceDescriptorProto::default()
            }],
            ..FileDescriptorProto::default()
        }],
    }
}
