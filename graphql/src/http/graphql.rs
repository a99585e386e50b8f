//! `/graphql`, strictly by GraphQL over HTTP.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::{Response as GraphqlAnswer, Value as GraphqlValue};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Shared;
use super::headers::RequestId;
use super::media::Media;
use super::request::{self, Refusal};

/// What a refused caller is told to wait, in seconds.
const RETRY_AFTER_S: &str = "1";

/// Answers one request.
pub(crate) async fn handle(
    State(shared): State<Arc<Shared>>,
    axum::Extension(id): axum::Extension<RequestId>,
    method: Method,
    headers: HeaderMap,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let started = Instant::now();
    let (answer, outcome) = match accept(&shared, &method, &headers, query, body) {
        Ok((media, request)) => run(&shared, media, request, &id).await,
        Err((media, refusal)) => (refuse(media, &refusal, &id), "refused"),
    };
    shared.metrics.observe(outcome, started.elapsed());
    answer
}

/// Reads the request, or says why not and in which media type.
fn accept(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(Media, async_graphql::Request), (Media, Refusal)> {
    let refusal = |status, code, message: String| Refusal { status, code, message };
    let Some(media) = Media::negotiate(headers) else {
        let message = "answers come as application/graphql-response+json or application/json".to_owned();
        return Err((
            Media::Json,
            refusal(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message),
        ));
    };
    let failed = |refusal| (media, refusal);
    if !matches!(*method, Method::GET | Method::POST) {
        let message = "send queries by GET or POST".to_owned();
        return Err(failed(refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            message,
        )));
    }
    let Query(pairs) = query.map_err(|_| {
        failed(refusal(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            "malformed query string".to_owned(),
        ))
    })?;
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => failed(too_large(shared)),
        status => failed(refusal(status, "BAD_REQUEST", "the body could not be read".to_owned())),
    })?;
    if pairs
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum::<usize>()
        > shared.limits.body_bytes
    {
        return Err(failed(too_large(shared)));
    }
    request::parse(method, headers, &pairs, &body)
        .map(|request| (media, request))
        .map_err(failed)
}

fn too_large(shared: &Shared) -> Refusal {
    Refusal {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "PAYLOAD_TOO_LARGE",
        message: format!("a request may have at most {} bytes", shared.limits.body_bytes),
    }
}

async fn run(
    shared: &Shared,
    media: Media,
    request: async_graphql::Request,
    id: &RequestId,
) -> (Response, &'static str) {
    let Ok(_permit) = shared.permits.try_acquire() else {
        let refusal = Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "OVERLOADED",
            message: "too many requests at once; try again in a moment".to_owned(),
        };
        let mut answer = refuse(media, &refusal, id);
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER_S));
        return (answer, "overloaded");
    };
    match tokio::time::timeout(shared.limits.timeout, shared.schema.execute(request)).await {
        Ok(answer) => {
            let outcome = if answer.is_ok() { "ok" } else { "error" };
            (respond(media, answer, id), outcome)
        }
        Err(_) => {
            let refusal = Refusal {
                status: StatusCode::GATEWAY_TIMEOUT,
                code: "TIMEOUT",
                message: "the request ran too long; ask for a shorter range, fewer fields or a coarser interval"
                    .to_owned(),
            };
            (refuse(media, &refusal, id), "timeout")
        }
    }
}

/// A GraphQL answer as HTTP. A request that failed before it ran has no `data` member, and with the new media type
/// its status is 400; whatever ran is 200. Every root field that can fail is nullable, so null data means that nothing
/// ran: the executor reports variables that do not fit their types in this way, with a path, though nothing ran.
fn respond(media: Media, answer: GraphqlAnswer, id: &RequestId) -> Response {
    let failed_before = answer.data == GraphqlValue::Null && !answer.errors.is_empty();
    let status = match (failed_before, media) {
        (true, Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let mut body = serde_json::to_value(&answer).unwrap_or_else(|_| json!({"errors": []}));
    if failed_before && let Some(members) = body.as_object_mut() {
        members.remove("data");
    }
    if let Some(Value::Array(errors)) = body.get_mut("errors") {
        if failed_before {
            errors
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|error| drop(error.remove("path")));
        }
        errors.iter_mut().for_each(|error| complete_error(error, id));
    }
    send(media, status, &body)
}

/// Gives every error a code and the request's id. Errors of resolvers bring their code along.
fn complete_error(error: &mut Value, id: &RequestId) {
    let message = error["message"].as_str().unwrap_or_default();
    let code = match message {
        "Query is nested too deep." => "DEPTH_LIMIT_EXCEEDED",
        _ if message.starts_with("The recursion depth of the query") => "DEPTH_LIMIT_EXCEEDED",
        "Query is too complex." => "COST_LIMIT_EXCEEDED",
        _ if message.starts_with(" --> ") => "GRAPHQL_PARSE_FAILED",
        _ if error.get("path").is_some() => "INTERNAL",
        _ => "GRAPHQL_VALIDATION_FAILED",
    };
    let Some(members) = error.as_object_mut() else { return };
    let extensions = members.entry("extensions").or_insert_with(|| json!({}));
    if extensions.get("code").is_none() {
        extensions["code"] = json!(code);
        if matches!(code, "DEPTH_LIMIT_EXCEEDED" | "COST_LIMIT_EXCEEDED") {
            extensions["hint"] = json!("`serviceLimits` tells the bounds and how cost is counted");
        }
    }
    extensions["requestId"] = json!(id.0);
}

fn refuse(media: Media, refusal: &Refusal, id: &RequestId) -> Response {
    let extensions = json!({"code": refusal.code, "requestId": id.0});
    let body = json!({"errors": [{"message": refusal.message, "extensions": extensions}]});
    let mut answer = send(media, refusal.status, &body);
    if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
        answer
            .headers_mut()
            .insert(header::ALLOW, header::HeaderValue::from_static("GET, POST"));
    }
    answer
}

fn send(media: Media, status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.content_type()),
        (header::VARY, "accept"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}
