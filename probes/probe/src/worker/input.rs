//! Commands of the supervisor.

use super::Failure;
use super::wire::{Command, Job};
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{self, Receiver, Sender};

/// Longest line, bytes; a job takes some hundred.
const MAX_LINE_BYTES: u64 = 64 << 10;

/// Commands in the order in which they come, read by a thread of its own.
pub(super) struct Input(Receiver<Result<Command, String>>);

impl Input {
    /// Reads from now on; calls `closed` when there is no more to come.
    pub(super) fn listen(source: impl Read + Send + 'static, closed: impl FnOnce() + Send + 'static) -> Self {
        let (commands, received) = mpsc::channel();
        std::thread::spawn(move || {
            read(source, &commands);
            closed();
        });
        Self(received)
    }

    /// The job, which comes first.
    pub(super) fn job(&self) -> Result<Job, Failure> {
        match self.next()? {
            Command::Job { job } => Ok(job),
            Command::Go => Err(Failure::internal("the supervisor said go before it gave a job")),
        }
    }

    /// Waits until all others are ready.
    pub(super) fn go(&self) -> Result<(), Failure> {
        match self.next()? {
            Command::Go => Ok(()),
            Command::Job { .. } => Err(Failure::internal("the supervisor gave a second job")),
        }
    }

    fn next(&self) -> Result<Command, Failure> {
        let command = self
            .0
            .recv()
            .map_err(|_| Failure::internal("the supervisor said nothing more"))?;
        command.map_err(Failure::internal)
    }
}

fn read(source: impl Read, commands: &Sender<Result<Command, String>>) {
    let mut source = BufReader::new(source);
    loop {
        let mut line = Vec::new();
        match source.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(1..) if line.ends_with(b"\n") => {}
            // Closed, broken, cut off in the middle of a line, or longer than any command.
            _ => return,
        }
        let command = serde_json::from_slice(&line).map_err(|error| format!("no command: {error}"));
        if commands.send(command).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::wire::FailureKind;

    fn input(text: &'static str) -> (Input, Receiver<()>) {
        let (closed, is_closed) = mpsc::channel();
        let input = Input::listen(text.as_bytes(), move || {
            let _ = closed.send(());
        });
        (input, is_closed)
    }

    const JOB: &str = "{\"command\":\"job\",\"job\":{\"job\":\"inventory\"}}\n{\"command\":\"go\"}\n";

    #[test]
    fn a_job_and_then_go() {
        let (input, is_closed) = input(JOB);
        assert_eq!(input.job(), Ok(Job::Inventory));
        assert_eq!(input.go(), Ok(()));
        assert_eq!(is_closed.recv(), Ok(()), "the end of the input is told");
    }

    #[test]
    fn other_orders_and_other_words_are_errors() {
        for text in ["{\"command\":\"go\"}\n", "{}\n", "\n", "{\"command\":\"job\"", ""] {
            assert_eq!(
                input(text).0.job().map_err(|failure| failure.kind),
                Err(FailureKind::Internal),
                "{text}"
            );
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let (closed, is_closed) = mpsc::channel();
        let input = Input::listen(std::io::repeat(b'x'), move || {
            let _ = closed.send(());
        });
        assert_eq!(is_closed.recv(), Ok(()));
        assert!(input.job().is_err());
    }
}
