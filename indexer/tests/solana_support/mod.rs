//! A Solana node in a few hundred lines: a chain with forks, served over HTTP on loopback, that lags, forgets, shuffles
//! and refuses as it is told.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

pub mod node;
pub mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::post;
use gridproof_indexer::source::solana::{RateLimits, SolanaConfig, SolanaSource};
use gridproof_indexer::source::{Class, FetchError, RawSlot, RawWindow, Source};
use serde_json::{Value, json};

pub use node::{Node, Order};
pub use world::{Chain, address, signature};

/// What a node answers instead of the truth.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An HTTP answer.
    Http(u16, Vec<(&'static str, String)>, String),
    /// A JSON-RPC error with status 200.
    Error(i64, &'static str, Value),
    /// A JSON-RPC result.
    Result(Value),
    /// Headers that promise more bytes than come.
    Cut,
}

/// Looks at the method, the parameters and how often the method was called before; `None`: the truth.
pub type Fault = Box<dyn Fn(&str, &Value, usize) -> Option<Reply> + Send>;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub params: Value,
    pub at: Instant,
}

pub struct Shared {
    pub node: Node,
    pub fault: Option<Fault>,
    pub seen: Vec<Seen>,
    calls: BTreeMap<String, usize>,
}

/// A node that listens.
#[derive(Clone)]
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

impl Peer {
    pub async fn start(node: Node) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            node,
            fault: None,
            seen: Vec::new(),
            calls: BTreeMap::new(),
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(answer)).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared }
    }

    pub async fn with_fault(node: Node, fault: impl Fn(&str, &Value, usize) -> Option<Reply> + Send + 'static) -> Self {
        let peer = Self::start(node).await;
        peer.lock().fault = Some(Box::new(fault));
        peer
    }

    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests of a method so far.
    pub fn count(&self, method: &str) -> usize {
        self.lock().calls.get(method).copied().unwrap_or(0)
    }

    /// Parameters of all requests of a method.
    pub fn params(&self, method: &str) -> Vec<Value> {
        let shared = self.lock();
        let of = shared.seen.iter().filter(|seen| seen.method == method);
        of.map(|seen| seen.params.clone()).collect()
    }

    pub fn mend(&self) {
        self.lock().fault = None;
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, body: Bytes) -> Response<Body> {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let (method, params) = (request["method"].as_str().unwrap(), &request["params"]);
    let mut shared = shared.lock().unwrap();
    let nth = *shared
        .calls
        .entry(method.to_owned())
        .and_modify(|n| *n += 1)
        .or_insert(1)
        - 1;
    shared.seen.push(Seen {
        method: method.to_owned(),
        params: params.clone(),
        at: Instant::now(),
    });
    let reply = match shared.fault.as_ref().and_then(|fault| fault(method, params, nth)) {
        Some(reply) => reply,
        None => shared.node.answer(method, params),
    };
    let json = |body: Value| Response::new(Body::from(body.to_string()));
    match reply {
        Reply::Result(result) => json(json!({"jsonrpc": "2.0", "result": result, "id": request["id"]})),
        Reply::Error(code, message, data) => json(
            json!({"jsonrpc": "2.0", "error": {"code": code, "message": message, "data": data}, "id": request["id"]}),
        ),
        Reply::Http(status, headers, body) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Reply::Cut => json(json!({"jsonrpc": "2.0", "result": "x".repeat(100)})).map(|_| {
            Body::from_stream(futures::stream::iter([
                Ok(Bytes::from_static(b"{\"jsonrpc\":\"2.0\",\"result\":[")),
                Err(std::io::Error::other("cut")),
            ]))
        }),
    }
}

/// Settings for loopback: short patience, no limit of requests that could be felt.
pub fn config(peers: &[&Peer], followed: &[String]) -> SolanaConfig {
    let urls = peers.iter().map(|peer| peer.url()).collect();
    let mut config = SolanaConfig::new("test", urls, world::mint(), 8);
    config.followed = followed.to_vec();
    config.patience = Duration::from_millis(1500);
    config.poll = Duration::from_millis(20);
    config.rates = RateLimits {
        window: Duration::from_secs(1),
        per_method: NonZeroU32::new(1_000_000).unwrap(),
        total: NonZeroU32::new(1_000_000).unwrap(),
    };
    config
}

pub fn source(peers: &[&Peer], followed: &[String]) -> SolanaSource {
    SolanaSource::new(config(peers, followed)).unwrap()
}

/// A source with pages of this size.
pub fn paged(peers: &[&Peer], followed: &[String], page: usize) -> SolanaSource {
    let mut config = config(peers, followed);
    config.page = page;
    SolanaSource::new(config).unwrap()
}

/// Slot and signature of everything in a range, and a look at its window.
pub fn flat(slots: &[RawSlot]) -> Vec<(u64, String)> {
    let window: RawWindow = serde_json::from_slice(slots.last().unwrap().window.as_ref().unwrap()).unwrap();
    assert_eq!(
        window.to,
        slots.last().unwrap().slot,
        "the last slot carries the window"
    );
    assert!(
        slots[..slots.len() - 1]
            .iter()
            .all(|s| s.window.is_none() && !s.transactions.is_empty())
    );
    assert!(slots.windows(2).all(|pair| pair[0].slot < pair[1].slot), "slots ascend");
    let of = |slot: &RawSlot| {
        let number = slot.slot;
        let signatures: Vec<String> = slot.transactions.iter().map(|t| t.signature.clone()).collect();
        assert!(signatures.is_sorted(), "a slot is ordered by signature");
        signatures
            .into_iter()
            .map(move |signature| (number, signature))
            .collect::<Vec<_>>()
    };
    slots.iter().flat_map(of).collect()
}

/// Fetches a range.
pub async fn fetch(source: &SolanaSource, from: u64, to: u64) -> Result<Vec<(u64, String)>, FetchError> {
    source.fetch_range(from, to).await.map(|slots| flat(&slots))
}

/// Fetches a range as the pipeline does: again while the error says so.
pub async fn fetch_patiently(source: &SolanaSource, from: u64, to: u64) -> Vec<(u64, String)> {
    let mut last = None;
    for _ in 0..50 {
        match fetch(source, from, to).await {
            Ok(slots) => return slots,
            Err(error) if matches!(error.class(), Class::Retry | Class::Wait) => last = Some(error),
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{}", last.unwrap())
}
