//! A bounded set of slots, kept as intervals.

/// Intervals kept; the lowest goes when there is one more.
const MAX_INTERVALS: usize = 256;

/// Slots as sorted inclusive intervals that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Intervals(Vec<(u64, u64)>);

impl Intervals {
    pub(super) fn contains(&self, slot: u64) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&slot))
    }

    /// The intervals themselves, lowest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().copied()
    }

    pub(super) fn insert(&mut self, from: u64, to: u64) {
        let (mut from, mut to) = (from, to.max(from));
        self.0.retain(|(a, b)| {
            let apart = *b < from.saturating_sub(1) || *a > to.saturating_add(1);
            if !apart {
                (from, to) = (from.min(*a), to.max(*b));
            }
            apart
        });
        let at = self.0.partition_point(|(a, _)| *a < from);
        self.0.insert(at, (from, to));
        if self.0.len() > MAX_INTERVALS {
            self.0.remove(0);
        }
    }

    pub(super) fn remove(&mut self, from: u64, to: u64) {
        let mut left = Vec::with_capacity(self.0.len() + 1);
        for (a, b) in self.0.drain(..) {
            if b < from || a > to {
                left.push((a, b));
                continue;
            }
            if a < from {
                left.push((a, from - 1));
            }
            if b > to {
                left.push((to + 1, b));
            }
        }
        self.0 = left;
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn intervals_hold_what_a_set_of_slots_holds() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut intervals, mut set) = (Intervals::default(), BTreeSet::new());
        for _ in 0..2_000 {
            let from = random.u64(0..200);
            let to = from + random.u64(0..20);
            if random.bool() {
                intervals.insert(from, to);
                set.extend(from..=to);
            } else {
                intervals.remove(from, to);
                set.retain(|slot| !(from..=to).contains(slot));
            }
            for slot in 0..230 {
                assert_eq!(intervals.contains(slot), set.contains(&slot));
            }
        }
    }

    #[test]
    fn the_ends_of_the_numbers_do_no_harm() {
        let mut intervals = Intervals::default();
        intervals.insert(0, u64::MAX);
        intervals.remove(0, u64::MAX);
        intervals.insert(u64::MAX, 0);
        assert!(intervals.contains(u64::MAX) && !intervals.contains(0));
        for slot in 0..10_000 {
            intervals.insert(slot * 2, slot * 2);
        }
        assert!(intervals.0.len() <= MAX_INTERVALS);
    }
}
