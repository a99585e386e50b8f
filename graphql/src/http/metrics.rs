//! Counters of the API.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// Upper bounds of the latency buckets, in seconds.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// How many requests `/graphql` answered, how, and how fast.
pub(crate) struct ApiMetrics {
    requests: Option<IntCounterVec>,
    seconds: Option<HistogramVec>,
}

impl ApiMetrics {
    /// Registers the counters. A registry that already has them (two routers on one registry) leaves this router
    /// uncounted rather than stopping the service.
    pub(crate) fn new(registry: Option<&Registry>) -> Self {
        let label = ["outcome"];
        let requests = IntCounterVec::new(
            Opts::new("gridproof_graphql_requests_total", "GraphQL requests, by outcome."),
            &label,
        );
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "gridproof_graphql_request_duration_seconds",
                "How long GraphQL requests took.",
            )
            .buckets(SECONDS.to_vec()),
            &label,
        );
        let register = |collector: Box<dyn prometheus::core::Collector>| match registry {
            Some(registry) => match registry.register(collector) {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(%error, "the counters of the API are not exported");
                    false
                }
            },
            None => true,
        };
        Self {
            requests: requests.ok().filter(|counter| register(Box::new(counter.clone()))),
            seconds: seconds.ok().filter(|histogram| register(Box::new(histogram.clone()))),
        }
    }

    /// Counts one answer. `outcome`: `ok`, `error`, `refused`, `overloaded` or `timeout`.
    pub(crate) fn observe(&self, outcome: &str, took: Duration) {
        if let Some(requests) = &self.requests {
            requests.with_label_values(&[outcome]).inc();
        }
        if let Some(seconds) = &self.seconds {
            seconds.with_label_values(&[outcome]).observe(took.as_secs_f64());
        }
    }
}
