//! The JSON-RPC envelope, and the errors of a node parsed into typed ones.

use serde::Deserialize;

use super::transport::Reply;
use crate::source::{Defect, FetchError};

#[derive(Deserialize)]
struct Envelope<T> {
    result: Option<T>,
    error: Option<RpcError>,
}

/// A node's JSON-RPC error.
#[derive(Debug, Deserialize)]
struct RpcError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    data: Option<String>,
}

/// Reads the result of a reply. Errors name the endpoint and the height that was asked for.
pub(super) fn result<'a, T: Deserialize<'a>>(endpoint: &str, height: u64, reply: &'a Reply) -> Result<T, FetchError> {
    let envelope: Envelope<T> = serde_json::from_slice(&reply.body)
        .map_err(|e| FetchError::malformed(endpoint, height, unreadable(&e, reply.body.len())))?;
    match envelope {
        Envelope { error: Some(error), .. } => Err(refusal(endpoint, height, &error)),
        Envelope {
            result: Some(result), ..
        } if reply.status.is_success() => Ok(result),
        _ => {
            let defect = Defect::Status {
                status: reply.status.as_u16(),
                text: "neither result nor error".to_owned(),
            };
            Err(FetchError::malformed(endpoint, height, defect))
        }
    }
}

fn unreadable(error: &serde_json::Error, bytes: usize) -> Defect {
    if error.is_eof() {
        Defect::Truncated { bytes }
    } else {
        Defect::Shape { why: error.to_string() }
    }
}

/// What a node's error means. The wording is CometBFT's; 0.34 and 0.38 agree.
fn refusal(endpoint: &str, asked: u64, error: &RpcError) -> FetchError {
    let endpoint = endpoint.to_owned();
    let text = error.data.as_ref().filter(|d| !d.is_empty()).unwrap_or(&error.message);
    if let Some((height, tip)) = two_numbers(
        text,
        "height ",
        " must be less than or equal to the current blockchain height ",
    ) {
        return FetchError::NotYet {
            endpoint,
            height,
            tip: Some(tip),
        };
    }
    if let Some((height, lowest)) = two_numbers(text, "height ", " is not available, lowest height is ") {
        return FetchError::Pruned {
            endpoint,
            height,
            lowest,
        };
    }
    if let Some((min, max)) = two_numbers(text, "min height ", " can't be greater than max height ") {
        // The node cut the page to what it has: its floor where `min` rose, its tip where `max` fell.
        return if min > asked {
            FetchError::Pruned {
                endpoint,
                height: asked,
                lowest: min,
            }
        } else {
            FetchError::NotYet {
                endpoint,
                height: asked,
                tip: Some(max),
            }
        };
    }
    if text.starts_with("could not find results for height") {
        return FetchError::NotYet {
            endpoint,
            height: asked,
            tip: None,
        };
    }
    if text.starts_with("node is not persisting") {
        return FetchError::malformed(&endpoint, asked, Defect::NoResults);
    }
    let reason: String = format!("height {asked}: error {}: {text}", error.code)
        .chars()
        .take(300)
        .collect();
    match error.code {
        // The request itself is refused: it will be refused again.
        -32602..=-32600 => FetchError::Permanent {
            endpoint,
            reason,
            source: None,
        },
        _ => FetchError::Transient {
            endpoint,
            reason,
            source: None,
        },
    }
}

fn two_numbers(text: &str, before: &str, between: &str) -> Option<(u64, u64)> {
    let (first, second) = text.strip_prefix(before)?.split_once(between)?;
    let digits = second.find(|c: char| !c.is_ascii_digit()).unwrap_or(second.len());
    Some((first.parse().ok()?, second[..digits].parse().ok()?))
}
