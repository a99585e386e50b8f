#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

const LAST: u64 = 60;

fn span(from: u64, to: u64) -> Span {
    Span::new(from, to).unwrap()
}

fn spans() -> impl Strategy<Value = Span> {
    (0..=LAST, 0..=12u64).prop_map(|(from, length)| span(from, (from + length).min(LAST)))
}

fn writes() -> impl Strategy<Value = Vec<(Span, u32)>> {
    prop::collection::vec((spans(), 0..4u32), 0..20)
}

/// The same written height by height: what the algebra must agree with.
fn by_height(writes: &[(Span, u32)]) -> [Option<u32>; LAST as usize + 1] {
    let mut heights = [None; LAST as usize + 1];
    for (span, generation) in writes {
        for height in span.from..=span.to {
            heights[height as usize] = Some(*generation);
        }
    }
    heights
}

fn coverage(writes: &[(Span, u32)]) -> Coverage {
    writes
        .iter()
        .map(|&(span, generation)| Segment { span, generation })
        .collect()
}

fn generation_at(coverage: &Coverage, height: u64) -> Option<u32> {
    let found: Vec<_> = coverage
        .segments()
        .iter()
        .filter(|s| s.span.covers(span(height, height)))
        .collect();
    assert!(found.len() <= 1, "segments are disjoint");
    found.first().map(|segment| segment.generation)
}

proptest! {
    #[test]
    fn each_height_has_the_generation_that_was_written_last(writes in writes()) {
        let coverage = coverage(&writes);
        for (height, expected) in by_height(&writes).into_iter().enumerate() {
            prop_assert_eq!(generation_at(&coverage, height as u64), expected);
        }
    }

    #[test]
    fn segments_are_sorted_and_never_touch_within_a_generation(writes in writes()) {
        for pair in coverage(&writes).segments().windows(2) {
            prop_assert!(pair[0].span.to < pair[1].span.from);
            let joined = pair[0].generation == pair[1].generation && pair[0].span.to + 1 == pair[1].span.from;
            prop_assert!(!joined);
        }
    }

    #[test]
    fn holes_and_coverage_divide_a_span_without_rest(writes in writes(), within in spans()) {
        let coverage = coverage(&writes);
        let holes = coverage.holes(within);
        for height in within.from..=within.to {
            let in_hole = holes.iter().any(|hole| hole.covers(span(height, height)));
            prop_assert_eq!(in_hole, generation_at(&coverage, height).is_none());
        }
        prop_assert!(holes.iter().all(|hole| within.covers(*hole)));
        prop_assert_eq!(holes.is_empty(), coverage.covers(within));
    }

    #[test]
    fn replacing_returns_exactly_what_was_live_there(writes in writes(), next in spans()) {
        let mut coverage = coverage(&writes);
        let before = by_height(&writes);
        let replaced = coverage.replace(next, 9);
        for height in 0..=LAST {
            let returned = replaced.iter().find(|s| s.span.covers(span(height, height))).map(|s| s.generation);
            let expected = next.covers(span(height, height)).then_some(before[height as usize]).flatten();
            prop_assert_eq!(returned, expected);
        }
    }

    #[test]
    fn adding_refuses_any_overlap_and_leaves_no_trace(writes in writes(), next in spans()) {
        let mut coverage = coverage(&writes);
        let before = coverage.clone();
        let overlapped = coverage.overlaps(next);
        prop_assert_eq!(coverage.add(next, 1).is_err(), overlapped);
        if overlapped {
            prop_assert_eq!(coverage, before);
        } else {
            prop_assert!(coverage.covers(next));
        }
    }

    #[test]
    fn the_order_of_disjoint_commits_does_not_matter(cuts in prop::collection::btree_set(1..LAST, 0..8), seed: u64) {
        let mut starts: Vec<u64> = std::iter::once(0).chain(cuts).collect();
        starts.push(LAST + 1);
        let mut parts: Vec<(Span, u32)> = starts.windows(2).map(|pair| (span(pair[0], pair[1] - 1), 2)).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut parts);
        let whole = [Segment { span: span(0, LAST), generation: 2 }];
        prop_assert_eq!(coverage(&parts).segments().to_vec(), whole.to_vec());
    }
}

#[test]
fn the_ends_of_the_number_line_do_not_overflow() {
    let mut coverage = Coverage::default();
    coverage.add(span(0, u64::MAX), 0).unwrap();
    assert_eq!(coverage.replace(span(u64::MAX, u64::MAX), 1).len(), 1);
    assert_eq!(coverage.replace(span(0, 0), 1).len(), 1);
    assert_eq!(coverage.runs(), [span(0, u64::MAX)]);
    assert_eq!(span(0, u64::MAX).heights(), u64::MAX);
    assert!(coverage.holes(span(0, u64::MAX)).is_empty());
}
