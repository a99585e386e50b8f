//! Queries over the REST gateway of a node.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;

use super::call::{Call, Served, refused};
use super::config::QueryLimits;
use super::error::{QueryDefect, QueryError, said};
use super::grpc::HEIGHT;
use super::method::About;
use crate::source::transport::redact;
use crate::source::{HttpClients, Limits};

/// How gateways pass the node's metadata on.
const PASSED_HEIGHT: &str = "grpc-metadata-x-cosmos-block-height";

/// A client of a gateway.
pub(super) struct RestCaller {
    pub(super) name: String,
    base: Url,
    http: Client,
    page_bytes: usize,
    within: Duration,
}

impl RestCaller {
    pub(super) fn new(clients: &HttpClients, url: &str, limits: &QueryLimits) -> Result<Self, QueryError> {
        let refuse = |endpoint: &str, reason: String| QueryError::Config {
            endpoint: endpoint.to_owned(),
            reason,
        };
        let parsed = Url::parse(url).ok().filter(|u| u.host_str().is_some());
        let parsed = parsed.filter(|u| matches!(u.scheme(), "http" | "https"));
        let Some(mut base) = parsed else {
            let reason = "not the address of a REST gateway: write https://host".to_owned();
            return Err(refuse("a REST endpoint that is no address", reason));
        };
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let name = redact(&base);
        let times = Limits {
            connect: limits.connect,
            request: limits.request,
            idle: limits.idle,
            ..Limits::default()
        };
        let http = clients
            .of(&base, &times)
            .map_err(|error| refuse(&name, error.to_string()))?;
        Ok(Self {
            name,
            base,
            http,
            page_bytes: limits.page_bytes,
            within: limits.request,
        })
    }

    fn url(&self, call: &Call<'_>) -> Result<Url, QueryDefect> {
        let path = call.method.path.replace("{}", call.subject);
        let mut url = self
            .base
            .join(&path)
            .map_err(|error| QueryDefect::garbage(format!("{path} cannot be joined to the endpoint: {error}")))?;
        // Parameters of the endpoint itself (a key of its operator) go with every request.
        url.set_query(self.base.query());
        if let About::Number(name) = call.method.about
            && !name.is_empty()
        {
            url.query_pairs_mut().append_pair(name, call.subject);
        }
        if let Some(ask) = &call.page {
            let mut query = url.query_pairs_mut();
            query.append_pair("pagination.limit", &ask.limit.to_string());
            if !ask.key.is_empty() {
                query.append_pair("pagination.key", &STANDARD.encode(ask.key));
            }
            if ask.count {
                query.append_pair("pagination.count_total", "true");
            }
        }
        Ok(url)
    }

    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Served, QueryDefect> {
        let mut request = self.http.get(self.url(call)?);
        if let Some(height) = call.height {
            request = request.header(HEIGHT, height.to_string());
        }
        let response = request.send().await.map_err(|error| self.broken(error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.body(response).await?;
        if !status.is_success() {
            return Err(refusal(status, &headers, &body, call.height));
        }
        if body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<') {
            return Err(QueryDefect::garbage("an HTML page instead of JSON"));
        }
        Ok(Served {
            height: answered_height(&headers),
            body,
        })
    }

    async fn body(&self, mut response: reqwest::Response) -> Result<Bytes, QueryDefect> {
        let limit = self.page_bytes;
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(QueryDefect::PageTooLarge { limit });
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > limit {
                return Err(QueryDefect::PageTooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        // A copy of just its size: the buffer has room to spare, which would be kept with the page.
        Ok(Bytes::copy_from_slice(&body))
    }

    fn broken(&self, error: reqwest::Error) -> QueryDefect {
        if error.is_timeout() {
            return QueryDefect::TimedOut(self.within);
        }
        let error = error.without_url();
        let mut innermost: &dyn std::error::Error = &error;
        while let Some(cause) = innermost.source() {
            innermost = cause;
        }
        QueryDefect::Unreachable {
            reason: said(&format!("{error}: {innermost}")),
        }
    }
}

fn answered_height(headers: &HeaderMap) -> Option<u64> {
    let named = headers.get(PASSED_HEIGHT).or_else(|| headers.get(HEIGHT))?;
    named.to_str().ok()?.trim().parse().ok()
}

fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], height: Option<u64>) -> QueryDefect {
    #[derive(Deserialize)]
    struct Refusal {
        code: i32,
        #[serde(default)]
        message: String,
    }
    let seconds = headers
        .get(RETRY_AFTER)
        .and_then(|v| v.to_str().ok()?.trim().parse().ok());
    let retry_after = seconds.map(Duration::from_secs);
    if status == StatusCode::TOO_MANY_REQUESTS {
        return QueryDefect::RateLimited { retry_after };
    }
    if let Ok(refusal) = serde_json::from_slice::<Refusal>(body) {
        return refused(refusal.code, &refusal.message, height, retry_after);
    }
    let text = said(&format!(
        "status {}: {}",
        status.as_u16(),
        String::from_utf8_lossy(body)
    ));
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => QueryDefect::Denied { said: text },
        StatusCode::NOT_IMPLEMENTED => QueryDefect::Unimplemented,
        _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            QueryDefect::Unavailable { said: text }
        }
        _ => QueryDefect::garbage(text),
    }
}
