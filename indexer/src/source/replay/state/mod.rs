//! The query services of a node over a recording: what `gridproof` asks when it takes a snapshot of the whole state.
//!
//! A request is answered by what it means: its page request is read, the recorded objects are cut into pages of any
//! size, and the height in its metadata decides which state is served. gRPC has the last recorded height, the REST
//! gateway every height with a folder in `state/`. Errors are worded as a real node words them.

mod book;
mod encode;
mod grpc;
mod node;
mod options;
mod recorded;
mod rest;
mod routes;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use book::{BookBlock, Held, Objects, Question, StateBook, Totals};
pub use options::{STATE_FAULTS, StateFault, StateFaultKind, StateOptions};
pub use recorded::StateRecording;

use super::{ReplayHandle, TipPolicy, bind, grow};
use node::StateNode;

/// A running query node. Dropping it stops it.
#[derive(Debug)]
pub struct StateHandle {
    /// Stops both when it is dropped: they share a token.
    rest: ReplayHandle,
    grpc: SocketAddr,
}

impl StateHandle {
    /// The gRPC endpoint as a URL (HTTP/2 without TLS).
    pub fn grpc_url(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// The REST gateway as a URL.
    pub fn rest_url(&self) -> String {
        self.rest.url()
    }

    /// Moves the newest block, not beyond the last recorded one.
    pub fn set_tip(&self, height: u64) {
        self.rest.set_tip(height);
    }

    /// Stops the node and waits until the gateway has released its port.
    pub async fn shutdown(self) {
        self.rest.shutdown().await;
    }
}

/// The node that several fronts share.
pub(super) struct Service(Arc<StateNode>);

impl Service {
    pub(super) fn new(book: Arc<dyn StateBook>, options: StateOptions, tip: watch::Receiver<(u64, Instant)>) -> Self {
        Self(Arc::new(StateNode::new(book, options, tip)))
    }

    /// The paths of the gateway.
    pub(super) fn rest(&self) -> axum::Router {
        rest::router(self.0.clone())
    }

    /// Serves gRPC until `stop`; tells where.
    pub(super) async fn grpc(&self, listen: SocketAddr, stop: CancellationToken) -> io::Result<SocketAddr> {
        let listener = bind(listen).await?;
        let address = listener.local_addr()?;
        let routes = tonic::service::Routes::from(grpc::router(self.0.clone()));
        let serving = tonic::transport::Server::builder().serve_with_incoming(routes, connections(listener));
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                ended = serving => if let Err(error) = ended {
                    tracing::error!(%error, "the replayed query node stopped");
                }
            }
        });
        Ok(address)
    }
}

fn connections(listener: TcpListener) -> impl futures::Stream<Item = io::Result<tokio::net::TcpStream>> {
    stream::unfold(listener, |listener| async move {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        Some((accepted, listener))
    })
}

/// Serves the state of a recording as a query node on loopback: gRPC and REST gateway, each on a free port.
///
/// # Errors
/// The folder is no recording with state, or no port is free.
pub async fn serve_state(folder: &Path, options: StateOptions) -> io::Result<StateHandle> {
    let folder = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || StateRecording::open(&folder));
    serve_book(Arc::new(opened.await.map_err(io::Error::other)??), options).await
}

/// [`serve_state`] of state that comes from elsewhere.
///
/// # Errors
/// No port is free.
pub async fn serve_book(book: Arc<dyn StateBook>, options: StateOptions) -> io::Result<StateHandle> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let last = *book.heights().end();
    let (tip, tips) = watch::channel((options.tip.start(last), Instant::now()));
    let stop = CancellationToken::new();
    if let TipPolicy::Growing { every, .. } = options.tip {
        tokio::spawn(grow(tip.clone(), last, every, stop.clone()));
    }
    let service = Service::new(book, options, tips);
    let grpc = service.grpc(free, stop.clone()).await?;
    let rest = ReplayHandle::start(bind(free).await?, service.rest(), tip, last, stop.clone())?;
    Ok(StateHandle { rest, grpc })
}
