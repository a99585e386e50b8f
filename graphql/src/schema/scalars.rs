//! Scalars for numbers that do not fit a JSON number.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use time::OffsetDateTime;

/// An integer of any size, as decimal text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BigInt(pub(crate) String);

impl<T: Into<u128>> From<T> for BigInt {
    fn from(value: T) -> Self {
        Self(value.into().to_string())
    }
}

/// A decimal number as text in plain notation, never rounded and never with an exponent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) String);

/// An integer of any size as decimal text, for example `"340282366920938463463374607431768211455"`. Amounts are in
/// base units of their denomination (1 AKT = 1,000,000 uakt).
#[Scalar(name = "BigInt")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            other => return Err(InputValueError::expected_type(other)),
        };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || digits.len() > 39 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InputValueError::custom(
                "expected the decimal digits of an integer, at most 39",
            ));
        }
        Ok(Self(text))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A decimal number as text in plain notation, for example `"123105.6"`; never rounded, never with an exponent.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if text.len() <= 80 => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// The moment of `ms` milliseconds since the epoch. Times that no calendar holds become the epoch, for they can come
/// only from a corrupt row and must not stop an answer.
pub(crate) fn moment(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The moment of `s` seconds since the epoch.
pub(crate) fn moment_s(s: i64) -> OffsetDateTime {
    moment(s.saturating_mul(1000))
}

/// Milliseconds since the epoch.
pub(crate) fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}
