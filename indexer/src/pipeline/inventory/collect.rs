//! Checks on their way into entries of the series.

use super::super::error::PipelineError;
use super::super::series::Series;
use super::{InventoryGauges, InventorySettings};
use crate::chain::akash::provider_series::{Header, MAX_DOCUMENT_BYTES};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Bytes of checks after which an entry is written, whatever their number.
const FLUSH_BYTES: usize = 2 << 20;
/// Longest check that is taken: far above what 256 KiB of an answer can become.
pub(super) const MAX_LINE_BYTES: usize = MAX_DOCUMENT_BYTES - FLUSH_BYTES - 1024;

/// Gathers lines and writes entries. The queue is bounded and so is what is gathered.
pub(super) struct Collector {
    pub(super) series: Series,
    pub(super) lines: mpsc::Receiver<Vec<u8>>,
    /// Newest committed height of the network.
    pub(super) height: Arc<AtomicU64>,
    pub(super) settings: InventorySettings,
    pub(super) gauges: InventoryGauges,
}

/// What is gathered for the next entry.
#[derive(Default)]
struct Gathered {
    text: Vec<u8>,
    checks: usize,
    since: Option<Instant>,
}

impl Collector {
    /// Runs until nobody can send any more and everything is written.
    pub(super) async fn run(mut self) -> Result<(), PipelineError> {
        let mut gathered = Gathered::default();
        loop {
            let due = gathered.since.map(|since| since + self.settings.flush_every);
            let line = tokio::select! {
                line = self.lines.recv() => line,
                () = until(due) => {
                    self.flush(&mut gathered).await?;
                    continue;
                }
            };
            let Some(line) = line else {
                return self.flush(&mut gathered).await;
            };
            gathered.since.get_or_insert_with(Instant::now);
            gathered.text.push(b'\n');
            gathered.text.extend(line);
            gathered.checks += 1;
            if gathered.checks >= self.settings.flush_checks || gathered.text.len() >= FLUSH_BYTES {
                self.flush(&mut gathered).await?;
            }
        }
    }

    async fn flush(&mut self, gathered: &mut Gathered) -> Result<(), PipelineError> {
        let Gathered { text, checks, since } = std::mem::take(gathered);
        if checks == 0 {
            return Ok(());
        }
        let header = Header {
            height: self.height.load(Ordering::Relaxed),
        };
        let mut document = serde_json::to_vec(&header).map_err(|error| PipelineError::Entry(error.to_string()))?;
        document.extend(text);
        // Only our own code writes documents: one that gives no rows is a fault of ours and must not pass unseen.
        let sequence = self.series.append(&document).await?.map_err(PipelineError::Rejected)?;
        let waited = since.map(|since| since.elapsed()).unwrap_or_default();
        self.gauges.written(waited);
        tracing::debug!(sequence, checks, bytes = document.len(), "inventory entry");
        Ok(())
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
