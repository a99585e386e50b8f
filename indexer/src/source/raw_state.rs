//! What a node answered about the whole state of one height: pages of its query services, as served.

use bytes::Bytes;
use std::future::Future;

/// Which height to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateHeight {
    /// A little below the newest one, so that every endpoint has it.
    Recent,
    /// This one.
    At(u64),
}

/// How a page is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// The protobuf message of the gRPC answer, without the gRPC frame.
    Proto,
    /// The JSON body of the REST gateway.
    Json,
}

/// One page of one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawAnswer {
    /// Fully qualified method, `akash.market.v1beta5.Query/Leases`, also where the REST gateway answered.
    pub method: String,
    /// What the query was about, where a method is asked several times: the owner of `ProviderAttributes`, a denomination.
    /// Empty otherwise.
    pub subject: String,
    /// Number of the page, from 0.
    pub page: u32,
    /// How `body` is encoded.
    pub encoding: Encoding,
    /// As served.
    pub body: Bytes,
}

/// The whole state of one height: every page of every query, all pinned to it.
///
/// A source gives it only where it is whole: each list ended with a page without a next key, no key came twice, and every
/// answer was of the same height. What it means is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawState {
    /// Chain id of the node.
    pub chain_id: String,
    /// The height.
    pub height: u64,
    /// Time of its block, nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// Hash of its block, upper-case hex.
    pub block_hash: String,
    /// Who answered, without credentials.
    pub endpoint: String,
    /// The pages, ordered by method, subject and page.
    pub answers: Vec<RawAnswer>,
}

impl RawState {
    /// The pages of one method in order, of all subjects; empty where the node does not have it.
    pub fn pages<'a>(&'a self, method: &'a str) -> impl Iterator<Item = &'a RawAnswer> {
        self.answers.iter().filter(move |answer| answer.method == method)
    }
}

/// How far a snapshot is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateProgress {
    /// What is asked now.
    pub method: String,
    /// Methods that are done.
    pub methods_done: u32,
    /// Methods in all.
    pub methods: u32,
    /// Pages so far, of all methods.
    pub pages: u64,
    /// Bytes so far, of all methods.
    pub bytes: u64,
}

/// Where whole states come from. Implementations do I/O and derive nothing.
pub trait StateSource: Send + Sync + 'static {
    /// Why there is none.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The whole state of one height. `progress` is called after each page.
    ///
    /// # Errors
    /// Any page of any query that is missing, cut, repeated, of another height or of another chain: nothing is given then.
    fn state(
        &self,
        at: StateHeight,
        progress: &(dyn Fn(&StateProgress) + Send + Sync),
    ) -> impl Future<Output = Result<RawState, Self::Error>> + Send;
}
