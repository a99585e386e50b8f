//! The embedded files.

use rust_embed::RustEmbed;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Line between two statements.
const SEPARATOR: &str = "-- @stmt";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../migrations/clickhouse"]
struct ClickHouseFiles;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../migrations/state"]
struct StateFiles;

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MigrationFile {
    /// Number before the first `_` of the file name.
    pub version: u32,
    /// Rest of the file name, without `.sql`.
    pub name: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// The file.
    #[serde(skip)]
    pub sql: String,
}

/// A file that cannot be a migration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The name does not say number and purpose.
    #[error("migration file {0:?} is not named NNNN_name.sql")]
    Name(String),
    /// Two files have the same number.
    #[error("migrations {0} and {1} have the same number, renumber one of them")]
    Duplicate(String, String),
    /// There is nothing in it.
    #[error("migration file {0:?} has no statement or an empty one")]
    Empty(String),
    /// It is not text.
    #[error("migration file {0:?} is not UTF-8")]
    Encoding(String),
}

impl MigrationFile {
    /// A migration from the name and the content of its file.
    pub fn parse(file_name: &str, content: &[u8]) -> Result<Self, FileError> {
        let bad_name = || FileError::Name(file_name.to_owned());
        let (number, name) = file_name
            .strip_suffix(".sql")
            .and_then(|stem| stem.split_once('_'))
            .ok_or_else(bad_name)?;
        if number.len() != 4 || name.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad_name());
        }
        let sql = std::str::from_utf8(content)
            .map_err(|_| FileError::Encoding(file_name.to_owned()))?
            .to_owned();
        let version = number.parse().map_err(|_| bad_name())?;
        let file = Self {
            version,
            name: name.to_owned(),
            sha256: hex::encode(Sha256::digest(content)),
            sql,
        };
        if file
            .statements()
            .iter()
            .any(|statement| statement.lines().all(is_blank))
        {
            return Err(FileError::Empty(file_name.to_owned()));
        }
        Ok(file)
    }

    /// The statements in order, comments kept, without a closing semicolon.
    pub fn statements(&self) -> Vec<String> {
        let mut statements = vec![String::new()];
        for line in self.sql.lines() {
            if line.trim() == SEPARATOR {
                statements.push(String::new());
            } else if let Some(statement) = statements.last_mut() {
                statement.push_str(line);
                statement.push('\n');
            }
        }
        statements
            .iter()
            .map(|statement| statement.trim().trim_end_matches(';').trim_end().to_owned())
            .collect()
    }

    /// Tables and views that the statements create.
    pub fn creates(&self) -> Vec<String> {
        self.statements()
            .iter()
            .filter_map(|statement| created(statement))
            .collect()
    }

    /// `NNNN_name`.
    pub fn label(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }
}

/// Sorts migrations by number and refuses two of the same.
pub(super) fn in_order(mut files: Vec<MigrationFile>) -> Result<Vec<MigrationFile>, FileError> {
    files.sort_by_key(|file| file.version);
    match files.windows(2).find(|pair| pair[0].version == pair[1].version) {
        Some(pair) => Err(FileError::Duplicate(pair[0].label(), pair[1].label())),
        None => Ok(files),
    }
}

/// The embedded migrations of ClickHouse, in order.
pub fn clickhouse_files() -> Result<Vec<MigrationFile>, FileError> {
    embedded::<ClickHouseFiles>()
}

/// The embedded migrations of the state database, in order.
pub(super) fn state_files() -> Result<Vec<MigrationFile>, FileError> {
    embedded::<StateFiles>()
}

fn embedded<E: RustEmbed>() -> Result<Vec<MigrationFile>, FileError> {
    let mut files = Vec::new();
    for name in E::iter().filter(|name| name.ends_with(".sql")) {
        if let Some(file) = E::get(&name) {
            files.push(MigrationFile::parse(&name, &file.data)?);
        }
    }
    in_order(files)
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with("--")
}

/// Name after `CREATE [OR REPLACE] TABLE|VIEW|MATERIALIZED VIEW [IF NOT EXISTS]`.
fn created(statement: &str) -> Option<String> {
    let code: String = statement
        .lines()
        .filter(|line| !is_blank(line))
        .collect::<Vec<_>>()
        .join(" ");
    let mut words = code.split_whitespace().peekable();
    let mut skip = |expected: &str| words.next_if(|word| word.eq_ignore_ascii_case(expected)).is_some();
    if !skip("CREATE") {
        return None;
    }
    if skip("OR") {
        skip("REPLACE");
    }
    skip("MATERIALIZED");
    if !skip("TABLE") && !skip("VIEW") {
        return None;
    }
    if skip("IF") {
        skip("NOT");
        skip("EXISTS");
    }
    let name = words.next()?;
    let name = name.split('(').next().unwrap_or(name);
    Some(name.trim_matches('`').to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file(name: &str, sql: &str) -> Result<MigrationFile, FileError> {
        MigrationFile::parse(name, sql.as_bytes())
    }

    #[test]
    fn the_embedded_files_are_in_order() {
        let files = clickhouse_files().unwrap();
        assert_eq!(
            files.first().map(MigrationFile::label).as_deref(),
            Some("0001_live_ranges")
        );
        assert_eq!(files[0].creates(), ["live_ranges", "live"]);
        assert!(!state_files().unwrap().is_empty());
    }

    #[test]
    fn statements_are_split_at_separator_lines_only() {
        let parsed = file("0001_x.sql", "-- why\nSELECT ';-- @stmt';\n  -- @stmt\nSELECT 2\n").unwrap();
        assert_eq!(parsed.statements(), ["-- why\nSELECT ';-- @stmt'", "SELECT 2"]);
    }

    #[test]
    fn names_without_number_or_purpose_are_refused() {
        for name in ["x.sql", "1_x.sql", "0001_.sql", "0001_x.txt", "00a1_x.sql"] {
            assert_eq!(file(name, "SELECT 1"), Err(FileError::Name(name.into())));
        }
        assert!(matches!(
            file("0001_x.sql", "SELECT 1\n-- @stmt\n-- nothing\n"),
            Err(FileError::Empty(_))
        ));
    }

    #[test]
    fn two_files_with_one_number_are_refused() {
        let files = vec![
            file("0002_a.sql", "SELECT 1").unwrap(),
            file("0002_b.sql", "SELECT 1").unwrap(),
        ];
        assert_eq!(
            in_order(files),
            Err(FileError::Duplicate("0002_a".into(), "0002_b".into()))
        );
    }

    #[test]
    fn created_objects_are_found() {
        for (sql, name) in [
            ("-- c\nCREATE TABLE IF NOT EXISTS t(a UInt8)", Some("t")),
            ("create or replace view `v` as select 1", Some("v")),
            ("CREATE MATERIALIZED VIEW IF NOT EXISTS m TO t AS SELECT 1", Some("m")),
            ("ALTER TABLE t ADD COLUMN b UInt8", None),
        ] {
            assert_eq!(created(sql).as_deref(), name);
        }
    }
}
