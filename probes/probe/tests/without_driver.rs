//! The real binary on a machine without a driver: a clear sentence, the right exit code, nothing left behind.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A start without a GPU takes less (100 ms in the release build, which `probes/packaging/check.sh` measures).
const SOON: Duration = Duration::from_secs(10);

/// The binary in an environment in which no driver can be found, even on a machine that has one: `LD_LIBRARY_PATH`
/// comes first, and there lies a file that is no library.
fn probe(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for name in ["libcuda.so", "libcuda.so.1", "libnvidia-ml.so.1", "libnvidia-ml.so"] {
        std::fs::write(folder.path().join(name), "no library").unwrap();
    }
    Command::new(env!("CARGO_BIN_EXE_gridproof-probe"))
        .args(arguments)
        .env("LD_LIBRARY_PATH", folder.path())
        .env_remove("LD_PRELOAD")
        .output()
        .unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect()
}

#[test]
fn no_driver_is_one_clear_sentence_and_exit_69() {
    let began = Instant::now();
    let output = probe(&["run", "--quiet"]);
    assert!(began.elapsed() < SOON);
    let errors = errors(&output);
    assert_eq!(output.status.code(), Some(69), "{errors}");
    assert!(errors.starts_with("error: no NVIDIA driver"), "{errors}");
    assert!(errors.contains("--gpus all"), "the next step: {errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    assert_eq!(output.stdout, b"");
}

#[test]
fn a_run_that_measured_nothing_keeps_the_old_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, "old").unwrap();
    let output = probe(&["run", "--quiet", "--output", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(69), "{}", errors(&output));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["report.json"]);
}

#[test]
fn what_cannot_work_is_refused_before_the_driver_is_touched() {
    for arguments in [
        &["run", "--output", "/no/such/folder/report.json"][..],
        &["run", "--claim", "gtx-9000"],
        &["run", "--device", "first"],
        &["run", "--verifier", "http://verifier.example.org"],
        &["run", "--fast"],
        &["explain", "/no/such/report.json"],
        &[],
    ] {
        let output = probe(arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {}", errors(&output));
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
}

#[test]
fn a_file_that_is_no_report_is_exit_65() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    for text in ["", "{}", "[1", r#"{"schema":"another"}"#] {
        std::fs::write(&path, text).unwrap();
        let output = probe(&["explain", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(65), "{text:?}: {}", errors(&output));
    }
}

#[test]
fn help_models_and_completions_need_no_driver() {
    let help = probe(&["run", "--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(
        help.status.success() && text.contains("gridproof-probe run --full --output report.json"),
        "{text}"
    );
    assert!(
        !String::from_utf8(probe(&["--help"]).stdout).unwrap().contains("worker"),
        "the worker is private"
    );
    let models = probe(&["models", "--json"]);
    let table: serde_json::Value = serde_json::from_slice(&models.stdout).unwrap();
    assert!(table["h100-sxm"]["multiprocessors"]["source"].is_string());
    for shell in ["bash", "zsh", "fish"] {
        assert!(!probe(&["completions", shell]).stdout.is_empty());
    }
}
