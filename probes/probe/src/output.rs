//! Where results go: standard output, or a file that is there whole or not at all.

use crate::exit::Failure;
use anyhow::Context;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Prints text and a line end. A reader that has closed the pipe has seen enough.
pub(crate) fn text_line(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Internal(
            anyhow::Error::new(error).context("cannot write to standard output"),
        )),
        _ => Ok(()),
    }
}

/// A file that is written at the end of a run and was found writable at its start.
#[derive(Debug)]
pub(crate) struct Destination {
    path: PathBuf,
    folder: PathBuf,
}

impl Destination {
    /// Finds out now what would go wrong after minutes of measuring: no such folder, no right to write in it, a folder
    /// where the file should go. Leaves nothing behind.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Failure> {
        let refuse = |why: String| {
            let path = path.display();
            Failure::Usage(format!(
                "cannot write the report to {path}: {why}; give another --output"
            ))
        };
        if path.file_name().is_none() || path.is_dir() {
            return Err(refuse("it is a folder".to_owned()));
        }
        if path.exists() && !path.is_file() {
            return Err(refuse("it is not an ordinary file".to_owned()));
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        temporary(&folder).map_err(|error| refuse(error.to_string()))?;
        let path = path.to_owned();
        Ok(Self { path, folder })
    }

    /// Writes `bytes` beside the file, makes them durable, then gives them its name: whoever opens the name sees the old
    /// file or the new one, and an error keeps the old one.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let write = || -> anyhow::Result<()> {
            let mut file = temporary(&self.folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            // The name itself lives in the folder.
            File::open(&self.folder)?.sync_all()?;
            Ok(())
        };
        let path = self.path.display();
        write()
            .with_context(|| format!("cannot write the report to {path}"))
            .map_err(Failure::Internal)
    }
}

/// A file of a name of its own that is removed unless it gets another name. Readable by all, as a report is no secret.
fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .prefix(".gridproof-probe-")
        .suffix(".partial")
        .permissions(std::fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_appears_whole_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, "old").unwrap();
        let destination = Destination::prepare(&path).unwrap();
        assert_eq!(names(folder.path()), ["report.json"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"old", "preparing changes nothing");
        destination.write(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn a_run_that_writes_nothing_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, "old").unwrap();
        drop(Destination::prepare(&path).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn a_folder_that_went_away_during_the_run_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let destination = Destination::prepare(&inner.join("report.json")).unwrap();
        std::fs::remove_dir(&inner).unwrap();
        let failure = destination.write(b"new").unwrap_err();
        assert!(failure.to_string().contains("inner/report.json"), "{failure}");
    }

    #[test]
    fn what_cannot_be_written_is_found_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/such/report.json");
        let folder = folder.path().to_owned();
        for path in [
            missing,
            folder,
            PathBuf::from("/dev/full"),
            PathBuf::from("/proc/report.json"),
        ] {
            let failure = Destination::prepare(&path).unwrap_err();
            assert_eq!(failure.code(), crate::exit::Code::Usage, "{}", path.display());
        }
    }
}
