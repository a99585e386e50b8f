//! Pages to objects, of both encodings, with bounds.

use super::error::{PageAt, SnapshotError};
use super::wire::Page;
use crate::chain::akash::decode::FieldError;
use crate::chain::akash::model::Version;
use crate::source::{Encoding, RawAnswer, RawState};
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Longest page. Nodes of v1.x answer all accounts in one, whatever was asked for.
const PAGE_MAX_BYTES: usize = 1 << 30;
/// Longest single object; a deployment of a hundred groups has some hundred kilobytes.
const OBJECT_MAX_BYTES: usize = 8 << 20;
/// Most objects of one list, above any chain's.
const LIST_MAX: usize = 100_000_000;

/// A query that gives the state or a part of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    /// Fully qualified, with the version that is read.
    pub(super) method: &'static str,
    /// Name of the list in a REST page; empty where the answer is one object.
    pub(super) list: &'static str,
}

/// Where an object was found.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) at: Box<PageAt>,
    pub(super) object: usize,
}

impl Spot {
    /// A field of the object at `key` that cannot be.
    pub(super) fn field(&self, key: &str, source: FieldError) -> SnapshotError {
        SnapshotError::Field {
            at: self.at.clone(),
            object: self.object,
            key: key.to_owned(),
            source,
        }
    }

    /// The object at `key` does not fit to others.
    pub(super) fn unfit(&self, key: &str, what: impl Into<String>) -> SnapshotError {
        SnapshotError::Inconsistent {
            at: self.at.clone(),
            object: self.object,
            key: key.to_owned(),
            what: what.into(),
        }
    }
}

/// The answers of one snapshot.
pub(super) struct Answers<'a> {
    pub(super) raw: &'a RawState,
    pub(super) version: Version,
}

impl<'a> Answers<'a> {
    /// Pages of a query; those of another version of it are refused, not passed over.
    fn pages(&self, query: Query) -> Result<Vec<&'a RawAnswer>, SnapshotError> {
        let wanted = parts(query.method);
        let mut found: Vec<&RawAnswer> = Vec::new();
        for answer in &self.raw.answers {
            if answer.method == query.method {
                found.push(answer);
            } else if wanted.is_some() && parts(&answer.method).map(unversioned) == wanted.map(unversioned) {
                return Err(SnapshotError::UnknownMethod {
                    method: answer.method.chars().take(200).collect(),
                    known: query.method,
                });
            }
        }
        for (number, answer) in found.iter().enumerate() {
            let earlier = &found[..number];
            let same = |other: &&&RawAnswer| other.subject == answer.subject;
            let expected = earlier
                .iter()
                .rev()
                .find(same)
                .map_or(0, |before| before.page.saturating_add(1));
            if answer.page != expected {
                return Err(SnapshotError::Page {
                    at: PageAt::of(answer),
                    what: format!("page {expected} should come here"),
                });
            }
            if answer.body.len() > PAGE_MAX_BYTES {
                return Err(SnapshotError::Page {
                    at: PageAt::of(answer),
                    what: format!("it has {} bytes, the limit is {PAGE_MAX_BYTES}", answer.body.len()),
                });
            }
        }
        Ok(found)
    }

    /// Whether a query was answered.
    pub(super) fn has(&self, query: Query) -> bool {
        self.raw.answers.iter().any(|answer| answer.method == query.method)
    }

    /// Refuses a snapshot without this query.
    pub(super) fn need(&self, query: Query) -> Result<(), SnapshotError> {
        if self.has(query) || !self.pages(query)?.is_empty() {
            return Ok(());
        }
        Err(SnapshotError::Missing {
            method: query.method.to_owned(),
            version: self.version,
        })
    }

    /// Every object of a list, of all subjects and pages.
    pub(super) fn each<T: Message + Default + DeserializeOwned>(
        &self,
        query: Query,
        mut take: impl FnMut(&Spot, T) -> Result<(), SnapshotError>,
    ) -> Result<(), SnapshotError> {
        let mut total = 0_usize;
        for answer in self.pages(query)? {
            let at = PageAt::of(answer);
            let objects = match answer.encoding {
                Encoding::Proto => Objects::Proto(proto_page(&at, answer)?),
                Encoding::Json => Objects::Json(json_page(&at, answer, query.list)?),
            };
            total = total.saturating_add(objects.len());
            if total > LIST_MAX {
                let what = format!("the list has more than {LIST_MAX} objects");
                return Err(SnapshotError::Page { at, what });
            }
            objects.each(at, &mut take)?;
        }
        Ok(())
    }

    /// The answers that are one object each, by subject.
    pub(super) fn single<T: Message + Default + DeserializeOwned>(
        &self,
        query: Query,
        mut take: impl FnMut(&Spot, T) -> Result<(), SnapshotError>,
    ) -> Result<(), SnapshotError> {
        for answer in self.pages(query)? {
            let at = PageAt::of(answer);
            let objects = match answer.encoding {
                Encoding::Proto => Objects::Proto(vec![answer.body.to_vec()]),
                Encoding::Json => Objects::Json(vec![json(&at, answer)?]),
            };
            objects.each(at, &mut take)?;
        }
        Ok(())
    }

    /// JSON values of a list, where an answer in the wire form has another reader.
    pub(super) fn json_objects(&self, query: Query) -> Result<Vec<(Spot, Value)>, SnapshotError> {
        let mut found = Vec::new();
        for answer in self.pages(query)? {
            let at = PageAt::of(answer);
            if answer.encoding == Encoding::Json {
                let objects = json_page(&at, answer, query.list)?;
                let spot = |object| Spot { at: at.clone(), object };
                found.extend(
                    objects
                        .into_iter()
                        .enumerate()
                        .map(|(number, value)| (spot(number), value)),
                );
            }
        }
        Ok(found)
    }

    /// Objects of a list in the wire form only.
    pub(super) fn proto_objects<T: Message + Default>(&self, query: Query) -> Result<Vec<(Spot, T)>, SnapshotError> {
        let mut found = Vec::new();
        for answer in self.pages(query)? {
            let at = PageAt::of(answer);
            if answer.encoding == Encoding::Proto {
                for (object, bytes) in proto_page(&at, answer)?.into_iter().enumerate() {
                    let spot = Spot { at: at.clone(), object };
                    let value = from_proto(&spot, &bytes)?;
                    found.push((spot, value));
                }
            }
        }
        Ok(found)
    }
}

/// Package without its version, version, and the rest: `akash.market`, `v1beta5`, `Query/Leases`.
fn parts(method: &str) -> Option<(&str, &str, &str)> {
    let (service, call) = method.rsplit_once(".Query/")?;
    let (package, version) = service.rsplit_once('.')?;
    Some((package, version, call))
}

fn unversioned<'a>((package, _, call): (&'a str, &'a str, &'a str)) -> (&'a str, &'a str) {
    (package, call)
}

enum Objects {
    Proto(Vec<Vec<u8>>),
    Json(Vec<Value>),
}

impl Objects {
    fn len(&self) -> usize {
        match self {
            Self::Proto(objects) => objects.len(),
            Self::Json(objects) => objects.len(),
        }
    }

    fn each<T: Message + Default + DeserializeOwned>(
        self,
        at: Box<PageAt>,
        take: &mut impl FnMut(&Spot, T) -> Result<(), SnapshotError>,
    ) -> Result<(), SnapshotError> {
        let mut spot = Spot { at, object: 0 };
        match self {
            Self::Proto(objects) => {
                for bytes in objects {
                    let value = from_proto(&spot, &bytes)?;
                    take(&spot, value)?;
                    spot.object += 1;
                }
            }
            Self::Json(objects) => {
                for value in objects {
                    let read = serde_path_to_error::deserialize(value).map_err(|error| {
                        let path = error.path().to_string();
                        shape(&spot, format!("{path}: {}", error.into_inner()))
                    })?;
                    take(&spot, read)?;
                    spot.object += 1;
                }
            }
        }
        Ok(())
    }
}

fn shape(spot: &Spot, what: String) -> SnapshotError {
    SnapshotError::Shape {
        at: spot.at.clone(),
        object: spot.object,
        // Serde's messages repeat what they found, and that is hostile.
        what: what.chars().take(300).collect(),
    }
}

fn from_proto<T: Message + Default>(spot: &Spot, bytes: &[u8]) -> Result<T, SnapshotError> {
    if bytes.len() > OBJECT_MAX_BYTES {
        let what = format!("it has {} bytes, the limit is {OBJECT_MAX_BYTES}", bytes.len());
        return Err(shape(spot, what));
    }
    T::decode(bytes).map_err(|error| shape(spot, error.to_string()))
}

fn proto_page(at: &PageAt, answer: &RawAnswer) -> Result<Vec<Vec<u8>>, SnapshotError> {
    let page = Page::decode(answer.body.clone());
    page.map(|page| page.objects).map_err(|error| SnapshotError::Page {
        at: Box::new(at.clone()),
        what: error.to_string(),
    })
}

fn json(at: &PageAt, answer: &RawAnswer) -> Result<Value, SnapshotError> {
    serde_json::from_slice(&answer.body).map_err(|error| SnapshotError::Page {
        at: Box::new(at.clone()),
        what: format!("it is no JSON: {error}"),
    })
}

/// A gateway's page, or a list of all pages joined.
fn json_page(at: &PageAt, answer: &RawAnswer, list: &str) -> Result<Vec<Value>, SnapshotError> {
    let objects = match json(at, answer)? {
        Value::Object(mut fields) => fields.remove(list),
        joined => Some(joined),
    };
    match objects {
        Some(Value::Array(objects)) => Ok(objects),
        _ => Err(SnapshotError::Page {
            at: Box::new(at.clone()),
            what: format!("it has no list {list:?}"),
        }),
    }
}
