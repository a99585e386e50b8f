//! Numbers and coins as the chain writes them in text. Everything here is hostile input.

use super::error::FieldError;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Coin, DecCoin};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Longest denomination; the Cosmos SDK allows 128 characters.
const DENOM_MAX_BYTES: usize = 128;

/// Decimal digits that fit an unsigned 64-bit number; no sign, no blanks.
pub(super) fn unsigned(field: &'static str, text: &str) -> Result<u64, FieldError> {
    digits(text)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| FieldError::invalid(field, "an unsigned 64-bit number", text))
}

/// Like [`unsigned`], but for 32 bits.
pub(super) fn unsigned32(field: &'static str, text: &str) -> Result<u32, FieldError> {
    digits(text)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| FieldError::invalid(field, "an unsigned 32-bit number", text))
}

/// A signed 64-bit number in decimal digits.
pub(super) fn signed(field: &'static str, text: &str) -> Result<i64, FieldError> {
    digits(text.strip_prefix('-').unwrap_or(text))
        .and_then(|_| text.parse().ok())
        .ok_or_else(|| FieldError::invalid(field, "a signed 64-bit number", text))
}

/// Whole base units: digits only, below 2^127. Coins are never negative on the chain.
pub(in crate::chain::akash) fn amount(field: &'static str, text: &str) -> Result<i128, FieldError> {
    digits(text)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| FieldError::invalid(field, "an amount of whole units below 2^127", text))
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// A denomination of printable characters.
pub(in crate::chain::akash) fn denom(field: &'static str, text: &str) -> Result<String, FieldError> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"/:._-".contains(&byte);
    if text.is_empty() || text.len() > DENOM_MAX_BYTES || !text.bytes().all(fine) {
        return Err(FieldError::invalid(field, "a denomination", text));
    }
    Ok(text.to_owned())
}

/// A coin list such as `5000000uakt,12ibc/AB`; empty text is no coin at all.
pub(super) fn coins(field: &'static str, text: &str) -> Result<Vec<Coin>, FieldError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(|coin| one_coin(field, coin)).collect()
}

fn one_coin(field: &'static str, text: &str) -> Result<Coin, FieldError> {
    let end = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .ok_or_else(|| FieldError::invalid(field, "a coin", text))?;
    Ok(Coin {
        amount: amount(field, &text[..end])?,
        denom: denom(field, &text[end..])?,
    })
}

/// A price in decimal text, not negative.
pub(super) fn decimal(field: &'static str, text: &str) -> Result<Dec, FieldError> {
    let value: Dec = text.parse().map_err(|source| FieldError::Decimal { field, source })?;
    not_negative(field, value, text)
}

/// A price in the wire form: an integer scaled by 10^18, not negative.
pub(in crate::chain::akash) fn decimal_wire(field: &'static str, text: &str) -> Result<Dec, FieldError> {
    let value = Dec::from_wire(text).map_err(|source| FieldError::Decimal { field, source })?;
    not_negative(field, value, text)
}

fn not_negative(field: &'static str, value: Dec, text: &str) -> Result<Dec, FieldError> {
    if value.is_negative() {
        return Err(FieldError::invalid(field, "a number from zero on", text));
    }
    Ok(value)
}

/// A price with its denomination, both in text.
pub(super) fn dec_coin(field: &'static str, denomination: &str, text: &str) -> Result<DecCoin, FieldError> {
    Ok(DecCoin {
        denom: denom(field, denomination)?,
        amount: decimal(field, text)?,
    })
}

/// A time such as `2026-11-23T10:09:40.393238064Z`.
pub(super) fn timestamp(field: &'static str, text: &str) -> Result<OffsetDateTime, FieldError> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| FieldError::invalid(field, "an RFC 3339 time", text))
}
