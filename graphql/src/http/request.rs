//! From an HTTP request to one GraphQL request, by the rules of GraphQL over HTTP. Pure.

use async_graphql::parser::{
    parse_query,
    types::{DocumentOperations, OperationType},
};
use axum::http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value};

/// Why a request is refused before it runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        code: "BAD_REQUEST",
        message: message.into(),
    }
}

/// Reads the request of a POST (`body`) or a GET (`query`, the pairs of the query string).
pub(crate) fn parse(
    method: &Method,
    headers: &HeaderMap,
    query: &[(String, String)],
    body: &[u8],
) -> Result<async_graphql::Request, Refusal> {
    let members = match *method {
        Method::GET => from_query_string(query)?,
        _ => from_body(headers, body)?,
    };
    let request = build(members)?;
    if *method == Method::GET && !is_query(&request) {
        return Err(Refusal {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "METHOD_NOT_ALLOWED",
            message: "GET runs queries only; send anything else by POST".into(),
        });
    }
    Ok(request)
}

fn from_query_string(pairs: &[(String, String)]) -> Result<Map<String, Value>, Refusal> {
    let mut members = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" => Value::String(text.clone()),
            "variables" | "extensions" => {
                serde_json::from_str(text).map_err(|_| bad(format!("`{name}` must be a JSON object")))?
            }
            _ => continue,
        };
        if members.insert(name.clone(), value).is_some() {
            return Err(bad(format!("`{name}` is given twice")));
        }
    }
    Ok(members)
}

fn from_body(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let utf8 = parts.all(|p| {
        p.strip_prefix("charset=")
            .is_none_or(|c| c.trim_matches('"') == "utf-8")
    });
    // Anything a browser sends across origins without asking first must not run: so JSON only.
    if essence != "application/json" || !utf8 {
        return Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: "UNSUPPORTED_MEDIA_TYPE",
            message: "send the body as content-type: application/json (UTF-8)".into(),
        });
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Array(_)) => Err(bad("batches are not served; send one request at a time")),
        Ok(_) => Err(bad("the body must be one JSON object")),
        Err(error) => Err(bad(format!("the body is not JSON: {error}"))),
    }
}

fn build(mut members: Map<String, Value>) -> Result<async_graphql::Request, Refusal> {
    let Some(Value::String(query)) = members.remove("query") else {
        return Err(bad("`query` must be a text that holds a GraphQL document"));
    };
    let mut request = async_graphql::Request::new(query);
    request = match members.remove("operationName") {
        None | Some(Value::Null) => request,
        Some(Value::String(name)) => request.operation_name(name),
        Some(_) => return Err(bad("`operationName` must be a text")),
    };
    request = match members.remove("variables") {
        None | Some(Value::Null) => request,
        Some(object @ Value::Object(_)) => request.variables(async_graphql::Variables::from_json(object)),
        Some(_) => return Err(bad("`variables` must be a JSON object")),
    };
    match members.remove("extensions") {
        None | Some(Value::Null | Value::Object(_)) => Ok(request),
        Some(_) => Err(bad("`extensions` must be a JSON object")),
    }
}

/// True when the operation that would run is a query. What does not parse is left to the executor's own error.
fn is_query(request: &async_graphql::Request) -> bool {
    let Ok(document) = parse_query(&request.query) else {
        return true;
    };
    let is_query = |kind: OperationType| kind == OperationType::Query;
    match &document.operations {
        DocumentOperations::Single(operation) => is_query(operation.node.ty),
        DocumentOperations::Multiple(operations) => match &request.operation_name {
            Some(name) => operations
                .get(name.as_str())
                .is_none_or(|operation| is_query(operation.node.ty)),
            None => operations.values().all(|operation| is_query(operation.node.ty)),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn post(kind: &str, body: &str) -> Result<async_graphql::Request, Refusal> {
        let mut headers = HeaderMap::new();
        if !kind.is_empty() {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        parse(&Method::POST, &headers, &[], body.as_bytes())
    }

    fn get(pairs: &[(&str, &str)]) -> Result<async_graphql::Request, Refusal> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        parse(&Method::GET, &HeaderMap::new(), &pairs, b"")
    }

    #[test]
    fn only_one_json_object_is_a_request() {
        let json = "application/json";
        assert!(post(json, r#"{"query":"{a}","variables":null,"operationName":null}"#).is_ok());
        assert!(post("application/json; charset=UTF-8", r#"{"query":"{a}"}"#).is_ok());
        for body in [
            "",
            "{",
            "1",
            "[]",
            r#"[{"query":"{a}"}]"#,
            "{}",
            r#"{"query":1}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","extensions":"x"}"#,
        ] {
            assert_eq!(post(json, body).unwrap_err().status, StatusCode::BAD_REQUEST, "{body}");
        }
    }

    #[test]
    fn what_browsers_send_unasked_is_not_run() {
        for kind in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json; charset=latin1",
        ] {
            assert_eq!(
                post(kind, r#"{"query":"{a}"}"#).unwrap_err().status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{kind}"
            );
        }
    }

    #[test]
    fn get_runs_queries_only() {
        assert!(get(&[("query", "{a}"), ("variables", r#"{"a":1}"#), ("unknown", "x")]).is_ok());
        assert_eq!(
            get(&[("query", "mutation{a}")]).unwrap_err().status,
            StatusCode::METHOD_NOT_ALLOWED
        );
        assert_eq!(
            get(&[("query", "query A{a} mutation B{b}"), ("operationName", "B")])
                .unwrap_err()
                .status,
            StatusCode::METHOD_NOT_ALLOWED
        );
        assert!(get(&[("query", "query A{a} mutation B{b}"), ("operationName", "A")]).is_ok());
        assert_eq!(
            get(&[("query", "{a}"), ("query", "{b}")]).unwrap_err().status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            get(&[("query", "{a}"), ("variables", "x")]).unwrap_err().status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(get(&[]).unwrap_err().status, StatusCode::BAD_REQUEST);
    }
}
