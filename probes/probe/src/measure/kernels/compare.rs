//! Comparison of what a kernel gave with what its model says. Pure.

use gridproof_probe_protocol::report::ClockMark;

/// What results are filled with before a kernel runs: no model gives it.
pub(super) const POISON: u8 = 0xa5;
/// Longest part of a difference that is shown in hex, bytes.
const SHOWN: usize = 8;
/// No GPU has so many multiprocessors.
const MAX_SM: u64 = 4096;
/// Over less time the timer's steps of up to a microsecond say nothing about a clock, ns.
const CLOCK_NS: u64 = 50_000;
/// Clocks that a multiprocessor can have, MHz.
const CLOCKS_MHZ: std::ops::RangeInclusive<f64> = 60.0..=5000.0;

/// The first element in which both differ, and how many do.
pub(super) fn bytes(size: usize, got: &[u8], expected: &[u8]) -> Option<String> {
    if got.len() != expected.len() {
        return Some(format!("{} bytes instead of {}", got.len(), expected.len()));
    }
    let wrong: Vec<usize> = got
        .chunks(size)
        .zip(expected.chunks(size))
        .enumerate()
        .filter_map(|(at, (got, expected))| (got != expected).then_some(at))
        .collect();
    let first = *wrong.first()?;
    let element = |all: &[u8]| {
        let from = first * size;
        let part = &all[from..(from + size.min(SHOWN)).min(all.len())];
        // As a number is written: the highest byte first.
        let hex: String = part.iter().rev().map(|byte| format!("{byte:02x}")).collect();
        if part.iter().all(|byte| *byte == POISON) {
            "not written".to_owned()
        } else {
            format!("0x{hex}")
        }
    };
    Some(format!(
        "element {first} is {}, not {}; {} of {} differ",
        element(got),
        element(expected),
        wrong.len(),
        expected.len() / size
    ))
}

/// What a kernel wrote behind its result.
pub(super) fn guard(guard: &[u8]) -> Option<String> {
    let at = guard.iter().position(|byte| *byte != POISON)?;
    Some(format!("byte {at} behind the result was written to"))
}

/// What is wrong with a mark of clocks.
pub(super) fn mark(mark: &ClockMark) -> Option<String> {
    let ClockMark {
        cycles_start,
        ns_start,
        cycles_end,
        ns_end,
        sm,
    } = *mark;
    let poison = u64::from_ne_bytes([POISON; 8]);
    if [cycles_start, ns_start, cycles_end, ns_end, sm].contains(&poison) {
        return Some("the mark was not written".to_owned());
    }
    if sm >= MAX_SM {
        return Some(format!("the mark names multiprocessor {sm}"));
    }
    if cycles_end <= cycles_start || ns_end < ns_start {
        return Some(format!(
            "the clocks of the mark run backwards: {cycles_start} to {cycles_end} cycles, {ns_start} to {ns_end} ns"
        ));
    }
    match mark.megahertz() {
        Some(clock) if ns_end - ns_start >= CLOCK_NS && !CLOCKS_MHZ.contains(&clock) => {
            Some(format!("the mark's clock is {clock:.0} MHz"))
        }
        _ => None,
    }
}

/// Whether doubles are those of a reference up to rounding: the root of the mean square of the differences over that of
/// the reference stays below `bound`, and no single element is off by more than eight times as much.
pub(super) fn near(got: &[f64], reference: &[f64], bound: f64) -> Option<String> {
    /// Rounding errors of single elements over their root mean square, with room.
    const SINGLE: f64 = 8.0;
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let scale = (square(&mut reference.iter().copied()) / reference.len() as f64).sqrt();
    let off = |(got, expected): (&f64, &f64)| (got - expected).abs() / scale;
    let wrong = |off: f64| off.is_nan() || off > SINGLE * bound;
    if let Some(first) = got.iter().zip(reference).position(|pair| wrong(off(pair))) {
        let count = got.iter().zip(reference).filter(|pair| wrong(off(*pair))).count();
        return Some(format!(
            "element {first} is {:e}, not {:e}; {count} of {} are off",
            got[first],
            reference[first],
            reference.len()
        ));
    }
    let error = (square(&mut got.iter().zip(reference).map(off)) / reference.len() as f64).sqrt();
    (error.is_nan() || error > bound).then(|| format!("relative error {error:.1e}, bound {bound:.1e}"))
}

/// The first thing that is wrong, if anything is.
pub(super) fn first(differences: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    differences.into_iter().flatten().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_that_differs_is_named_with_both_values() {
        assert_eq!(bytes(4, &[1, 0, 0, 0, 2, 0, 0, 0], &[1, 0, 0, 0, 2, 0, 0, 0]), None);
        let wrong = bytes(4, &[1, 0, 0, 0, 2, 1, 0, 0], &[1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(
            wrong.as_deref(),
            Some("element 1 is 0x00000102, not 0x00000002; 1 of 2 differ")
        );
        assert!(bytes(2, &[POISON; 4], &[0; 4]).is_some_and(|text| text.contains("is not written")));
        assert!(bytes(1, &[0], &[0, 0]).is_some());
    }

    #[test]
    fn what_lies_behind_the_result_must_stay() {
        assert_eq!(guard(&[POISON; 3]), None);
        assert!(guard(&[POISON, 0, POISON]).is_some_and(|text| text.contains("byte 1 ")));
    }

    fn good() -> ClockMark {
        ClockMark {
            cycles_start: 10,
            ns_start: 1_000,
            cycles_end: 198_010,
            ns_end: 101_000,
            sm: 3,
        }
    }

    #[test]
    fn a_mark_must_be_written_run_forwards_and_have_a_possible_clock() {
        assert_eq!(mark(&good()), None);
        let poison = u64::from_ne_bytes([POISON; 8]);
        for wrong in [
            ClockMark { sm: poison, ..good() },
            ClockMark { sm: 5000, ..good() },
            ClockMark {
                cycles_end: 9,
                ..good()
            },
            ClockMark { ns_end: 1, ..good() },
            ClockMark {
                cycles_end: u64::from(u32::MAX),
                ..good()
            },
        ] {
            assert!(mark(&wrong).is_some(), "{wrong:?}");
        }
        let short = ClockMark {
            ns_end: 1_000,
            ..good()
        };
        assert_eq!(mark(&short), None, "too short to tell a clock");
    }

    #[test]
    fn rounding_passes_and_one_element_that_is_off_does_not() {
        let reference: Vec<f64> = (0..1000).map(|i| f64::from(i % 17) - 8.0).collect();
        let mut got: Vec<f64> = reference.iter().map(|v| v * (1.0 + 1e-3)).collect();
        assert_eq!(near(&got, &reference, 3e-3), None);
        assert!(near(&got, &reference, 1e-4).is_some());
        got[500] += 1.0;
        assert!(near(&got, &reference, 3e-3).is_some_and(|text| text.starts_with("element 500")));
        got[500] = f64::NAN;
        assert!(near(&got, &reference, 3e-3).is_some());
    }
}
