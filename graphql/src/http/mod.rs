//! The HTTP face: routes, bounds and headers.

mod graphql;
mod headers;
mod health;
mod media;
mod metrics;
mod request;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get};
use tokio::sync::Semaphore;
use tower_http::compression::CompressionLayer;

use self::metrics::ApiMetrics;
use crate::schema::{self, ApiSchema};
use crate::state::{ApiState, Limits, ReadyCheck};
use crate::web;

/// What handlers share.
struct Shared {
    schema: ApiSchema,
    limits: Limits,
    ready: ReadyCheck,
    permits: Semaphore,
    metrics: ApiMetrics,
}

/// How much longer than a query the whole request may take before the connection's task is given up.
const GRACE: Duration = Duration::from_secs(5);

/// The routes of the API and the page: `/`, `/graphql`, `/graphiql`, `/assets/*`, `/healthz`, `/readyz`.
///
/// CORS is off: browsers of other origins cannot read answers. Every answer carries a request id and headers that keep
/// a browser from running anything but this service's own scripts.
pub fn router(state: ApiState) -> Router {
    let shared = Arc::new(Shared {
        schema: schema::build(&state),
        limits: state.limits,
        permits: Semaphore::new(state.limits.concurrency),
        metrics: ApiMetrics::new(state.registry.as_ref()),
        ready: state.ready,
    });
    let pages = web::router();
    Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(shared)
        .merge(pages)
        .fallback(headers::not_found)
        .layer(DefaultBodyLimit::max(state.limits.body_bytes))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn(headers::around))
        .layer(tower_http::timeout::TimeoutLayer::with_status_code(
            axum::http::StatusCode::GATEWAY_TIMEOUT,
            state.limits.timeout + GRACE,
        ))
}
