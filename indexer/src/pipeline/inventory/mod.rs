//! Provider inventory: one task per provider keeps asking for its status; what comes becomes entries of a series.
//!
//! Which providers there are says the chain's own state. A task shares nothing with another but the number of dials and the
//! queue to the collector, which is bounded: where entries cannot be written, nothing more is read from the network.

mod collect;
mod discover;
mod gauges;
mod pause;
mod provider;
#[cfg(test)]
mod tests;

pub use discover::{ChainState, Discovery, Known, Registered};
pub use gauges::InventoryGauges;

use super::board::Board;
use super::error::PipelineError;
use super::series::Series;
use super::status::InventoryStatus;
use crate::source::provider::StatusSource;
use discover::{Target, targets};
use provider::{Desk, Task};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Checks that wait for the collector.
const QUEUE: usize = 64;
/// Time between two looks at the tasks.
const LOOK: Duration = Duration::from_secs(5);

/// Manners of the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InventorySettings {
    /// Dials at the same time.
    pub max_concurrent: usize,
    /// Providers that are asked at all, oldest registration first.
    pub max_providers: usize,
    /// A provider's check is written at least as often, whether anything changed or not.
    pub heartbeat: Duration,
    /// Shortest time between two snapshots of one provider; of what comes faster, the newest is kept.
    pub snapshot_gap: Duration,
    /// The pause after a first failed attempt; it doubles with each further one.
    pub first_pause: Duration,
    /// Longest pause between two attempts.
    pub longest_pause: Duration,
    /// A connection that held for so long ends a row of failed attempts.
    pub steady: Duration,
    /// Longest time that a check waits before its entry is written.
    pub flush_every: Duration,
    /// Checks of one entry.
    pub flush_checks: usize,
    /// Longest time between two looks at the chain's state.
    pub discover_every: Duration,
    /// Shortest time between two such looks, where the state moves.
    pub discover_gap: Duration,
}

impl Default for InventorySettings {
    fn default() -> Self {
        Self {
            max_concurrent: 64,
            max_providers: 5_000,
            heartbeat: Duration::from_secs(240),
            snapshot_gap: Duration::from_secs(60),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(300),
            steady: Duration::from_secs(60),
            flush_every: Duration::from_secs(30),
            flush_checks: 1_000,
            discover_every: Duration::from_secs(600),
            discover_gap: Duration::from_secs(60),
        }
    }
}

/// Where a task stands: how it shows in gauges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing is known yet, or nobody asks.
    Unknown = 0,
    /// It told its status.
    Online = 1,
    /// Three retries failed.
    Dead = 2,
}

/// Milliseconds since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The supervisor of one network's providers.
pub struct Inventory<S, D> {
    /// Where checks are written to.
    pub series: Series,
    /// What asks providers.
    pub source: S,
    /// What knows them.
    pub discovery: D,
    /// Manners.
    pub settings: InventorySettings,
    /// Operational metrics.
    pub gauges: InventoryGauges,
    /// The status that others see.
    pub board: Board,
    /// What time it is.
    pub clock: Clock,
}

/// A provider's task.
struct Running {
    target: Target,
    standing: Arc<AtomicU8>,
    stop: CancellationToken,
}

impl<S: StatusSource, D: Discovery> Inventory<S, D> {
    /// Runs until `stop`; then tasks end and what they told is written.
    ///
    /// # Errors
    /// Entries cannot be written, or the chain's state cannot be read.
    pub async fn run(self, stop: CancellationToken) -> Result<(), PipelineError> {
        let (queue, lines) = mpsc::channel(QUEUE);
        let height = Arc::new(AtomicU64::new(0));
        let collector = collect::Collector {
            series: self.series,
            lines,
            height: height.clone(),
            settings: self.settings,
            gauges: self.gauges.clone(),
        };
        let mut collector = tokio::spawn(collector.run());
        let mut watching = Watching {
            desk: Desk {
                source: self.source,
                dials: Arc::new(Semaphore::new(self.settings.max_concurrent.max(1))),
                queue,
                settings: self.settings,
                gauges: self.gauges.clone(),
                clock: self.clock,
            },
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            stop: stop.child_token(),
        };
        let (mut last_look, mut total) = (None, 0);
        let ended = loop {
            let due = last_look.is_none_or(|(at, seen): (tokio::time::Instant, u64)| {
                let age = at.elapsed();
                age >= self.settings.discover_every || (age >= self.settings.discover_gap && self.discovery.moved(seen))
            });
            if due {
                match self.discovery.look().await {
                    Ok(Some(known)) => {
                        height.store(known.height, Ordering::Relaxed);
                        last_look = Some((tokio::time::Instant::now(), known.height));
                        total = known.providers.len();
                        watching.follow(targets(known, self.settings.max_providers));
                    }
                    Ok(None) => {}
                    Err(error) => break Err(error),
                }
            }
            let status = watching.status(total);
            self.gauges.show(&status);
            self.board.inventory(status);
            tokio::select! {
                () = stop.cancelled() => break Ok(()),
                done = &mut collector => return done?,
                () = tokio::time::sleep(LOOK) => {}
            }
        };
        watching.end().await;
        // The queue has no sender any more: the collector writes what is left and ends.
        ended.and(collector.await?)
    }
}

/// The tasks.
struct Watching<S> {
    desk: Desk<S>,
    running: BTreeMap<String, Running>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl<S: StatusSource> Watching<S> {
    /// Starts tasks of new providers, ends those of providers that are gone, and begins anew where something changed.
    fn follow(&mut self, targets: BTreeMap<String, Target>) {
        self.running.retain(|owner, running| {
            let stays = targets.get(owner) == Some(&running.target);
            if !stays {
                running.stop.cancel();
            }
            stays
        });
        for (owner, target) in targets {
            self.running.entry(owner).or_insert_with(|| {
                let (stop, standing) = (
                    self.stop.child_token(),
                    Arc::new(AtomicU8::new(Standing::Unknown as u8)),
                );
                let task = Task::new(target.clone(), self.desk.clone(), standing.clone());
                self.tasks.spawn(task.run(stop.clone()));
                Running { target, standing, stop }
            });
        }
        // Ended tasks are not kept.
        while self.tasks.try_join_next().is_some() {}
    }

    fn status(&self, total: usize) -> InventoryStatus {
        let count = |wanted: Standing| {
            let stands = |running: &&Running| running.standing.load(Ordering::Relaxed) == wanted as u8;
            self.running.values().filter(stands).count() as u64
        };
        InventoryStatus {
            total: total as u64,
            monitored: self.running.values().filter(|running| !running.target.shadowed).count() as u64,
            online: count(Standing::Online),
            dead: count(Standing::Dead),
        }
    }

    async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
