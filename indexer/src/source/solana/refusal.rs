//! The JSON-RPC errors of a Solana node, parsed into what the caller can do about them.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use solana_client::rpc_custom_error as code;

use crate::source::FetchError;

/// How much of a node's words is quoted.
const QUOTE_CHARS: usize = 200;

/// The `error` of a JSON-RPC answer.
#[derive(Debug, Deserialize)]
pub(super) struct RpcRefusal {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

/// What was asked, as far as errors name it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) endpoint: &'a str,
    pub(super) method: &'static str,
    /// Slot that the question was about, or that the answer had to include; 0: none.
    pub(super) slot: u64,
}

/// What a refusal means. `retry_after` is what the headers of the answer said.
pub(super) fn meaning(asked: Asked<'_>, refusal: &RpcRefusal, retry_after: Option<Duration>) -> FetchError {
    let endpoint = asked.endpoint.to_owned();
    let height = asked.slot;
    match refusal.code {
        code::JSON_RPC_SERVER_ERROR_BLOCK_CLEANED_UP => FetchError::Pruned {
            endpoint,
            height,
            lowest: last_number(&refusal.message).unwrap_or(height.saturating_add(1)),
        },
        code::JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE
        | code::JSON_RPC_SERVER_ERROR_BLOCK_STATUS_NOT_AVAILABLE_YET => FetchError::NotYet {
            endpoint,
            height,
            tip: None,
        },
        code::JSON_RPC_SERVER_ERROR_SLOT_SKIPPED | code::JSON_RPC_SERVER_ERROR_LONG_TERM_STORAGE_SLOT_SKIPPED => {
            FetchError::SlotSkipped { endpoint, slot: height }
        }
        code::JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED => FetchError::Behind {
            endpoint,
            needed: height,
            at: refusal.data.get("contextSlot").and_then(Value::as_u64),
        },
        code::JSON_RPC_SERVER_ERROR_FILTER_TRANSACTION_NOT_FOUND => FetchError::UnknownCursor {
            endpoint,
            signature: quoted_signature(&refusal.message),
        },
        code::JSON_RPC_SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION => FetchError::UnsupportedVersion {
            endpoint,
            height,
            said: quote(&refusal.message),
        },
        code::JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE
        | code::JSON_RPC_SERVER_ERROR_NO_SLOT_HISTORY
        | code::JSON_RPC_SERVER_ERROR_KEY_EXCLUDED_FROM_SECONDARY_INDEX => FetchError::Unfit {
            endpoint,
            reason: words(asked, refusal),
        },
        429 => FetchError::RateLimited { endpoint, retry_after },
        403 => FetchError::Forbidden { endpoint, retry_after },
        // The request itself is refused: it will be refused again.
        -32602..=-32600 => FetchError::Permanent {
            endpoint,
            reason: words(asked, refusal),
            source: None,
        },
        // -32005 (unhealthy), -32019 (its archive cannot be reached) and all that is not known here: it may pass.
        _ => FetchError::transient(asked.endpoint, words(asked, refusal)),
    }
}

fn words(asked: Asked<'_>, refusal: &RpcRefusal) -> String {
    let slot = if asked.slot == 0 {
        String::new()
    } else {
        format!(" (slot {})", asked.slot)
    };
    format!(
        "{}{slot}: error {}: {}",
        asked.method,
        refusal.code,
        quote(&refusal.message)
    )
}

fn quote(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(QUOTE_CHARS).collect()
}

/// The number at the end of a message, such as "First available block: 31".
fn last_number(message: &str) -> Option<u64> {
    let digits = message.trim_end_matches(|c: char| !c.is_ascii_digit());
    let start = digits.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + 1);
    digits.get(start..)?.parse().ok()
}

/// The signature in "Transaction … not found".
fn quoted_signature(message: &str) -> String {
    let words = message
        .strip_prefix("Transaction ")
        .and_then(|rest| rest.split(' ').next());
    quote(words.unwrap_or("(not named)"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::source::Class;

    fn said(code: i64, message: &str, data: Value) -> FetchError {
        let asked = Asked {
            endpoint: "http://node",
            method: "getBlock",
            slot: 70,
        };
        let refusal = RpcRefusal {
            code,
            message: message.to_owned(),
            data,
        };
        meaning(asked, &refusal, Some(Duration::from_secs(7)))
    }

    #[test]
    fn each_code_is_parsed_into_what_the_caller_can_do() {
        let cleaned = said(
            -32001,
            "Block 70 cleaned up, does not exist on node. First available block: 900",
            Value::Null,
        );
        assert!(
            matches!(
                cleaned,
                FetchError::Pruned {
                    height: 70,
                    lowest: 900,
                    ..
                }
            ),
            "{cleaned}"
        );
        assert_eq!(cleaned.class(), Class::Gone);
        for wait in [-32004, -32014] {
            assert_eq!(
                said(wait, "Block not available for slot 70", Value::Null).class(),
                Class::Wait
            );
        }
        for unknown in [-32007, -32009] {
            let skipped = said(
                unknown,
                "Slot 70 was skipped, or missing in long-term storage",
                Value::Null,
            );
            assert!(matches!(skipped, FetchError::SlotSkipped { slot: 70, .. }), "{skipped}");
            assert_eq!(skipped.class(), Class::Retry, "a skip is a claim, not a fact");
        }
        let behind = said(
            -32016,
            "Minimum context slot has not been reached",
            serde_json::json!({"contextSlot": 60}),
        );
        assert!(
            matches!(
                behind,
                FetchError::Behind {
                    needed: 70,
                    at: Some(60),
                    ..
                }
            ),
            "{behind}"
        );
        let cursor = said(-32020, "Transaction 5abc not found", Value::Null);
        assert!(
            matches!(&cursor, FetchError::UnknownCursor { signature, .. } if signature == "5abc"),
            "{cursor}"
        );
        let version = said(-32015, "Transaction version (2) is not supported", Value::Null);
        assert_eq!(
            version.class(),
            Class::Quarantine,
            "what is in the block is not known: it stops the range"
        );
        for unfit in [-32010, -32011, -32021] {
            assert!(matches!(said(unfit, "no", Value::Null), FetchError::Unfit { .. }));
        }
        for passing in [-32005, -32019, -32603] {
            assert_eq!(said(passing, "no", Value::Null).class(), Class::Retry);
        }
        let limited = said(429, "Too many requests", Value::Null);
        assert!(
            matches!(
                limited,
                FetchError::RateLimited {
                    retry_after: Some(_),
                    ..
                }
            ),
            "{limited}"
        );
        assert!(matches!(
            said(403, "Access forbidden", Value::Null),
            FetchError::Forbidden { .. }
        ));
        assert!(matches!(
            said(-32602, "invalid", Value::Null),
            FetchError::Permanent { .. }
        ));
    }

    #[test]
    fn hostile_messages_are_neither_a_panic_nor_long() {
        assert_eq!(last_number("99999999999999999999999"), None);
        assert_eq!(last_number("é 12é"), Some(12));
        assert_eq!(last_number(""), None);
        let long = said(-32000, &"\u{1b}[31m é".repeat(10_000), Value::Null).to_string();
        assert!(long.chars().count() < 400 && !long.contains('\u{1b}'));
    }
}
