//! What a replay endpoint serves from.

use std::io;
use std::ops::RangeInclusive;

use bytes::Bytes;
use futures::future::BoxFuture;

/// The bodies of one height, as a node once served them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHeight {
    /// One element of `block_metas` of `/blockchain`.
    pub meta: Bytes,
    /// The body of `/block`, where it was kept (an archive leaves it out for a block without transactions).
    pub block: Option<Bytes>,
    /// The body of `/block_results`.
    pub results: Bytes,
}

/// Recorded bodies by height, from a folder or from wherever an archive lies.
pub trait ReplayStore: Send + Sync + 'static {
    /// Chain id that `/status` names.
    fn chain_id(&self) -> &str;

    /// First and last height. There may be holes between them.
    fn heights(&self) -> RangeInclusive<u64>;

    /// The bodies of a height, `None` where the store has a hole.
    ///
    /// # Errors
    /// The file behind it cannot be read or is not what its name says.
    fn height(&self, height: u64) -> BoxFuture<'_, io::Result<Option<StoredHeight>>>;

    /// The header of a height alone: pages of headers need no more.
    ///
    /// # Errors
    /// As [`Self::height`].
    fn meta(&self, height: u64) -> BoxFuture<'_, io::Result<Option<Bytes>>> {
        let whole = self.height(height);
        Box::pin(async move { Ok(whole.await?.map(|stored| stored.meta)) })
    }

    /// The genesis document, where there is one.
    ///
    /// # Errors
    /// The file behind it cannot be read.
    fn genesis(&self) -> BoxFuture<'_, io::Result<Option<Bytes>>>;

    /// The recorded body of `/status` at the last height, where there is one.
    fn status(&self) -> Option<Bytes> {
        None
    }
}
