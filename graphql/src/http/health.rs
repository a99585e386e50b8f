//! `/healthz`: this process answers. `/readyz`: it can answer questions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Shared;

/// 200 as long as this process runs.
pub(crate) async fn healthz() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({"status": "ok"}))).into_response()
}

/// 200 when the caller's readiness check says so, else 503; the body lists what was checked.
pub(crate) async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    let readiness = (shared.ready)().await;
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let checks: serde_json::Map<_, _> = readiness
        .checks
        .into_iter()
        .map(|(name, found)| (name, found.into()))
        .collect();
    let body = json!({"status": if readiness.ready { "ready" } else { "not ready" }, "checks": checks});
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
