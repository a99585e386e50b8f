//! The catalogue of metrics: one SQL file is one metric.
//!
//! A file in `migrations/metrics/` begins with a header of SQL comments and then holds one `SELECT`:
//!
//! ```sql
//! -- unit: GPUs
//! -- definition: What the value means, in as many
//! --   continued lines as it takes.
//! -- evidence: derived
//! -- kinds: akash
//! -- dimensions: gpu_model, denom
//! -- sample: leases
//! SELECT [gpu_model, denom] AS dimensions, toString(…) AS value, count() AS sample_size FROM …
//! ```
//!
//! `evidence` is `onchain` (read from the chain), `derived` (computed from such rows by a rule of ours) or
//! `offchain_reported` (somebody's published number takes part). `kinds` names the families of networks that have the
//! metric, as the kind of a network is written (`akash`, `render`).
//!
//! The query has two server-side parameters, `{network:String}` and `{as_of:UInt64}` (a height), reads
//! `_as_of` views or rows at or below that height only, and answers three columns: `dimensions
//! Array(String)` in the order of the header, `value String` (an exact number), `sample_size UInt64`.

use rust_embed::RustEmbed;
use std::collections::BTreeSet;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../migrations/metrics"]
struct MetricFiles;

/// A metric: what it means and the query that computes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name: the file's, without `.sql`.
    pub name: String,
    /// Unit of the value.
    pub unit: String,
    /// What the value means.
    pub definition: String,
    /// How its values are known.
    pub evidence: Evidence,
    /// Kinds of networks that have it.
    pub kinds: Vec<String>,
    /// Names of the dimensions, in the order of the answer's array.
    pub dimensions: Vec<String>,
    /// What the sample size counts.
    pub sample: String,
    /// The query.
    pub sql: String,
}

/// How a number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Read from the chain.
    Onchain,
    /// Computed from what was read from the chain, by a rule of ours.
    Derived,
    /// Somebody's published number takes part.
    OffchainReported,
}

impl Evidence {
    const ALL: [Self; 3] = [Self::Onchain, Self::Derived, Self::OffchainReported];

    /// As headers, rows and the API write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Onchain => "onchain",
            Self::Derived => "derived",
            Self::OffchainReported => "offchain_reported",
        }
    }
}

/// A file that is no metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// The name is no identifier.
    #[error("metric file {0:?}: the name must be lower-case letters, digits and underscores, and end in .sql")]
    Name(String),
    /// The content is not text.
    #[error("metric file {0:?} is not UTF-8")]
    Encoding(String),
    /// A header line is missing.
    #[error("metric {name}: the header lacks `-- {key}:`")]
    Missing {
        /// Metric.
        name: String,
        /// Key.
        key: &'static str,
    },
    /// A header value that is none of the known ones.
    #[error("metric {name}: `-- {key}:` is {value:?}, but must be {expected}")]
    Value {
        /// Metric.
        name: String,
        /// Key.
        key: &'static str,
        /// Value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A header line that means nothing.
    #[error("metric {name}: unknown header line {line:?}")]
    Unknown {
        /// Metric.
        name: String,
        /// Line.
        line: String,
    },
    /// The query lacks a parameter or a column of the contract.
    #[error("metric {name}: the query lacks {what}")]
    Contract {
        /// Metric.
        name: String,
        /// What is missing.
        what: &'static str,
    },
}

/// What every query must mention.
const CONTRACT: [&str; 6] = [
    "SELECT",
    "{network:String}",
    "{as_of:UInt64}",
    "AS dimensions",
    "AS value",
    "AS sample_size",
];

/// All metrics, by name.
pub fn catalog() -> Result<Vec<Metric>, MetricError> {
    let mut names: Vec<_> = MetricFiles::iter().collect();
    names.sort_unstable();
    names
        .iter()
        .filter_map(|name| MetricFiles::get(name).map(|file| Metric::parse(name, &file.data)))
        .collect()
}

impl Metric {
    /// A metric from the name and the content of its file.
    pub fn parse(file_name: &str, content: &[u8]) -> Result<Self, MetricError> {
        let stem = file_name.strip_suffix(".sql").filter(|stem| is_identifier(stem));
        let name = stem.ok_or_else(|| MetricError::Name(file_name.to_owned()))?.to_owned();
        let text = std::str::from_utf8(content).map_err(|_| MetricError::Encoding(file_name.to_owned()))?;
        let (header, sql) = split(text);
        let mut fields = header_fields(&name, &header)?;
        let mut take = |key: &'static str| {
            let found = fields.iter().position(|(field, _)| *field == key);
            found
                .map(|at| fields.swap_remove(at).1)
                .ok_or_else(|| MetricError::Missing {
                    name: name.clone(),
                    key,
                })
        };
        let (unit, definition, sample) = (take("unit")?, take("definition")?, take("sample")?);
        let (dimensions, evidence, kinds) = (take("dimensions")?, take("evidence")?, take("kinds")?);
        if let Some(what) = CONTRACT.into_iter().find(|what| !sql.contains(what)) {
            return Err(MetricError::Contract { name, what });
        }
        let (evidence, kinds) = (parse_evidence(&name, evidence)?, parse_kinds(&name, kinds)?);
        let dimensions = list(&dimensions).filter(|text| *text != "none");
        let dimensions = dimensions.map(str::to_owned).collect();
        Ok(Self {
            evidence,
            kinds,
            unit,
            definition,
            sample,
            dimensions,
            sql: sql.trim().to_owned(),
            name,
        })
    }
}

/// The items of a list with commas.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn parse_evidence(name: &str, value: String) -> Result<Evidence, MetricError> {
    let known = Evidence::ALL.into_iter().find(|known| known.as_str() == value);
    known.ok_or_else(|| MetricError::Value {
        name: name.to_owned(),
        key: "evidence",
        value,
        expected: "onchain, derived or offchain_reported",
    })
}

fn parse_kinds(name: &str, value: String) -> Result<Vec<String>, MetricError> {
    let kinds: Vec<String> = list(&value).map(str::to_owned).collect();
    let distinct: BTreeSet<_> = kinds.iter().collect();
    if kinds.is_empty() || distinct.len() != kinds.len() || !kinds.iter().all(|kind| is_identifier(kind)) {
        return Err(MetricError::Value {
            name: name.to_owned(),
            key: "kinds",
            value,
            expected: "one or more kinds of networks, each once, with commas between",
        });
    }
    Ok(kinds)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The comment lines at the top, and the rest.
fn split(text: &str) -> (Vec<&str>, &str) {
    let mut header = Vec::new();
    let mut rest = text;
    while let Some(comment) = rest.strip_prefix("--") {
        let (line, tail) = comment.split_once('\n').unwrap_or((comment, ""));
        header.push(line);
        rest = tail;
    }
    (header, rest)
}

const KEYS: [&str; 6] = ["unit", "definition", "evidence", "kinds", "dimensions", "sample"];

/// Key and value of each header line; a line indented by two spaces or more continues the one before.
fn header_fields(name: &str, header: &[&str]) -> Result<Vec<(&'static str, String)>, MetricError> {
    let mut fields: Vec<(&'static str, String)> = Vec::new();
    for line in header {
        let unknown = || MetricError::Unknown {
            name: name.to_owned(),
            line: (*line).to_owned(),
        };
        if line.starts_with("  ") {
            let (_, value) = fields.last_mut().ok_or_else(unknown)?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (key, value) = line.trim().split_once(':').ok_or_else(unknown)?;
        let key = KEYS.into_iter().find(|known| *known == key).ok_or_else(unknown)?;
        fields.push((key, value.trim().to_owned()));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: &str = "-- unit: leases\n-- definition: Leases that\n--   are active.\n-- evidence: derived\n-- kinds: akash, render\n-- dimensions: gpu_model, denom\n\
                        -- sample: leases\nSELECT [a, b] AS dimensions, toString(1) AS value, count() AS sample_size\n\
                        FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})\n";

    #[test]
    fn a_file_is_a_header_and_a_query() {
        let metric = Metric::parse("active_leases.sql", GOOD.as_bytes()).unwrap();
        assert_eq!(metric.name, "active_leases");
        assert_eq!(metric.definition, "Leases that are active.");
        assert_eq!(metric.dimensions, ["gpu_model", "denom"]);
        assert_eq!(
            (metric.evidence, metric.evidence.as_str()),
            (Evidence::Derived, "derived")
        );
        assert_eq!(metric.kinds, ["akash", "render"]);
        assert!(metric.sql.starts_with("SELECT ["), "{}", metric.sql);
    }

    #[test]
    fn what_breaks_the_contract_is_refused_with_the_reason() {
        let refused = |name: &str, text: &str| Metric::parse(name, text.as_bytes()).unwrap_err().to_string();
        assert!(refused("Bad-Name.sql", GOOD).contains("lower-case"));
        assert!(refused("x.sql", &GOOD.replace("-- unit: leases\n", "")).contains("lacks `-- unit:`"));
        assert!(refused("x.sql", &GOOD.replace("{as_of:UInt64}", "7")).contains("{as_of:UInt64}"));
        assert!(refused("x.sql", &GOOD.replace("-- sample:", "-- simple:")).contains("unknown header line"));
        assert!(refused("x.sql", &GOOD.replace("-- evidence: derived\n", "")).contains("lacks `-- evidence:`"));
        assert!(refused("x.sql", &GOOD.replace("-- kinds: akash, render\n", "")).contains("lacks `-- kinds:`"));
        assert!(refused("x.sql", &GOOD.replace(": derived", ": guessed")).contains("onchain, derived or offchain"));
        for kinds in ["", "akash, akash", "Akash", "akash render"] {
            assert!(
                refused("x.sql", &GOOD.replace("akash, render", kinds)).contains("`-- kinds:` is"),
                "{kinds}"
            );
        }
        assert!(Metric::parse("x.sql", &[0xff]).is_err());
    }

    #[test]
    fn every_committed_metric_keeps_the_contract() {
        let names: Vec<String> = catalog().unwrap().into_iter().map(|metric| metric.name).collect();
        assert!(names.contains(&"active_leases".to_owned()), "{names:?}");
    }
}
