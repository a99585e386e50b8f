//! The task of one provider: attempt, retries, back-off; what it tells, as lines for the collector.

use super::collect::MAX_LINE_BYTES;
use super::discover::Target;
use super::pause::{RETRIES, pause};
use super::{Clock, InventoryGauges, InventorySettings, Standing};
use crate::chain::akash::inventory::ProviderStatus;
use crate::chain::akash::provider_series::{Answer, Check, SHADOWED, Told};
use crate::source::provider::{Refusal, RefusalCode, StatusReport, StatusSource};
use futures::StreamExt;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Times that a provider without a stream is asked before the stream is tried again.
const POLLS: u32 = 10;

/// What all tasks share.
#[derive(Clone)]
pub(super) struct Desk<S> {
    pub(super) source: S,
    pub(super) dials: Arc<Semaphore>,
    pub(super) queue: mpsc::Sender<Vec<u8>>,
    pub(super) settings: InventorySettings,
    pub(super) gauges: InventoryGauges,
    pub(super) clock: Clock,
}

/// One provider.
pub(super) struct Task<S> {
    target: Target,
    desk: Desk<S>,
    standing: Arc<AtomicU8>,
    /// Outcome of the last check that was written, and when.
    written: Option<(&'static str, Instant)>,
    /// Fingerprint of the last snapshot that was written, and when.
    snapshot: Option<([u8; 32], Instant)>,
    /// A snapshot that came too soon after the last one; the newest of them.
    held: Option<Box<StatusReport>>,
}

/// How a stream ended.
struct Ended {
    /// Whether it told a status before.
    alive: bool,
    /// How long it was open.
    lived: std::time::Duration,
    refusal: Refusal,
}

impl<S: StatusSource> Task<S> {
    pub(super) fn new(target: Target, desk: Desk<S>, standing: Arc<AtomicU8>) -> Self {
        Self {
            target,
            desk,
            standing,
            written: None,
            snapshot: None,
            held: None,
        }
    }

    /// Runs until `stop`, which closes the connection.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let work = async {
            if self.target.shadowed {
                self.stay_silent().await
            } else {
                self.keep_asking().await
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }

    /// Nobody asks; the rows say so.
    async fn stay_silent(&mut self) {
        loop {
            self.refused(SHADOWED, "a newer registration has the same address")
                .await;
            tokio::time::sleep(self.desk.settings.heartbeat).await;
        }
    }

    /// Attempts for ever. `failures` counts those in a row that told nothing; `attempts` those since a steady connection.
    async fn keep_asking(&mut self) {
        let (mut failures, mut attempts) = (0u32, 0u32);
        loop {
            let ended = self.stream().await;
            self.release_held().await;
            if ended.lived >= self.desk.settings.steady {
                attempts = 0;
            }
            let polled = self.after_stream(&ended, &mut failures).await;
            attempts = if polled { 0 } else { attempts.saturating_add(1) };
            if !polled {
                tokio::time::sleep(pause(&self.desk.settings, attempts)).await;
            }
        }
    }

    /// What follows a stream that ended; gives whether the provider was asked in another way for some time.
    async fn after_stream(&mut self, ended: &Ended, failures: &mut u32) -> bool {
        let refusal = &ended.refusal;
        if ended.alive {
            *failures = 0;
            if is_disconnect(refusal.code) {
                return false;
            }
            // It answers, but its stream cannot be used: that is written, then it is asked in another way.
            self.refused(refusal.code.as_str(), &refusal.reason).await;
        }
        let refusal = match self.poll(refusal).await {
            Ok(()) => {
                *failures = 0;
                return true;
            }
            Err(refusal) => refusal,
        };
        *failures = failures.saturating_add(1);
        if *failures > RETRIES {
            self.set(Standing::Dead);
            let changed = self.written.is_none_or(|(outcome, _)| outcome != refusal.code.as_str());
            if changed || self.is_due() {
                self.refused(refusal.code.as_str(), &refusal.reason).await;
            }
        }
        false
    }

    /// Keeps the stream open and writes what it tells.
    async fn stream(&mut self) -> Ended {
        let began = Instant::now();
        let permit = self.desk.dials.clone().acquire_owned().await;
        let mut stream = self.desk.source.watch(&self.target.host_uri);
        let mut next = stream.next().await;
        drop(permit);
        let mut alive = false;
        loop {
            match next {
                Some(Ok(report)) => {
                    alive = true;
                    self.told(report).await;
                }
                Some(Err(refusal)) => {
                    self.desk.gauges.refused(refusal.code.as_str());
                    let lived = began.elapsed();
                    return Ended { alive, lived, refusal };
                }
                None => {
                    let refusal = Refusal::new(RefusalCode::Ended, "the stream ended");
                    let lived = began.elapsed();
                    return Ended { alive, lived, refusal };
                }
            }
            next = loop {
                let due = self
                    .held
                    .as_ref()
                    .and(self.snapshot)
                    .map(|(_, at)| at + self.desk.settings.snapshot_gap);
                tokio::select! {
                    next = stream.next() => break next,
                    () = until(due) => self.release_held().await,
                }
            };
        }
    }

    /// Asks without a stream, again and again for a while. An error: the first time gave nothing.
    async fn poll(&mut self, instead_of: &Refusal) -> Result<(), Refusal> {
        if instead_of.code <= RefusalCode::AddressReserved {
            // The address itself was refused: there is no other way to it.
            return Err(instead_of.clone());
        }
        for number in 0..POLLS {
            let permit = self.desk.dials.clone().acquire_owned().await;
            let answer = self.desk.source.get(&self.target.host_uri).await;
            drop(permit);
            match answer {
                Ok(report) => self.told(report).await,
                Err(refusal) => {
                    self.desk.gauges.refused(refusal.code.as_str());
                    return if number == 0 { Err(refusal) } else { Ok(()) };
                }
            }
            tokio::time::sleep(self.desk.settings.snapshot_gap).await;
        }
        Ok(())
    }

    /// Takes a status in: a check with a snapshot where something changed, a check alone where it is time for one.
    async fn told(&mut self, report: StatusReport) {
        let back = self.standing.load(Ordering::Relaxed) != Standing::Online as u8
            || self.written.is_none_or(|(outcome, _)| outcome != ALIVE);
        self.set(Standing::Online);
        let print = fingerprint(&report.status);
        match self.snapshot {
            Some((known, _)) if known == print => {
                self.held = None;
                if back || self.is_due() {
                    self.write_alive(report, None).await;
                }
            }
            Some((_, at)) if at.elapsed() < self.desk.settings.snapshot_gap => {
                self.held = Some(Box::new(report));
            }
            _ => self.write_alive(report, Some(print)).await,
        }
    }

    /// Writes the snapshot that was held back, if there is one.
    async fn release_held(&mut self) {
        if let Some(report) = self.held.take() {
            let print = fingerprint(&report.status);
            self.write_alive(*report, Some(print)).await;
        }
    }

    async fn write_alive(&mut self, report: StatusReport, print: Option<[u8; 32]>) {
        let told = print.map(|_| {
            Box::new(Told {
                advertised: self.target.advertised.clone(),
                status: report.status,
            })
        });
        let answer = Answer::Alive {
            via: report.via.as_str().to_owned(),
            latency_ms: report
                .latency
                .map(|took| u32::try_from(took.as_millis()).unwrap_or(u32::MAX)),
            version: report.version.unwrap_or_default(),
            told,
        };
        self.write(answer, ALIVE).await;
        if let Some(print) = print {
            self.snapshot = Some((print, Instant::now()));
        }
    }

    async fn refused(&mut self, code: &'static str, reason: &str) {
        let answer = Answer::Refused {
            code: code.to_owned(),
            reason: reason.to_owned(),
        };
        self.write(answer, code).await;
    }

    /// Hands a check to the collector; waits where it is behind.
    async fn write(&mut self, answer: Answer, outcome: &'static str) {
        let mut check = Check {
            at_ms: (self.desk.clock)(),
            owner: self.target.owner.clone(),
            host_uri: self.target.host_uri.clone(),
            answer,
        };
        let line = line(&check).unwrap_or_else(|| {
            check.answer = Answer::Refused {
                code: RefusalCode::TooLarge.as_str().to_owned(),
                reason: "the status does not fit into an entry".to_owned(),
            };
            line(&check).unwrap_or_default()
        });
        // A collector that is gone ends the supervisor, and that this task.
        if self.desk.queue.send(line).await.is_ok() {
            self.written = Some((outcome, Instant::now()));
        }
    }

    /// Whether the last check is so old that another one is due.
    fn is_due(&self) -> bool {
        self.written
            .is_none_or(|(_, at)| at.elapsed() >= self.desk.settings.heartbeat)
    }

    fn set(&self, standing: Standing) {
        self.standing.store(standing as u8, Ordering::Relaxed);
    }
}

/// Outcome of a check that found the provider alive.
const ALIVE: &str = crate::chain::akash::provider_series::OK;

/// Ends of a stream that say nothing about the provider's manners.
fn is_disconnect(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::Ended | RefusalCode::Broken | RefusalCode::Silent | RefusalCode::GrpcStatus | RefusalCode::Timeout
    )
}

/// A check as a line; `None` where it is too long.
fn line(check: &Check) -> Option<Vec<u8>> {
    serde_json::to_vec(check)
        .ok()
        .filter(|line| line.len() <= MAX_LINE_BYTES)
}

/// What two equal inventories have in common, whenever they were told. Kept instead of the status, which may be large.
fn fingerprint(status: &ProviderStatus) -> [u8; 32] {
    let timeless = ProviderStatus {
        reported_at_ms: None,
        ..status.clone()
    };
    Sha256::digest(serde_json::to_vec(&timeless).unwrap_or_default()).into()
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
