//! What every answer carries: a request id and the headers that tell a browser what it must not do.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The id of one request, as it stands in logs, errors and the answer's `X-Request-Id`.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a caller.
const MAX_ID: usize = 64;

/// Everything from this service alone, no inline script or style, no frame, no form.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FIXED: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

impl RequestId {
    /// The caller's id where it is harmless, else a new one.
    fn of(request: &Request) -> Self {
        let given = request
            .headers()
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|id| {
                !id.is_empty()
                    && id.len() <= MAX_ID
                    && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            });
        Self(given.map_or_else(fresh, str::to_owned))
    }
}

/// An id that is unique within this process and unlikely to repeat across restarts: time and a counter. It guards
/// nothing, so it need not be hard to guess.
fn fresh() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
    format!("{now:x}-{:x}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// Gives the request an id and the answer its headers, and logs what was not answered well.
pub(crate) async fn around(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut answer = next.run(request).await;
    if answer.status().is_server_error() {
        tracing::warn!(request_id = %id.0, %method, path, status = answer.status().as_u16(), "a request failed");
    }
    for (name, value) in FIXED {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    answer
}

/// The answer to a path that nothing serves.
pub(crate) async fn not_found() -> Response {
    let text = "nothing is served here; try /, /graphql, /graphiql, /healthz or /readyz\n";
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}
