//! Numbers and rows between Rust and the database.

use super::{ClaimedRange, Segment, Span, StageKey, StateError};
use sqlx::Row;
use sqlx::any::AnyRow;

/// A count or height as the database holds it.
pub(super) fn signed(what: &'static str, value: u64) -> Result<i64, StateError> {
    i64::try_from(value).map_err(|_| StateError::OutOfRange {
        what,
        value: value.to_string(),
    })
}

/// As [`signed`] for what may be missing.
pub(super) fn signed_option(what: &'static str, value: Option<u64>) -> Result<Option<i64>, StateError> {
    value.map(|value| signed(what, value)).transpose()
}

/// A count or height from the database.
pub(super) fn unsigned(what: &'static str, value: i64) -> Result<u64, StateError> {
    u64::try_from(value).map_err(|_| StateError::OutOfRange {
        what,
        value: value.to_string(),
    })
}

/// A generation or decoder version from the database.
pub(super) fn small(what: &'static str, value: i64) -> Result<u32, StateError> {
    u32::try_from(value).map_err(|_| StateError::OutOfRange {
        what,
        value: value.to_string(),
    })
}

/// A column that counts.
pub(super) fn count(row: &AnyRow, column: &'static str) -> Result<u64, StateError> {
    unsigned(column, row.try_get(column)?)
}

/// A column that counts, or null.
pub(super) fn count_option(row: &AnyRow, column: &'static str) -> Result<Option<u64>, StateError> {
    row.try_get::<Option<i64>, _>(column)?
        .map(|value| unsigned(column, value))
        .transpose()
}

/// `from_height` and `to_height`.
pub(super) fn span(row: &AnyRow) -> Result<Span, StateError> {
    let (from, to) = (count(row, "from_height")?, count(row, "to_height")?);
    Span::new(from, to).ok_or(StateError::OutOfRange {
        what: "to_height",
        value: to.to_string(),
    })
}

/// `generation`, `from_height` and `to_height`.
pub(super) fn segment(row: &AnyRow) -> Result<Segment, StateError> {
    Ok(Segment {
        span: span(row)?,
        generation: small("generation", row.try_get("generation")?)?,
    })
}

/// A row of `ranges`.
pub(super) fn claimed(key: &StageKey, row: &AnyRow) -> Result<ClaimedRange, StateError> {
    let Segment { span, generation } = segment(row)?;
    Ok(ClaimedRange {
        key: key.clone(),
        span,
        generation,
        decoder: small("decoder", row.try_get("decoder")?)?,
    })
}

/// A hash as text.
pub(super) fn hash_text(hash: u64) -> String {
    format!("{hash:016x}")
}

/// A hash from text.
pub(super) fn hash(row: &AnyRow, column: &'static str) -> Result<u64, StateError> {
    let text: String = row.try_get(column)?;
    u64::from_str_radix(&text, 16).map_err(|_| StateError::OutOfRange {
        what: column,
        value: text,
    })
}
