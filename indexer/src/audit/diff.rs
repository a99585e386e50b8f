//! Differences between what a chain answered and what is stored.

use super::rows::Compared;
use super::snapshot::{Section, Snapshot, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Field name of a difference that concerns the whole object.
pub const OBJECT: &str = "object";
const PRESENT: &str = "present";
const ABSENT: &str = "absent";

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Table.
    pub table: &'static str,
    /// Key of the object.
    pub key: String,
    /// Field, or [`OBJECT`] if one side lacks the object.
    pub field: String,
    /// What the chain answered.
    pub expected: String,
    /// What is stored.
    pub got: String,
}

impl fmt::Display for Difference {
    /// One line. The texts come from a chain, so control characters are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            table,
            key,
            field,
            expected,
            got,
        } = self;
        write!(
            f,
            "{table} {} {field}: expected {}, got {}",
            key.escape_debug(),
            expected.escape_debug(),
            got.escape_debug()
        )
    }
}

/// Every difference in the tables that `expected` has, in the order of tables, keys and fields.
///
/// An object more or less is a difference. A field that `expected` lacks (its era does not print it) is
/// not compared; a table that `got` lacks counts as empty.
pub fn diff(expected: &Snapshot, got: &Snapshot) -> Vec<Difference> {
    let mut collector = Collector { found: Vec::new() };
    Snapshot::visit(expected, got, &mut collector);
    collector.found
}

struct Collector {
    found: Vec<Difference>,
}

impl Visitor for Collector {
    fn table<T: Compared>(
        &mut self,
        section: Section,
        expected: Option<&BTreeMap<String, T>>,
        got: Option<&BTreeMap<String, T>>,
    ) {
        let Some(expected) = expected else { return };
        let empty = BTreeMap::new();
        let got = got.unwrap_or(&empty);
        let keys: BTreeSet<&String> = expected.keys().chain(got.keys()).collect();
        for key in keys {
            match (expected.get(key), got.get(key)) {
                (Some(expected), Some(got)) => self.object(section, key, expected, got),
                (Some(_), None) => self.push(section, key, OBJECT, PRESENT, ABSENT),
                (None, _) => self.push(section, key, OBJECT, ABSENT, PRESENT),
            }
        }
    }
}

impl Collector {
    fn object<T: Compared>(&mut self, section: Section, key: &str, expected: &T, got: &T) {
        for ((field, expected), (_, got)) in expected.fields().into_iter().zip(got.fields()) {
            let Some(expected) = expected else { continue };
            let got = got.unwrap_or_else(|| ABSENT.to_owned());
            if expected != got {
                self.push(section, key, field, &expected, &got);
            }
        }
    }

    fn push(&mut self, section: Section, key: &str, field: &str, expected: &str, got: &str) {
        self.found.push(Difference {
            table: section.name(),
            key: key.to_owned(),
            field: field.to_owned(),
            expected: expected.to_owned(),
            got: got.to_owned(),
        });
    }
}
