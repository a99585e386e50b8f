//! Checks the body of a transaction against the list that named it. Pure.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::rpc::Listed;

/// What the source itself needs of a body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    slot: u64,
    block_time: Option<i64>,
    transaction: Signed,
    meta: Option<Outcome>,
}

#[derive(Deserialize)]
struct Signed {
    signatures: Vec<String>,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    err: Value,
}

/// The time of the block by the body, or why the body is not the one that was listed.
///
/// Where the body has no outcome (`meta` null), the outcome is unknown and not compared; the decoder stops there.
pub(super) fn check(listed: &Listed, body: &Bytes) -> Result<Option<i64>, Odd> {
    let head: Head = serde_json::from_slice(body).map_err(|e| Odd::Unreadable(e.to_string()))?;
    let first = head.transaction.signatures.first();
    if first != Some(&listed.signature) {
        return Err(Odd::Signature(
            first.map(|s| s.chars().take(88).collect()).unwrap_or_default(),
        ));
    }
    if head.slot != listed.slot {
        return Err(Odd::Slot(head.slot));
    }
    match head.meta {
        Some(outcome) if outcome.err != listed.err => Err(Odd::Outcome(outcome.err.to_string())),
        _ => Ok(head.block_time),
    }
}

/// How a body differs from what the list said.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Odd {
    #[error("the transaction cannot be read: {0}")]
    Unreadable(String),
    #[error("it is transaction {0}, which was not asked for")]
    Signature(String),
    #[error("it is in slot {0}, the list says otherwise")]
    Slot(u64),
    #[error("its outcome is {0}, the list says otherwise")]
    Outcome(String),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn listed() -> Listed {
        Listed {
            signature: "abc".into(),
            slot: 7,
            err: Value::Null,
            block_time: Some(1),
            tx_index: None,
        }
    }

    fn body(slot: u64, signature: &str, err: Value) -> Bytes {
        let body =
            json!({"slot": slot, "blockTime": 5, "meta": {"err": err}, "transaction": {"signatures": [signature]}});
        Bytes::from(body.to_string())
    }

    #[test]
    fn slot_signature_and_outcome_must_be_those_of_the_list() {
        assert_eq!(check(&listed(), &body(7, "abc", Value::Null)), Ok(Some(5)));
        assert_eq!(check(&listed(), &body(8, "abc", Value::Null)), Err(Odd::Slot(8)));
        assert_eq!(
            check(&listed(), &body(7, "xyz", Value::Null)),
            Err(Odd::Signature("xyz".into()))
        );
        let failed = json!({"InstructionError": [0, {"Custom": 1}]});
        assert!(matches!(
            check(&listed(), &body(7, "abc", failed)),
            Err(Odd::Outcome(_))
        ));
        assert!(matches!(
            check(&listed(), &Bytes::from_static(b"{")),
            Err(Odd::Unreadable(_))
        ));
    }

    #[test]
    fn pitfall_16_an_unknown_outcome_is_not_taken_for_success_or_failure() {
        let body = Bytes::from(r#"{"slot":7,"blockTime":null,"meta":null,"transaction":{"signatures":["abc"]}}"#);
        assert_eq!(check(&listed(), &body), Ok(None));
    }
}
