//! One line of an archive file: a key and named raw bodies.
//!
//! A body that is one line of JSON is embedded as it is. Any other body (indented JSON, HTML, binary) is
//! kept as a JSON string under `<name>~text` or `<name>~base64`, so that every body comes back byte for byte.

use super::ArchiveError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveKey {
    /// A height or slot, written as `"height": 5`.
    Height(u64),
    /// Anything else, such as a signature, written as `"key": "…"`.
    Name(String),
}

/// A key and what was served for it, in order. `None`: not fetched, on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLine {
    /// What the line is about.
    pub key: ArchiveKey,
    /// Bodies by name.
    pub bodies: Vec<(String, Option<Bytes>)>,
}

const HEIGHT: &str = "height";
const KEY: &str = "key";
const TEXT: &str = "text";
const BASE64_MARK: &str = "base64";

impl ArchiveLine {
    /// A line for a height.
    pub fn at_height<'n>(height: u64, bodies: impl IntoIterator<Item = (&'n str, Option<Bytes>)>) -> Self {
        let bodies = bodies.into_iter().map(|(name, body)| (name.to_owned(), body)).collect();
        Self {
            key: ArchiveKey::Height(height),
            bodies,
        }
    }

    /// The body of that name, if the line has it.
    pub fn body(&self, name: &str) -> Option<&Bytes> {
        self.bodies
            .iter()
            .find(|(found, _)| found == name)
            .and_then(|(_, body)| body.as_ref())
    }

    /// Appends the line with its line feed.
    pub(super) fn write_to(&self, out: &mut Vec<u8>) -> Result<(), ArchiveError> {
        match &self.key {
            ArchiveKey::Height(height) => out.extend_from_slice(format!("{{\"{HEIGHT}\":{height}").as_bytes()),
            ArchiveKey::Name(name) => {
                out.extend_from_slice(format!("{{\"{KEY}\":").as_bytes());
                put_json_string(name, out);
            }
        }
        for (name, body) in &self.bodies {
            check_name(name)?;
            out.push(b',');
            put_body(name, body.as_ref(), out);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), ArchiveError> {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && name != HEIGHT && name != KEY {
        Ok(())
    } else {
        Err(ArchiveError::Name(name.to_owned()))
    }
}

fn put_body(name: &str, body: Option<&Bytes>, out: &mut Vec<u8>) {
    match body {
        None => out.extend_from_slice(format!("\"{name}\":null").as_bytes()),
        Some(body) if is_one_line_json(body) => {
            out.extend_from_slice(format!("\"{name}\":").as_bytes());
            out.extend_from_slice(body);
        }
        Some(body) => match std::str::from_utf8(body) {
            Ok(text) => {
                out.extend_from_slice(format!("\"{name}~{TEXT}\":").as_bytes());
                put_json_string(text, out);
            }
            Err(_) => {
                out.extend_from_slice(format!("\"{name}~{BASE64_MARK}\":").as_bytes());
                put_json_string(&BASE64.encode(body), out);
            }
        },
    }
}

/// Whether the bytes can stand in a line as they are and come back the same: an object or array without
/// line breaks and without white space around it.
fn is_one_line_json(body: &[u8]) -> bool {
    let framed = matches!(
        (body.first(), body.last()),
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))
    );
    framed && !body.contains(&b'\n') && !body.contains(&b'\r') && serde_json::from_slice::<&RawValue>(body).is_ok()
}

fn put_json_string(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}

impl<'de> Deserialize<'de> for ArchiveLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = ArchiveLine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of the archive")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ArchiveLine, A::Error> {
        let key = match map.next_key::<&str>()? {
            Some(HEIGHT) => ArchiveKey::Height(map.next_value()?),
            Some(KEY) => ArchiveKey::Name(map.next_value()?),
            _ => return Err(de::Error::missing_field(HEIGHT)),
        };
        let mut bodies = Vec::new();
        while let Some(name) = map.next_key::<&str>()? {
            bodies.push(match name.split_once('~') {
                None => (name.to_owned(), raw_body(map.next_value::<&RawValue>()?)),
                Some((name, TEXT)) => (name.to_owned(), Some(Bytes::from(map.next_value::<String>()?))),
                Some((name, BASE64_MARK)) => {
                    let bytes = BASE64.decode(map.next_value::<&str>()?).map_err(de::Error::custom)?;
                    (name.to_owned(), Some(Bytes::from(bytes)))
                }
                Some((_, form)) => return Err(de::Error::custom(format!("unknown form of a body: {form}"))),
            });
        }
        Ok(ArchiveLine { key, bodies })
    }
}

fn raw_body(raw: &RawValue) -> Option<Bytes> {
    (raw.get() != "null").then(|| Bytes::copy_from_slice(raw.get().as_bytes()))
}
