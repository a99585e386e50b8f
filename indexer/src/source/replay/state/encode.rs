//! Parameters in protobuf, made from the recorded JSON: a node serves them over gRPC, too, but nobody recorded that.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::source::wire::{put_bytes, put_integer};

type Put = fn(&mut Vec<u8>, u32, &Value);

/// The answer of a method in protobuf; `None`: its layout is not known here, or the body is not its answer.
pub(super) fn answer(method: &str, body: &[u8]) -> Option<Vec<u8>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let mut out = Vec::new();
    match method {
        "akash.deployment.v1beta4.Query/Params" => put(&mut out, 1, body.get("params")?, DEPLOYMENT),
        "akash.market.v1beta5.Query/Params" => put(&mut out, 1, body.get("params")?, MARKET),
        "akash.take.v1.Query/Params" => put(&mut out, 1, body.get("params")?, TAKE),
        "akash.bme.v1.Query/Params" => put(&mut out, 1, body.get("params")?, BME),
        "akash.oracle.v2.Query/Params" => put(&mut out, 1, body.get("params")?, ORACLE),
        "akash.oracle.v2.Query/AggregatedPrice" => {
            put(&mut out, 1, body.get("aggregated_price")?, PRICE);
            put(&mut out, 2, body.get("price_health")?, HEALTH);
        }
        _ => return None,
    }
    Some(out)
}

const COIN: &[(&str, u32, Put)] = &[("denom", 1, text), ("amount", 2, text)];
const DEPLOYMENT: &[(&str, u32, Put)] = &[("min_deposits", 1, coins)];
const MARKET: &[(&str, u32, Put)] = &[
    ("bid_min_deposit", 1, coin),
    ("order_max_bids", 2, integer),
    ("bid_min_deposits", 3, coins),
    ("min_reclamation_window", 4, duration),
    ("max_reclamation_window", 5, duration),
];
const RATE: &[(&str, u32, Put)] = &[("denom", 1, text), ("rate", 2, integer)];
const TAKE: &[(&str, u32, Put)] = &[("denom_take_rates", 1, rates), ("default_take_rate", 2, integer)];
const BME: &[(&str, u32, Put)] = &[
    ("circuit_breaker_warn_threshold", 1, integer),
    ("circuit_breaker_halt_threshold", 2, integer),
    ("min_epoch_blocks", 3, integer),
    ("epoch_blocks_backoff_percent", 4, integer),
    ("mint_spread_bps", 6, integer),
    ("settle_spread_bps", 7, integer),
    ("max_endblocker_records", 8, integer),
    ("min_mint", 9, coins),
    ("max_pending_attempts", 10, integer),
];
const ORACLE: &[(&str, u32, Put)] = &[
    ("sources", 1, texts),
    ("min_price_sources", 2, integer),
    ("max_price_staleness_period", 3, duration),
    ("twap_window", 4, duration),
    ("max_price_deviation_bps", 5, integer),
    ("price_retention", 7, duration),
    ("prune_epoch", 8, text),
    ("max_prune_per_epoch", 9, integer),
    ("max_future_time_drift", 10, duration),
];
const PRICE: &[(&str, u32, Put)] = &[
    ("denom", 1, text),
    ("twap", 2, decimal),
    ("median_price", 3, decimal),
    ("min_price", 4, decimal),
    ("max_price", 5, decimal),
    ("timestamp", 6, timestamp),
    ("num_sources", 7, integer),
    ("deviation_bps", 8, integer),
];
const HEALTH: &[(&str, u32, Put)] = &[
    ("denom", 1, text),
    ("is_healthy", 3, integer),
    ("has_min_sources", 4, integer),
    ("deviation_ok", 5, integer),
    ("total_sources", 6, integer),
    ("total_healthy_sources", 7, integer),
    ("failure_reason", 8, texts),
];

fn put(out: &mut Vec<u8>, number: u32, value: &Value, fields: &[(&str, u32, Put)]) {
    let mut message = Vec::new();
    for (name, number, write) in fields {
        if let Some(value) = value.get(name) {
            write(&mut message, *number, value);
        }
    }
    put_bytes(out, number, &message);
}

fn text(out: &mut Vec<u8>, number: u32, value: &Value) {
    match value.as_str() {
        None | Some("") => {}
        Some(text) => put_bytes(out, number, text.as_bytes()),
    }
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(out: &mut Vec<u8>, number: u32, value: &Value) {
    each(value).for_each(|item| text(out, number, item));
}

fn coin(out: &mut Vec<u8>, number: u32, value: &Value) {
    put(out, number, value, COIN);
}

fn coins(out: &mut Vec<u8>, number: u32, value: &Value) {
    each(value).for_each(|item| coin(out, number, item));
}

fn rates(out: &mut Vec<u8>, number: u32, value: &Value) {
    each(value).for_each(|item| put(out, number, item, RATE));
}

/// A number, a number as text, or a truth value.
fn integer(out: &mut Vec<u8>, number: u32, value: &Value) {
    let number_of = |value: &Value| match value {
        Value::Bool(yes) => Some(u64::from(*yes)),
        Value::String(digits) => digits.parse().ok(),
        other => other.as_u64(),
    };
    put_integer(out, number, number_of(value).unwrap_or_default());
}

/// `15s`, whole seconds only: recorded parameters have no others.
fn duration(out: &mut Vec<u8>, number: u32, value: &Value) {
    let seconds = value.as_str().and_then(|t| t.strip_suffix('s')?.parse().ok());
    let mut message = Vec::new();
    put_integer(&mut message, 1, seconds.unwrap_or_default());
    put_bytes(out, number, &message);
}

/// Decimals are integers scaled by 10^18 on the wire.
fn decimal(out: &mut Vec<u8>, number: u32, value: &Value) {
    let (whole, fraction) = value.as_str().and_then(|t| t.split_once('.')).unwrap_or(("0", ""));
    let digits = format!("{whole}{fraction:0<18}");
    let trimmed = digits.trim_start_matches('0');
    put_bytes(out, number, if trimmed.is_empty() { "0" } else { trimmed }.as_bytes());
}

fn timestamp(out: &mut Vec<u8>, number: u32, value: &Value) {
    put_bytes(out, number, &timestamp_of(value.as_str().unwrap_or_default()));
}

/// `google.protobuf.Timestamp` of a time in RFC 3339; empty, the epoch, where it is none.
pub(super) fn timestamp_of(rfc3339: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if let Ok(at) = OffsetDateTime::parse(rfc3339, &Rfc3339) {
        put_integer(&mut message, 1, at.unix_timestamp() as u64);
        put_integer(&mut message, 2, u64::from(at.nanosecond()));
    }
    message
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::source::wire::{bytes_of, integer_of};

    #[test]
    fn parameters_become_the_message_of_their_method() {
        let body = br#"{"params":{"bid_min_deposit":{"denom":"uakt","amount":"500000"},"order_max_bids":20,
            "bid_min_deposits":[],"min_reclamation_window":"15s","max_reclamation_window":"2592000s"}}"#;
        let message = answer("akash.market.v1beta5.Query/Params", body).unwrap();
        let params = bytes_of(&message, 1).unwrap().unwrap();
        assert_eq!(integer_of(params, 2).unwrap(), 20);
        assert_eq!(
            bytes_of(bytes_of(params, 1).unwrap().unwrap(), 2).unwrap().unwrap(),
            b"500000"
        );
        assert_eq!(integer_of(bytes_of(params, 5).unwrap().unwrap(), 1).unwrap(), 2_592_000);
        assert!(answer("akash.market.v1beta5.Query/Leases", body).is_none());
    }

    #[test]
    fn decimals_are_scaled_and_truth_is_a_number() {
        let body = br#"{"aggregated_price":{"denom":"akt","twap":"0.090000000000000000","timestamp":"1970-01-01T00:00:05.000000007Z"},
            "price_health":{"denom":"akt","is_healthy":true,"failure_reason":["stale"]}}"#;
        let message = answer("akash.oracle.v2.Query/AggregatedPrice", body).unwrap();
        let price = bytes_of(&message, 1).unwrap().unwrap();
        assert_eq!(bytes_of(price, 2).unwrap().unwrap(), b"90000000000000000");
        let at = bytes_of(price, 6).unwrap().unwrap();
        assert_eq!((integer_of(at, 1).unwrap(), integer_of(at, 2).unwrap()), (5, 7));
        let health = bytes_of(&message, 2).unwrap().unwrap();
        assert_eq!(integer_of(health, 3).unwrap(), 1);
        assert_eq!(bytes_of(health, 8).unwrap().unwrap(), b"stale");
    }
}
