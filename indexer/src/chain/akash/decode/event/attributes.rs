//! Attributes of one event, decoded.

use super::FieldError;
use crate::chain::akash::decode::text;
use crate::chain::akash::decode::wire::{WireAttribute, WireEvent};
use crate::chain::akash::model::{Attribute, EventBody};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::borrow::Cow;

/// Attributes kept of an event that nobody knows.
const UNKNOWN_MAX_ATTRIBUTES: usize = 64;
/// Characters kept of each of them.
const UNKNOWN_MAX_CHARS: usize = 4096;

/// Stands for a value that is not what the encoding promises.
const UNREADABLE: &str = "\u{fffd}";

/// How keys and values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chain::akash::decode) enum Encoding {
    /// As they are.
    Plain,
    /// Both in base64, by nodes before CometBFT 0.37.
    Base64,
}

/// Decoded attributes, in order. `null` reads as empty text.
pub(in crate::chain::akash::decode) struct Attributes<'e, 'a>(Decoded<'e, 'a>);

enum Decoded<'e, 'a> {
    Plain(&'e [WireAttribute<'a>]),
    Copied(Vec<Pair<'e>>),
}

/// A key and a value; nothing where they are not what the encoding promises.
struct Pair<'e> {
    key: Option<Cow<'e, str>>,
    value: Option<Cow<'e, str>>,
}

impl<'e, 'a> Attributes<'e, 'a> {
    /// Decodes all attributes. One that is no base64 or no UTF-8 reads as absent, so that a known event
    /// fails on the field it misses and an unknown one is kept.
    pub(super) fn decode(event: &'e WireEvent<'a>, encoding: Encoding) -> Self {
        Self(match encoding {
            Encoding::Plain => Decoded::Plain(&event.attributes),
            Encoding::Base64 => {
                let pair = |attribute: &'e WireAttribute<'a>| Pair {
                    key: base64_text(attribute.key.as_deref().unwrap_or_default()),
                    value: base64_text(attribute.value.as_deref().unwrap_or_default()),
                };
                Decoded::Copied(event.attributes.iter().map(pair).collect())
            }
        })
    }

    fn get(&self, index: usize) -> Option<(&str, Option<&str>)> {
        match &self.0 {
            Decoded::Plain(list) => list.get(index).map(|attribute| {
                let key = attribute.key.as_deref().unwrap_or_default();
                (key, Some(attribute.value.as_deref().unwrap_or_default()))
            }),
            Decoded::Copied(list) => list
                .get(index)
                .map(|pair| (pair.key.as_deref().unwrap_or_default(), pair.value.as_deref())),
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, Option<&str>)> {
        let length = match &self.0 {
            Decoded::Plain(list) => list.len(),
            Decoded::Copied(list) => list.len(),
        };
        (0..length).filter_map(|index| self.get(index))
    }

    /// First value of a key. The chain writes an event's own fields before anything it appends.
    pub(super) fn first(&self, key: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value)
    }

    /// Last value of a key: what the chain appends (`msg_index`, `mode`) cannot be overridden by a field.
    pub(in crate::chain::akash::decode) fn last(&self, key: &str) -> Option<&str> {
        self.iter()
            .rev()
            .find(|(name, _)| *name == key)
            .and_then(|(_, value)| value)
    }

    /// All values of a key, in order.
    pub(in crate::chain::akash::decode) fn every<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        self.iter()
            .filter(move |(name, _)| *name == key)
            .filter_map(|(_, value)| value)
    }

    /// A value that must be there.
    pub(super) fn need(&self, key: &'static str) -> Result<&str, FieldError> {
        self.first(key).ok_or(FieldError::Missing(key))
    }

    /// A typed value: JSON of a known shape.
    pub(super) fn json<'s, T: Deserialize<'s>>(&'s self, key: &'static str) -> Result<T, FieldError> {
        serde_json::from_str(self.need(key)?).map_err(|source| FieldError::Json { field: key, source })
    }

    /// A typed text: a JSON string, or the plain text where it is none.
    pub(super) fn string(&self, key: &'static str) -> Result<String, FieldError> {
        let value = self.need(key)?;
        Ok(serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned()))
    }

    /// A typed whole number, as JSON number, JSON string or plain digits.
    pub(super) fn signed(&self, key: &'static str) -> Result<i64, FieldError> {
        text::signed(key, self.need(key)?.trim_matches('"'))
    }

    /// Typed bytes: base64 in a JSON string; `null` is empty.
    pub(super) fn bytes(&self, key: &'static str) -> Result<Vec<u8>, FieldError> {
        base64_bytes(key, &self.json::<Option<String>>(key)?.unwrap_or_default())
    }

    /// All fields of a typed event as JSON, without what the chain appends.
    pub(super) fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
        let appended = |key: &str| matches!(key, "msg_index" | "authz_msg_index" | "mode");
        self.iter()
            .filter(|(key, _)| !appended(key))
            .map(|(key, value)| {
                let value = value.unwrap_or_default();
                let plain = |_| serde_json::Value::String(value.to_owned());
                (key.to_owned(), serde_json::from_str(value).unwrap_or_else(plain))
            })
            .collect()
    }

    /// The event as nobody knows it, cut to a bounded size.
    pub(super) fn unknown(&self, kind: &str) -> EventBody {
        let cut = |text: &str| text.chars().take(UNKNOWN_MAX_CHARS).collect();
        let attributes = self.iter().take(UNKNOWN_MAX_ATTRIBUTES);
        EventBody::Unknown {
            kind: kind.chars().take(256).collect(),
            attributes: attributes
                .map(|(key, value)| Attribute {
                    key: cut(key),
                    value: cut(value.unwrap_or(UNREADABLE)),
                })
                .collect(),
        }
    }
}

/// First value of a key without decoding the rest.
pub(in crate::chain::akash::decode) fn first<'e>(
    event: &'e WireEvent<'_>,
    key: &str,
    encoding: Encoding,
) -> Option<Cow<'e, str>> {
    event.attributes.iter().find_map(|attribute| {
        let name = attribute.key.as_deref()?;
        let value = attribute.value.as_deref().unwrap_or_default();
        match encoding {
            Encoding::Plain => (name == key).then_some(Cow::Borrowed(value)),
            Encoding::Base64 => (base64_text(name)? == key).then(|| base64_text(value)).flatten(),
        }
    })
}

/// Whether an event has a key.
pub(in crate::chain::akash::decode) fn has(event: &WireEvent<'_>, key: &str, encoding: Encoding) -> bool {
    event
        .attributes
        .iter()
        .filter_map(|attribute| attribute.key.as_deref())
        .any(|name| match encoding {
            Encoding::Plain => name == key,
            Encoding::Base64 => base64_text(name).is_some_and(|name| name == key),
        })
}

fn base64_text<'t>(text: &str) -> Option<Cow<'t, str>> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok().map(Cow::Owned)
}

/// Bytes that a field holds in base64.
pub(in crate::chain::akash::decode) fn base64_bytes(field: &'static str, text: &str) -> Result<Vec<u8>, FieldError> {
    STANDARD
        .decode(text)
        .map_err(|source| FieldError::Base64 { field, source })
}
