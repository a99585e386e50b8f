//! Integers of REST bodies: `8000`, `"8000"`, and the old `{"units":{"val":"8000"}}`.

use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::InventoryError;

/// An integer, however deep it was wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number(i128);

impl Number {
    /// The number; it must fit in 63 bits.
    pub(super) fn plain(self, at: &str) -> Result<i64, InventoryError> {
        i64::try_from(self.0).map_err(|_| InventoryError::Overflow {
            at: at.to_owned(),
            limit: i64::MAX.unsigned_abs(),
        })
    }

    /// The number, where it may be below zero. Providers subtract in unsigned 64 bits, so what is over 2^63 is what lies that
    /// far below zero: an overcommitted node.
    pub(super) fn wrapped(self, at: &str) -> Result<i64, InventoryError> {
        match u64::try_from(self.0) {
            Ok(unsigned) => Ok(unsigned.cast_signed()),
            Err(_) => self.plain(at),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape {
            Positive(u64),
            Signed(i64),
            Text(String),
            Wrapped(Wrapped),
            Null(()),
        }
        /// The old shapes, as deep as they go.
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Wrapped {
            Val(Inner),
            Units(Val),
            Quantity(Val),
            Size(Val),
        }
        #[derive(Deserialize)]
        struct Val {
            val: Inner,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Inner {
            Text(String),
            Whole(i64),
        }
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| de::Error::custom("a number is not written in digits"))
        };
        let inner = |inner: Inner| match inner {
            Inner::Text(text) => parse(&text),
            Inner::Whole(whole) => Ok(i128::from(whole)),
        };
        let number = match Shape::deserialize(de)? {
            Shape::Positive(number) => i128::from(number),
            Shape::Signed(number) => i128::from(number),
            Shape::Text(text) => parse(&text)?,
            Shape::Wrapped(Wrapped::Val(value)) => inner(value)?,
            Shape::Wrapped(Wrapped::Units(v) | Wrapped::Quantity(v) | Wrapped::Size(v)) => inner(v.val)?,
            Shape::Null(()) => 0,
        };
        Ok(Self(number))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(json: &str) -> Option<i128> {
        serde_json::from_str::<Number>(json).ok().map(|n| n.0)
    }

    #[test]
    fn a_number_is_read_however_it_is_wrapped() {
        for json in [
            "8000",
            r#""8000""#,
            r#"{"val":"8000"}"#,
            r#"{"units":{"val":"8000"}}"#,
            r#"{"quantity":{"val":"8000"}}"#,
            r#"{"size":{"val":8000}}"#,
        ] {
            assert_eq!(read(json), Some(8000), "{json}");
        }
        assert_eq!(read("null"), Some(0));
        for json in [
            "8.5",
            r#""8k""#,
            "[8000]",
            "true",
            r#"{"other":{"val":"1"}}"#,
            "{}",
            r#""""#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn a_difference_that_wrapped_around_is_below_zero() {
        assert_eq!(Number(i128::from(u64::MAX)).wrapped("x"), Ok(-1));
        assert_eq!(Number(-5).wrapped("x"), Ok(-5));
        assert_eq!(Number(i128::from(u64::MAX)).plain("x").unwrap_err().code(), "overflow");
        assert_eq!(Number(i128::MAX).wrapped("x").unwrap_err().code(), "overflow");
    }
}
