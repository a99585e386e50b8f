//! What is known of one address's signatures, so that a backfill from the new to the old lists each page once.
//!
//! Kept in memory: the entries that are listed and not handed out yet (a page or two, for a walk goes no further than
//! it must), and one signature per page as a place to begin at again. A history of a million transactions costs a
//! thousand requests, once, and a hundred bytes for each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::rpc::Listed;
use super::walk::Walk;

/// Places to begin a walk at that are kept of one address; of more, every second one is dropped.
const MAX_ANCHORS: usize = 20_000;

/// A range that lies this many times its length below what is listed still extends it: the slots between are asked
/// for next. One further off stands for itself, so that a look into the past does not fill the memory.
const MAX_GAP: u64 = 16;

/// The listed part of one address's history.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Slots `low..=high` are listed without a hole and not handed out in full; `high` is below `low` where all is.
    window: Option<(u64, u64)>,
    entries: BTreeMap<(u64, String), Listed>,
    /// Ranges of the window that were handed out while newer ones were not.
    handed_out: BTreeSet<(u64, u64)>,
    /// Where pages began: by slot, a signature in it.
    anchors: BTreeMap<u64, String>,
}

/// Where the entries of a range come from.
#[derive(Debug)]
pub(super) enum Plan {
    /// They are known.
    Known(Vec<Listed>),
    /// This walk must be done; its outcome goes to [`History::extend`].
    Extend(Walk),
    /// This walk must be done; its outcome stands for itself, and goes to [`History::learn`].
    Apart(Walk),
}

impl History {
    /// How to come by the entries of `from..=to`.
    pub(super) fn plan(&self, from: u64, to: u64) -> Plan {
        match self.window {
            // Somebody has a reason to ask again: what is kept may be what was wrong.
            Some(_) if self.was_handed_out(from, to) => Plan::Apart(self.walk(from, to)),
            Some((low, high)) if low <= from && to <= high => Plan::Known(self.range(from, to)),
            Some((low, high)) if to <= high.max(low.saturating_sub(1)) && from < low && near(from, to, low) => {
                Plan::Extend(self.walk(from, low.saturating_sub(1)))
            }
            Some(_) => Plan::Apart(self.walk(from, to)),
            None => Plan::Extend(self.walk(from, to)),
        }
    }

    /// Takes the outcome of a walk that [`Plan::Extend`] asked for, and gives the entries of `from..=to`.
    pub(super) fn extend(&mut self, walk: Walk, from: u64, to: u64) -> Vec<Listed> {
        let (found, complete_from, anchors) = walk.into_parts();
        self.remember(anchors);
        let low = complete_from.min(from);
        let high = self.window.map_or(to, |(_, high)| high.max(to));
        self.window = Some((low, high));
        let complete = found.into_values().filter(|entry| entry.slot >= low);
        self.entries
            .extend(complete.map(|entry| ((entry.slot, entry.signature.clone()), entry)));
        self.range(from, to)
    }

    /// Takes the outcome of a walk that [`Plan::Apart`] asked for, and gives the entries of `from..=to`.
    pub(super) fn learn(&mut self, walk: Walk, from: u64, to: u64) -> Vec<Listed> {
        let (found, _, anchors) = walk.into_parts();
        self.remember(anchors);
        let mut entries: Vec<Listed> = found.into_values().collect();
        entries.retain(|entry| (from..=to).contains(&entry.slot));
        entries.sort_by(|a, b| (a.slot, &a.signature).cmp(&(b.slot, &b.signature)));
        entries
    }

    /// A range was handed out: forget its entries. Asked for again, it is walked again.
    pub(super) fn release(&mut self, from: u64, to: u64) {
        let Some((low, high)) = self.window else { return };
        if to > high {
            return;
        }
        self.handed_out.insert((from, to));
        let mut top = high;
        while let Some(&(first, last)) = self.handed_out.iter().next_back().filter(|(_, last)| *last >= top) {
            self.handed_out.remove(&(first, last));
            top = top.min(first.saturating_sub(1));
        }
        self.window = Some((low, top));
        drop(self.entries.split_off(&(top.saturating_add(1), String::new())));
    }

    /// Entries in memory. Bounded by what was asked for and a page.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether a part of a range was handed out while newer ones were not.
    fn was_handed_out(&self, from: u64, to: u64) -> bool {
        let overlaps = |&(first, last): &(u64, u64)| first <= to && from <= last;
        self.handed_out.iter().any(overlaps)
    }

    fn range(&self, from: u64, to: u64) -> Vec<Listed> {
        let last = (to.saturating_add(1), String::new());
        self.entries
            .range((from, String::new())..last)
            .map(|(_, entry)| entry.clone())
            .collect()
    }

    /// A walk from the nearest known place above `to`.
    fn walk(&self, from: u64, to: u64) -> Walk {
        let start = self.anchors.range(to.saturating_add(1)..).next();
        Walk::new(from, to, start.map(|(_, signature)| signature.clone()))
    }

    fn remember(&mut self, anchors: BTreeMap<u64, String>) {
        self.anchors.extend(anchors);
        if self.anchors.len() > MAX_ANCHORS {
            let mut keep = false;
            self.anchors.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
    }
}

/// Whether `from..=to` touches what is listed from `low` on, or nearly so.
fn near(from: u64, to: u64, low: u64) -> bool {
    low.saturating_sub(to) <= (to - from + 1).saturating_mul(MAX_GAP)
}
