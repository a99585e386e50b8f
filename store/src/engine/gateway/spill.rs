//! An answer that is held back until its end is known (`wait_end_of_query=1`): in memory at first, then in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// So much is held in memory.
const IN_MEMORY: usize = 4 << 20;

/// The held answer.
pub(super) struct Spill<'a> {
    dir: &'a Path,
    memory: Vec<u8>,
    file: Option<File>,
}

impl<'a> Spill<'a> {
    /// Holds nothing yet; a file, if one is needed, is made in `dir`.
    pub(super) fn new(dir: &'a Path) -> Self {
        Self {
            dir,
            memory: Vec::new(),
            file: None,
        }
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// When the file cannot be made or written.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.memory.extend_from_slice(bytes);
        if self.memory.len() > IN_MEMORY {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(unnamed_file(self.dir)?),
            };
            file.write_all(&self.memory)?;
            self.memory.clear();
        }
        Ok(())
    }

    /// The answer from its beginning: all of it in memory, or a reader of the file and of what follows it.
    ///
    /// # Errors
    /// When the file cannot be rewound.
    pub(super) fn finish(self) -> io::Result<Held> {
        match self.file {
            None => Ok(Held::Memory(self.memory)),
            Some(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                Ok(Held::File(file.chain(io::Cursor::new(self.memory))))
            }
        }
    }
}

/// A complete answer.
pub(super) enum Held {
    /// Small enough.
    Memory(Vec<u8>),
    /// In a file, the last piece in memory.
    File(io::Chain<File, io::Cursor<Vec<u8>>>),
}

/// A file without a name: it is gone when it is closed, however the process ends.
fn unnamed_file(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let path = dir.join(format!("answer-{:032x}", fastrand::u128(..)));
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_of_any_size_comes_back_and_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        for pieces in [0, 1, 40, 100] {
            let mut spill = Spill::new(dir.path());
            let piece = vec![7; 100_001];
            (0..pieces).for_each(|_| spill.push(&piece).unwrap());
            let mut bytes = Vec::new();
            match spill.finish().unwrap() {
                Held::Memory(memory) => bytes = memory,
                Held::File(mut reader) => drop(reader.read_to_end(&mut bytes).unwrap()),
            }
            assert_eq!(bytes, piece.repeat(pieces));
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
