//! The order of a run: inventory, each GPU singly, all together, the links. Inputs in, actions out, no I/O, no clock.

use super::found::{Found, Single, Stop};
use super::show::Show;
use super::task::{How, Task, Trouble, TroubleKind, Want};
use super::together::{Interval, concurrent};
use crate::cli::DeviceChoice;
use crate::worker::wire::{Event, Job};
use gridproof_probe_protocol::report::{DriverInfo, Inventory, LinkMatrix, Mode, Outcome};
use std::time::Duration;

/// Most GPUs of a node that are believed.
const MAX_GPUS: usize = 64;

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How much.
    pub(crate) mode: Mode,
    /// Which GPUs.
    pub(crate) device: DeviceChoice,
    /// Whether all GPUs are run at once.
    pub(crate) together: bool,
    /// Whether copies between GPUs are measured.
    pub(crate) links: bool,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    /// A worker said something.
    Said { worker: u32, event: Box<Event> },
    /// A worker said what cannot be understood, or too much.
    Misspoke { worker: u32, why: String },
    /// A process ended, and all that it said was handed in before. `printed`: the end of its standard error.
    Ended { worker: u32, how: How, printed: String },
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Start a worker with this job.
    Start { worker: u32, job: Job },
    /// Send `Go`.
    Go { worker: u32 },
    /// Kill the worker's process group.
    Kill { worker: u32 },
    /// Tell the user.
    Show(Show),
}

#[derive(Debug)]
enum Phase {
    Inventory(Task),
    /// Index into the GPUs.
    Single(usize, Task),
    Together(Vec<Member>),
    Links(Task),
    Over,
}

/// One of the workers that run at once.
#[derive(Debug)]
struct Member {
    /// Index into the GPUs.
    gpu: usize,
    task: Task,
    interval: Option<Interval>,
}

/// A run. Begins with [`begin`](Self::begin), takes inputs until [`is_over`](Self::is_over).
#[derive(Debug)]
pub(crate) struct Machine {
    settings: Settings,
    phase: Phase,
    next_worker: u32,
    inventory: Option<(DriverInfo, Vec<Inventory>)>,
    found: Found,
    stop: Option<Stop>,
}

impl Machine {
    /// Nothing has happened yet.
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            phase: Phase::Over,
            next_worker: 0,
            inventory: None,
            found: Found::default(),
            stop: None,
        }
    }

    /// The first actions.
    pub(crate) fn begin(&mut self, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        let task = self.start(now, Job::Inventory, "driver and GPUs", &mut actions);
        self.phase = Phase::Inventory(task);
        actions
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// What was found, or why nothing was.
    pub(crate) fn finish(self) -> Result<Found, Stop> {
        match self.stop {
            Some(stop) => Err(stop),
            None => Ok(self.found),
        }
    }

    /// Takes an input at `now`, which never runs backwards.
    pub(crate) fn on(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Said { worker, event } => self.said(now, worker, *event, &mut actions),
            Input::Misspoke { worker, why } => {
                let want = self.task(worker).map_or(Want::Nothing, |task| task.misspoke(now, &why));
                carry(want, worker, &mut actions);
            }
            Input::Ended { worker, how, printed } => {
                if let Some(task) = self.task(worker) {
                    task.ended(&how, &printed);
                }
            }
            Input::Tick => {
                for task in self.tasks() {
                    carry(task.tick(now), task.id(), &mut actions);
                }
            }
        }
        self.advance(now, &mut actions);
        actions
    }

    fn said(&mut self, now: Duration, worker: u32, event: Event, actions: &mut Vec<Action>) {
        let Some(task) = self.task(worker) else { return };
        if !task.is_talking() {
            return;
        }
        let want = task.said(now, &event);
        carry(want, worker, actions);
        actions.extend(Show::of(worker, &event).map(Action::Show));
        if let Err(why) = self.keep(worker, event) {
            let want = self.task(worker).map_or(Want::Nothing, |task| task.misspoke(now, why));
            carry(want, worker, actions);
        }
    }

    /// Keeps what an event carries; an answer to another question is refused.
    fn keep(&mut self, worker: u32, event: Event) -> Result<(), &'static str> {
        match (event, &mut self.phase) {
            (Event::Inventory { driver, gpus }, Phase::Inventory(_)) => {
                let numbered = gpus.iter().enumerate().all(|(i, gpu)| gpu.ordinal as usize == i);
                if gpus.len() > MAX_GPUS || !numbered {
                    return Err("GPUs that are not numbered from 0");
                }
                self.inventory = Some((driver, gpus));
            }
            (Event::Partial { measurements }, Phase::Single(gpu, _)) => {
                self.found.gpus[*gpu].measurements = Some(*measurements);
            }
            (
                Event::Together {
                    from_ns,
                    to_ns,
                    gemm,
                    read,
                },
                Phase::Together(members),
            ) => {
                if to_ns <= from_ns {
                    return Err("a run that ends before it begins");
                }
                if let Some(member) = members.iter_mut().find(|member| member.task.id() == worker) {
                    member.interval = Some(Interval {
                        from_ns,
                        to_ns,
                        gemm,
                        read,
                    });
                }
            }
            (Event::Links { matrix }, Phase::Links(_)) => self.found.links = checked(matrix)?,
            (Event::Ready, Phase::Together(_)) => {}
            (Event::Step { .. } | Event::Progress { .. } | Event::Done | Event::Failed { .. }, _) => {}
            _ => return Err("an answer that nobody asked for"),
        }
        Ok(())
    }

    /// Goes on where nothing is waited for any more.
    fn advance(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if let Phase::Together(members) = &mut self.phase {
            rally(now, members, actions);
        }
        if self.is_over() || self.tasks().any(|task| !task.is_gone()) {
            return;
        }
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Inventory(task) => self.after_inventory(now, &task, actions),
            Phase::Single(gpu, task) => {
                let silent = self.found.gpus[gpu].measurements.is_none();
                self.found.gpus[gpu].trouble = ending(&task, silent);
                actions.push(end(&task, self.found.gpus[gpu].trouble.as_ref()));
                self.single(now, gpu + 1, actions);
            }
            Phase::Together(members) => self.after_together(now, members, actions),
            Phase::Links(task) => self.after_links(&task, actions),
            Phase::Over => {}
        }
    }

    fn after_inventory(&mut self, now: Duration, task: &Task, actions: &mut Vec<Action>) {
        let trouble = ending(task, self.inventory.is_none());
        // What went wrong here is the whole result, and told as such.
        let (worker, mark) = (task.id(), None);
        actions.push(Action::Show(Show::End { worker, mark }));
        let (driver, gpus) = match (trouble, self.inventory.take()) {
            (None, Some(inventory)) => inventory,
            (trouble, _) => {
                self.stop = trouble.map(Stop::Trouble);
                return;
            }
        };
        let count = gpus.len();
        let wanted = |gpu: &Inventory| match self.settings.device {
            DeviceChoice::All => true,
            DeviceChoice::One(ordinal) => gpu.ordinal == ordinal,
        };
        let chosen: Vec<Single> = gpus.into_iter().filter(wanted).map(Single::new).collect();
        if chosen.is_empty() {
            self.stop = Some(match self.settings.device {
                DeviceChoice::One(wanted) if count > 0 => Stop::NoSuchDevice { wanted, count },
                _ => Stop::NoGpu,
            });
            return;
        }
        self.found.driver = driver;
        self.found.gpus = chosen;
        self.single(now, 0, actions);
    }

    /// Measures the GPU of this index, or goes on where there is none.
    fn single(&mut self, now: Duration, gpu: usize, actions: &mut Vec<Action>) {
        let Some(single) = self.found.gpus.get(gpu) else {
            self.together(now, actions);
            return;
        };
        let device = single.inventory.ordinal;
        let name = crate::explain::plain(&single.inventory.name, 48);
        let title = format!("GPU {device}, {name}");
        let mode = self.settings.mode;
        let task = self.start(now, Job::Measure { device, mode }, &title, actions);
        self.phase = Phase::Single(gpu, task);
    }

    fn together(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if let Some(reason) = self.alone(self.settings.together, "--no-together") {
            self.found.concurrent = Outcome::not_measured(reason);
            self.links(now, actions);
            return;
        }
        let mode = self.settings.mode;
        let mut members = Vec::new();
        for gpu in self.healthy() {
            let device = self.found.gpus[gpu].inventory.ordinal;
            let title = format!("GPU {device}, all at once");
            let task = self.start(now, Job::Together { device, mode }, &title, actions);
            let interval = None;
            members.push(Member { gpu, task, interval });
        }
        self.phase = Phase::Together(members);
    }

    fn after_together(&mut self, now: Duration, members: Vec<Member>, actions: &mut Vec<Action>) {
        let mut first = None;
        for member in &members {
            let trouble = ending(&member.task, member.interval.is_none());
            actions.push(end(&member.task, trouble.as_ref()));
            // Whoever was only dismissed for another's sake has none of its own.
            if let Some(trouble) = trouble.filter(|_| !member.task.was_dismissed()) {
                let gpu = &mut self.found.gpus[member.gpu];
                first.get_or_insert_with(|| format!("GPU {}: {}", gpu.inventory.ordinal, trouble.text));
                gpu.trouble = Some(trouble);
            }
        }
        self.found.concurrent = match first {
            Some(error) => Outcome::Failed { error },
            None => {
                let runs = members.iter().filter_map(|member| {
                    let gpu = &self.found.gpus[member.gpu];
                    Some((gpu.inventory.ordinal, member.interval?, gpu.measurements.as_ref()?))
                });
                let result = concurrent(&runs.collect::<Vec<_>>());
                Outcome::Measured { result }
            }
        };
        self.links(now, actions);
    }

    fn links(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if let Some(reason) = self.alone(self.settings.links, "--no-links") {
            self.found.links = Outcome::not_measured(reason);
            return;
        }
        let ordinal = |gpu: usize| self.found.gpus[gpu].inventory.ordinal;
        let devices = self.healthy().map(ordinal).collect();
        let mode = self.settings.mode;
        let task = self.start(now, Job::Links { devices, mode }, "copies between GPUs", actions);
        self.phase = Phase::Links(task);
    }

    fn after_links(&mut self, task: &Task, actions: &mut Vec<Action>) {
        let trouble = ending(task, self.found.links.measured().is_none());
        actions.push(end(task, trouble.as_ref()));
        if let Some(trouble) = trouble {
            let error = trouble.text.clone();
            self.found.links = Outcome::Failed { error };
            self.found.node_trouble = Some(trouble);
        }
    }

    /// Why nothing can be measured between GPUs, if so.
    fn alone(&self, wanted: bool, flag: &str) -> Option<String> {
        if !wanted {
            return Some(format!("left out by {flag}"));
        }
        if self.found.gpus.len() < 2 {
            return Some("only one GPU was measured".to_owned());
        }
        let left = self.healthy().count();
        (left < 2).then(|| {
            format!(
                "only {left} of {} GPUs could be measured to the end",
                self.found.gpus.len()
            )
        })
    }

    /// Indexes of the GPUs that nothing went wrong with.
    fn healthy(&self) -> impl Iterator<Item = usize> + use<> {
        let healthy = |(i, gpu): (usize, &Single)| gpu.trouble.is_none().then_some(i);
        let indexes: Vec<usize> = self.found.gpus.iter().enumerate().filter_map(healthy).collect();
        indexes.into_iter()
    }

    fn start(&mut self, now: Duration, job: Job, title: &str, actions: &mut Vec<Action>) -> Task {
        let worker = self.next_worker;
        self.next_worker += 1;
        let title = title.to_owned();
        actions.push(Action::Show(Show::Begin { worker, title }));
        let task = Task::new(worker, now);
        actions.push(Action::Start { worker, job });
        task
    }

    fn tasks(&mut self) -> Box<dyn Iterator<Item = &mut Task> + '_> {
        match &mut self.phase {
            Phase::Inventory(task) | Phase::Single(_, task) | Phase::Links(task) => Box::new(std::iter::once(task)),
            Phase::Together(members) => Box::new(members.iter_mut().map(|member| &mut member.task)),
            Phase::Over => Box::new(std::iter::empty()),
        }
    }

    fn task(&mut self, worker: u32) -> Option<&mut Task> {
        self.tasks().find(|task| task.id() == worker)
    }
}

/// Sends everybody off once all are ready; dismisses the others when one cannot come along.
fn rally(now: Duration, members: &mut [Member], actions: &mut Vec<Action>) {
    let missing = |member: &Member| !member.task.is_talking() && member.interval.is_none();
    if members.iter().any(missing) {
        for member in members.iter_mut().filter(|member| member.interval.is_none()) {
            carry(member.task.dismiss(now), member.task.id(), actions);
        }
    } else if members.iter().all(|member| member.task.is_waiting()) {
        for member in members {
            member.task.go(now);
            let worker = member.task.id();
            actions.push(Action::Go { worker });
        }
    }
}

/// What is wrong with a task that is gone; `silent`: it never gave what it was asked for.
fn ending(task: &Task, silent: bool) -> Option<Trouble> {
    let mute = || Trouble {
        kind: TroubleKind::Misspoke,
        text: "the measuring process ended without an answer".to_owned(),
        printed: String::new(),
    };
    task.trouble().cloned().or_else(|| silent.then(mute))
}

fn end(task: &Task, trouble: Option<&Trouble>) -> Action {
    let worker = task.id();
    let mark = Some(trouble.map_or("done".to_owned(), |trouble| trouble.text.clone()));
    Action::Show(Show::End { worker, mark })
}

fn carry(want: Want, worker: u32, actions: &mut Vec<Action>) {
    if want == Want::Kill {
        actions.push(Action::Kill { worker });
    }
}

/// A matrix of at most all pairs.
fn checked(matrix: LinkMatrix) -> Result<Outcome<LinkMatrix>, &'static str> {
    if matrix.pairs.len() > MAX_GPUS * MAX_GPUS {
        return Err("more links than pairs");
    }
    Ok(Outcome::Measured { result: matrix })
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
