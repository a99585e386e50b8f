//! Progress of long work: bars on a terminal, log lines elsewhere.

use gridproof_indexer::pipeline::{NetworkStatus, StageStatus};
use gridproof_indexer::source::StateProgress;
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time between two log lines of one network.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// Time between two redraws of a bar.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);

/// Shows a network's progress until `stop`.
pub(crate) async fn follow(
    mut status: watch::Receiver<NetworkStatus>,
    bars: Option<MultiProgress>,
    stop: CancellationToken,
) {
    let shown = bars.as_ref().map(|bars| Bars::new(bars, &status.borrow()));
    let interval = if shown.is_some() { DRAW_INTERVAL } else { LOG_INTERVAL };
    loop {
        let now = status.borrow_and_update().clone();
        match &shown {
            Some(bars) => bars.draw(&now),
            None => log(&now),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(interval) => {}
        }
        tokio::select! {
            () = stop.cancelled() => break,
            changed = status.changed() => if changed.is_err() { break },
        }
    }
    if let Some(bars) = shown {
        bars.draw(&status.borrow());
        bars.abandon();
    }
}

/// Bars, if a person is watching.
pub(crate) fn bars(json: bool) -> Option<MultiProgress> {
    (!json && std::io::stderr().is_terminal()).then(MultiProgress::new)
}

/// A bar for each stage.
struct Bars {
    facts: ProgressBar,
    /// Absent where the chain has no such stage.
    state: Option<ProgressBar>,
}

impl Bars {
    fn new(all: &MultiProgress, status: &NetworkStatus) -> Self {
        let network = &status.network;
        let bar = |stage: &str| {
            let style = ProgressStyle::with_template("{prefix:<28} {bar:32} {pos}/{len} {per_sec} eta {eta} {msg}");
            let bar = all.add(ProgressBar::new(0)).with_prefix(format!("{network} {stage}"));
            // The template is a constant; should it not parse, the default style serves as well.
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        };
        Self {
            facts: bar("facts"),
            state: status.state.is_some().then(|| bar("state")),
        }
    }

    fn draw(&self, status: &NetworkStatus) {
        let state = self.state.as_ref().zip(status.state.as_ref());
        for (bar, stage) in std::iter::once((&self.facts, &status.facts)).chain(state) {
            bar.set_length(wanted(stage));
            bar.set_position(stage.committed_heights);
            bar.set_message(message(status, stage));
        }
    }

    fn abandon(&self) {
        for bar in std::iter::once(&self.facts).chain(&self.state) {
            bar.abandon();
        }
    }
}

/// Heights committed and missing.
fn wanted(stage: &StageStatus) -> u64 {
    stage
        .holes
        .iter()
        .map(|hole| hole.heights())
        .fold(stage.committed_heights, u64::saturating_add)
}

/// What there is to say beside the numbers.
fn message(status: &NetworkStatus, stage: &StageStatus) -> String {
    let quarantined = status.quarantine.len();
    let parts = [
        stage.waiting.clone(),
        status.trouble.clone(),
        (quarantined > 0).then(|| format!("{quarantined} ranges in quarantine")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn log(status: &NetworkStatus) {
    tracing::info!(
        network = status.network,
        tip = status.tip,
        facts_watermark = status.facts.watermark,
        facts_committed = status.facts.committed_heights,
        facts_wanted = wanted(&status.facts),
        state_watermark = status.state.as_ref().and_then(|state| state.watermark),
        quarantined = status.quarantine.len(),
        note = message(status, status.state.as_ref().unwrap_or(&status.facts)),
        "progress"
    );
}

/// Progress of a question for the whole state: a bar over the queries on a terminal, log lines elsewhere. How many pages
/// a query has is known only at its end, so no time of arrival is told.
pub(crate) struct Pages {
    network: String,
    bar: Option<ProgressBar>,
    logged: std::sync::Mutex<Option<std::time::Instant>>,
}

impl Pages {
    /// Nothing is asked yet.
    pub(crate) fn new(network: &str, json: bool) -> Self {
        let bar = bars(json).map(|bars| {
            let style = ProgressStyle::with_template("{prefix:<28} {bar:32} {pos}/{len} queries {elapsed} {wide_msg}");
            let bar = bars.add(ProgressBar::new(0)).with_prefix(format!("{network} state"));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            network: network.to_owned(),
            bar,
            logged: std::sync::Mutex::new(None),
        }
    }

    /// Shows where it stands.
    pub(crate) fn tell(&self, progress: &StateProgress) {
        let StateProgress {
            method,
            methods_done,
            methods,
            pages,
            bytes,
        } = progress;
        if let Some(bar) = &self.bar {
            bar.set_length(u64::from(*methods));
            bar.set_position(u64::from(*methods_done));
            let name = method.rsplit('.').next().unwrap_or(method);
            bar.set_message(format!("{name}, {pages} pages, {}", HumanBytes(*bytes)));
            return;
        }
        let mut logged = self.logged.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if logged.is_none_or(|last| last.elapsed() >= LOG_INTERVAL) {
            *logged = Some(std::time::Instant::now());
            let network = self.network.as_str();
            tracing::info!(
                network,
                method,
                methods_done,
                methods,
                pages,
                bytes,
                "asking for the state"
            );
        }
    }

    /// Leaves the last line on the screen.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}
