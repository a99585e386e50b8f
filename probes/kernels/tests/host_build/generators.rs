//! gp_fill_normal, gp_fill_integers, gp_linear_fill: every format, any grid.

use crate::program::{Launch, run};
use gridproof_probe_protocol::work::formats::Format;
use gridproof_probe_protocol::work::generate::{fill_integer_bytes, fill_normal};
use gridproof_probe_protocol::work::linear;

const FORMATS: [Format; 6] = [
    Format::Bf16,
    Format::Fp16,
    Format::Fp8E4m3,
    Format::Fp32,
    Format::Fp64,
    Format::Int8,
];
const ELEMENTS: usize = 20_000;

#[test]
fn normal_elements_are_those_of_the_model_in_every_format() {
    let mut random = fastrand::Rng::with_seed(1);
    let cases: Vec<_> = FORMATS
        .iter()
        .map(|format| (*format, random.u64(..), random.u32(..)))
        .collect();
    let launches: Vec<_> = cases
        .iter()
        .map(|(format, key, matrix)| {
            Launch::new("gp_fill_normal", 7, 64)
                .with(ELEMENTS)
                .with(key)
                .with(matrix)
                .with(*format as u32)
        })
        .collect();
    for ((format, key, matrix), found) in cases.into_iter().zip(run(&launches)) {
        let mut expected = vec![0; ELEMENTS * format.bytes()];
        fill_normal(format, key, matrix, 0, &mut expected);
        assert!(found == expected, "{format:?}, key {key}, matrix {matrix}");
    }
}

#[test]
fn integers_are_those_of_the_model_in_every_format() {
    let mut random = fastrand::Rng::with_seed(2);
    let cases: Vec<_> = FORMATS
        .iter()
        .flat_map(|format| [1, 15, 127, 1000].map(|hi| (*format, hi)))
        .map(|(format, hi)| (format, hi, random.u64(..), random.u32(..)))
        .collect();
    let count = |hi: i32| 5_000 + hi as usize;
    let launches: Vec<_> = cases
        .iter()
        .map(|(format, hi, key, matrix)| {
            let launch = Launch::new("gp_fill_integers", 5, 32)
                .with(count(*hi))
                .with(key)
                .with(matrix);
            launch.with(*format as u32).with(hi)
        })
        .collect();
    for ((format, hi, key, matrix), found) in cases.into_iter().zip(run(&launches)) {
        let mut expected = vec![0; count(hi) * format.bytes()];
        fill_integer_bytes(format, key, matrix, hi, 0, &mut expected);
        assert!(found == expected, "{format:?}, ±{hi}, key {key}, matrix {matrix}");
    }
}

#[test]
fn the_grid_does_not_matter() {
    let fill = |blocks, threads| {
        Launch::new("gp_fill_normal", blocks, threads)
            .with(1000)
            .with(3)
            .with(4)
            .with(Format::Fp16 as u32)
    };
    let found = run(&[fill(1, 1), fill(3, 7), fill(100, 256)]);
    assert!(found[0].len() == 2000 && found[0] == found[1] && found[1] == found[2]);
}

#[test]
fn the_linear_fill_is_that_of_the_model_also_where_its_counter_wraps() {
    for first in [0, 12_345, (1 << 32) - 500] {
        let launch = Launch::new("gp_linear_fill", 3, 32)
            .with(1001)
            .with(0xdead_beef_u32)
            .with(first);
        let found = crate::program::words32(&run(&[launch])[0]);
        let expected: Vec<_> = (0..1001).map(|index| linear::word(0xdead_beef, first, index)).collect();
        assert_eq!(found, expected, "from {first}");
    }
}
