//! The check of every kernel: a kernel that breaks or hangs its process is blamed, and the next process goes on with
//! those that are left.

use super::child::WorkerCommand;
use super::found::Stop;
use super::interrupt::Interrupt;
use super::job::one_job;
use super::show::Display;
use super::task::Trouble;
use crate::measure::kernels::{Checked, Ending, Planned};
use crate::worker::kernels::Selection;
use crate::worker::wire::{Event, Job};

/// More kernels than this probe has.
const MAX_KERNELS: usize = 200;

/// What the check came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// The GPU and its kernels; `None` where not even that was reached.
    pub(crate) planned: Option<Planned>,
    /// One entry a kernel of the plan, in its order.
    pub(crate) kernels: Vec<Checked>,
    /// What ended the last process before its time.
    pub(crate) trouble: Option<Trouble>,
}

/// Checks the kernels of a selection, with as many processes as that takes.
pub(crate) fn check(
    selection: &Selection,
    with: (&WorkerCommand, &Interrupt),
    display: &mut dyn Display,
) -> Result<Outcome, Stop> {
    let mut roll = Roll::default();
    loop {
        let before = roll.told.len();
        roll.current = None;
        let job = Job::Kernels {
            selection: Selection {
                done: roll.told.iter().map(|checked| checked.kernel.clone()).collect(),
                ..selection.clone()
            },
        };
        let trouble = one_job(job, "kernels", with, display, &mut |event| roll.keep(event))?;
        if let Some(trouble) = &trouble {
            roll.blame(trouble);
        }
        // A process that brought nothing forward would be followed by others like it.
        if trouble.is_none() || roll.is_complete() || roll.told.len() == before {
            return Ok(roll.outcome(trouble));
        }
    }
}

/// What was told so far. Pure.
#[derive(Debug, Default)]
struct Roll {
    planned: Option<Planned>,
    told: Vec<Checked>,
    /// The kernel that runs now.
    current: Option<String>,
}

impl Roll {
    fn keep(&mut self, event: &Event) -> Result<(), &'static str> {
        match event {
            Event::Planned { planned } => {
                if planned.kernels.len() > MAX_KERNELS {
                    return Err("more kernels than there are");
                }
                if self
                    .planned
                    .as_ref()
                    .is_some_and(|known| known.kernels != planned.kernels)
                {
                    return Err("another plan than before");
                }
                // The first one tells how long opening takes; the driver's cache shortens the others.
                self.planned.get_or_insert_with(|| (**planned).clone());
            }
            Event::Step { name, .. } if self.awaits(name) => self.current = Some(name.clone()),
            Event::Kernel { checked } => {
                if self.current.as_ref() != Some(&checked.kernel) {
                    return Err("a result of another kernel, or a second one");
                }
                self.current = None;
                self.told.push((**checked).clone());
            }
            Event::Step { .. } | Event::Progress { .. } | Event::Done | Event::Failed { .. } => {}
            _ => return Err("an answer that nobody asked for"),
        }
        Ok(())
    }

    /// Whether a kernel is planned and has no result yet: a second one must neither count nor be blamed.
    fn awaits(&self, name: &str) -> bool {
        let planned = self.planned.as_ref();
        planned.is_some_and(|planned| planned.kernels.iter().any(|kernel| kernel == name))
            && self.told.iter().all(|checked| checked.kernel != name)
    }

    /// The kernel in which the process ended has failed.
    fn blame(&mut self, trouble: &Trouble) {
        if let Some(kernel) = self.current.take() {
            self.told.push(Checked {
                kernel,
                image: String::new(),
                ending: Ending::Failed {
                    error: trouble.text.clone(),
                },
                seconds: 0.0,
            });
        }
    }

    fn is_complete(&self) -> bool {
        self.planned
            .as_ref()
            .is_some_and(|planned| planned.kernels.len() == self.told.len())
    }

    /// In the order of the plan; what was not reached says why.
    fn outcome(self, trouble: Option<Trouble>) -> Outcome {
        let names = self.planned.as_ref().map_or(&[][..], |planned| &planned.kernels);
        let kernels = names
            .iter()
            .map(|name| {
                let told = self.told.iter().find(|checked| checked.kernel == *name);
                told.cloned().unwrap_or_else(|| Checked {
                    kernel: name.clone(),
                    image: String::new(),
                    ending: Ending::NotRun {
                        reason: trouble.as_ref().map_or_else(
                            || "the measuring process left it out".to_owned(),
                            |trouble| format!("not reached: {}", trouble.text),
                        ),
                    },
                    seconds: 0.0,
                })
            })
            .collect();
        Outcome {
            kernels,
            trouble,
            planned: self.planned,
        }
    }
}

#[cfg(test)]
#[path = "kernels_tests.rs"]
mod tests;
