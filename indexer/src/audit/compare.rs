//! A folder of truths against the tables: what `gridproof verify --state` runs.

use super::diff::{Difference, diff};
use super::error::{AuditError, TruthError};
use super::snapshot::{Section, Snapshot};
use clickhouse::Client;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What was compared at one height.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HeightReport {
    /// Height.
    pub height: u64,
    /// Objects that the chain answered, by table; a table that is absent was not compared.
    pub compared: BTreeMap<Section, usize>,
    /// Every difference.
    pub differences: Vec<Difference>,
}

impl HeightReport {
    /// Compares what is stored with what the chain answered.
    pub fn new(height: u64, expected: &Snapshot, got: &Snapshot) -> Self {
        let sections = expected.sections().into_iter();
        Self {
            height,
            compared: sections.map(|section| (section, expected.count(section))).collect(),
            differences: diff(expected, got),
        }
    }

    /// The tables do not reach the height: one difference that says so, instead of one per object.
    fn not_indexed(height: u64, indexed_to: u64, expected: &Snapshot) -> Self {
        let lag = Difference {
            table: "live",
            key: "state".to_owned(),
            field: "indexed_to".to_owned(),
            expected: height.to_string(),
            got: indexed_to.to_string(),
        };
        Self {
            differences: vec![lag],
            ..Self::new(height, expected, expected)
        }
    }

    /// Objects that the chain answered, in all compared tables.
    pub fn objects(&self) -> usize {
        self.compared.values().sum()
    }
}

impl fmt::Display for HeightReport {
    /// A line with the counts, then a line per difference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (height, objects, tables) = (self.height, self.objects(), self.compared.len());
        let differences = self.differences.len();
        write!(
            f,
            "height {height}: {objects} objects in {tables} tables compared, {differences} differences"
        )?;
        self.differences
            .iter()
            .try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

/// Folders named after a height, ascending by the number. Other entries are left alone.
pub fn height_folders(state_dir: &Path) -> Result<BTreeMap<u64, PathBuf>, TruthError> {
    let io = |source| TruthError::Io {
        path: state_dir.to_owned(),
        source,
    };
    let mut folders = BTreeMap::new();
    for entry in fs::read_dir(state_dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let height = name.parse::<u64>().ok().filter(|_| path.is_dir());
        // `0573` or `+573` beside `573`: one of them would be left out without a word.
        if let Some(other) = height.and_then(|height| folders.insert(height, path.clone())) {
            return Err(TruthError::Twice { path, other });
        }
    }
    if folders.is_empty() {
        return Err(TruthError::Empty {
            path: state_dir.to_owned(),
        });
    }
    Ok(folders)
}

/// Compares every height folder of `state_dir` with the tables of `network`, one report per height.
///
/// A folder without a single height, or a height without a compared file, is an error and never a pass. A
/// height that the tables do not reach is a difference of its own.
pub async fn compare_state_dir(
    client: &Client,
    network: &str,
    state_dir: &Path,
) -> Result<Vec<HeightReport>, AuditError> {
    let folders = height_folders(state_dir)?;
    let indexed_to = indexed_to(client, network).await?;
    let mut reports = Vec::new();
    for (height, folder) in folders {
        let expected = Snapshot::from_truth_dir(&folder)?;
        reports.push(if height > indexed_to {
            HeightReport::not_indexed(height, indexed_to, &expected)
        } else {
            let got = Snapshot::from_tables(client, network, height, &expected.sections()).await?;
            HeightReport::new(height, &expected, &got)
        });
    }
    Ok(reports)
}

/// Last committed height of the network's state; 0 where there is none. State ranges follow without a gap.
async fn indexed_to(client: &Client, network: &str) -> Result<u64, AuditError> {
    let query = client
        .query(include_str!("sql/indexed_to.sql"))
        .param("network", network);
    query.fetch_one().await.map_err(|source| AuditError::Query {
        table: "live",
        height: 0,
        source,
    })
}

/// Height and hash of the lowest block that is stored of a network: tells two chains of one name apart.
///
/// # Errors
/// The tables cannot be read.
pub async fn first_block(client: &Client, network: &str) -> Result<Option<(u64, String)>, AuditError> {
    let query = client
        .query(include_str!("sql/first_block.sql"))
        .param("network", network);
    query.fetch_optional().await.map_err(|source| AuditError::Query {
        table: "blocks",
        height: 0,
        source,
    })
}
