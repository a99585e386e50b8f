//! Ending in good order: the first signal asks, the second insists.

use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Time that work in hand gets after the first signal: fetch stops at once, a range in hand is committed.
pub(crate) const GRACE: Duration = Duration::from_secs(8);

/// Time that blocking threads get after everything else has ended.
pub(crate) const STRAGGLER_GRACE: Duration = Duration::from_secs(1);

/// Exit code of a run that was cut short by a second signal or by the grace period.
const ABORTED: i32 = 70;

/// A token that SIGTERM or SIGINT cancels. A second signal, or [`GRACE`] running out, ends the process
/// at once: what is committed is safe by the commit protocol, what is not will be done again.
pub(crate) fn on_signal() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = token.clone();
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        tracing::info!(
            grace_s = GRACE.as_secs(),
            "shutting down: finishing the ranges in hand; signal again to abort"
        );
        stop.cancel();
        let why = tokio::select! {
            _ = term.recv() => "second signal",
            _ = int.recv() => "second signal",
            () = tokio::time::sleep(GRACE + STRAGGLER_GRACE) => "the grace period is over",
        };
        tracing::warn!(
            why,
            "aborting; committed rows are safe, ranges in hand will be done again"
        );
        std::process::exit(ABORTED);
    });
    Ok(token)
}
