//! What a replayed node answers from: objects in the node's order, by method, subject and height.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;

use crate::source::Encoding;

/// Objects of one list, in the order in which the node keeps them, each encoded as the question was.
pub trait Objects: Send + Sync + 'static {
    /// How many there are.
    fn count(&self) -> usize;

    /// One of them; `index` is below [`Self::count`].
    fn object(&self, index: usize) -> Bytes;
}

impl Objects for Vec<Bytes> {
    fn count(&self) -> usize {
        self.len()
    }

    fn object(&self, index: usize) -> Bytes {
        self[index].clone()
    }
}

/// What the number in a page's `total` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Totals {
    /// The objects of the page, asked for or not: the lists of Akash's market, deployments and escrow.
    OfPage,
    /// All objects, where the first page asked for it: all other modules.
    OfList,
}

/// What is held for one question.
#[derive(Clone)]
pub enum Held {
    /// An answer without pages.
    Whole(Bytes),
    /// A list that is served in pages.
    List {
        /// Its objects.
        objects: Arc<dyn Objects>,
        /// Name of the list in JSON.
        items: &'static str,
        /// What `total` counts.
        totals: Totals,
        /// Limits are not looked at: one page holds everything.
        unlimited: bool,
    },
    /// The node refuses.
    Refused {
        /// With this code.
        code: tonic::Code,
        /// In these words.
        message: String,
    },
}

/// A question to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Fully qualified method, `akash.market.v1beta5.Query/Leases`.
    pub method: &'a str,
    /// What it is about, where a method is asked several times: an owner, a denomination.
    pub subject: &'a str,
    /// Height.
    pub height: u64,
    /// How the answer is to be encoded.
    pub encoding: Encoding,
}

/// A block as far as `GetBlockByHeight` shows it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookBlock {
    /// Upper-case hex.
    pub hash: String,
    /// RFC 3339 with nanoseconds.
    pub time: String,
}

/// Where a replayed node has its state from.
pub trait StateBook: Send + Sync + 'static {
    /// Chain id of the headers.
    fn chain_id(&self) -> &str;

    /// First and last height that has a block.
    fn heights(&self) -> RangeInclusive<u64>;

    /// A block; `None` where there is none.
    fn block(&self, height: u64) -> Option<BookBlock>;

    /// Whether there is state of this height in this encoding.
    fn has(&self, height: u64, encoding: Encoding) -> bool;

    /// What is held; `None`: the node has no such method.
    fn find(&self, question: &Question<'_>) -> Option<Held>;

    /// Field of `PageRequest` in the requests of a method; `None`: it has no pages.
    fn pagination_field(&self, method: &str) -> Option<u32>;
}
