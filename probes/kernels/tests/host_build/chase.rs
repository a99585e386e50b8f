//! gp_ring, gp_chase, gp_chase_map.

use crate::program::{Launch, run, words32, words64};
use gridproof_probe_kernels::abi::ring_step;

const LINE_WORDS: usize = 32;
const POISON: u32 = 0xa5a5_a5a5;

fn next(lines: u32, a: u32, c: u32, line: u32) -> u32 {
    ((u64::from(a) * u64::from(line) + u64::from(c)) % u64::from(lines)) as u32
}

fn ring(kernel: &str, blocks: u32, lines: u32, seed: u32, steps: u32) -> Launch {
    let (a, c) = ring_step(seed);
    Launch::new(kernel, blocks, 1).with(lines).with(a).with(c).with(steps)
}

#[test]
fn the_ring_is_one_cycle_over_all_lines_and_writes_nothing_between_them() {
    for (lines, seed) in [(2, 0), (64, 7), (210, u32::MAX), (4096, 123_456), (3 * 5 * 7 * 32, 99)] {
        let found = words32(&run(&[ring("gp_ring", 1, lines, seed, 0)])[0]);
        let (a, c) = ring_step(seed);
        let mut seen = vec![false; lines as usize];
        let mut line = 0;
        for _ in 0..lines {
            assert!(
                !std::mem::replace(&mut seen[line as usize], true),
                "{lines} lines, seed {seed}"
            );
            let packet = &found[line as usize * LINE_WORDS..][..LINE_WORDS];
            assert!(packet[1..].iter().all(|word| *word == POISON));
            line = next(lines, a, c, line);
            assert_eq!(packet[0], line * LINE_WORDS as u32);
        }
        assert_eq!(line, 0, "{lines} lines, seed {seed}: the walk ends where it began");
    }
}

#[test]
fn a_chase_ends_where_the_model_does() {
    // In the second ring the products of multiplier and line go beyond 32 bits.
    for (lines, seed) in [(2520, 31), (67_500, 996)] {
        let (a, c) = ring_step(seed);
        for (steps, start) in [(0, 5), (1, 0), (1000, lines - 1), (2520, 77)] {
            let expected = (0..steps).fold(start, |line, _| next(lines, a, c, line));
            let launch = ring("gp_chase", 1, lines, seed, steps).with(start * LINE_WORDS as u32);
            assert_eq!(
                words64(&run(&[launch])[0]),
                [100, u64::from(expected) * LINE_WORDS as u64],
                "{steps} steps over {lines} lines"
            );
        }
    }
}

#[test]
fn every_block_of_the_map_notes_its_own_cycles_and_multiprocessor() {
    let found = &run(&[ring("gp_chase_map", 132, 4096, 5, 64)])[0];
    assert_eq!(words64(&found[..132 * 8]), vec![100; 132]);
    assert_eq!(words32(&found[132 * 8..]), (1000..1132).collect::<Vec<_>>());
}
