//! Makes the engine forget deduplication tokens whose rows it does not have.
//!
//! ClickHouse writes the token of an insert to `deduplication_logs/deduplication_log_N.txt` of the table before it gives
//! the part its final name. A process that dies in between remembers an insert that it never made, and acknowledges the
//! retry as a duplicate: the rows are lost. So before the engine opens the folder, each remembered token is held against
//! the parts on disk, and one whose block number no part covers is taken out of the log.
//!
//! That is exact as long as it happens before every start: block numbers go on behind the parts that are there, so only
//! a later run could give the number of a lost part to another one. Rows are never touched. A token whose rows left the
//! table for good, such as those of a superseded generation, is forgotten, too: nobody sends it again.
//!
//! Whatever does not look exactly as it does in ClickHouse 26.7 is left as it is, see [`Outcome::LeftAlone`]; the
//! committer counts the rows of every insert that was tried before, so it does not depend on this.

mod log;
mod part;

use log::Log;
use part::PartName;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::EngineError;

/// Folder of the logs within that of a table.
const LOGS: &str = "deduplication_logs";
/// Says how the parts of a table are named.
const FORMAT_VERSION: &str = "format_version.txt";
/// Format whose part names [`PartName`] reads.
const KNOWN_FORMAT: &str = "1";
/// Largest log that is read. A window of 10,000 tokens makes logs of about 2 MiB.
const MAX_LOG_BYTES: u64 = 64 << 20;
/// A new log on its way. Not beside the old one: the engine takes every file there for a log.
const TEMPORARY: &str = "engine.tokens.tmp";

/// What was found in the logs of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Tokens that were forgotten, by the name of the part that is not there.
    Forgotten(Vec<String>),
    /// The logs are not understood and were not touched; why.
    LeftAlone(String),
}

/// Checks every table of the engine under `data_dir`, which nobody may have open.
///
/// Returns the folders of the tables in which something was found. Each log is replaced as a whole or not at all.
pub(super) fn forget_lost(data_dir: &Path) -> Result<Vec<(PathBuf, Outcome)>, EngineError> {
    let mut found = Vec::new();
    for shelf in folders(&data_dir.join("clickhouse").join("store"))? {
        for table in folders(&shelf)? {
            if !table.join(LOGS).is_dir() {
                continue;
            }
            match check_table(&table, &data_dir.join(TEMPORARY))? {
                Outcome::Forgotten(parts) if parts.is_empty() => {}
                outcome => found.push((table, outcome)),
            }
        }
    }
    Ok(found)
}

/// Says in the log of the process what was found.
pub(super) fn report(found: &[(PathBuf, Outcome)]) {
    for (table, outcome) in found {
        let table = table.display();
        match outcome {
            Outcome::Forgotten(parts) => tracing::warn!(
                %table,
                parts = parts.join(" "),
                "the engine was stopped between noting an insert and making it: it is forgotten, a retry inserts the rows"
            ),
            Outcome::LeftAlone(why) => tracing::error!(
                %table,
                why,
                "the deduplication log is not understood and left as it is; retries are checked row by row, \
                 `gridproof verify` shows whether anything is missing"
            ),
        }
    }
}

fn check_table(table: &Path, temporary: &Path) -> Result<Outcome, EngineError> {
    let format = table.join(FORMAT_VERSION);
    let version = read(&format)?;
    if version.trim_ascii() != KNOWN_FORMAT.as_bytes() {
        let version = String::from_utf8_lossy(&version).trim().to_owned();
        return Ok(Outcome::LeftAlone(format!(
            "{} says {version:?}, known is {KNOWN_FORMAT:?}",
            format.display()
        )));
    }
    let logs = match read_logs(&table.join(LOGS))? {
        Ok(logs) => logs,
        Err(why) => return Ok(Outcome::LeftAlone(why)),
    };
    let parts = parts_on_disk(table)?;
    let mut forgotten = Vec::new();
    for (path, log) in log::without_lost(logs, &parts, &mut forgotten) {
        replace(&path, &log.text(), temporary)?;
    }
    Ok(Outcome::Forgotten(forgotten))
}

/// The logs of a table in the order in which they were written, or why they are not understood.
fn read_logs(folder: &Path) -> Result<Result<Vec<(PathBuf, Log)>, String>, EngineError> {
    let mut logs = BTreeMap::new();
    for entry in entries(folder)? {
        let path = entry.path();
        let unknown = |what: &str| Ok(Err(format!("{} {what}", path.display())));
        let Some(number) = log::number(&entry.file_name()) else {
            return unknown("is no log of a known name");
        };
        let metadata = entry.metadata().map_err(|source| unreadable(&path, source))?;
        if !metadata.is_file() || metadata.len() > MAX_LOG_BYTES {
            return unknown("is no file or too large");
        }
        match Log::parse(&read(&path)?) {
            Ok(log) => drop(logs.insert(number, (path, log))),
            Err(line) => return unknown(&format!("has an unknown line {line}")),
        }
    }
    Ok(Ok(logs.into_values().collect()))
}

fn parts_on_disk(table: &Path) -> Result<Vec<PartName>, EngineError> {
    let names = entries(table)?.into_iter().map(|entry| entry.file_name());
    Ok(names.filter_map(|name| PartName::parse(name.to_str()?)).collect())
}

/// Puts `text` in the place of the file at `path`: after a crash there is the one or the other.
fn replace(path: &Path, text: &[u8], temporary: &Path) -> Result<(), EngineError> {
    let write = || -> io::Result<()> {
        let mut file = File::create(temporary)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(temporary, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|source| EngineError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The folders in `folder`, none if it is not there: a new data folder has no tables.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = entries(folder)?.into_iter();
    // A link would lead out of the data folder.
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    Ok(folders.map(|entry| entry.path()).collect())
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, EngineError> {
    let list = || fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>();
    list().map_err(|source| unreadable(folder, source))
}

fn read(path: &Path) -> Result<Vec<u8>, EngineError> {
    fs::read(path).map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: io::Error) -> EngineError {
    EngineError::Read {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
