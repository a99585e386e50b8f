//! Where the engine library lies, and whether it is the pinned one.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

/// Environment variable that names the library file.
pub const ENV: &str = "GRIDPROOF_LIBCHDB";

/// The npm package and version that carries the library.
pub const PACKAGE: &str = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1";

/// SHA-256 of `libchdb.so` in that package. The package itself is pinned by SHA-512 in `package-lock.json`.
const SHA256: &str = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5";

const FILE: &str = "libchdb.so";
const IN_PACKAGE: &str = "libchdb/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so";

/// Why there is no usable library.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// None of the places has the file.
    #[error(
        "the embedded engine ({PACKAGE}) is not installed: no {FILE} at {}; run `make engine` (or `npm ci --prefix store/libchdb`), \
         or set {ENV} to the file",
        tried.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    Missing {
        /// The places, in the order they were looked at.
        tried: Vec<PathBuf>,
    },
    /// The file is another version, or damaged.
    #[error(
        "{} is not the pinned engine {PACKAGE}: its SHA-256 is {found}, expected {SHA256}; run `make engine` to install it again",
        path.display()
    )]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// Its hash.
        found: String,
    },
    /// The file cannot be read.
    #[error("cannot read the engine library {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Finds the library and checks that it is the pinned one. The order: [`ENV`], `explicit`, beside the executable,
/// then `store/libchdb/node_modules/…` of the source tree (development builds) and of the current directory.
/// A place that is named outright (the first two) is final: if it is missing, nothing else is tried.
///
/// The hash of the 540 MB file costs 2 s (20 s without optimisation). It is computed once per file and remembered,
/// keyed by path, size and modification time, in a stamp beside the library or, where that folder is read-only, in
/// `stamp_dir`; package version and size alone would not notice damage.
///
/// # Errors
/// When there is none, it is not the pinned one, or it cannot be read.
pub(super) fn locate(explicit: Option<&Path>, stamp_dir: &Path) -> Result<PathBuf, LibraryError> {
    let tried = candidates(explicit, std::env::var_os(ENV).map(PathBuf::from));
    let Some(path) = tried.iter().find(|p| p.is_file()).cloned() else {
        return Err(LibraryError::Missing { tried });
    };
    verify(&path, SHA256, stamp_dir)?;
    Ok(path)
}

fn candidates(explicit: Option<&Path>, from_env: Option<PathBuf>) -> Vec<PathBuf> {
    if let Some(named) = from_env.or_else(|| explicit.map(Path::to_owned)) {
        // A directory may be named instead of the file.
        return vec![if named.is_dir() { named.join(FILE) } else { named }];
    }
    let mut places = Vec::new();
    if let Some(dir) = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_owned))
    {
        places.push(dir.join(FILE));
    }
    places.push(Path::new(env!("CARGO_MANIFEST_DIR")).join(IN_PACKAGE));
    places.push(Path::new("store").join(IN_PACKAGE));
    places
}

fn verify(path: &Path, expected: &str, stamp_dir: &Path) -> Result<(), LibraryError> {
    let read = |source| LibraryError::Read {
        path: path.to_owned(),
        source,
    };
    let key = key(path).map_err(read)?;
    let line = format!("{key} {expected}");
    let stamps = [path.with_extension("verified"), stamp_dir.join("libchdb.verified")];
    if stamps
        .iter()
        .any(|stamp| fs::read_to_string(stamp).is_ok_and(|s| s == line))
    {
        return Ok(());
    }
    tracing::info!(library = %path.display(), "checking the engine library, once");
    let found = hash(path).map_err(read)?;
    if found != expected {
        return Err(LibraryError::WrongHash {
            path: path.to_owned(),
            found,
        });
    }
    // A stamp that cannot be written only means that the next start hashes again.
    if !stamps.iter().any(|stamp| fs::write(stamp, &line).is_ok()) {
        tracing::debug!("cannot remember the checked library");
    }
    Ok(())
}

/// Path, size and modification time: what makes a file the same file as last time.
fn key(path: &Path) -> io::Result<String> {
    let path = path.canonicalize()?;
    let meta = path.metadata()?;
    let modified = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {} {}", path.display(), meta.len(), modified.as_nanos()))
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_missing_library_names_every_place_and_the_next_step() {
        let error = LibraryError::Missing {
            tried: candidates(None, None),
        }
        .to_string();
        assert!(
            error.contains(IN_PACKAGE) && error.contains("make engine") && error.contains(ENV),
            "{error}"
        );
    }

    #[test]
    fn a_named_place_is_final_and_the_environment_wins() {
        let (option, env) = (Path::new("/nowhere/a.so"), PathBuf::from("/nowhere/b.so"));
        assert_eq!(candidates(Some(option), Some(env.clone())), vec![env]);
        assert_eq!(candidates(Some(option), None), vec![option.to_owned()]);
    }

    #[test]
    fn a_damaged_file_is_refused_even_when_an_older_one_was_checked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        fs::write(&file, b"engine").unwrap();
        let good = hash(&file).unwrap();
        verify(&file, &good, dir.path()).unwrap();
        fs::write(&file, b"engine, damaged").unwrap();
        assert!(matches!(
            verify(&file, &good, dir.path()),
            Err(LibraryError::WrongHash { .. })
        ));
    }
}
