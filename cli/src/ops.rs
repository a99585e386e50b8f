//! The operations listener: `/metrics`, `/healthz`, `/readyz`, `/status`.

use crate::board::Board;
use anyhow::Context;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use prometheus::{Encoder, Registry, TextEncoder};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Asks the engine whether it answers; the text is the reason why not.
pub(crate) type EnginePing = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What the endpoints read.
#[derive(Clone)]
pub(crate) struct Operations {
    /// Progress.
    pub(crate) board: Board,
    /// All metrics of the process.
    pub(crate) registry: Registry,
    /// The engine.
    pub(crate) ping: EnginePing,
}

impl Operations {
    /// The routes.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/metrics", get(metrics))
            .route("/status", get(status))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .with_state(self)
    }
}

/// Opens a listener; a port in use is an error that names the flag to change.
pub(crate) async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {flag}"))
}

/// Serves until cancelled.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> anyhow::Result<()> {
    axum::serve(listener, router)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
        .context("the HTTP listener failed")
}

async fn metrics(State(operations): State<Operations>) -> Response {
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    match encoder.encode(&operations.registry.gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn status(State(operations): State<Operations>) -> Response {
    Json(operations.board.snapshot()).into_response()
}

/// 200 when readers may be sent here; 503 with the reasons, one a line, when not.
async fn ready(State(operations): State<Operations>) -> Response {
    let reasons = operations.board.not_ready((operations.ping)().await.err());
    if reasons.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", reasons.join("\n"))).into_response()
}
