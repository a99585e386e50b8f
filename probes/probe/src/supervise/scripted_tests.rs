//! Real processes: shell scripts in the place of workers.

#![allow(clippy::unwrap_used)]

use super::found::{Found, Stop};
use super::lines::TAIL_BYTES;
use super::show::Silence;
use super::task::{Trouble, TroubleKind};
use super::{Interrupt, Settings, WorkerCommand, drive};
use crate::cli::DeviceChoice;
use crate::worker::wire::{Event, FailureKind};
use gridproof_probe_protocol::report::{DriverInfo, Inventory, Mode};
use rustix::process::{Pid, test_kill_process};
use std::path::Path;
use std::time::{Duration, Instant};

/// Far longer than any of these runs takes, far shorter than what they would wait for.
const SOON: Duration = Duration::from_secs(20);

/// One event as a line of shell.
fn say(event: &Event) -> String {
    format!("echo '{}'\n", serde_json::to_string(event).unwrap())
}

fn step(within_ms: u64) -> String {
    let (name, expected_ms) = ("reading".to_owned(), 1);
    say(&Event::Step {
        name,
        expected_ms,
        within_ms,
    })
}

fn partial() -> String {
    say(&Event::Partial {
        measurements: Box::default(),
    })
}

/// A script that finds one GPU and then does `measure`.
fn worker(measure: &str) -> WorkerCommand {
    let inventory = Event::Inventory {
        driver: DriverInfo::default(),
        gpus: vec![Inventory::default()],
    };
    let script = format!(
        "read job\ncase \"$job\" in\n*inventory*)\n{}{};;\n*)\n{measure}\n;;\nesac\n",
        say(&inventory),
        say(&Event::Done)
    );
    WorkerCommand {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
    }
}

fn run(command: &WorkerCommand, interrupt: &Interrupt) -> Result<Found, Stop> {
    let settings = Settings {
        mode: Mode::Quick,
        device: DeviceChoice::All,
        together: true,
        links: true,
    };
    let began = Instant::now();
    let result = drive(settings, command, interrupt, &mut Silence);
    assert!(began.elapsed() < SOON, "took {:?}", began.elapsed());
    result
}

/// What went wrong with the one GPU.
fn trouble(measure: &str) -> (Found, Trouble) {
    let found = run(&worker(measure), &Interrupt::default()).unwrap();
    let trouble = found.gpus[0].trouble.clone().expect("something goes wrong");
    (found, trouble)
}

/// Whether the process whose number a script wrote to `file` is gone, zombies of nobody included.
fn is_gone(file: &Path) -> bool {
    let pid: i32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let alive = test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() && !stat.contains(") Z ");
    !alive
}

fn soon_gone(file: &Path) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if is_gone(file) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn an_honest_worker_is_believed() {
    let script = [step(5_000), partial(), say(&Event::Done)].concat();
    let found = run(&worker(&script), &Interrupt::default()).unwrap();
    assert!(found.gpus[0].trouble.is_none() && found.gpus[0].measurements.is_some());
}

#[test]
fn a_hang_ends_with_the_step_and_with_everything_that_the_worker_started() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let hang = format!("{}sleep 1000 &\necho $! > {}\nwait\n", step(300), pid.display());
    let (found, trouble) = trouble(&[partial(), hang].concat());
    assert_eq!(trouble.kind, TroubleKind::Hang);
    assert!(trouble.text.contains("in step \"reading\""), "{}", trouble.text);
    assert!(found.gpus[0].measurements.is_some(), "what was measured before is kept");
    assert!(soon_gone(&pid));
}

#[test]
fn a_crash_tells_the_signal_and_the_last_words() {
    let (_, trouble) = trouble("echo 'NVRM: out of luck' >&2; kill -SEGV $$");
    assert_eq!(trouble.kind, TroubleKind::Crash);
    assert!(trouble.text.contains("SIGSEGV"), "{}", trouble.text);
    assert_eq!(trouble.printed, "NVRM: out of luck\n");
}

#[test]
fn a_flood_on_standard_error_is_kept_short() {
    let (_, trouble) = trouble("head -c 5000000 /dev/zero | tr '\\0' 'x' >&2; echo end >&2; exit 3");
    assert_eq!(trouble.kind, TroubleKind::EndedEarly);
    assert!(trouble.printed.len() <= TAIL_BYTES && trouble.printed.ends_with("xend\n"));
}

#[test]
fn a_few_lines_of_garbage_are_overheard_and_many_are_refused() {
    let chatty = [
        "echo hello\necho '{\"event\":\"unknown\"}'\n".to_owned(),
        partial(),
        say(&Event::Done),
    ]
    .concat();
    let found = run(&worker(&chatty), &Interrupt::default()).unwrap();
    assert!(found.gpus[0].trouble.is_none());
    let (_, trouble) = trouble("yes garbage");
    assert_eq!(trouble.kind, TroubleKind::Misspoke);
}

#[test]
fn a_line_without_end_is_refused() {
    let (_, trouble) = trouble("exec cat /dev/zero");
    assert_eq!(trouble.kind, TroubleKind::Misspoke);
    assert!(trouble.text.contains("MiB"), "{}", trouble.text);
}

#[test]
fn endless_progress_is_refused() {
    let progress = serde_json::to_string(&Event::Progress { share: 0.5 }).unwrap();
    let (_, trouble) = trouble(&format!("exec yes '{progress}'"));
    assert_eq!(trouble.kind, TroubleKind::Misspoke);
}

#[test]
fn a_lost_gpu_leaves_what_was_measured() {
    let (kind, error) = (FailureKind::GpuLost, "CUDA_ERROR_DEVICE_UNAVAILABLE (46)".to_owned());
    let (found, trouble) = trouble(&[step(5_000), partial(), say(&Event::Failed { kind, error })].concat());
    assert_eq!(trouble.kind, TroubleKind::Reported(FailureKind::GpuLost));
    assert!(found.gpus[0].measurements.is_some());
}

#[test]
fn an_interrupt_ends_the_run_and_everything_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let command = worker(&format!(
        "{}sleep 1000 &\necho $! > {}\nwait\n",
        step(60_000),
        pid.display()
    ));
    let interrupt = Interrupt::default();
    let asker = interrupt.clone();
    let watched = pid.clone();
    let asking = std::thread::spawn(move || {
        let written = || std::fs::read_to_string(&watched).is_ok_and(|text| text.ends_with('\n'));
        while !written() {
            std::thread::sleep(Duration::from_millis(5));
        }
        asker.ask();
    });
    assert_eq!(run(&command, &interrupt).unwrap_err(), Stop::Interrupted);
    asking.join().unwrap();
    assert!(soon_gone(&pid));
}

#[test]
fn a_worker_that_cannot_start_is_a_clear_end() {
    let command = WorkerCommand {
        program: "/no/such/program".into(),
        arguments: Vec::new(),
    };
    let Err(Stop::Trouble(trouble)) = run(&command, &Interrupt::default()) else {
        panic!("nothing can be found")
    };
    assert!(trouble.text.contains("did not start"), "{}", trouble.text);
}
