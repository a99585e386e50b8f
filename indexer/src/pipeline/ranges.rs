//! Sets of heights: the algebra that planning, progress and verification share.

use gridproof_store::state_db::Span;
use std::collections::BTreeMap;

/// A set of heights, kept as disjoint ranges with a gap between any two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeSet {
    /// Start of each range to its end.
    spans: BTreeMap<u64, u64>,
}

impl RangeSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a range; ranges that touch or overlap become one.
    pub fn insert(&mut self, range: Span) {
        let Span { mut from, mut to } = range;
        let touching: Vec<u64> = self
            .spans
            .range(..=to.saturating_add(1))
            .rev()
            .take_while(|(_, end)| end.saturating_add(1) >= from)
            .map(|(start, _)| *start)
            .collect();
        for start in touching {
            if let Some(end) = self.spans.remove(&start) {
                from = from.min(start);
                to = to.max(end);
            }
        }
        self.spans.insert(from, to);
    }

    /// Takes a range out.
    pub fn remove(&mut self, range: Span) {
        let cut: Vec<(u64, u64)> = self
            .spans
            .range(..=range.to)
            .rev()
            .take_while(|(_, end)| **end >= range.from)
            .map(|(start, end)| (*start, *end))
            .collect();
        for (start, end) in cut {
            self.spans.remove(&start);
            if start < range.from {
                self.spans.insert(start, range.from - 1);
            }
            if end > range.to {
                self.spans.insert(range.to + 1, end);
            }
        }
    }

    /// Whether `height` is in the set.
    pub fn contains(&self, height: u64) -> bool {
        self.span_of(height).is_some()
    }

    /// The contiguous range that holds `height`.
    pub fn span_of(&self, height: u64) -> Option<Span> {
        let (start, end) = self.spans.range(..=height).next_back()?;
        (*end >= height).then_some(Span { from: *start, to: *end })
    }

    /// The ranges, lowest first.
    pub fn spans(&self) -> impl DoubleEndedIterator<Item = Span> + '_ {
        self.spans.iter().map(|(from, to)| Span { from: *from, to: *to })
    }

    /// Number of heights in the set.
    pub fn heights(&self) -> u64 {
        self.spans().map(|span| span.heights()).fold(0, u64::saturating_add)
    }

    /// What `window` has and the set has not, lowest first.
    pub fn holes(&self, window: Span) -> Vec<Span> {
        let mut holes = Vec::new();
        let mut next = window.from;
        let start = self.span_of(window.from).map_or(window.from, |span| span.from);
        for (from, to) in self.spans.range(start..=window.to) {
            if *from > next {
                holes.push(Span {
                    from: next,
                    to: from - 1,
                });
            }
            if *to >= window.to {
                return holes;
            }
            next = next.max(to + 1);
        }
        holes.push(Span {
            from: next,
            to: window.to,
        });
        holes
    }

    /// The highest hole of `window`.
    pub fn newest_hole(&self, window: Span) -> Option<Span> {
        let to = match self.span_of(window.to) {
            Some(span) if span.from <= window.from => return None,
            Some(span) => span.from - 1,
            None => window.to,
        };
        let below = self.spans.range(..=to).next_back();
        let from = below.map_or(window.from, |(_, end)| window.from.max(end.saturating_add(1)));
        Span::new(from, to)
    }
}

impl Extend<Span> for RangeSet {
    fn extend<I: IntoIterator<Item = Span>>(&mut self, ranges: I) {
        ranges.into_iter().for_each(|range| self.insert(range));
    }
}

impl FromIterator<Span> for RangeSet {
    fn from_iter<I: IntoIterator<Item = Span>>(ranges: I) -> Self {
        let mut set = Self::new();
        for range in ranges {
            set.insert(range);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn range(from: u64, to: u64) -> Span {
        Span::new(from, to).unwrap()
    }

    #[test]
    fn ranges_that_touch_become_one() {
        let set: RangeSet = [range(1, 500), range(1001, 1500), range(501, 1000)]
            .into_iter()
            .collect();
        assert_eq!(set.spans().collect::<Vec<_>>(), vec![range(1, 1500)]);
    }

    #[test]
    fn the_newest_hole_ends_below_the_span_that_holds_the_tip() {
        let set: RangeSet = [range(5, 9), range(20, 30)].into_iter().collect();
        assert_eq!(set.newest_hole(range(1, 30)), Some(range(10, 19)));
        assert_eq!(set.newest_hole(range(1, 40)), Some(range(31, 40)));
        assert_eq!(set.newest_hole(range(22, 30)), None);
    }

    #[derive(Clone, Debug)]
    enum Edit {
        Insert(Span),
        Remove(Span),
    }

    fn any_range() -> impl Strategy<Value = Span> {
        (0u64..80, 0u64..12).prop_map(|(from, len)| range(from, from + len))
    }

    fn any_edit() -> impl Strategy<Value = Edit> {
        prop_oneof![3 => any_range().prop_map(Edit::Insert), 1 => any_range().prop_map(Edit::Remove)]
    }

    proptest! {
        /// The set behaves as a plain set of numbers, and its holes are exactly what is absent.
        #[test]
        fn it_agrees_with_a_set_of_numbers(edits in proptest::collection::vec(any_edit(), 0..40), window in any_range()) {
            let (mut set, mut model) = (RangeSet::new(), BTreeSet::new());
            for edit in edits {
                match edit {
                    Edit::Insert(r) => { set.insert(r); model.extend(r.from..=r.to); }
                    Edit::Remove(r) => { set.remove(r); model.retain(|h| !(r.from <= *h && *h <= r.to)); }
                }
            }
            let listed: BTreeSet<u64> = set.spans().flat_map(|s| s.from..=s.to).collect();
            prop_assert_eq!(&listed, &model);
            prop_assert_eq!(set.heights(), model.len() as u64);
            let spans: Vec<_> = set.spans().collect();
            prop_assert!(spans.windows(2).all(|w| w[0].to + 1 < w[1].from), "spans must not touch: {:?}", spans);
            let absent: BTreeSet<u64> = (window.from..=window.to).filter(|h| !model.contains(h)).collect();
            let holes = set.holes(window);
            prop_assert_eq!(holes.iter().flat_map(|s| s.from..=s.to).collect::<BTreeSet<u64>>(), absent);
            prop_assert_eq!(set.newest_hole(window), holes.last().copied());
        }
    }
}
