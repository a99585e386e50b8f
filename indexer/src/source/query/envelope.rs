//! What is read of a page: how many objects, what names them, and whether there is a further page. Never what they mean.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::QueryDefect;
use super::method::{KeyPart, Paged};
use crate::source::Encoding;
use crate::source::wire::{Fields, Wire, WireError, bytes_of, integer_of};

/// Longest next key that is believed, in bytes: real ones are below 200.
const MAX_KEY: usize = 4_096;

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// A keyed hash of what names each object. Two that are equal by chance cost one more try, never an object.
    pub(super) objects: Vec<u64>,
    /// Key of the page that follows.
    pub(super) next_key: Option<Vec<u8>>,
    /// What the node counts; 0: nothing.
    pub(super) total: u64,
}

impl From<WireError> for QueryDefect {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Truncated => Self::truncated(format!("the protobuf message cannot be whole: {error}")),
            WireError::Malformed => Self::garbage(format!("it is no protobuf message: {error}")),
        }
    }
}

impl From<serde_json::Error> for QueryDefect {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() {
            Self::truncated(format!("the JSON ends in the middle: {error}"))
        } else {
            Self::garbage(format!("it is not the JSON of this method: {error}"))
        }
    }
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Reads a page.
pub(super) fn page(paged: &Paged, encoding: Encoding, body: &[u8], hasher: &RandomState) -> Result<Page, QueryDefect> {
    match encoding {
        Encoding::Proto => proto(paged, body, hasher),
        Encoding::Json => json(paged, body, hasher),
    }
}

/// Looks whether an answer without pages is a message at all.
pub(super) fn whole(encoding: Encoding, body: &[u8]) -> Result<(), QueryDefect> {
    match encoding {
        Encoding::Proto => Ok(Fields::of(body).try_for_each(|field| field.map(drop))?),
        Encoding::Json => Ok(serde_json::from_slice::<Members<'_>>(body).map(drop)?),
    }
}

/// The owners on a page of providers.
pub(super) fn owners(encoding: Encoding, body: &[u8]) -> Result<Vec<String>, QueryDefect> {
    #[derive(serde::Deserialize)]
    struct Providers {
        #[serde(default)]
        providers: Vec<Provider>,
    }
    #[derive(serde::Deserialize)]
    struct Provider {
        owner: String,
    }
    let owners: Vec<String> = match encoding {
        Encoding::Json => {
            let page: Providers = serde_json::from_slice(body)?;
            page.providers.into_iter().map(|provider| provider.owner).collect()
        }
        Encoding::Proto => {
            let mut owners = Vec::new();
            for field in Fields::of(body) {
                if let (1, Wire::Bytes(provider)) = field? {
                    owners.push(String::from_utf8_lossy(bytes_of(provider, 1)?.unwrap_or_default()).into_owned());
                }
            }
            owners
        }
    };
    // An owner becomes a part of a path: nothing but an address may.
    let plain = |owner: &String| (1..=90).contains(&owner.len()) && owner.bytes().all(|b| b.is_ascii_alphanumeric());
    match owners.iter().position(|owner| !plain(owner)) {
        None => Ok(owners),
        Some(object) => Err(QueryDefect::garbage(format!(
            "the owner of provider {object} is no address"
        ))),
    }
}

fn proto(paged: &Paged, body: &[u8], hasher: &RandomState) -> Result<Page, QueryDefect> {
    let (mut objects, mut response) = (Vec::new(), None);
    for field in Fields::of(body) {
        match field? {
            (1, Wire::Bytes(object)) => {
                let number = objects.len();
                objects.push(proto_key(paged.key, object, hasher)?.ok_or_else(|| nameless(number))?);
            }
            (2, Wire::Bytes(message)) => response = Some(message),
            (1 | 2, _) => return Err(QueryDefect::garbage("a list or its page response is no message")),
            _ => {}
        }
    }
    if response.is_none() && paged.response {
        return Err(QueryDefect::truncated("it has no page response, which every page has"));
    }
    let response = response.unwrap_or_default();
    Ok(Page {
        objects,
        next_key: next_key(bytes_of(response, 1)?.unwrap_or_default().to_vec())?,
        total: integer_of(response, 2)?,
    })
}

fn nameless(number: usize) -> QueryDefect {
    QueryDefect::garbage(format!("object {number} has nothing that names it"))
}

fn next_key(key: Vec<u8>) -> Result<Option<Vec<u8>>, QueryDefect> {
    if key.len() > MAX_KEY {
        return Err(QueryDefect::garbage(format!("the next key has {} bytes", key.len())));
    }
    Ok((!key.is_empty()).then_some(key))
}

fn proto_key(parts: &[KeyPart], object: &[u8], hasher: &RandomState) -> Result<Option<u64>, QueryDefect> {
    let mut state = hasher.build_hasher();
    for (path, _) in parts {
        let Some((last, outer)) = path.split_last() else {
            return Ok(None);
        };
        let mut message = object;
        for number in outer {
            match bytes_of(message, *number)? {
                Some(inner) => message = inner,
                None => return Ok(None),
            }
        }
        let mut found = None;
        for field in Fields::of(message) {
            if let (number, value) = field?
                && number == *last
            {
                found = Some(value);
            }
        }
        match found {
            Some(Wire::Bytes(bytes)) if !bytes.is_empty() => bytes.hash(&mut state),
            Some(Wire::Varint(number)) => number.hash(&mut state),
            _ => return Ok(None),
        }
    }
    Ok(Some(state.finish()))
}

fn json(paged: &Paged, body: &[u8], hasher: &RandomState) -> Result<Page, QueryDefect> {
    let members: Members<'_> = serde_json::from_slice(body)?;
    let list = members
        .get(paged.items)
        .ok_or_else(|| QueryDefect::garbage(format!("it has no list `{}`", paged.items)))?;
    let list: Option<Vec<&RawValue>> = serde_json::from_str(list.get())?;
    let mut objects = Vec::new();
    for (number, object) in list.unwrap_or_default().into_iter().enumerate() {
        objects.push(json_key(paged.key, object, hasher)?.ok_or_else(|| nameless(number))?);
    }
    let response: Option<Value> = match members.get("pagination") {
        Some(raw) => serde_json::from_str(raw.get())?,
        None => None,
    };
    if response.is_none() && paged.response {
        return Err(QueryDefect::garbage("it has no `pagination`, which every page has"));
    }
    let response = response.unwrap_or_default();
    Ok(Page {
        objects,
        next_key: json_next_key(&response)?,
        total: json_total(&response)?,
    })
}

fn json_next_key(response: &Value) -> Result<Option<Vec<u8>>, QueryDefect> {
    match response.get("next_key") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => match STANDARD.decode(text) {
            Ok(key) => next_key(key),
            Err(error) => Err(QueryDefect::garbage(format!("the next key is not base64: {error}"))),
        },
        Some(_) => Err(QueryDefect::garbage("the next key is no text")),
    }
}

fn json_total(response: &Value) -> Result<u64, QueryDefect> {
    let total = match response.get("total") {
        None | Some(Value::Null) => Some(0),
        Some(Value::String(digits)) => digits.parse().ok(),
        Some(number) => number.as_u64(),
    };
    total.ok_or_else(|| QueryDefect::garbage("the total is no number"))
}

fn json_key(parts: &[KeyPart], object: &RawValue, hasher: &RandomState) -> Result<Option<u64>, QueryDefect> {
    let mut state = hasher.build_hasher();
    for (_, path) in parts {
        let mut value = object.get();
        for name in *path {
            let members: Members<'_> = serde_json::from_str(value)?;
            match members.get(*name) {
                Some(inner) => value = inner.get(),
                None => return Ok(None),
            }
        }
        let value: Value = serde_json::from_str(value)?;
        if matches!(&value, Value::Null) || value.as_str() == Some("") {
            return Ok(None);
        }
        value.to_string().hash(&mut state);
    }
    Ok(Some(state.finish()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::source::query::method::{CORE, PROVIDERS};
    use crate::source::wire::{put_bytes, put_integer};
    use proptest::prelude::*;

    fn providers(owners: &[&str], key: &[u8], total: u64) -> Vec<u8> {
        let mut out = Vec::new();
        for owner in owners {
            let mut provider = Vec::new();
            put_bytes(&mut provider, 1, owner.as_bytes());
            put_bytes(&mut out, 1, &provider);
        }
        let mut response = Vec::new();
        put_bytes(&mut response, 1, key);
        put_integer(&mut response, 2, total);
        put_bytes(&mut out, 2, &response);
        out
    }

    fn paged() -> &'static Paged {
        PROVIDERS.paged.as_ref().unwrap()
    }

    #[test]
    fn both_encodings_say_the_same() {
        let hasher = RandomState::new();
        let proto = page(paged(), Encoding::Proto, &providers(&["a", "b", "a"], b"k", 7), &hasher).unwrap();
        let body = br#"{"providers":[{"owner":"a"},{"owner":"b"},{"info":{},"owner":"a"}],
                        "pagination":{"next_key":"aw==","total":"7"}}"#;
        let json = page(paged(), Encoding::Json, body, &hasher).unwrap();
        for read in [&proto, &json] {
            assert_eq!((read.next_key.as_deref(), read.total), (Some(b"k".as_slice()), 7));
            assert_eq!(read.objects[0], read.objects[2]);
            assert_ne!(read.objects[0], read.objects[1]);
        }
    }

    #[test]
    fn a_page_that_says_nothing_of_a_further_one_is_not_the_last() {
        let hasher = RandomState::new();
        let body = providers(&["a"], b"", 0);
        let cut = &body[..body.len() - 4];
        let said = page(paged(), Encoding::Proto, cut, &hasher).unwrap_err();
        assert!(matches!(said, QueryDefect::Truncated { .. }), "{said}");
        let said = page(paged(), Encoding::Json, br#"{"providers":[]}"#, &hasher).unwrap_err();
        assert!(matches!(said, QueryDefect::Garbage { .. }), "{said}");
    }

    #[test]
    fn an_owner_that_is_no_address_goes_into_no_path() {
        for odd in ["", "a/../b", "a?x=1", "é"] {
            let body = providers(&["akash1abc", odd], b"", 0);
            assert!(owners(Encoding::Proto, &body).is_err(), "{odd:?}");
        }
        assert_eq!(
            owners(Encoding::Proto, &providers(&["akash1abc"], b"", 0)).unwrap(),
            ["akash1abc"]
        );
    }

    proptest! {
        #[test]
        fn altered_pages_are_read_or_refused(
            at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()
        ) {
            let hasher = RandomState::new();
            let mut body = providers(&["akash1abc", "akash1def"], b"key", 2);
            let index = at.index(body.len());
            body[index] = to;
            let end = cut.index(body.len() + 1);
            for method in CORE.iter().chain([&PROVIDERS]) {
                let paged = method.paged.as_ref().unwrap();
                let _ = page(paged, Encoding::Proto, &body, &hasher);
                let _ = page(paged, Encoding::Proto, &body[..end], &hasher);
            }
            let _ = owners(Encoding::Proto, &body[..end]);
        }

        #[test]
        fn altered_json_is_read_or_refused(at in any::<prop::sample::Index>(), to in any::<u8>()) {
            let mut body = br#"{"providers":[{"owner":"a"},{"owner":"b"}],"pagination":{"next_key":"aw==","total":"2"}}"#.to_vec();
            let index = at.index(body.len());
            body[index] = to;
            let _ = page(paged(), Encoding::Json, &body, &RandomState::new());
            let _ = page(paged(), Encoding::Json, &body[..index], &RandomState::new());
            let _ = owners(Encoding::Json, &body);
        }
    }
}
