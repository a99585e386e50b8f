//! Which heights to fetch next. Pure: sets of heights in, one range out.

use super::ranges::RangeSet;
use gridproof_store::state_db::Span;

/// The rule that cuts heights into ranges: aligned to multiples of the size, so that two runs over the
/// same heights cut them alike; shorter only where a hole begins or the tip ends one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Heights of a whole range; at least 1.
    size: u64,
}

impl Cut {
    /// Cuts into ranges of `size` heights, at least 1. The caller holds it within what the family allows.
    pub fn new(size: u64) -> Self {
        Self { size: size.max(1) }
    }

    /// The first height of the aligned range that holds `height`. Ranges begin at 1, 501, 1001, …
    fn start_of(&self, height: u64) -> u64 {
        height.saturating_sub(1) / self.size * self.size + 1
    }

    /// The newest part of a hole that is one range.
    pub fn newest(&self, hole: Span) -> Span {
        Span {
            from: self.start_of(hole.to).max(hole.from),
            to: hole.to,
        }
    }

    /// The oldest part of a hole that is one range.
    pub fn oldest(&self, hole: Span) -> Span {
        let end = self.start_of(hole.from).saturating_add(self.size - 1);
        Span {
            from: hole.from,
            to: end.min(hole.to),
        }
    }

    /// All ranges of a hole, newest first.
    pub fn all(&self, hole: Span) -> Vec<Span> {
        let mut parts = Vec::new();
        let mut left = Some(hole);
        while let Some(rest) = left {
            let part = self.newest(rest);
            parts.push(part);
            left = part.from.checked_sub(1).and_then(|to| Span::new(rest.from, to));
        }
        parts
    }
}

/// What the facts stage knows when it plans.
///
/// A height is *taken* when it is committed, in flight, claimed by an earlier run or quarantined.
/// [`Plan::next`] gives ranges claimed earlier first, exactly as they were claimed (their rows may be
/// half in the database under that range's token), then the newest range that is not taken. As the tip
/// is the newest height of all, it always comes before the backfill.
#[derive(Clone, Debug)]
pub struct Plan {
    cut: Cut,
    first: u64,
    claimed: Vec<Span>,
    taken: RangeSet,
}

impl Plan {
    /// A plan that starts at height `first`, with what earlier runs left behind.
    pub fn new(cut: Cut, first: u64, committed: &RangeSet, claimed: Vec<Span>) -> Self {
        let mut taken = committed.clone();
        for range in &claimed {
            taken.insert(*range);
        }
        let mut claimed = claimed;
        claimed.sort_unstable();
        Self {
            cut,
            first,
            claimed,
            taken,
        }
    }

    /// The next range to do with the chain at `tip`, which is then taken; `None` when nothing is left.
    pub fn next(&mut self, tip: u64) -> Option<Span> {
        if let Some(range) = self.claimed.pop() {
            return Some(range);
        }
        let range = self.cut.newest(self.taken.newest_hole(Span::new(self.first, tip)?)?);
        self.taken.insert(range);
        Some(range)
    }

    /// Everything that is left with the chain at `tip`, in the order it would be done.
    pub fn remaining(&self, tip: u64) -> Vec<Span> {
        let mut plan = self.clone();
        std::iter::from_fn(|| plan.next(tip)).collect()
    }

    /// Marks heights as taken (committed by someone else, or quarantined).
    pub fn take(&mut self, range: Span) {
        self.taken.insert(range);
    }

    /// Gives a range back, to be planned again.
    pub fn release(&mut self, range: Span) {
        self.taken.remove(range);
    }

    /// The lowest height that is planned.
    pub fn first(&self) -> u64 {
        self.first
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn range(from: u64, to: u64) -> Span {
        Span::new(from, to).unwrap()
    }

    #[test]
    fn the_tip_comes_first_then_the_newest_hole() {
        let committed: RangeSet = [range(1501, 2000)].into_iter().collect();
        let mut plan = Plan::new(Cut::new(500), 700, &committed, Vec::new());
        let order: Vec<_> = std::iter::from_fn(|| plan.next(2203)).collect();
        assert_eq!(order, vec![range(2001, 2203), range(1001, 1500), range(700, 1000)]);
    }

    #[test]
    fn a_new_tip_overtakes_the_backfill() {
        let mut plan = Plan::new(Cut::new(500), 1, &RangeSet::new(), Vec::new());
        assert_eq!(plan.next(1200), Some(range(1001, 1200)));
        assert_eq!(plan.next(1203), Some(range(1201, 1203)));
        assert_eq!(plan.next(1203), Some(range(501, 1000)));
    }

    #[test]
    fn claimed_ranges_come_back_exactly() {
        let claimed = vec![range(7, 11), range(490, 512)];
        let mut plan = Plan::new(Cut::new(500), 1, &RangeSet::new(), claimed);
        assert_eq!(plan.next(600), Some(range(490, 512)));
        assert_eq!(plan.next(600), Some(range(7, 11)));
        assert_eq!(plan.next(600), Some(range(513, 600)));
        assert_eq!(plan.next(600), Some(range(12, 489)));
        assert_eq!(plan.next(600), Some(range(1, 6)));
        assert_eq!(plan.next(600), None);
    }

    #[test]
    fn an_empty_chain_has_nothing_to_do() {
        assert_eq!(Plan::new(Cut::new(500), 10, &RangeSet::new(), Vec::new()).next(9), None);
    }

    proptest! {
        /// Whatever was there before and however the tip moves: every height is done exactly once, no
        /// range is longer than the cut or crosses its alignment, and claimed ranges come back as they were.
        #[test]
        fn every_height_is_done_exactly_once(
            size in 1u64..40,
            first in 1u64..50,
            done in proptest::collection::vec((1u64..300, 0u64..30), 0..8),
            tips in proptest::collection::vec(0u64..300, 1..6),
        ) {
            let cut = Cut::new(size);
            let done: RangeSet = done.into_iter().map(|(from, len)| range(from, from + len)).collect();
            let mut plan = Plan::new(cut, first, &done, Vec::new());
            let mut seen = done.clone();
            let mut tips = tips;
            tips.sort_unstable();
            for tip in &tips {
                while let Some(part) = plan.next(*tip) {
                    prop_assert!(part.heights() <= size);
                    prop_assert_eq!(cut.start_of(part.from), cut.start_of(part.to));
                    prop_assert!(part.from >= first && part.to <= *tip);
                    for height in part.from..=part.to {
                        prop_assert!(!seen.contains(height), "height {} twice", height);
                    }
                    seen.insert(part);
                }
            }
            let tip = *tips.last().unwrap();
            for height in first..=tip {
                prop_assert!(seen.contains(height), "height {} forgotten", height);
            }
        }

        #[test]
        fn the_parts_of_a_hole_are_the_hole(size in 1u64..40, from in 1u64..200, len in 0u64..200) {
            let cut = Cut::new(size);
            let hole = range(from, from + len);
            let parts = cut.all(hole);
            prop_assert_eq!(parts.iter().map(|s| s.heights()).sum::<u64>(), hole.heights());
            prop_assert_eq!(parts.iter().copied().collect::<RangeSet>().spans().collect::<Vec<_>>(), vec![hole]);
            prop_assert_eq!(parts.last().copied(), Some(cut.oldest(hole)));
        }
    }
}
