//! The JSON view of the messages in `inventory`: lists that stop growing, quantities as objects or plain text, times as text.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::inventory::Quantity;
use super::{Duration, Timestamp};

/// Longest list that is kept, with one item more, by which the reader sees that it was longer.
pub(crate) const LIST_MAX: usize = 4_096;

/// A list of which at most [`LIST_MAX`] items and one are kept; null is an empty one.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(de: D) -> Result<Vec<T>, D::Error> {
    de.deserialize_any(ListVisitor(PhantomData))
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() <= LIST_MAX {
            match items.next_element()? {
                Some(item) => kept.push(item),
                None => return Ok(kept),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept)
    }
}

/// A map with the same bound; null is an empty one.
pub(crate) fn map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(de: D) -> Result<BTreeMap<String, T>, D::Error> {
    de.deserialize_any(MapVisitor(PhantomData))
}

struct MapVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MapVisitor<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut kept = BTreeMap::new();
        while kept.len() <= LIST_MAX {
            match entries.next_entry()? {
                Some((key, value)) => kept.insert(key, value),
                None => return Ok(kept),
            };
        }
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(kept)
    }
}

/// `{"string": "16Gi"}`, `"16Gi"` or a whole number.
impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape {
            Object {
                #[serde(default)]
                string: String,
            },
            Text(String),
            Whole(i64),
        }
        let string = match Shape::deserialize(de)? {
            Shape::Object { string } | Shape::Text(string) => string,
            Shape::Whole(number) => number.to_string(),
        };
        Ok(Self { string })
    }
}

/// RFC 3339.
pub(super) fn timestamp<'de, D: Deserializer<'de>>(de: D) -> Result<Option<Box<Timestamp>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(de)? else {
        return Ok(None);
    };
    let at =
        OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| de::Error::custom("the timestamp is no RFC 3339 time"))?;
    Ok(Some(Box::new(Timestamp {
        seconds: at.unix_timestamp(),
        // Below 10^9.
        nanos: at.nanosecond() as i32,
    })))
}

/// `3600s` or `3600.5s`, of which whole seconds are read.
pub(super) fn duration<'de, D: Deserializer<'de>>(de: D) -> Result<Option<Box<Duration>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(de)? else {
        return Ok(None);
    };
    let seconds = text
        .strip_suffix('s')
        .and_then(|number| number.split('.').next())
        .and_then(|whole| whole.parse().ok())
        .ok_or_else(|| de::Error::custom("the duration is no number of seconds such as 3600s"))?;
    Ok(Some(Box::new(Duration { seconds, nanos: 0 })))
}
