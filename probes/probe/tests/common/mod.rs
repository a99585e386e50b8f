//! The real binary beside a driver of our own.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(unreachable_pub, missing_docs)]

use gridproof_probe_protocol::report::{GpuReport, Report};
use gridproof_probe_protocol::verdict::State;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A command of the probe that finds the test driver, which plays `scenario`.
pub fn probe(driver: &Path, scenario: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridproof-probe"));
    command
        .env_clear()
        .env("LD_LIBRARY_PATH", driver)
        .env("GRIDPROOF_FAKE_GPU", scenario)
        .stdin(Stdio::null());
    command
}

/// A folder with the test driver under the names by which the real one is found.
pub fn driver() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    gridproof_fakecuda::install(folder.path()).expect("the test driver was built with these tests");
    folder
}

/// What a run came to.
pub struct Run {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard error.
    pub stderr: String,
    /// Standard output.
    pub stdout: Vec<u8>,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            stdout: output.stdout,
        }
    }
}

impl Run {
    /// The report on standard output.
    pub fn report(&self) -> Report {
        Report::from_json(&self.stdout).unwrap_or_else(|error| {
            let stdout = String::from_utf8_lossy(&self.stdout);
            panic!(
                "no report ({error}), exit {:?}\n{}\n{stdout:.2000}",
                self.code, self.stderr
            )
        })
    }

    /// Its only GPU.
    pub fn gpu(&self) -> GpuReport {
        let mut gpus = self.report().gpus;
        assert_eq!(gpus.len(), 1);
        gpus.remove(0)
    }
}

/// Whether a state that `wanted` accepts was named.
pub fn has(gpu: &GpuReport, wanted: impl Fn(&State) -> bool) -> bool {
    gpu.verdict.states.iter().any(wanted)
}
