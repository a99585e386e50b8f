//! Cursors of the lists of movements: opaque, and pinned to the slot that the list was read at. Pure.

use crate::read::render::{EventKey, EventPlace};
use crate::schema::error::ApiError;
use crate::schema::ids::{Cursor, encode, lines, number};
use crate::schema::page;
use crate::schema::scope::Asked;

/// The key of a node in a list, as the parts of a cursor.
pub(crate) trait Place: Sized {
    /// The parts, each the one spelling of its value.
    fn parts(&self) -> Vec<String>;
    /// The key with these parts; `None` unless `parts` would give them.
    fn of(parts: Vec<String>) -> Option<Self>;
}

impl Place for EventKey {
    fn parts(&self) -> Vec<String> {
        let indexes = [self.outer, self.inner, self.batch].map(|index| index.to_string());
        let mut parts = vec![self.slot.to_string(), self.signature.clone()];
        parts.extend(indexes);
        parts
    }

    fn of(parts: Vec<String>) -> Option<Self> {
        let [slot, signature, outer, inner, batch] = <[String; 5]>::try_from(parts).ok()?;
        Some(Self {
            slot: number(&slot)?,
            signature,
            outer: number(&outer)?,
            inner: number(&inner)?,
            batch: number(&batch)?,
        })
    }
}

impl Place for EventPlace {
    fn parts(&self) -> Vec<String> {
        let mut parts = self.key.parts();
        parts.extend([
            self.kind.clone(),
            self.source_account.clone(),
            self.dest_account.clone(),
        ]);
        parts
    }

    fn of(mut parts: Vec<String>) -> Option<Self> {
        let rest = parts.split_off(parts.len().checked_sub(3)?);
        let [kind, source_account, dest_account] = <[String; 3]>::try_from(rest).ok()?;
        Some(Self {
            key: EventKey::of(parts)?,
            kind,
            source_account,
            dest_account,
        })
    }
}

impl Place for u32 {
    fn parts(&self) -> Vec<String> {
        vec![self.to_string()]
    }

    fn of(parts: Vec<String>) -> Option<Self> {
        let [epoch] = <[String; 1]>::try_from(parts).ok()?;
        number(&epoch)
    }
}

impl Place for (u32, String) {
    fn parts(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.clone()]
    }

    fn of(parts: Vec<String>) -> Option<Self> {
        let [epoch, name] = <[String; 2]>::try_from(parts).ok()?;
        Some((number(&epoch)?, name))
    }
}

impl Place for (u32, String, String) {
    fn parts(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.clone(), self.2.clone()]
    }

    fn of(parts: Vec<String>) -> Option<Self> {
        let [epoch, measure, source] = <[String; 3]>::try_from(parts).ok()?;
        Some((number(&epoch)?, measure, source))
    }
}

/// The cursor of the node with key `place` in the list `tag`.
pub(crate) fn write<P: Place>(tag: &'static str, network: &str, as_of: u64, place: &P) -> String {
    let parts = place.parts();
    let as_of = as_of.to_string();
    let mut all = vec![tag, network, as_of.as_str()];
    all.extend(parts.iter().map(String::as_str));
    encode(&all)
}

/// Reads back what `write` gave out for the list `tag`.
fn read<P: Place>(tag: &'static str, text: &str) -> Option<Cursor<P>> {
    let mut parts = lines(tag, text)?;
    if parts.len() < 2 {
        return None;
    }
    let key = P::of(parts.split_off(2))?;
    let as_of = number(parts.get(1)?)?;
    let network = parts.swap_remove(0);
    Some(Cursor {
        network,
        as_of,
        created_at: as_of,
        key,
    })
}

/// Where the page behind `after` begins, and the slot that it is read at.
pub(crate) fn open<P: Place>(
    tag: &'static str,
    network: &str,
    after: Option<&str>,
    asked: Asked,
) -> Result<(Option<P>, Asked), ApiError> {
    let cursor = after
        .map(|text| read::<P>(tag, text).ok_or(ApiError::BadCursor("it is not one of this list")))
        .transpose()?;
    let asked = page::pin(network, asked, cursor.as_ref())?;
    Ok((cursor.map(|cursor| cursor.key), asked))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key() -> EventKey {
        EventKey {
            slot: u64::MAX,
            signature: "s".into(),
            outer: -1,
            inner: 0,
            batch: 7,
        }
    }

    fn again<P: Place + PartialEq + std::fmt::Debug>(place: P) {
        let text = write("list1", "render", 9, &place);
        let (found, asked) = open::<P>("list1", "render", Some(&text), Asked::default()).unwrap();
        assert_eq!(found, Some(place));
        assert_eq!(asked.height, Some(9));
        assert!(open::<P>("other1", "render", Some(&text), Asked::default()).is_err());
        assert!(open::<P>("list1", "akash", Some(&text), Asked::default()).is_err());
    }

    #[test]
    fn cursors_come_back_whole_and_only_to_their_list_and_network() {
        again(key());
        again(EventPlace {
            key: key(),
            kind: "unexplained_delta".into(),
            source_account: "a".into(),
            dest_account: String::new(),
        });
        again(7_u32);
        again((7_u32, "wallet".to_owned()));
        again((7_u32, "burned".to_owned(), String::new()));
    }

    #[test]
    fn anything_else_is_malformed() {
        let places = [
            vec!["list1"],
            vec!["list1", "render"],
            vec!["list1", "render", "9"],
            vec!["list1", "render", "9", "1", "s", "0", "0"],
            vec!["list1", "render", "9", "1", "s", "0", "0", "0", "0"],
            vec!["list1", "render", "9", "01", "s", "0", "0", "0"],
            vec!["list1", "render", "-9", "1", "s", "0", "0", "0"],
            vec!["list1", "render", "9", "1", "s", "2147483648", "0", "0"],
        ];
        for parts in places {
            assert!(read::<EventKey>("list1", &encode(&parts)).is_none(), "{parts:?}");
        }
        assert!(read::<EventKey>("list1", "%%%").is_none());
    }
}
