//! Progress of long work: bars on a terminal, log lines elsewhere.

use gridproof_indexer::pipeline::{NetworkStatus, StageStatus};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
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
