//! gp_read, gp_write, gp_copy, gp_triad, gp_fill, gp_verify.

use crate::program::{Launch, run, words32, words64};
use gridproof_probe_protocol::work::{linear, mix64};

/// Sizes below, at and beyond what one round of a grid takes.
const SIZES: [u64; 9] = [0, 1, 5, 95, 96, 97, 384, 385, 2000];
const SEED: u32 = 0x1234_5678;
const FIRST: u64 = 77;

/// What the mark of a launch says with the CPU's clocks: two readings each, on the multiprocessor of block 0.
const MARK_WORDS: usize = 5;

#[test]
fn reading_gives_the_closed_form_of_the_xor() {
    let launches: Vec<_> = SIZES
        .iter()
        .map(|n16| Launch::new("gp_read", 3, 32).with(n16).with(SEED).with(FIRST))
        .collect();
    for (n16, found) in SIZES.iter().zip(run(&launches)) {
        assert_eq!(
            words32(&found[..4]),
            [linear::xor_of_words(SEED, FIRST, n16 * 4)],
            "{n16} packets"
        );
    }
}

#[test]
fn a_copy_is_equal_and_a_write_is_everywhere() {
    for n16 in SIZES {
        let of = |kernel| Launch::new(kernel, 3, 32).with(n16).with(SEED).with(FIRST);
        let found = run(&[of("gp_copy"), of("gp_write")]);
        let [copied, written] = [0, 1].map(|at| words32(&found[at][..n16 as usize * 16]));
        assert!(
            copied
                .iter()
                .copied()
                .eq((0..n16 * 4).map(|index| linear::word(SEED, FIRST, index))),
            "{n16}"
        );
        assert!(
            written.len() == n16 as usize * 4 && written.iter().all(|word| *word == SEED),
            "{n16}"
        );
    }
}

#[test]
fn the_mark_has_the_clocks_of_block_0_in_the_order_of_the_report() {
    for kernel in ["gp_read", "gp_copy", "gp_write"] {
        let found = run(&[Launch::new(kernel, 3, 32).with(96).with(SEED).with(FIRST)]);
        let mark = words64(&found[0][found[0].len() - MARK_WORDS * 8..]);
        assert_eq!(
            mark,
            [100, 7, 200, 9, 1000],
            "{kernel}: cycles, ns, cycles, ns, multiprocessor"
        );
    }
}

#[test]
fn a_triad_rounds_once() {
    let mut random = fastrand::Rng::with_seed(3);
    for n16 in [1_usize, 64, 65, 200] {
        let mut floats = |count: usize| -> Vec<f32> {
            (0..count)
                .map(|_| (random.f32() - 0.5) * 2_f32.powi(random.i32(-20..20)))
                .collect()
        };
        let (k, b, c) = (floats(1)[0], floats(n16 * 4), floats(n16 * 4));
        let launch = Launch::new("gp_triad", 2, 16).with(n16).with_float(k);
        let launch = b
            .iter()
            .chain(&c)
            .fold(launch, |launch, value| launch.with_float(*value));
        let expected: Vec<u32> = b.iter().zip(&c).map(|(b, c)| k.mul_add(*c, *b).to_bits()).collect();
        assert_eq!(words32(&run(&[launch])[0]), expected, "{n16} packets");
    }
}

#[test]
fn the_fill_is_that_of_the_model_and_verifying_counts_every_word_that_differs() {
    for (count, seed, base, changed) in [
        (1_u64, 1_u64, 2_u64, vec![]),
        (1000, u64::MAX - 3, 1 << 40, vec![]),
        (1000, 9, 0, vec![0, 1, 63, 64, 65, 500, 999]),
        (64, 9, 0, (0..64).collect()),
    ] {
        let launch = Launch::new("gp_fill", 3, 32).with(count).with(seed).with(base);
        let launch = changed.iter().fold(launch, |launch, at: &u64| launch.with(at));
        let found = words64(&run(&[launch])[0]);
        let (bad, filled) = found.split_last().expect("count of wrong words");
        assert!(
            filled
                .iter()
                .copied()
                .eq((0..count).map(|index| mix64::fill_word(seed, base, index)))
        );
        assert_eq!(*bad, changed.len() as u64);
    }
}
