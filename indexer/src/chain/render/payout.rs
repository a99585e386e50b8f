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

/// A memo that is a JSON object with an `epoch`, as a whole or in a line of its own; the first one decides.
fn told(memo: &str) -> Option<u32> {
    // A list would pass for an object: fields may stand in it by their order.
    let object = |text: &str| {
        let text = text.trim_start().starts_with('{').then_some(text)?;
        serde_json::from_str::<Told>(text).ok()
    };
    let bounded = Some(memo).filter(|memo| memo.len() <= MAX_MEMO_BYTES)?;
    let told = object(bounded).or_else(|| bounded.lines().find_map(object));
    told.map(|told| told.epoch)
}
