//! The lines of a deduplication log: `OPERATION TAB PART TAB TOKEN LF`, where 1 adds and 2 drops a token.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::part::PartName;

/// What a line does to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Add,
    Drop,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    operation: Operation,
    part: PartName,
    /// As it stands in the file, line feed included.
    text: String,
    /// Where in `text` the name of the part ends; the token follows.
    part_end: usize,
}

impl Line {
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.strip_suffix('\n')?.split('\t');
        let (operation, part, token) = (fields.next()?, fields.next()?, fields.next()?);
        if fields.next().is_some() || token.is_empty() {
            return None;
        }
        Some(Self {
            operation: match operation {
                "1" => Operation::Add,
                "2" => Operation::Drop,
                _ => return None,
            },
            part: PartName::parse(part)?,
            part_end: operation.len() + 1 + part.len(),
            text: text.to_owned(),
        })
    }

    fn part_name(&self) -> &str {
        &self.text[2..self.part_end]
    }

    fn token(&self) -> &str {
        &self.text[self.part_end + 1..]
    }
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    lines: Vec<Line>,
}

/// The number in `deduplication_log_N.txt`.
pub(super) fn number(name: &OsStr) -> Option<u64> {
    let number = name
        .to_str()?
        .strip_prefix("deduplication_log_")?
        .strip_suffix(".txt")?;
    number
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| number.parse().ok())?
}

impl Log {
    /// Reads a file; fails with the number of the first line that is not understood, counted from 1. A line without
    /// its line feed is not.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, usize> {
        let mut lines = Vec::new();
        for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let line = std::str::from_utf8(line).ok().and_then(Line::parse);
            lines.push(line.ok_or(index + 1)?);
        }
        Ok(Self { lines })
    }

    /// The file.
    pub(super) fn text(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| line.text.bytes()).collect()
    }
}

/// Takes the tokens out of `logs`, in the order of their numbers, that are remembered although no part on disk has
/// their rows. Returns the logs that changed; `forgotten` gets the names of the missing parts.
pub(super) fn without_lost(
    logs: Vec<(PathBuf, Log)>,
    parts: &[PartName],
    forgotten: &mut Vec<String>,
) -> Vec<(PathBuf, Log)> {
    // Where a token was dropped last: what was added before is not remembered any more.
    let mut dropped: HashMap<String, usize> = HashMap::new();
    let all = logs.iter().flat_map(|(_, log)| &log.lines);
    for (position, line) in all.enumerate() {
        if line.operation == Operation::Drop {
            dropped.insert(line.token().to_owned(), position);
        }
    }
    let mut position = 0;
    let mut changed = Vec::new();
    for (path, mut log) in logs {
        let before = log.lines.len();
        log.lines.retain(|line| {
            let ended = dropped.get(line.token()).is_some_and(|&end| end > position);
            position += 1;
            let lost = line.operation == Operation::Add && !ended && !parts.iter().any(|part| part.covers(&line.part));
            if lost {
                forgotten.push(line.part_name().to_owned());
            }
            !lost
        });
        if log.lines.len() < before {
            changed.push((path, log));
        }
    }
    changed
}
