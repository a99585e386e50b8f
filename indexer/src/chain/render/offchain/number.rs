//! Numbers and times from their text, exactly.

use super::OffchainError;
use crate::chain::akash::dec::{Dec, ONE};
use crate::chain::exact;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How much of a text is quoted.
const QUOTE_CHARS: usize = 64;

/// A decimal of at most 18 places, such as `24632.707414713335` or `4.5e4`. Never rounded: more places are an error.
pub(super) fn decimal(place: &str, text: &str) -> Result<Dec, OffchainError> {
    exact::decimal(text)
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

/// A text of anybody's, fit for a message.
fn shown(text: &str) -> String {
    let start: String = text.chars().take(QUOTE_CHARS).flat_map(char::escape_debug).collect();
    format!("`{start}`")
}
