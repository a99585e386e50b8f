//! Carries out what the machine decides: processes, clock, terminal, signals.

use super::child::{Child, WorkerCommand};
use super::found::{Found, Stop};
use super::interrupt::Interrupt;
use super::machine::{Action, Input, Machine, Settings};
use super::show::Display;
use super::task::How;
use crate::worker::wire::Command;
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Longest time between two looks at clock, signals and processes.
const TICK: Duration = Duration::from_millis(10);
/// Inputs that wait; a worker that says more waits itself.
const QUEUE: usize = 64;

/// Runs everything that `settings` ask for with workers of `command`.
pub(crate) fn drive(
    settings: Settings,
    command: &WorkerCommand,
    interrupt: &Interrupt,
    display: &mut dyn Display,
) -> Result<Found, Stop> {
    let (said, heard) = sync_channel(QUEUE);
    let mut shell = Shell {
        machine: Machine::new(settings),
        command,
        display,
        began: Instant::now(),
        children: BTreeMap::new(),
        said,
    };
    let first = shell.machine.begin(Duration::ZERO);
    shell.carry_out(first);
    while !shell.machine.is_over() {
        if interrupt.is_asked() {
            return Err(Stop::Interrupted);
        }
        shell.turn(&heard);
    }
    shell.machine.finish()
}

struct Shell<'a> {
    machine: Machine,
    command: &'a WorkerCommand,
    display: &'a mut dyn Display,
    began: Instant,
    children: BTreeMap<u32, Child>,
    said: SyncSender<Input>,
}

impl Shell<'_> {
    /// Waits a little, then looks at everything once.
    fn turn(&mut self, heard: &Receiver<Input>) {
        match heard.recv_timeout(TICK) {
            Ok(input) => self.take(input),
            // `said` lives as long as this shell.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        self.take_ended(heard);
        self.take(Input::Tick);
        self.display.tick();
    }

    /// Ends are handed in after the last words, which may still wait in the queue.
    fn take_ended(&mut self, heard: &Receiver<Input>) {
        let ended: Vec<Input> = self.children.values_mut().filter_map(Child::poll).collect();
        if ended.is_empty() {
            return;
        }
        while let Ok(input) = heard.try_recv() {
            self.take(input);
        }
        for input in ended {
            if let Input::Ended { worker, .. } = &input {
                self.children.remove(worker);
            }
            self.take(input);
        }
    }

    fn take(&mut self, input: Input) {
        let actions = self.machine.on(self.began.elapsed(), input);
        self.carry_out(actions);
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Show(what) => self.display.show(&what),
                Action::Kill { worker } => {
                    if let Some(child) = self.children.get(&worker) {
                        child.kill();
                    }
                }
                Action::Go { worker } => {
                    if let Some(child) = self.children.get_mut(&worker) {
                        child.send(&Command::Go);
                    }
                }
                Action::Start { worker, job } => match Child::start(self.command, worker, job, &self.said) {
                    Ok(child) => {
                        self.children.insert(worker, child);
                    }
                    Err(error) => {
                        let how = How::NotStarted(error.to_string());
                        let printed = String::new();
                        let input = Input::Ended { worker, how, printed };
                        actions.extend(self.machine.on(self.began.elapsed(), input));
                    }
                },
            }
        }
    }
}
