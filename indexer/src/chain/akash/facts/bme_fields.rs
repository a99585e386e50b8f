//! Reading the JSON fields of BME and oracle events. What is absent or of another shape reads as nothing;
//! the row keeps the fields as they came.

use crate::chain::akash::dec::Dec;
use serde_json::{Map, Value};

/// Fields of an event.
pub(super) type Fields = Map<String, Value>;

/// A text field; empty where it is none.
pub(super) fn text(fields: &Fields, key: &str) -> String {
    fields.get(key).map(plain).unwrap_or_default()
}

/// A text within an object field.
pub(super) fn inner_text(fields: &Fields, key: &str, inner: &str) -> String {
    fields
        .get(key)
        .and_then(|value| value.get(inner))
        .map(plain)
        .unwrap_or_default()
}

/// A whole number within an object field; 64-bit numbers come as text.
pub(super) fn inner_number(fields: &Fields, key: &str, inner: &str) -> Option<u64> {
    inner_text(fields, key, inner).parse().ok()
}

/// A coin: `{"denom", "amount"}`, or the same under `coin`.
pub(super) fn coin(fields: &Fields, key: &str) -> (Option<u128>, String) {
    let value = fields.get(key).unwrap_or(&Value::Null);
    let coin = value.get("coin").unwrap_or(value);
    let field = |name: &str| coin.get(name).map(plain).unwrap_or_default();
    (field("amount").parse().ok(), field("denom"))
}

/// A decimal, scaled by 10^18.
pub(super) fn decimal(text: &str) -> Option<i128> {
    text.parse().ok().map(Dec::scaled)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The fields as canonical JSON: keys sorted at every level.
pub(super) fn canonical(fields: &Fields) -> String {
    Value::Object(fields.clone()).to_string()
}
