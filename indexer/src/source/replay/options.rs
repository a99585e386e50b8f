//! How a replay endpoint behaves: a good node by default, a bad one where a test or a drill asks for it.

use std::num::NonZeroU32;
use std::time::Duration;

/// How far the replayed chain has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TipPolicy {
    /// Every height of the store is there at once: a chain that has halted at its last height.
    #[default]
    Whole,
    /// The chain stands at this height until [`super::ReplayHandle::set_tip`] moves it.
    At(u64),
    /// The chain grows by one block in each interval until the store is exhausted.
    Growing {
        /// Tip at the start.
        start: u64,
        /// Time between two blocks.
        every: Duration,
    },
}

impl TipPolicy {
    /// Where a chain that ends at `last` begins.
    pub(in crate::source) fn start(&self, last: u64) -> u64 {
        match self {
            Self::Whole => last,
            Self::At(height) | Self::Growing { start: height, .. } => last.min(*height),
        }
    }
}

/// One way in which an endpoint can be wrong. Each is something that public endpoints have been seen to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `/status` and the headers name another chain.
    ChainId(String),
    /// The bodies of this height end in the middle.
    Truncated(u64),
    /// The bodies of this height are an HTML page with status 200.
    Html(u64),
    /// The results of this height have `txs_results: null`, whatever the header says.
    MissingResults(u64),
    /// Every block event in the results of this height occurs twice.
    DuplicateEvents(u64),
    /// The header of this height names another parent than the block before it.
    ParentMismatch(u64),
    /// The headers and the block of this height carry another block hash: a node on a fork.
    OtherHash(u64),
    /// Heights below this one are pruned.
    Floor(u64),
    /// `/status` claims this tip, whatever the store holds.
    LyingTip(u64),
    /// The results of the newest block are missing until this long after the block.
    LateResults(Duration),
    /// A websocket is closed without a word after this many headers.
    WebsocketDies(u32),
    /// There is no websocket: the upgrade is answered with 404.
    NoWebsocket,
}

/// Options of a replay endpoint. The default is a well-behaved node. `F` is how an endpoint of its kind can be wrong.
#[derive(Clone, Debug)]
pub struct ReplayOptions<F = Fault> {
    /// Requests a second before the endpoint answers 429 with `Retry-After`. `None`: no limit.
    pub rate: Option<NonZeroU32>,
    /// Added to each answer.
    pub latency: Duration,
    /// Fraction of requests, 0 to 1, answered with 500 and no JSON.
    pub errors: f64,
    /// Fraction of requests, 0 to 1, answered with 429 and `Retry-After: 0`.
    pub refusals: f64,
    /// How far the chain has come.
    pub tip: TipPolicy,
    /// What is wrong with the endpoint.
    pub faults: Vec<F>,
    /// Seed of the random choices for `errors` and `refusals`, so that a run can be repeated.
    pub seed: u64,
}

impl<F> Default for ReplayOptions<F> {
    fn default() -> Self {
        Self {
            rate: None,
            latency: Duration::ZERO,
            errors: 0.0,
            refusals: 0.0,
            tip: TipPolicy::default(),
            faults: Vec::new(),
            seed: 0,
        }
    }
}

/// The faults of an endpoint, asked by what they do.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    pub(super) fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    pub(super) fn chain_id(&self) -> Option<&str> {
        self.0.iter().find_map(|f| {
            if let Fault::ChainId(id) = f {
                Some(id.as_str())
            } else {
                None
            }
        })
    }

    pub(super) fn floor(&self) -> Option<u64> {
        self.find(|f| if let Fault::Floor(h) = f { Some(*h) } else { None })
    }

    pub(super) fn claimed_tip(&self) -> Option<u64> {
        self.find(|f| if let Fault::LyingTip(h) = f { Some(*h) } else { None })
    }

    pub(super) fn late_results(&self) -> Option<Duration> {
        self.find(|f| if let Fault::LateResults(d) = f { Some(*d) } else { None })
    }

    pub(super) fn websocket_dies(&self) -> Option<u32> {
        self.find(|f| {
            if let Fault::WebsocketDies(n) = f {
                Some(*n)
            } else {
                None
            }
        })
    }
}
