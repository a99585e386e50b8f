//! The kernels' index maps and constants against the models in `layout::ampere`.

use crate::program::{Ring, products};
use gridproof_probe_kernels::layout::ampere::maps::{Swizzle, Width, a_address, b_address, d_row, double_address};
use gridproof_probe_kernels::layout::ampere::raster::{RASTER_GROUP, tile};
use gridproof_probe_kernels::layout::ampere::{CHUNK_BYTES, DEEP_SHAPE, F64_SHAPE, PRODUCT_SHAPE, STEP_BYTES, Shape};

fn shape(shape: Shape) -> Vec<u32> {
    vec![
        shape.tile_rows,
        shape.tile_columns,
        shape.warp_rows,
        shape.warp_columns,
        shape.row_bytes,
        shape.stages,
    ]
}

/// What the models say for a line of the program: its name and its first numbers give the rest.
fn model(ring: Ring, name: &str, n: &[u32]) -> Vec<u32> {
    let pair = |(a, b): (u32, u32)| vec![a, b];
    match name {
        "constants" => vec![PRODUCT_SHAPE.threads, CHUNK_BYTES, STEP_BYTES, RASTER_GROUP],
        "product" if ring == Ring::Deep => shape(DEEP_SHAPE),
        "product" => shape(PRODUCT_SHAPE),
        "f64" => shape(F64_SHAPE),
        "swizzle64" => vec![Swizzle::Rows64.offset(n[0], n[1])],
        "swizzle128" => vec![Swizzle::Rows128.offset(n[0], n[1])],
        "swizzle_f64" => vec![Swizzle::Double.offset(n[0], n[1])],
        "a" => pair(a_address(n[0], 0)),
        "b" => pair(b_address(n[0], 0)),
        "double" => pair(double_address(n[0], 0)),
        "columns" => [Width::Two, Width::Four, Width::Eight]
            .map(|width| width.column(n[0]))
            .to_vec(),
        "rows" => vec![d_row(n[0], 0), d_row(n[0], 1)],
        "warp" => pair(PRODUCT_SHAPE.warp_origin(n[0])),
        "f64_warp" => pair(F64_SHAPE.warp_origin(n[0])),
        "tile" => pair(tile(n[2], n[0], n[1])),
        other => panic!("the program prints `{other}`, which no model has"),
    }
}

#[test]
fn constants_and_index_maps_of_the_kernels_are_those_of_the_models() {
    for ring in [Ring::Usual, Ring::Deep] {
        check(ring);
    }
    assert_eq!(F64_SHAPE.threads, PRODUCT_SHAPE.threads);
}

fn check(ring: Ring) {
    let printed = products(ring).maps();
    let mut names = std::collections::BTreeSet::new();
    for line in printed.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let numbers: Vec<u32> = words.map(|word| word.parse().expect("a number")).collect();
        let expected = model(ring, name, &numbers);
        assert!(
            numbers.ends_with(&expected),
            "`{line}`, and the model says {expected:?}"
        );
        names.insert(name.to_owned());
    }
    assert_eq!(names.len(), 14, "{names:?}");
}
