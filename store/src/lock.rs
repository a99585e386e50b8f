//! One indexer per data folder.
//!
//! The lock is the operating system's lock on an open file, so it ends with the process, however that ends.
//! The file names the holder for the one that is refused, and the identity of the folder, which is the owner
//! of the writer's lease: a process that holds the folder may take over the lease of its dead predecessor.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

const FILE_NAME: &str = "indexer.lock";

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process uses it.
    #[error("data folder {folder} is in use by process {holder}; stop that process or use another --data-dir")]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Process id of the holder, or `unknown`.
        holder: String,
    },
    /// The lock file cannot be used.
    #[error("data folder {folder} cannot be locked: {source}; check that it exists and is writable")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// The held lock on a data folder; ends when dropped.
#[derive(Debug)]
pub struct DataDirLock {
    /// Keeps the lock.
    _file: File,
    owner: String,
}

impl DataDirLock {
    /// Creates `folder` if needed and locks it, or says which process holds it.
    pub fn acquire(folder: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Io {
            folder: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(folder.join(FILE_NAME)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) => {
                let holder = read(&mut file).ok().and_then(|content| field(&content, "pid"));
                let holder = holder.unwrap_or_else(|| "unknown".to_owned());
                return Err(LockError::Held {
                    folder: folder.to_owned(),
                    holder,
                });
            }
        }
        let owner = read(&mut file)
            .ok()
            .and_then(|content| field(&content, "owner"))
            .unwrap_or_else(new_owner);
        write(&mut file, &owner).map_err(failed)?;
        Ok(Self { _file: file, owner })
    }

    /// Identity of the folder: the same for every process that locks it, one at a time.
    pub fn owner(&self) -> &str {
        &self.owner
    }
}

fn new_owner() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Longest content that is believed.
const MAX_BYTES: u64 = 4096;

fn read(file: &mut File) -> std::io::Result<String> {
    file.rewind()?;
    let mut content = String::new();
    file.take(MAX_BYTES).read_to_string(&mut content)?;
    Ok(content)
}

/// Replaces the content; shorter than a page, so a reader sees the old or the new one.
fn write(file: &mut File, owner: &str) -> std::io::Result<()> {
    let content = format!("pid {}\nowner {owner}\n", std::process::id());
    file.rewind()?;
    file.write_all(content.as_bytes())?;
    file.set_len(content.len() as u64)?;
    file.sync_all()
}

/// Value of a line `name value`, if it is one word.
fn field(content: &str, name: &str) -> Option<String> {
    let value = content
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    let word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    word.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_second_is_refused_and_told_who_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDirLock::acquire(folder.path()).unwrap();
        let refused = DataDirLock::acquire(folder.path()).unwrap_err();
        let LockError::Held { holder, .. } = &refused else {
            panic!("{refused}")
        };
        assert_eq!(holder, &std::process::id().to_string());
        drop(first);
        DataDirLock::acquire(folder.path()).unwrap();
    }

    #[test]
    fn the_folder_keeps_its_identity() {
        let folder = tempfile::tempdir().unwrap();
        let owner = DataDirLock::acquire(folder.path()).unwrap().owner().to_owned();
        assert_eq!(DataDirLock::acquire(folder.path()).unwrap().owner(), owner);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(DataDirLock::acquire(other.path()).unwrap().owner(), owner);
    }
}
