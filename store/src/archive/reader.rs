//! Lines of an archive file, one at a time.

use super::{ArchiveError, ArchiveLine};
use bytes::{Buf, Bytes, buf::Reader};
use std::io::{BufRead, BufReader, Read};

/// Longest line: the bodies of one key.
const MAX_LINE_BYTES: u64 = 256 << 20;

type Decoder = BufReader<zstd::Decoder<'static, BufReader<Reader<Bytes>>>>;

/// Decompresses an archive file line by line; only one line is held in memory.
pub struct ArchiveReader {
    path: String,
    decoder: Decoder,
    line: Vec<u8>,
    failed: bool,
}

impl std::fmt::Debug for ArchiveReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveReader")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ArchiveReader {
    /// Reads `content`, whose hash was checked.
    pub(super) fn new(path: String, content: Bytes) -> Result<Self, ArchiveError> {
        let decoder = zstd::Decoder::new(content.reader()).map_err(|error| ArchiveError::Corrupt {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            path,
            decoder: BufReader::new(decoder),
            line: Vec::new(),
            failed: false,
        })
    }

    fn read_line(&mut self) -> Result<Option<ArchiveLine>, ArchiveError> {
        self.line.clear();
        let mut limited = (&mut self.decoder).take(MAX_LINE_BYTES);
        let length = limited
            .read_until(b'\n', &mut self.line)
            .map_err(|error| corrupt(&self.path, error))?;
        if length == 0 {
            return Ok(None);
        }
        if self.line.last() != Some(&b'\n') {
            return Err(corrupt(&self.path, "a line is cut short or too long"));
        }
        serde_json::from_slice(&self.line)
            .map(Some)
            .map_err(|error| corrupt(&self.path, error))
    }
}

fn corrupt(path: &str, reason: impl ToString) -> ArchiveError {
    ArchiveError::Corrupt {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

impl Iterator for ArchiveReader {
    type Item = Result<ArchiveLine, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let line = self.read_line().transpose();
        self.failed = matches!(line, Some(Err(_)));
        line
    }
}
