//! Listening, TLS, and what is done to a connection before gRPC or REST have a say.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream::{self, StreamExt};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;

use super::rpc::{self, ProviderRpc};
use super::{Behaviour, Seen, status};

/// Serves until it is dropped.
pub(crate) async fn listen(listener: TcpListener, behaviour: Behaviour, tick: Duration, seen: Arc<Seen>) {
    let router = router(behaviour, tick, Arc::clone(&seen));
    let acceptor = TlsAcceptor::from(tls(behaviour));
    while let Ok((tcp, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let (router, acceptor, seen) = (router.clone(), acceptor.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            seen.open.fetch_add(1, Ordering::SeqCst);
            connection(tcp, acceptor, router, behaviour, &seen).await;
            seen.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn connection(mut tcp: TcpStream, acceptor: TlsAcceptor, router: Router, behaviour: Behaviour, seen: &Seen) {
    match behaviour {
        Behaviour::PlainHttp => {
            let _ = tcp
                .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                .await;
            drain(tcp).await;
            return;
        }
        Behaviour::NoHandshake => return drain(tcp).await,
        _ => {}
    }
    let Ok(mut stream) = acceptor.accept(tcp).await else {
        return;
    };
    let sni = stream.get_ref().1.server_name().unwrap_or("no name");
    seen.names.lock().unwrap().insert(format!("tls {sni}"));
    let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    if behaviour == Behaviour::SlowLoris {
        return drip(&mut stream, h2).await;
    }
    let cut = async {
        match behaviour {
            Behaviour::Cut => tokio::time::sleep(Duration::from_millis(300)).await,
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        () = http(stream, h2, router) => {}
        () = cut => {}
    }
}

/// Serves one connection; errors are the client's business.
pub(crate) async fn http(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, h2: bool, router: Router) {
    let service = TowerToHyperService::new(router);
    let io = TokioIo::new(stream);
    if h2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        let _ = builder.max_send_buf_size(64 << 10).serve_connection(io, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(io, service).await;
    }
}

async fn drain(mut tcp: TcpStream) {
    let mut bytes = [0; 1024];
    while tcp.read(&mut bytes).await.is_ok_and(|n| n > 0) {}
}

/// Half an answer, a byte at a time: an endless header over HTTP/1, a SETTINGS frame of 16,380 bytes over HTTP/2.
async fn drip(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), h2: bool) {
    let head: &[u8] = if h2 {
        b"\x00\x3f\xfc\x04\x00\x00\x00\x00\x00"
    } else {
        b"HTTP/1.1 200 OK\r\nX: "
    };
    let rest = std::iter::repeat(if h2 { &0 } else { &b'a' });
    for byte in head.iter().chain(rest) {
        let written = stream.write_all(&[*byte]).await;
        if written.is_err() || stream.flush().await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn router(behaviour: Behaviour, tick: Duration, seen: Arc<Seen>) -> Router {
    let rpc = ProviderRpc {
        behaviour,
        tick,
        seen: Arc::clone(&seen),
    };
    let reflection = tonic_reflection::server::Builder::configure()
        .register_file_descriptor_set(rpc::descriptors())
        .build_v1()
        .unwrap();
    let grpc = Routes::new(rpc).add_service(reflection);
    let rest = Router::new()
        .route("/status", get(move || async move { rest(behaviour).await }))
        .route("/version", get(move || async move { version(behaviour).await }));
    let meddle = middleware::from_fn(move |request: Request, next| {
        let host = request.headers().get("host").and_then(|h| h.to_str().ok());
        let authority = request
            .uri()
            .authority()
            .map(|a| a.as_str())
            .or(host)
            .unwrap_or("no name");
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        seen.names.lock().unwrap().insert(format!("http {host}"));
        meddle(behaviour, request, next)
    });
    grpc.prepare().into_axum_router().merge(rest).layer(meddle)
}

/// What is done to every answer, gRPC or REST.
async fn meddle(behaviour: Behaviour, request: Request, next: Next) -> Response {
    match behaviour {
        Behaviour::Redirect(to) => {
            (http::StatusCode::FOUND, [("location", format!("https://{to}/status"))]).into_response()
        }
        Behaviour::HugeHeaders => {
            let mut response = next.run(request).await;
            for n in 0..40 {
                let name = http::HeaderName::try_from(format!("x-pad-{n}")).unwrap();
                response.headers_mut().insert(name, "a".repeat(1_600).parse().unwrap());
            }
            response
        }
        Behaviour::Bomb if request.uri().path() != "/status" => {
            // A message that says it is compressed.
            let kind = [("content-type", "application/grpc")];
            (kind, [&[1, 0, 0, 0, 20][..], &[0; 20]].concat()).into_response()
        }
        Behaviour::Stalls if request.uri().path().contains("ProviderRPC") => {
            const MESSAGE: usize = 256 * 1024;
            let mut message = vec![0; 5 + MESSAGE - 1];
            message[1..5].copy_from_slice(&(MESSAGE as u32).to_be_bytes());
            let parts = stream::iter([Ok::<_, std::io::Error>(message)]).chain(stream::pending());
            (
                [("content-type", "application/grpc")],
                axum::body::Body::from_stream(parts),
            )
                .into_response()
        }
        _ => next.run(request).await,
    }
}

async fn rest(behaviour: Behaviour) -> Response {
    let json = |body: String| ([("content-type", "application/json")], body).into_response();
    match behaviour {
        Behaviour::OldRest => json(status::old_rest(7).to_string()),
        Behaviour::Garbage => json("<html>\u{1b}[31mwelcome</html>".to_owned()),
        Behaviour::Huge => json(format!("\"{}\"", "x".repeat(10_000_000))),
        Behaviour::HugeChunked => {
            let parts = (0..10_000).map(|_| Ok::<_, std::io::Error>("x".repeat(1_000)));
            axum::body::Body::from_stream(stream::iter(parts)).into_response()
        }
        Behaviour::Silence | Behaviour::FallsSilent => std::future::pending().await,
        Behaviour::Errors => (http::StatusCode::INTERNAL_SERVER_ERROR, "out to lunch").into_response(),
        Behaviour::Bomb => ([("content-encoding", "gzip")], bomb()).into_response(),
        Behaviour::ManyNodes => json(many_nodes()),
        Behaviour::BadQuantity => json(status::rest(1).to_string().replace("256000", "\"plenty\"")),
        _ => json(status::rest(7).to_string()),
    }
}

fn many_nodes() -> String {
    let mut body = status::rest(1);
    let node = body["cluster"]["inventory"]["available"]["nodes"][0].take();
    body["cluster"]["inventory"]["available"]["nodes"] = serde_json::json!([]);
    let nodes = vec![serde_json::json!({"name": node["name"]}); 1_025];
    body["cluster"]["inventory"]["available"]["nodes"] = nodes.into();
    body.to_string()
}

async fn version(behaviour: Behaviour) -> Response {
    match behaviour {
        Behaviour::Silence | Behaviour::FallsSilent => std::future::pending().await,
        Behaviour::OldRest => r#"{"akash":{"version":"v0.4.6","buildTags":""},"kube":{}}"#.into_response(),
        _ => r#"{"akash":{"version":"v0.14.0","build_tags":""},"kube":{"gitVersion":"v1.30.2"}}"#.into_response(),
    }
}

/// 64 MiB of zeros, packed.
fn bomb() -> Vec<u8> {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    BOMB.get_or_init(|| {
        let mut packer = zstd::Encoder::new(Vec::new(), 1).unwrap();
        for _ in 0..64 {
            packer.write_all(&[0; 1 << 20]).unwrap();
        }
        packer.finish().unwrap()
    })
    .clone()
}

fn tls(behaviour: Behaviour) -> Arc<ServerConfig> {
    static HONEST: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    match behaviour {
        Behaviour::Expired => server_config(Some((2000, 2001)), "127.0.0.1"),
        Behaviour::OtherName => server_config(None, "somebody-else.example"),
        _ => Arc::clone(HONEST.get_or_init(|| server_config(None, "127.0.0.1"))),
    }
}

/// A certificate that signed itself.
fn server_config(years: Option<(i32, i32)>, name: &str) -> Arc<ServerConfig> {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    if let Some((from, to)) = years {
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
    }
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls_pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// An address that nobody should come to; it counts who does.
pub(crate) async fn trap() -> (SocketAddr, Arc<Seen>, tokio_util::task::AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Seen::default()));
    let counting = Arc::clone(&seen);
    let task = tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            counting.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(drain(tcp));
        }
    });
    (address, seen, tokio_util::task::AbortOnDropHandle::new(task))
}
