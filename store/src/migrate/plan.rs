//! What is applied, what is to do, and what does not fit. Pure.

use super::files::MigrationFile;
use serde::Serialize;

/// A migration that the database says was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Number.
    pub version: u32,
    /// Name.
    pub name: String,
    /// SHA-256 of the file as it was applied, hex.
    pub sha256: String,
    /// When, milliseconds since the Unix epoch.
    pub applied_ms: i64,
}

/// How a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// Applied as it is.
    Applied,
    /// To do.
    Pending,
    /// Applied, but the file was changed since.
    Edited,
    /// Applied, but this program does not have it: a newer one has been here.
    Unknown,
}

/// One migration and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Number.
    pub version: u32,
    /// Name.
    pub name: String,
    /// How it stands.
    pub status: EntryStatus,
    /// SHA-256 of the file of this program, hex.
    pub sha256: Option<String>,
    /// When it was applied, milliseconds since the Unix epoch.
    pub applied_ms: Option<i64>,
    /// Tables and views that it created and that are not there any more.
    pub missing: Vec<String>,
}

/// All migrations and how they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In order of their numbers.
    pub entries: Vec<Entry>,
}

/// The database does not match the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriftError {
    /// A file was edited after it was applied.
    #[error("migration {0} was edited after it was applied; restore it and write a new migration instead")]
    Edited(String),
    /// The database is ahead of the program.
    #[error("the database has migration {0}, which this program does not know; use a newer program")]
    Unknown(String),
    /// Something that a migration created was dropped.
    #[error("{what}, created by migration {migration}, is missing; restore it from a backup or start anew")]
    Missing {
        /// Table or view.
        what: String,
        /// The migration.
        migration: String,
    },
}

impl Report {
    /// Compares the files with what is applied; `exists` says whether a table or view is there.
    pub fn new(files: &[MigrationFile], applied: &[Applied], exists: impl Fn(&str) -> bool) -> Self {
        let mut entries: Vec<Entry> = files.iter().map(|file| known(file, applied, &exists)).collect();
        let unknown = applied
            .iter()
            .filter(|done| files.iter().all(|file| file.version != done.version));
        entries.extend(unknown.map(|done| Entry {
            version: done.version,
            name: done.name.clone(),
            status: EntryStatus::Unknown,
            sha256: None,
            applied_ms: Some(done.applied_ms),
            missing: Vec::new(),
        }));
        entries.sort_by_key(|entry| entry.version);
        Self { entries }
    }

    /// Fails on the first thing that does not fit. Pending migrations fit.
    pub fn check(&self) -> Result<(), DriftError> {
        for entry in &self.entries {
            let label = format!("{:04}_{}", entry.version, entry.name);
            match entry.status {
                EntryStatus::Edited => return Err(DriftError::Edited(label)),
                EntryStatus::Unknown => return Err(DriftError::Unknown(label)),
                EntryStatus::Applied | EntryStatus::Pending => {}
            }
            if let Some(what) = entry.missing.first() {
                return Err(DriftError::Missing {
                    what: what.clone(),
                    migration: label,
                });
            }
        }
        Ok(())
    }

    /// Numbers that are to be applied, in order.
    pub fn pending(&self) -> Vec<u32> {
        let pending = self.entries.iter().filter(|entry| entry.status == EntryStatus::Pending);
        pending.map(|entry| entry.version).collect()
    }
}

fn known(file: &MigrationFile, applied: &[Applied], exists: impl Fn(&str) -> bool) -> Entry {
    let done = applied.iter().find(|done| done.version == file.version);
    let status = match done {
        None => EntryStatus::Pending,
        Some(done) if done.sha256 == file.sha256 && done.name == file.name => EntryStatus::Applied,
        Some(_) => EntryStatus::Edited,
    };
    let created = if done.is_some() { file.creates() } else { Vec::new() };
    Entry {
        version: file.version,
        name: file.name.clone(),
        status,
        sha256: Some(file.sha256.clone()),
        applied_ms: done.map(|done| done.applied_ms),
        missing: created.into_iter().filter(|name| !exists(name)).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file(version: u32) -> MigrationFile {
        let sql = format!("CREATE TABLE IF NOT EXISTS t{version}(a UInt8)");
        MigrationFile::parse(&format!("{version:04}_x.sql"), sql.as_bytes()).unwrap()
    }

    fn applied(version: u32) -> Applied {
        let file = file(version);
        Applied {
            version,
            name: file.name,
            sha256: file.sha256,
            applied_ms: 1,
        }
    }

    #[test]
    fn what_is_not_applied_is_pending_even_before_an_applied_one() {
        let report = Report::new(&[file(1), file(10), file(90)], &[applied(1), applied(90)], |_| true);
        assert_eq!(report.pending(), [10]);
        assert_eq!(report.check(), Ok(()));
    }

    #[test]
    fn an_edited_file_is_refused() {
        let edited = Applied {
            sha256: "00".into(),
            ..applied(1)
        };
        let report = Report::new(&[file(1)], &[edited], |_| true);
        assert_eq!(report.check(), Err(DriftError::Edited("0001_x".into())));
    }

    #[test]
    fn a_database_of_a_newer_program_is_refused() {
        let report = Report::new(&[file(1)], &[applied(1), applied(2)], |_| true);
        assert_eq!(report.check(), Err(DriftError::Unknown("0002_x".into())));
    }

    #[test]
    fn a_dropped_table_is_noticed() {
        let report = Report::new(&[file(1), file(2)], &[applied(1)], |name| name != "t1");
        let missing = DriftError::Missing {
            what: "t1".into(),
            migration: "0001_x".into(),
        };
        assert_eq!(report.check(), Err(missing));
    }
}
