//! Looking up a name.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Look-ups at once: each holds a thread until the name server answers or gives up.
const MAX_LOOKUPS: usize = 128;

/// Looks up names. The guard asks once per dial and believes nothing that it did not check.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of a name.
    fn resolve(&self, host: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// The resolver of the operating system.
#[derive(Clone, Debug)]
pub struct SystemResolver {
    turns: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(MAX_LOOKUPS)),
        }
    }
}

impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let host = host.to_owned();
        // In a task of its own: the turn is held until the thread is done, also where the caller stopped waiting.
        let looking = tokio::spawn(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await;
            drop(turn);
            found.map(|addresses| addresses.map(|address| address.ip()).collect())
        });
        looking.await.map_err(io::Error::other)?
    }
}
