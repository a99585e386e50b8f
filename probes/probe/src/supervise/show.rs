//! Progress: a bar per worker on a terminal, plain lines elsewhere, both on standard error.

use crate::worker::wire::Event;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Time between two redraws of a bar whose step gives no sign of progress.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);
/// Longest expected length of a step that a bar is drawn for, ms.
const MAX_EXPECTED_MS: u64 = 600_000;

/// What the user is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Show {
    /// A worker starts.
    Begin { worker: u32, title: String },
    /// It begins a step.
    Step {
        worker: u32,
        name: String,
        expected_ms: u64,
    },
    /// Share of the step that is done, 0 to 1.
    Progress { worker: u32, share: f64 },
    /// It is gone; `mark` is what is left to say of it.
    End { worker: u32, mark: Option<String> },
}

impl Show {
    /// What an event has to tell.
    pub(crate) fn of(worker: u32, event: &Event) -> Option<Self> {
        match event {
            Event::Step { name, expected_ms, .. } => Some(Self::Step {
                worker,
                name: crate::explain::plain(name, 48),
                expected_ms: (*expected_ms).clamp(1, MAX_EXPECTED_MS),
            }),
            Event::Progress { share } => Some(Self::Progress {
                worker,
                share: if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 },
            }),
            _ => None,
        }
    }
}

/// Where it is told.
pub(crate) trait Display {
    /// Tells it.
    fn show(&mut self, what: &Show);
    /// Redraws what moves by itself.
    fn tick(&mut self) {}
}

/// Bars on a terminal, lines elsewhere, nothing if it is to be quiet.
pub(crate) fn display(quiet: bool) -> Box<dyn Display> {
    if quiet {
        Box::new(Silence)
    } else if std::io::stderr().is_terminal() {
        Box::new(Bars::default())
    } else {
        Box::new(Lines::default())
    }
}

/// Tells nothing.
pub(crate) struct Silence;

impl Display for Silence {
    fn show(&mut self, _what: &Show) {}
}

/// One line a step.
#[derive(Default)]
struct Lines {
    titles: BTreeMap<u32, String>,
}

impl Display for Lines {
    fn show(&mut self, what: &Show) {
        match what {
            Show::Begin { worker, title } => {
                self.titles.insert(*worker, title.clone());
            }
            Show::Step {
                worker,
                name,
                expected_ms,
            } => {
                let title = self.titles.get(worker).map_or("", String::as_str);
                eprintln!("{title}: {name}, about {:.1} s", *expected_ms as f64 / 1e3);
            }
            Show::Progress { .. } => {}
            Show::End { worker, mark } => {
                let title = self.titles.remove(worker).unwrap_or_default();
                if let Some(mark) = mark {
                    eprintln!("{title}: {mark}");
                }
            }
        }
    }
}

/// A bar a worker, over the expected time of its step.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    bars: BTreeMap<u32, Bar>,
    drawn: Option<Instant>,
}

struct Bar {
    bar: ProgressBar,
    title: String,
    began: Instant,
    /// The step tells its progress, so time does not.
    told: bool,
}

impl Display for Bars {
    fn show(&mut self, what: &Show) {
        match what {
            Show::Begin { worker, title } => {
                let style = ProgressStyle::with_template("{prefix} {bar:24} {percent:>3} % eta {eta:<4} {wide_msg}");
                let bar = self.all.add(ProgressBar::new(1)).with_prefix(title.clone());
                // The template is a constant; should it not parse, the default style serves as well.
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                let (title, began, told) = (title.clone(), Instant::now(), false);
                self.bars.insert(
                    *worker,
                    Bar {
                        bar,
                        title,
                        began,
                        told,
                    },
                );
            }
            Show::Step {
                worker,
                name,
                expected_ms,
            } => {
                if let Some(bar) = self.bars.get_mut(worker) {
                    (bar.began, bar.told) = (Instant::now(), false);
                    bar.bar.reset();
                    bar.bar.set_length(*expected_ms);
                    bar.bar.set_message(name.clone());
                }
            }
            Show::Progress { worker, share } => {
                if let Some(bar) = self.bars.get_mut(worker) {
                    bar.told = true;
                    let length = bar.bar.length().unwrap_or(1);
                    bar.bar.set_position((share * length as f64) as u64);
                }
            }
            Show::End { worker, mark } => {
                if let Some(bar) = self.bars.remove(worker) {
                    bar.bar.finish_and_clear();
                    if let Some(mark) = mark {
                        // A terminal that went away takes the line with it.
                        let _ = self.all.println(format!("{}: {mark}", bar.title));
                    }
                }
            }
        }
    }

    fn tick(&mut self) {
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < DRAW_INTERVAL) {
            return;
        }
        self.drawn = Some(Instant::now());
        for bar in self.bars.values().filter(|bar| !bar.told) {
            let length = bar.bar.length().unwrap_or(1);
            let elapsed = u64::try_from(bar.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            // A step that takes longer than usual is never shown as done.
            bar.bar.set_position(elapsed.min(length.saturating_sub(1)));
        }
    }
}
