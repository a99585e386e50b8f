//! A recording or an archive, served as a CometBFT RPC endpoint on loopback.
//!
//! The bodies of `/block` and `/block_results` are the recorded bytes. Errors are worded as a real node words them,
//! with its status codes, so that a client cannot tell a replay from a node by how it fails. [`ReplayOptions`] make
//! the endpoint slow, limited or wrong, for tests and drills.

mod archive;
pub(in crate::source) mod gate;
mod http;
pub(in crate::source) mod lines;
mod node;
mod options;
mod params;
mod recording;
mod spoil;
mod state;
mod store;
mod ws;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use archive::ArchiveReplay;
pub use options::{Fault, ReplayOptions, TipPolicy};
pub use recording::{RecordedUpgrade, Recording, RecordingInfo};
pub use state::{
    BookBlock, Held, Objects, Question, STATE_FAULTS, StateBook, StateFault, StateFaultKind, StateHandle, StateOptions,
    StateRecording, Totals, serve_book, serve_state,
};
pub use store::{ReplayStore, StoredHeight};

use http::Endpoint;
use node::Node;
use options::Faults;

/// A running replay endpoint. Dropping it stops the endpoint.
#[derive(Debug)]
pub struct ReplayHandle {
    address: SocketAddr,
    tip: watch::Sender<(u64, Instant)>,
    last: u64,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
    grpc: Option<SocketAddr>,
}

impl ReplayHandle {
    /// Serves `router` until `stop`; `last` is as far as the tip can move.
    pub(in crate::source) fn start(
        listener: TcpListener,
        router: axum::Router,
        tip: watch::Sender<(u64, Instant)>,
        last: u64,
        stop: CancellationToken,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let task = tokio::spawn(listen_until(listener, router, stop.clone()));
        Ok(Self {
            address,
            tip,
            last,
            stop,
            task: Some(task),
            grpc: None,
        })
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The gRPC endpoint of the state as a URL, where one was asked for.
    pub fn grpc_url(&self) -> Option<String> {
        self.grpc.map(|address| format!("http://{address}"))
    }

    /// Height of the newest block that is served.
    pub fn tip(&self) -> u64 {
        self.tip.borrow().0
    }

    /// Moves the tip, not beyond what the store holds; subscribers get the headers in between.
    pub fn set_tip(&self, height: u64) {
        let height = height.min(self.last);
        self.tip.send_replace((height, Instant::now()));
    }

    /// Stops the endpoint and waits until it has released its port.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // A task that was aborted or panicked has released its port as well.
            let _ = task.await;
        }
    }
}

impl Drop for ReplayHandle {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Opens what lies in a folder: a recording, where there is a `recording.json`, else an archive. `network` names the
/// one that is meant where an archive has several.
///
/// # Errors
/// The folder holds neither, or what it holds is damaged.
pub async fn open(folder: &Path, network: Option<&str>) -> io::Result<Arc<dyn ReplayStore>> {
    if folder.join("recording.json").exists() {
        let folder = folder.to_owned();
        let opened = tokio::task::spawn_blocking(move || Recording::open(&folder));
        return Ok(Arc::new(opened.await.map_err(io::Error::other)??));
    }
    Ok(Arc::new(ArchiveReplay::open_folder(folder, network).await?))
}

/// Serves a store as a CometBFT RPC endpoint.
///
/// Port 0 takes a free one; [`ReplayHandle::address`] tells which.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(
    store: Arc<dyn ReplayStore>,
    listen: SocketAddr,
    options: ReplayOptions,
) -> io::Result<ReplayHandle> {
    serve_with_state(store, listen, options, None).await
}

/// The state that is served beside the blocks of a replay endpoint.
pub struct ReplayedState {
    /// Where it comes from.
    pub book: Arc<dyn StateBook>,
    /// What is wrong with it; its tip is that of the blocks.
    pub options: StateOptions,
    /// Where gRPC is served; `None`: not at all. The REST gateway is served beside the blocks.
    pub grpc: Option<SocketAddr>,
}

/// [`serve`], and the state beside the blocks.
///
/// # Errors
/// An address cannot be listened on.
pub async fn serve_with_state(
    store: Arc<dyn ReplayStore>,
    listen: SocketAddr,
    options: ReplayOptions,
    state: Option<ReplayedState>,
) -> io::Result<ReplayHandle> {
    let listener = bind(listen).await?;
    let last = *store.heights().end();
    let (tip, tips) = watch::channel((options.tip.start(last), Instant::now()));
    let stop = CancellationToken::new();
    let (mut grpc, mut gateway) = (None, axum::Router::new());
    if let Some(state) = state {
        let service = state::Service::new(state.book, state.options, tips.clone());
        gateway = service.rest();
        if let Some(address) = state.grpc {
            grpc = Some(service.grpc(address, stop.clone()).await?);
        }
    }
    let node = Node::new(store, Faults(options.faults.clone()), tips);
    let endpoint = Arc::new(Endpoint::new(node, &options, stop.clone()));
    if let TipPolicy::Growing { every, .. } = options.tip {
        tokio::spawn(grow(tip.clone(), last, every, stop.clone()));
    }
    let mut handle = ReplayHandle::start(listener, http::router(endpoint, gateway), tip, last, stop)?;
    handle.grpc = grpc;
    Ok(handle)
}

/// Listens; errors name the address.
pub(in crate::source) async fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(listen)
        .await
        .map_err(|e| io::Error::new(e.kind(), format!("{listen}: {e}")))
}

async fn listen_until(listener: TcpListener, router: axum::Router, stop: CancellationToken) {
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the replay endpoint stopped");
    }
}

/// Adds a block in each interval, until the store is exhausted.
async fn grow(tip: watch::Sender<(u64, Instant)>, last: u64, every: std::time::Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(every.max(std::time::Duration::from_millis(1)));
    ticks.tick().await;
    while tip.borrow().0 < last {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => tip.send_modify(|(height, since)| {
                *height += 1;
                *since = Instant::now();
            }),
        }
    }
}
