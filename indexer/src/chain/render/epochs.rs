//! Weekly epochs: which one a movement happened in, and which one a payout pays for.
//!
//! An epoch is a row of a boundary table, not a formula: on mainnet the first 97 boundaries are those that the Render
//! Foundation reported (the first weeks began at 02:00 UTC), the rest follow from the week; a recording has its own, by slot.

mod load;

#[cfg(test)]
mod tests;

pub use load::EpochError;

/// Seconds of a week: `ends_at − starts_at` of every epoch that is not reported.
const WEEK_S: i64 = 7 * 24 * 60 * 60;

/// 2023-12-20T00:00:00Z, the beginning of epoch 1: epoch(t) = 1 + floor((t − this) / week).
const MAINNET_ORIGIN_S: i64 = 1_703_030_400;

/// How the bounds of an epoch are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum EpochBasis {
    /// The Render Foundation reported them.
    Reported,
    /// The weekly rule.
    Formula,
    /// The recording says so.
    Recording,
}

impl EpochBasis {
    /// The name, as in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Formula => "formula",
            Self::Recording => "recording",
        }
    }
}

/// One epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EpochBoundary {
    /// Its number.
    pub epoch: u32,
    /// First second, since the Unix epoch.
    pub starts_at: i64,
    /// Second after the last.
    pub ends_at: i64,
    /// First slot, where the epoch is bounded by slots.
    pub from_slot: Option<u64>,
    /// Last slot, where it is.
    pub to_slot: Option<u64>,
    /// How we know.
    pub basis: EpochBasis,
}

impl EpochBoundary {
    /// Whether a slot, or where no slots are known a time, lies within.
    pub fn contains(&self, slot: u64, time: i64) -> bool {
        match (self.from_slot, self.to_slot) {
            (Some(from), Some(to)) => (from..=to).contains(&slot),
            _ => (self.starts_at..self.ends_at).contains(&time),
        }
    }

    fn has_begun(&self, slot: u64, time: i64) -> bool {
        self.from_slot
            .map_or(self.starts_at <= time, |from_slot| from_slot <= slot)
    }

    fn has_ended(&self, slot: u64, time: i64) -> bool {
        self.to_slot.map_or(self.ends_at <= time, |to_slot| to_slot < slot)
    }
}

/// The epochs of a network, in order and without overlap.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EpochTable {
    /// Those that are written down, ascending.
    boundaries: Vec<EpochBoundary>,
    /// Whether weeks go on after the last of them.
    weekly: bool,
}

impl EpochTable {
    /// The epoch in which something happened, by slot where the table has slots, else by time; nothing between two epochs
    /// and before the first.
    pub fn epoch_at(&self, slot: u64, time: i64) -> Option<u32> {
        let written = self.latest(|boundary| boundary.has_begun(slot, time));
        if let Some(boundary) = written.filter(|boundary| boundary.contains(slot, time)) {
            return Some(boundary.epoch);
        }
        self.week_at(time).map(|boundary| boundary.epoch)
    }

    /// The latest epoch that had ended: what a payout pays for, if it does not say.
    pub fn ended_before(&self, slot: u64, time: i64) -> Option<u32> {
        if let Some(week) = self.week_at(time) {
            return week.epoch.checked_sub(1);
        }
        self.latest(|boundary| boundary.has_ended(slot, time))
            .map(|boundary| boundary.epoch)
    }

    /// Whether an epoch had begun: nobody is paid for one that had not.
    pub fn had_begun(&self, epoch: u32, slot: u64, time: i64) -> bool {
        self.boundary(epoch)
            .is_some_and(|boundary| boundary.has_begun(slot, time))
    }

    /// The bounds of an epoch, where the table has it.
    pub fn boundary(&self, epoch: u32) -> Option<EpochBoundary> {
        let written = self.boundaries.binary_search_by_key(&epoch, |boundary| boundary.epoch);
        match written {
            Ok(index) => Some(self.boundaries[index]),
            Err(_) if self.weekly && self.boundaries.last().is_some_and(|last| last.epoch < epoch) => week(epoch),
            Err(_) => None,
        }
    }

    /// All epochs that begin before `time`, in order: every one that is written down and, where weeks go on, those after.
    pub fn boundaries_until(&self, time: i64) -> Vec<EpochBoundary> {
        let mut all = self.boundaries.clone();
        if !self.weekly {
            return all;
        }
        let first = all.last().map_or(1, |last| last.epoch.saturating_add(1));
        all.extend(
            (first..)
                .map_while(week)
                .take_while(|boundary| boundary.starts_at < time),
        );
        all
    }

    fn latest(&self, is_so: impl Fn(&EpochBoundary) -> bool) -> Option<&EpochBoundary> {
        let count = self.boundaries.partition_point(is_so);
        self.boundaries[..count].last()
    }

    /// The week of `time`, where it lies after all epochs that are written down.
    fn week_at(&self, time: i64) -> Option<EpochBoundary> {
        let written_to = self.boundaries.last().map_or(MAINNET_ORIGIN_S, |last| last.ends_at);
        if !self.weekly || time < written_to {
            return None;
        }
        week(u32::try_from((time - MAINNET_ORIGIN_S) / WEEK_S + 1).ok()?)
    }
}

/// An epoch by the weekly rule.
fn week(epoch: u32) -> Option<EpochBoundary> {
    let starts_at = MAINNET_ORIGIN_S + i64::from(epoch.checked_sub(1)?) * WEEK_S;
    Some(EpochBoundary {
        epoch,
        starts_at,
        ends_at: starts_at + WEEK_S,
        from_slot: None,
        to_slot: None,
        basis: EpochBasis::Formula,
    })
}
