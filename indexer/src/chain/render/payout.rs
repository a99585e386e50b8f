//! Which epoch a payout pays for: never the one in which it happens to be made.

use super::epochs::EpochTable;
use serde::Deserialize;

/// Longest memo that is looked into.
const MAX_MEMO_BYTES: usize = 64 * 1024;

/// How an epoch was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuessedBy {
    /// The memo says it.
    Memo,
    /// The latest epoch that had ended.
    Default,
}

impl GuessedBy {
    /// The name, as in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memo => "memo",
            Self::Default => "default",
        }
    }
}

/// The epoch that a payout pays for, and how that is known.
pub fn pays_for(epochs: &EpochTable, memo: &str, slot: u64, time: i64) -> Option<(u32, GuessedBy)> {
    let told = told(memo).filter(|&epoch| epochs.had_begun(epoch, slot, time));
    told.map(|epoch| (epoch, GuessedBy::Memo))
        .or_else(|| Some((epochs.ended_before(slot, time)?, GuessedBy::Default)))
}

#[derive(Deserialize)]
struct Told {
    epoch: u32,
}

/// The first line of a memo that is a JSON object with an `epoch` decides.
fn told(memo: &str) -> Option<u32> {
    if memo.len() > MAX_MEMO_BYTES {
        return None;
    }
    let whole = serde_json::from_str::<Told>(memo).ok();
    let mut lines = memo.lines().filter_map(|line| serde_json::from_str::<Told>(line).ok());
    whole.or_else(|| lines.next()).map(|told| told.epoch)
}
