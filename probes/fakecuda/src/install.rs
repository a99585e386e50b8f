//! Puts the library where a loader finds it under the names of the real ones.

use std::io;
use std::path::{Path, PathBuf};

/// File of this library as cargo builds it.
const FILE: &str = "libgridproof_fakecuda.so";
/// Names under which callers look for it.
const NAMES: [&str; 2] = ["libcuda.so.1", "libnvidia-ml.so.1"];

/// The built library, beside the running test: `target/debug/deps/` or one folder up.
///
/// # Errors
/// When there is none: the crate must be a (dev-)dependency of the test.
pub fn library() -> io::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    let folders = executable.ancestors().skip(1).take(3);
    let found = folders
        .flat_map(|folder| [folder.join(FILE), folder.join("deps").join(FILE)])
        .find(|path| path.exists());
    found.ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("no {FILE} around {}", executable.display()),
        )
    })
}

/// Links the library into `folder` as `libcuda.so.1` and `libnvidia-ml.so.1`; set `LD_LIBRARY_PATH` of the process under
/// test to it.
///
/// # Errors
/// When there is no library or a link cannot be made.
pub fn install(folder: &Path) -> io::Result<()> {
    let library = library()?;
    for name in NAMES {
        std::os::unix::fs::symlink(&library, folder.join(name))?;
    }
    Ok(())
}
