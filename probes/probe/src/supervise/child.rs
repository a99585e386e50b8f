//! One worker process: its pipes, its end.

use super::lines::{End, MAX_LINE_BYTES, Tail, each_line};
use super::machine::Input;
use super::task::How;
use crate::worker::wire::{Command as ToWorker, Event, Job};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child as Process, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Most lines of a worker that are no events: libraries that a driver loads print to standard output at times.
const MAX_NOISE_LINES: usize = 200;
/// How long the pipes of a process that has ended may stay open (its children may hold them).
const DRAIN_WITHIN: Duration = Duration::from_secs(1);

/// What the driver is told by environment. All code of an image is loaded with the image: loading at the first launch may
/// wait for a queue that a measurement holds. Launches that wait for their end would wait for the kernel that holds the
/// queue, and machine code cannot be loaded where intermediate code is forced; both switches are taken away.
const SETTINGS: [(&str, &str); 1] = [("CUDA_MODULE_LOADING", "EAGER")];

/// How a worker is started.
#[derive(Clone, Debug)]
pub(crate) struct WorkerCommand {
    /// Executable.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
}

impl WorkerCommand {
    /// This executable as a worker.
    pub(crate) fn own() -> std::io::Result<Self> {
        let program = std::env::current_exe()?;
        let arguments = vec!["worker".into()];
        Ok(Self { program, arguments })
    }
}

/// A running worker. Dropping it kills its process group.
#[derive(Debug)]
pub(crate) struct Child {
    worker: u32,
    process: Process,
    input: Option<ChildStdin>,
    group: Option<Pid>,
    tail: Arc<Mutex<Tail>>,
    drained: Arc<AtomicBool>,
    ended: Option<(How, Instant)>,
}

impl Child {
    /// Starts it in a process group of its own, gives it its job, and hands what it says to `said`.
    pub(crate) fn start(
        command: &WorkerCommand,
        worker: u32,
        job: Job,
        said: &SyncSender<Input>,
    ) -> std::io::Result<Self> {
        let mut process = Command::new(&command.program)
            .args(&command.arguments)
            .envs(SETTINGS)
            .env_remove("CUDA_LAUNCH_BLOCKING")
            .env_remove("CUDA_FORCE_PTX_JIT")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let group = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        let (input, output, errors) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let tail = Arc::new(Mutex::new(Tail::default()));
        let drained = Arc::new(AtomicBool::new(false));
        let mut child = Self {
            worker,
            process,
            input,
            group,
            tail: Arc::clone(&tail),
            drained: Arc::clone(&drained),
            ended: None,
        };
        let said = said.clone();
        if let (Some(output), Some(errors)) = (output, errors) {
            thread::Builder::new().spawn(move || keep_tail(errors, &tail))?;
            thread::Builder::new().spawn(move || {
                listen(worker, output, &said);
                drained.store(true, Ordering::Release);
            })?;
        }
        child.send(&ToWorker::Job { job });
        Ok(child)
    }

    /// Writes a line to it. One that has ended cannot read it, and its end is noticed elsewhere.
    pub(crate) fn send(&mut self, command: &ToWorker) {
        let Some(input) = &mut self.input else { return };
        let line = serde_json::to_string(command).map(|line| line + "\n");
        if line.is_ok_and(|line| input.write_all(line.as_bytes()).is_err()) {
            self.input = None;
        }
    }

    /// Kills its whole process group.
    pub(crate) fn kill(&self) {
        // Not after the process was reaped: then the number may be another's.
        if let (Some(group), None) = (self.group, &self.ended) {
            // Fails only when nobody is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// How it ended, once it has and all that it said was handed in.
    pub(crate) fn poll(&mut self) -> Option<Input> {
        if self.ended.is_none() && self.is_dead() {
            // What it left behind in its group goes before its number can be another's.
            self.kill();
            let how = self.process.wait().map_or_else(
                |error| How::NotStarted(error.to_string()),
                |status| match status.signal() {
                    Some(signal) => How::Signalled(signal),
                    None => How::Exited(status.code().unwrap_or(-1)),
                },
            );
            self.ended = Some((how, Instant::now()));
        }
        let (how, at) = self.ended.as_ref()?;
        if !self.drained.load(Ordering::Acquire) && at.elapsed() < DRAIN_WITHIN {
            return None;
        }
        Some(Input::Ended {
            worker: self.worker,
            how: how.clone(),
            printed: self.printed(),
        })
    }

    /// The end of what it printed to standard error.
    fn printed(&self) -> String {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).text()
    }

    /// Whether it has ended, without reaping it.
    fn is_dead(&self) -> bool {
        let Some(pid) = self.group else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        // Reaps it if it died at once; one that cannot die is init's after this process has gone.
        let until = Instant::now() + Duration::from_millis(200);
        while self.ended.is_none() && Instant::now() < until {
            match self.process.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                _ => break,
            }
        }
    }
}

/// Turns lines into inputs until the pipe is closed or too much was said.
fn listen(worker: u32, output: ChildStdout, said: &SyncSender<Input>) {
    let mut noise = 0;
    let end = each_line(output, MAX_LINE_BYTES, |line| {
        match serde_json::from_slice::<Event>(line) {
            Ok(event) => {
                let event = Box::new(event);
                said.send(Input::Said { worker, event }).is_ok()
            }
            Err(_) => {
                noise += 1;
                noise <= MAX_NOISE_LINES
            }
        }
    });
    let why = match end {
        End::TooLong => format!("a line longer than {} MiB", MAX_LINE_BYTES >> 20),
        End::Enough if noise > MAX_NOISE_LINES => format!("more than {MAX_NOISE_LINES} lines that are no events"),
        End::Enough | End::Closed => return,
    };
    // Nobody listens any more: then nobody needs it.
    let _ = said.send(Input::Misspoke { worker, why });
}

fn keep_tail(mut errors: ChildStderr, tail: &Mutex<Tail>) {
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = errors.read(&mut chunk) {
        tail.lock().unwrap_or_else(PoisonError::into_inner).push(&chunk[..read]);
    }
}
