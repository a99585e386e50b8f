//! What the sources of Render did, for Prometheus: read when somebody asks for the metrics.

use gridproof_indexer::source::solana::SolanaCounters;
use gridproof_indexer::source::solana::yellowstone::{StreamState, StreamStatus};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGaugeVec, Opts};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a source did so far.
pub(crate) struct Reading {
    /// Requests to the endpoints.
    pub(crate) rpc: SolanaCounters,
    /// The stream, where one is configured.
    pub(crate) stream: Option<StreamStatus>,
}

/// Reads a source.
pub(crate) type Reader = Arc<dyn Fn() -> Reading + Send + Sync>;

const NETWORK: [&str; 1] = ["network"];

/// Counters of one network and how each is read: name, help, value.
type Counted<T> = (&'static str, &'static str, fn(&T) -> u64);

const RPC_COUNTERS: [Counted<SolanaCounters>; 5] = [
    (
        "render_rpc_rate_limit_waits_total",
        "Requests that waited for our own limits.",
        |rpc| rpc.rate_limit_waits,
    ),
    ("render_rpc_pages_total", "Pages of signatures listed.", |rpc| rpc.pages),
    (
        "render_rpc_signatures_listed_total",
        "Entries of these pages, repetitions included.",
        |rpc| rpc.signatures_listed,
    ),
    (
        "render_rpc_transactions_fetched_total",
        "Transactions fetched by getTransaction.",
        |rpc| rpc.transactions_fetched,
    ),
    (
        "render_rpc_null_transactions_total",
        "Listed transactions that a node did not have.",
        |rpc| rpc.null_transactions,
    ),
];

const STREAM_COUNTERS: [Counted<StreamStatus>; 12] = [
    (
        "render_stream_transactions_total",
        "Transactions streamed and kept.",
        |s| s.streamed_total,
    ),
    (
        "render_stream_saved_requests_total",
        "Transactions taken from the stream in place of a request.",
        |s| s.saved_total,
    ),
    (
        "render_stream_missed_transactions_total",
        "Transactions that the stream should have had and had not.",
        |s| s.missed_total,
    ),
    (
        "render_stream_duplicates_total",
        "Transactions and blocks that came again.",
        |s| s.duplicates_total,
    ),
    (
        "render_stream_late_transactions_total",
        "Transactions that came after their range was done.",
        |s| s.late_total,
    ),
    (
        "render_stream_doubtful_transactions_total",
        "Transactions whose message could not tell everything.",
        |s| s.doubtful_total,
    ),
    (
        "render_stream_evicted_transactions_total",
        "Transactions left to the endpoints because the buffer stayed full.",
        |s| s.evicted_total,
    ),
    (
        "render_stream_stalls_total",
        "Times that a full buffer stopped the reader.",
        |s| s.stalls_total,
    ),
    (
        "render_stream_gaps_total",
        "Blocks whose parent was not streamed.",
        |s| s.gaps_total,
    ),
    (
        "render_stream_reconnects_total",
        "Subscriptions after the first.",
        |s| s.reconnects_total,
    ),
    ("render_stream_errors_total", "Connections that ended or failed.", |s| {
        s.errors_total
    }),
    (
        "render_stream_conflicts_total",
        "Contradictions about finalized slots.",
        |s| s.conflicts_total,
    ),
];

/// The metrics, and the sources that they are read from.
#[derive(Clone)]
pub(crate) struct SourceMetrics {
    requests: IntCounterVec,
    lag: IntGaugeVec,
    rpc: Vec<IntCounterVec>,
    stream: Vec<IntCounterVec>,
    up: IntGaugeVec,
    head: IntGaugeVec,
    stream_lag: IntGaugeVec,
    buffered: IntGaugeVec,
    readers: Arc<Mutex<BTreeMap<String, Reader>>>,
}

impl Default for SourceMetrics {
    fn default() -> Self {
        let counters = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(name, help), labels).expect("name and labels are valid: they are constants")
        };
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            IntGaugeVec::new(Opts::new(name, help), labels).expect("name and labels are valid: they are constants")
        };
        Self {
            requests: counters(
                "render_rpc_requests_total",
                "Requests to the endpoints, by method and how they ended.",
                &["network", "method", "outcome"],
            ),
            lag: gauges(
                "render_rpc_endpoint_lag_slots",
                "Slots by which an endpoint is behind the one that claims most.",
                &["network", "endpoint"],
            ),
            rpc: RPC_COUNTERS
                .iter()
                .map(|(name, help, _)| counters(name, help, &NETWORK))
                .collect(),
            stream: STREAM_COUNTERS
                .iter()
                .map(|(name, help, _)| counters(name, help, &NETWORK))
                .collect(),
            up: gauges(
                "render_stream_up",
                "1 while blocks come over the stream, else 0.",
                &NETWORK,
            ),
            head: gauges(
                "render_stream_head_slot",
                "Newest block that the stream told of.",
                &NETWORK,
            ),
            stream_lag: gauges(
                "render_stream_lag_slots",
                "Slots by which the stream is behind the endpoints.",
                &NETWORK,
            ),
            buffered: gauges(
                "render_stream_buffered_bytes",
                "Streamed transactions that wait for their range.",
                &NETWORK,
            ),
            readers: Arc::default(),
        }
    }
}

impl SourceMetrics {
    /// Tells of a network's source from now on, in place of the one that it had before.
    pub(crate) fn add(&self, network: &str, reader: Reader) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.insert(network.to_owned(), reader);
    }

    /// All that are filled, each empty before.
    fn vectors(&self) -> Vec<&dyn Collector> {
        let counters = [&self.requests].into_iter().chain(&self.rpc).chain(&self.stream);
        let gauges = [&self.lag, &self.up, &self.head, &self.stream_lag, &self.buffered];
        let counters = counters.map(|counter| counter as &dyn Collector);
        counters.chain(gauges.map(|gauge| gauge as &dyn Collector)).collect()
    }

    fn reset(&self) {
        let counters = [&self.requests].into_iter().chain(&self.rpc).chain(&self.stream);
        counters.for_each(IntCounterVec::reset);
        for gauge in [&self.lag, &self.up, &self.head, &self.stream_lag, &self.buffered] {
            gauge.reset();
        }
    }

    fn fill_rpc(&self, network: &str, rpc: &SolanaCounters) {
        for request in &rpc.requests {
            let labels = [network, request.method, request.outcome];
            self.requests.with_label_values(&labels).inc_by(request.count);
        }
        for endpoint in &rpc.lag {
            let labels = [network, endpoint.endpoint.as_str()];
            self.lag.with_label_values(&labels).set(gauge(endpoint.slots));
        }
        for (counter, (_, _, read)) in self.rpc.iter().zip(RPC_COUNTERS) {
            counter.with_label_values(&[network]).inc_by(read(rpc));
        }
    }

    fn fill_stream(&self, network: &str, stream: &StreamStatus) {
        for (counter, (_, _, read)) in self.stream.iter().zip(STREAM_COUNTERS) {
            counter.with_label_values(&[network]).inc_by(read(stream));
        }
        let set = |gauges: &IntGaugeVec, value: u64| gauges.with_label_values(&[network]).set(gauge(value));
        set(&self.up, u64::from(stream.state == StreamState::Live));
        set(&self.buffered, stream.buffered_kib.saturating_mul(1024));
        if let Some(head) = stream.head {
            set(&self.head, head);
        }
        if let Some(lag) = stream.lag_slots {
            set(&self.stream_lag, lag);
        }
    }
}

impl Collector for SourceMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.vectors().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // Held to the end: two who ask at once must not add up.
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        self.reset();
        for (network, read) in readers.iter() {
            let reading = read();
            self.fill_rpc(network, &reading.rpc);
            if let Some(stream) = &reading.stream {
                self.fill_stream(network, stream);
            }
        }
        self.vectors().into_iter().flat_map(Collector::collect).collect()
    }
}

/// Prometheus gauges are signed.
fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use gridproof_indexer::source::solana::{EndpointLag, RequestCount};
    use prometheus::{Registry, TextEncoder};

    fn reading(pages: u64, stream: Option<StreamStatus>) -> Reader {
        Arc::new(move || Reading {
            rpc: SolanaCounters {
                requests: vec![RequestCount {
                    method: "getTransaction",
                    outcome: "rate_limited",
                    count: 3,
                }],
                pages,
                lag: vec![EndpointLag {
                    endpoint: "https://rpc.example.org".to_owned(),
                    slots: 2,
                }],
                ..SolanaCounters::default()
            },
            stream: stream.clone(),
        })
    }

    fn text(registry: &Registry) -> String {
        TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
    }

    #[test]
    fn counters_are_those_of_the_source_however_often_they_are_read() {
        let (registry, metrics) = (Registry::new(), SourceMetrics::default());
        registry.register(Box::new(metrics.clone())).unwrap();
        assert_eq!(text(&registry), "", "nothing is told of networks that there are not");
        let live = StreamStatus {
            state: StreamState::Live,
            head: Some(77),
            lag_slots: Some(0),
            buffered_kib: 4,
            missed_total: 9,
            ..StreamStatus::default()
        };
        metrics.add("render", reading(5, Some(live)));
        metrics.add("other", reading(1, None));
        let first = text(&registry);
        assert_eq!(first, text(&registry));
        for line in [
            "render_rpc_requests_total{method=\"getTransaction\",network=\"render\",outcome=\"rate_limited\"} 3",
            "render_rpc_endpoint_lag_slots{endpoint=\"https://rpc.example.org\",network=\"other\"} 2",
            "render_rpc_pages_total{network=\"render\"} 5",
            "render_rpc_pages_total{network=\"other\"} 1",
            "render_stream_missed_transactions_total{network=\"render\"} 9",
            "render_stream_up{network=\"render\"} 1",
            "render_stream_head_slot{network=\"render\"} 77",
            "render_stream_buffered_bytes{network=\"render\"} 4096",
        ] {
            assert!(first.lines().any(|one| one == line), "{line}\n{first}");
        }
        let stream_of_other = first
            .lines()
            .any(|line| line.starts_with("render_stream") && line.contains("other"));
        assert!(
            !stream_of_other,
            "a network without a stream has no metrics of one: {first}"
        );
        metrics.add("render", reading(6, None));
        assert!(text(&registry).contains("render_rpc_pages_total{network=\"render\"} 6"));
    }
}
