//! Where epochs come from: the boundaries built in, or `truth_epochs.json` of a recording.

use super::{EpochBasis, EpochBoundary, EpochTable};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Epochs 1 to 97 as the Render Foundation reported them on 2025-10-31. Two of the first overlap by two hours and two lie
/// two hours apart; [`EpochTable::mainnet`] lets an epoch end where the next begins.
const MAINNET: &str = include_str!("../data/epochs_mainnet.csv");

/// Most epochs of a recording: a thousand years.
const MAX_EPOCHS: usize = 52_000;

/// Why a table of epochs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EpochError {
    /// Not JSON, or other fields.
    #[error("the epochs cannot be read: {0}; each needs epoch, first_slot, last_slot, first_time and last_time")]
    Json(#[source] serde_json::Error),
    /// A line of the file built in.
    #[error("line {line} of the epochs is not `epoch,starts_at,ends_at` with times as in 2023-12-20T00:00:00Z")]
    Line {
        /// Number of the line, from 1.
        line: usize,
    },
    /// An epoch that ends before it begins.
    #[error("epoch {0} ends before it begins: check its slots and times")]
    Backwards(u32),
    /// Epochs that overlap or go backwards.
    #[error("epoch {epoch} begins before epoch {before} has ended: epochs must not overlap")]
    Order {
        /// The later in the file.
        epoch: u32,
        /// The earlier in the file.
        before: u32,
    },
    /// Too many.
    #[error("{0} epochs are more than {MAX_EPOCHS}: this is not a table of weeks")]
    TooMany(usize),
}

/// An epoch of a recording. Supply and balances, which it has too, are the audit's.
#[derive(Deserialize)]
struct RecordedEpoch {
    epoch: u32,
    first_slot: u64,
    last_slot: u64,
    first_time: i64,
    last_time: i64,
}

impl EpochTable {
    /// Epochs of RENDER: reported boundaries for the first 97, then a new one each Wednesday at 00:00 UTC.
    pub fn mainnet() -> Self {
        Self::from_csv(MAINNET).expect("the built-in epochs are valid: a test holds them to that")
    }

    /// The epochs of a recording: each from its `first_slot` to its `last_slot`, in `truth_epochs.json`.
    ///
    /// # Errors
    /// The file has another form, or epochs overlap.
    pub fn from_recording(json: &[u8]) -> Result<Self, EpochError> {
        let mut recorded: Vec<RecordedEpoch> = serde_json::from_slice(json).map_err(EpochError::Json)?;
        recorded.sort_by_key(|epoch| epoch.epoch);
        let boundaries = recorded.iter().map(|epoch| EpochBoundary {
            epoch: epoch.epoch,
            starts_at: epoch.first_time,
            ends_at: epoch.last_time.saturating_add(1),
            from_slot: Some(epoch.first_slot),
            to_slot: Some(epoch.last_slot),
            basis: EpochBasis::Recording,
        });
        Self::checked(boundaries.collect(), false)
    }

    pub(super) fn from_csv(text: &str) -> Result<Self, EpochError> {
        let lines = text.lines().enumerate().skip(1);
        let mut boundaries = lines
            .map(|(index, line)| reported(line).ok_or(EpochError::Line { line: index + 1 }))
            .collect::<Result<Vec<_>, _>>()?;
        for next in 1..boundaries.len() {
            boundaries[next - 1].ends_at = boundaries[next].starts_at;
        }
        Self::checked(boundaries, true)
    }

    fn checked(boundaries: Vec<EpochBoundary>, weekly: bool) -> Result<Self, EpochError> {
        if boundaries.len() > MAX_EPOCHS {
            return Err(EpochError::TooMany(boundaries.len()));
        }
        if let Some(wrong) = boundaries.iter().find(|epoch| is_backwards(epoch)) {
            return Err(EpochError::Backwards(wrong.epoch));
        }
        if let Some(pair) = boundaries.windows(2).find(|pair| !follows(&pair[0], &pair[1])) {
            return Err(EpochError::Order {
                epoch: pair[1].epoch,
                before: pair[0].epoch,
            });
        }
        Ok(Self { boundaries, weekly })
    }
}

fn is_backwards(epoch: &EpochBoundary) -> bool {
    epoch.ends_at <= epoch.starts_at || epoch.to_slot < epoch.from_slot
}

/// Whether `next` begins after `before` has ended. Times of slots may stand still, so slots decide where there are any.
fn follows(before: &EpochBoundary, next: &EpochBoundary) -> bool {
    let apart = match (before.to_slot, next.from_slot) {
        (Some(to), Some(from)) => to < from,
        _ => before.ends_at <= next.starts_at,
    };
    before.epoch < next.epoch && apart
}

fn reported(line: &str) -> Option<EpochBoundary> {
    let mut cells = line.split(',');
    let epoch = cells.next()?.parse().ok()?;
    let mut time = || Some(OffsetDateTime::parse(cells.next()?, &Rfc3339).ok()?.unix_timestamp());
    let (starts_at, ends_at) = (time()?, time()?);
    cells.next().is_none().then_some(EpochBoundary {
        epoch,
        starts_at,
        ends_at,
        from_slot: None,
        to_slot: None,
        basis: EpochBasis::Reported,
    })
}
