//! Reading JSON fields of events and of the genesis: hostile input, so every reader names what it missed.

use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Attribute, Coin};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Fields of a JSON object.
pub(super) type Fields = Map<String, Value>;

/// The value of a field; absent and `null` are errors.
pub(super) fn value<'a>(fields: &'a Fields, name: &str) -> Result<&'a Value, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Err(format!("field {name:?} is missing")),
        Some(value) => Ok(value),
    }
}

/// A field that holds an object.
pub(super) fn object<'a>(fields: &'a Fields, name: &str) -> Result<&'a Fields, String> {
    let found = value(fields, name)?.as_object();
    found.ok_or_else(|| format!("field {name:?} is no object"))
}

/// A field that holds a list; absent and `null` are an empty one (protobuf JSON prints both).
pub(super) fn list<'a>(fields: &'a Fields, name: &str) -> Result<&'a [Value], String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("field {name:?} is no list")),
    }
}

/// A text field.
pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, String> {
    let found = value(fields, name)?.as_str();
    found.ok_or_else(|| format!("field {name:?} is no text"))
}

/// An integer, printed as a text (64 bits and more) or as a number (32 bits).
pub(super) fn integer<T: TryFrom<i128>>(fields: &Fields, name: &str) -> Result<T, String> {
    let parsed = match value(fields, name)? {
        Value::String(digits) => digits.parse::<i128>().ok(),
        Value::Number(number) => number.as_i64().map(i128::from),
        _ => None,
    };
    let fitting = parsed.and_then(|number| T::try_from(number).ok());
    fitting.ok_or_else(|| format!("field {name:?} is no integer that fits"))
}

/// A decimal in text form.
pub(super) fn dec(fields: &Fields, name: &str) -> Result<Dec, String> {
    let digits = text(fields, name)?;
    digits.parse().map_err(|error| format!("field {name:?}: {error}"))
}

/// RFC 3339 time as nanoseconds since the Unix epoch.
pub(super) fn time_ns(fields: &Fields, name: &str) -> Result<i64, String> {
    let parsed = OffsetDateTime::parse(text(fields, name)?, &Rfc3339);
    let parsed = parsed.map_err(|error| format!("field {name:?}: {error}"))?;
    nanoseconds(parsed).ok_or_else(|| format!("field {name:?} is out of range"))
}

/// Nanoseconds since the Unix epoch, where they fit 64 bits (years 1677 to 2262).
pub(super) fn nanoseconds(time: OffsetDateTime) -> Option<i64> {
    i64::try_from(time.unix_timestamp_nanos()).ok()
}

/// A coin object.
pub(super) fn coin(value: &Value) -> Result<Coin, String> {
    let fields = value.as_object().ok_or("a coin is no object")?;
    Ok(Coin {
        denom: text(fields, "denom")?.to_owned(),
        amount: integer(fields, "amount")?,
    })
}

/// A list of coins.
pub(super) fn coins(fields: &Fields, name: &str) -> Result<Vec<Coin>, String> {
    list(fields, name)?.iter().map(coin).collect()
}

/// Attributes in the order of the list.
pub(super) fn attributes(fields: &Fields, name: &str) -> Result<Vec<Attribute>, String> {
    let one = |value: &Value| {
        let fields = value.as_object().ok_or("an attribute is no object")?;
        Ok(Attribute {
            key: text(fields, "key")?.to_owned(),
            value: text(fields, "value")?.to_owned(),
        })
    };
    list(fields, name)?.iter().map(one).collect()
}

/// Seconds of a protobuf duration such as `86400s` or `0.5s`, as nanoseconds.
pub(super) fn duration_ns(fields: &Fields, name: &str) -> Result<i64, String> {
    let printed = text(fields, name)?;
    let seconds = printed.strip_suffix('s').and_then(|digits| digits.parse::<Dec>().ok());
    let nanoseconds = seconds.and_then(|seconds| i64::try_from(seconds.scaled() / 1_000_000_000).ok());
    nanoseconds.ok_or_else(|| format!("field {name:?} is no duration: {printed:?}"))
}
