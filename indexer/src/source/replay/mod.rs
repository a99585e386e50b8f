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
    let listener = bind(listen).await?;
    let last = *store.heights().end();
    let (tip, tips) = watch::channel((options.tip.start(last), Instant::now()));
    let stop = CancellationToken::new();
    let node = Node::new(store, Faults(options.faults.clone()), tips);
    let endpoint = Arc::new(Endpoint::new(node, &options, stop.clone()));
    if let TipPolicy::Growing { every, .. } = options.tip {
        tokio::spawn(grow(tip.clone(), last, every, stop.clone()));
    }
    ReplayHandle::start(listener, http::router(endpoint), tip, last, stop)
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
