//! The JSON-RPC envelope, and the errors of a node parsed into typed ones.

use serde::Deserialize;

use crate::source::transport::Reply;
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

/// What a node's error means.
fn refusal(endpoint: &str, asked: u64, error: &RpcError) -> FetchError {
    let text = error.data.as_ref().filter(|d| !d.is_empty()).unwrap_or(&error.message);
    if let Some(known) = known_refusal(endpoint, asked, text) {
        return known;
    }
    let reason: String = format!("height {asked}: error {}: {text}", error.code)
        .chars()
        .take(300)
        .collect();
    let (endpoint, source) = (endpoint.to_owned(), None);
    match error.code {
        // The request itself is refused: it will be refused again.
        -32602..=-32600 => FetchError::Permanent {
            endpoint,
            reason,
            source,
        },
        _ => FetchError::Transient {
            endpoint,
            reason,
            source,
        },
    }
}

/// The refusals that say something about the height. The wording is CometBFT's; 0.34 and 0.38 agree.
fn known_refusal(endpoint: &str, asked: u64, text: &str) -> Option<FetchError> {
    let not_yet = |height, tip| FetchError::NotYet {
        endpoint: endpoint.to_owned(),
        height,
        tip,
    };
    let pruned = |height, lowest| FetchError::Pruned {
        endpoint: endpoint.to_owned(),
        height,
        lowest,
    };
    let beyond = " must be less than or equal to the current blockchain height ";
    if let Some((height, tip)) = two_numbers(text, "height ", beyond) {
        return Some(not_yet(height, Some(tip)));
    }
    if let Some((height, lowest)) = two_numbers(text, "height ", " is not available, lowest height is ") {
        return Some(pruned(height, lowest));
    }
    if let Some((min, max)) = two_numbers(text, "min height ", " can't be greater than max height ") {
        // The node cut the page to what it has: its floor where `min` rose, its tip where `max` fell.
        return Some(if min > asked {
            pruned(asked, min)
        } else {
            not_yet(asked, Some(max))
        });
    }
    if text.starts_with("could not find results for height") {
        return Some(not_yet(asked, None));
    }
    let thrown_away = text.starts_with("node is not persisting");
    thrown_away.then(|| FetchError::malformed(endpoint, asked, Defect::NoResults))
}

fn two_numbers(text: &str, before: &str, between: &str) -> Option<(u64, u64)> {
    let (first, second) = text.strip_prefix(before)?.split_once(between)?;
    let digits = second.find(|c: char| !c.is_ascii_digit()).unwrap_or(second.len());
    Some((first.parse().ok()?, second[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bytes::Bytes;
    use reqwest::StatusCode;

    const NODE: &str = "http://node";

    fn outcome(status: u16, body: &str) -> FetchError {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            retry_after: None,
        };
        result::<serde::de::IgnoredAny>(NODE, 7, &reply).unwrap_err()
    }

    fn said(data: &str) -> FetchError {
        outcome(
            500,
            &format!(
                r#"{{"jsonrpc":"2.0","id":-1,"error":{{"code":-32603,"message":"Internal error","data":{data:?}}}}}"#
            ),
        )
    }

    #[test]
    fn the_errors_of_recorded_nodes_are_understood() {
        for recording in ["gridlocal-1", "gridlocal-v12", "gridlocal-v038", "gridlocal-all"] {
            let path = format!(
                "{}/../testdata/akash-{recording}/rpc_errors.json",
                env!("CARGO_MANIFEST_DIR")
            );
            let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let case = |name: &str| {
                let case = &cases[name];
                outcome(
                    u16::try_from(case["http"].as_u64().unwrap()).unwrap(),
                    case["body"].as_str().unwrap(),
                )
            };
            for future in ["block_future", "results_future"] {
                assert!(
                    matches!(
                        case(future),
                        FetchError::NotYet {
                            height: 999_999_999,
                            tip: Some(700..=2000),
                            ..
                        }
                    ),
                    "{recording}: {}",
                    case(future)
                );
            }
            assert!(matches!(case("bad_param"), FetchError::Permanent { .. }), "{recording}");
            assert!(
                matches!(case("blockchain_swapped"), FetchError::Pruned { lowest: 20, .. }),
                "{recording}"
            );
            for refused in ["block_height_0", "results_negative", "tx_bad_hash"] {
                assert!(
                    matches!(case(refused), FetchError::Transient { .. }),
                    "{recording} {refused}"
                );
            }
        }
    }

    #[test]
    fn pruned_and_missing_results_are_told_apart() {
        let pruned = said("height 5 is not available, lowest height is 900");
        assert!(
            matches!(
                pruned,
                FetchError::Pruned {
                    height: 5,
                    lowest: 900,
                    ..
                }
            ),
            "{pruned}"
        );
        let late = said("could not find results for height #7");
        assert!(
            matches!(
                late,
                FetchError::NotYet {
                    height: 7,
                    tip: None,
                    ..
                }
            ),
            "{late}"
        );
        let never = said("node is not persisting finalize block responses");
        assert!(
            matches!(
                never,
                FetchError::Malformed {
                    defect: Defect::NoResults,
                    ..
                }
            ),
            "{never}"
        );
        let cut = said("min height 7 can't be greater than max height 6");
        assert!(
            matches!(
                cut,
                FetchError::NotYet {
                    height: 7,
                    tip: Some(6),
                    ..
                }
            ),
            "{cut}"
        );
    }

    #[test]
    fn an_error_with_status_200_is_an_error() {
        let body = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error","data":null}}"#;
        assert_eq!(
            outcome(200, body).to_string(),
            "http://node: height 7: error -32603: Internal error"
        );
    }

    #[test]
    fn numbers_beyond_the_range_are_no_panic() {
        let error = said("height 99999999999999999999 must be less than or equal to the current blockchain height 1");
        assert!(matches!(error, FetchError::Transient { .. }), "{error}");
    }
}
