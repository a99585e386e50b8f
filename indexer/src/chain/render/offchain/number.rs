//! Numbers and times from their text, exactly.

use super::OffchainError;
use crate::chain::akash::dec::{Dec, ONE};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Longest text of a number: 38 digits, sign, point and exponent with room to spare.
const MAX_NUMBER_BYTES: usize = 64;
/// Largest exponent that is read; no amount needs a larger one.
const MAX_EXPONENT: i32 = 40;

/// A decimal of at most 18 places, such as `24632.707414713335` or `4.5e4`. Never rounded: more places are an error.
pub(super) fn decimal(place: &str, text: &str) -> Result<Dec, OffchainError> {
    plain(text)
        .and_then(|plain| plain.parse().ok())
        .ok_or_else(|| OffchainError::row(place, format!("{} is no number with at most 18 places", shown(text))))
}

/// As [`decimal`], and not below zero.
pub(super) fn amount(place: &str, text: &str) -> Result<Dec, OffchainError> {
    let value = decimal(place, text)?;
    if value.is_negative() {
        return Err(OffchainError::row(place, format!("{} is below zero", shown(text))));
    }
    Ok(value)
}

/// A whole number that is not below zero.
pub(super) fn whole(place: &str, text: &str) -> Result<u64, OffchainError> {
    let value = amount(place, text)?;
    let fits = (value.scaled() % ONE == 0)
        .then(|| u64::try_from(value.trunc()).ok())
        .flatten();
    fits.ok_or_else(|| OffchainError::row(place, format!("{} is no whole number of 64 bits", shown(text))))
}

/// As [`whole`], of 32 bits.
pub(super) fn count(place: &str, text: &str) -> Result<u32, OffchainError> {
    u32::try_from(whole(place, text)?).map_err(|_| OffchainError::row(place, format!("{} is too large", shown(text))))
}

/// A time such as `2023-12-20T00:00:00.000Z`, in milliseconds since the Unix epoch.
pub(super) fn time_ms(place: &str, text: &str) -> Result<i64, OffchainError> {
    let wrong = || {
        OffchainError::row(
            place,
            format!("{} is no time such as 2023-12-20T00:00:00.000Z", shown(text)),
        )
    };
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).map_err(|_| wrong())
}

/// The number without an exponent and without zeros after its last place.
fn plain(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > MAX_NUMBER_BYTES || !text.is_ascii() {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
    };
    if exponent.abs() > MAX_EXPONENT {
        return None;
    }
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(places.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let shifted = shift(whole, places, exponent)?;
    Some(format!("{sign}{shifted}"))
}

/// Moves the point of `whole.places` by `exponent` digits to the right.
fn shift(whole: &str, places: &str, exponent: i32) -> Option<String> {
    let digits = format!("{whole}{places}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let (whole, places) = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => (format!("{digits:0<point$}"), String::new()),
        Ok(point) => (digits[..point].to_owned(), digits[point..].to_owned()),
        Err(_) => (
            String::new(),
            format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        ),
    };
    let whole = if whole.is_empty() { "0" } else { whole.as_str() };
    Some(match places.trim_end_matches('0') {
        "" => whole.to_owned(),
        places => format!("{whole}.{places}"),
    })
}

/// A text of anybody's, fit for a message.
fn shown(text: &str) -> String {
    let start: String = text
        .chars()
        .take(MAX_NUMBER_BYTES)
        .flat_map(char::escape_debug)
        .collect();
    format!("`{start}`")
}
