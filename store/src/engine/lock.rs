//! One process per data folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error(
        "the data folder {} is in use by {holder}; stop that process, or choose another folder with --data-dir",
        dir.display()
    )]
    Held {
        /// The folder.
        dir: PathBuf,
        /// What the lock file says of its holder: `pid 7, started 2026-…`.
        holder: String,
    },
    /// The lock file cannot be opened or written.
    #[error("cannot lock the data folder {}: {source}; check that it is a writable local folder", dir.display())]
    Io {
        /// The folder.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An exclusive lock on a folder, held until drop or the end of the process, however it ends.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Locks `dir` through the file `name` in it. The folder is made if it is not there.
    ///
    /// # Errors
    /// When another process holds the lock, or the file cannot be used.
    pub fn acquire(dir: &Path, name: &str) -> Result<Self, LockError> {
        let io = |source| LockError::Io {
            dir: dir.to_owned(),
            source,
        };
        fs::create_dir_all(dir).map_err(io)?;
        let path = dir.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    dir: dir.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let started = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        file.set_len(0).map_err(io)?;
        file.write_all(format!("pid {}, started {started}", std::process::id()).as_bytes())
            .map_err(io)?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // The holder may be between taking the lock and writing its name.
    match file.take(200).read_to_string(&mut text) {
        Ok(n) if n > 0 => text,
        _ => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is_and_gets_in_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::acquire(dir.path(), "x.lock").unwrap();
        let refusal = DirLock::acquire(dir.path(), "x.lock").unwrap_err().to_string();
        assert!(refusal.contains(&format!("pid {}", std::process::id())), "{refusal}");
        drop(first);
        DirLock::acquire(dir.path(), "x.lock").unwrap();
    }
}
