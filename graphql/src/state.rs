//! What the composition root hands to the API.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::SimpleObject;
use time::OffsetDateTime;

/// A kind of network: it decides which words have a meaning on it and which rows answer them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A market of leases on a Cosmos chain.
    Akash,
    /// Movements of one token on Solana.
    Render,
}

impl Kind {
    /// Every kind that this version can read.
    pub(crate) const ALL: [Self; 2] = [Self::Akash, Self::Render];

    /// The word for it in configurations, recordings and metric files.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Akash => "akash",
            Self::Render => "render",
        }
    }

    /// The kind with this word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One network that the API serves, as the configuration or the recording describes it.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(name = "Network", complex)]
pub struct NetworkDescriptor {
    /// The name that every query takes: `akash`, `render`, or `rec-<chain id>` for a recording.
    pub name: String,
    /// The kind of chain: `akash` or `render`.
    pub kind: String,
    /// The chain's own identifier.
    pub chain_id: String,
    /// True when the rows come from a recording and not from a live network.
    pub is_recording: bool,
    /// What a reader must be told about this network in plain sight, for example why a recording is shown.
    pub notice: Option<String>,
    /// The first height of the chain (on Render: the first slot that can concern the token). What was derived from
    /// this height on has no unknown past.
    pub first_height: u64,
}

/// What `/readyz` answers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// True: send traffic here.
    pub ready: bool,
    /// One entry for each thing that was checked: its name and what was found.
    pub checks: Vec<(String, String)>,
}

/// Asked at every `/readyz`; it must answer quickly and never block.
pub type ReadyCheck = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Readiness> + Send>> + Send + Sync>;

/// The bounds that protect the API. All of them are answered by the query `serviceLimits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep a query may nest.
    pub depth: usize,
    /// How much a query may cost. A field costs 1, a root field that reads the store costs more, a page multiplies.
    pub complexity: usize,
    /// Bytes of a request body, and of the query string of a GET.
    pub body_bytes: usize,
    /// How long one request may run.
    pub timeout: Duration,
    /// How many requests may run at once; the next one is refused with 503.
    pub concurrency: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 20,
            complexity: 30_000,
            body_bytes: 64 * 1024,
            timeout: Duration::from_secs(10),
            concurrency: 32,
        }
    }
}

/// Everything the API needs to run.
#[derive(Clone)]
pub struct ApiState {
    /// A client of the ClickHouse endpoint that holds the rows. The API only reads with it.
    pub client: clickhouse::Client,
    /// The networks to serve, in the order in which they are shown.
    pub networks: Vec<NetworkDescriptor>,
    /// When this process started.
    pub started_at: OffsetDateTime,
    /// Answers `/readyz`.
    pub ready: ReadyCheck,
    /// Bounds on requests.
    pub limits: Limits,
    /// Where the request counters are registered; `None` keeps them unregistered.
    pub registry: Option<prometheus::Registry>,
}

impl ApiState {
    /// A state with default limits that is always ready and registers no counters.
    #[must_use]
    pub fn new(client: clickhouse::Client, networks: Vec<NetworkDescriptor>) -> Self {
        let ready: ReadyCheck = Arc::new(|| {
            Box::pin(async {
                Readiness {
                    ready: true,
                    checks: Vec::new(),
                }
            })
        });
        Self {
            client,
            networks,
            started_at: OffsetDateTime::now_utc(),
            ready,
            limits: Limits::default(),
            registry: None,
        }
    }
}
