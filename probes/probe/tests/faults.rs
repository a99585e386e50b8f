//! Drivers and GPUs that fail: a clear sentence, the promised exit code, and never a file that looks whole.

mod common;

use common::{Run, driver, probe};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest time that a test waits for the probe to end, s; its own limits are far below.
const PATIENCE: Duration = Duration::from_secs(240);

fn start(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the probe starts")
}

/// Waits with a bound, so that a probe that hangs fails the test instead of stopping it.
fn end(mut child: Child) -> Run {
    let started = Instant::now();
    while child.try_wait().expect("a child of ours").is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().expect("a child of ours");
            panic!("the probe did not end within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Run::from(child.wait_with_output().expect("it ended"))
}

/// Runs a fault with `--output` and says what it came to, and whether a file was left under the final name.
fn fault(scenario: &str, environment: &[(&str, &str)]) -> (Run, bool, Vec<String>) {
    let (driver, folder) = (driver(), tempfile::tempdir().expect("a temporary folder"));
    let output = folder.path().join("report.json");
    let mut command = probe(driver.path(), scenario);
    command
        .args(["run", "--quick", "--output"])
        .arg(&output)
        .envs(environment.iter().copied());
    let run = end(start(&mut command));
    let others = names(folder.path())
        .into_iter()
        .filter(|name| name != "report.json")
        .collect();
    (run, output.exists(), others)
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("our folder");
    entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect()
}

#[track_caller]
fn ends_with_69(scenario: &str, environment: &[(&str, &str)], words: &[&str]) -> (Run, bool) {
    let (run, file, others) = fault(scenario, environment);
    assert_eq!(run.code, Some(69), "{scenario}: {}", run.stderr);
    let said = format!("{}{}", run.stderr, String::from_utf8_lossy(&run.stdout)).to_lowercase();
    for word in words {
        assert!(said.contains(word), "{scenario} does not say {word:?}: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(others, Vec::<String>::new(), "{scenario} left something behind");
    (run, file)
}

#[test]
fn without_a_driver_it_says_so_at_once() {
    let nowhere = tempfile::tempdir().expect("a temporary folder");
    let run = end(start(probe(nowhere.path(), "h100-sxm").args(["run"])));
    assert_eq!(run.code, Some(69), "{}", run.stderr);
    assert!(run.stderr.contains("driver"), "{}", run.stderr);
}

#[test]
fn a_driver_without_gpu_says_so() {
    let (_, file) = ends_with_69("no-gpu", &[], &["cuda_error_no_device", "nvidia-smi"]);
    assert!(!file);
}

#[test]
fn an_old_driver_says_which_is_needed() {
    let (_, file) = ends_with_69("old-driver", &[], &["update the nvidia driver"]);
    assert!(!file);
}

#[test]
fn an_architecture_that_no_image_fits_is_a_result() {
    ends_with_69("unknown-arch", &[], &["compute capability"]);
}

#[test]
fn a_driver_that_hangs_at_the_start_is_ended() {
    let (_, file) = ends_with_69("hang", &[], &["hang"]);
    assert!(!file);
}

#[test]
fn a_driver_that_hangs_in_the_middle_leaves_what_was_measured() {
    let (run, file) = ends_with_69("hang-later", &[("GRIDPROOF_FAKE_AFTER_LAUNCHES", "40")], &["hang"]);
    assert!(file, "what was measured before is kept: {}", run.stderr);
}

#[test]
fn a_gpu_that_falls_off_the_bus_leaves_what_was_measured() {
    let (run, file) = ends_with_69(
        "falls-off-bus",
        &[("GRIDPROOF_FAKE_AFTER_LAUNCHES", "40")],
        &["xid", "reset the gpu"],
    );
    assert!(file, "what was measured before is kept: {}", run.stderr);
}

#[test]
fn a_driver_that_answers_garbage_is_refused() {
    let (run, _, others) = fault("garbage", &[]);
    assert!(matches!(run.code, Some(69 | 70)), "{:?} {}", run.code, run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(
        run.stderr.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()),
        "{:?}",
        run.stderr
    );
    assert_eq!(others, Vec::<String>::new());
}

#[test]
fn ctrl_c_ends_the_workers_and_leaves_no_file() {
    let (driver, folder) = (driver(), tempfile::tempdir().expect("a temporary folder"));
    let output = folder.path().join("report.json");
    let mut command = probe(driver.path(), "h100-sxm");
    let child = start(command.args(["run", "--quick", "--output"]).arg(&output));
    std::thread::sleep(Duration::from_secs(6));
    let workers = children(child.id());
    assert!(!workers.is_empty(), "the measurement has begun");
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill");
    assert!(status.success());
    let asked = Instant::now();
    let run = end(child);
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    assert!(asked.elapsed() < Duration::from_secs(10), "it ends soon");
    assert_eq!(names(folder.path()), Vec::<String>::new());
    for worker in workers {
        assert!(!alive(worker), "worker {worker} goes on");
    }
}

/// Children of a process, from `/proc`.
fn children(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = std::fs::read_to_string(path).expect("/proc lists children");
    text.split_whitespace()
        .map(|id| id.parse().expect("a process id"))
        .collect()
}

/// Whether a process runs; one that ended and waits to be collected does not.
fn alive(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')))
}
