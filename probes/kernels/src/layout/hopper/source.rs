//! The model and the source hold the same numbers.

use super::{operands, shape};
use crate::abi::{GEMMS, Operands};
use crate::arch::Arch;
use crate::tiles;

const KERNELS: &str = include_str!("../../cuda/gemm90.cu");
const PRODUCTS: &str = include_str!("../../cuda/hopper_wgmma.cuh");

/// What the source gives a constant, as it is written.
fn constant<'a>(source: &'a str, name: &str) -> &'a str {
    let start = source
        .find(&format!("constexpr int {name} = "))
        .unwrap_or_else(|| panic!("no {name}"));
    let text = &source[start..];
    text[text.find('=').expect("it was found with it") + 1..text.find(';').expect("ends")].trim()
}

fn number(source: &str, name: &str) -> u32 {
    constant(source, name)
        .parse()
        .unwrap_or_else(|_| panic!("{name} is no plain number"))
}

#[test]
fn shapes_are_those_of_the_source() {
    for (name, value) in [
        ("kThreads", shape::THREADS),
        ("kCluster", shape::CLUSTER),
        ("kTileRows", shape::TILE_ROWS),
        ("kTileColumns", shape::TILE_COLUMNS),
        ("kRowBytes", shape::ROW_BYTES),
        ("kStepBytes", shape::STEP_BYTES),
        ("kStages", shape::STAGES),
        ("kGroupRows", shape::GROUP_ROWS),
        ("kConsumerWarps", shape::CONSUMER_WARPS),
        ("kLoaderRegisters", shape::LOADER_REGISTERS),
        ("kMultiplierRegisters", shape::MULTIPLIER_REGISTERS),
        ("kAlignment", shape::ALIGNMENT),
    ] {
        assert_eq!(number(KERNELS, name), value, "{name}");
    }
    for (name, formula) in [
        ("kABytes", "kTileRows * kRowBytes"),
        ("kBBytes", "kTileColumns * kRowBytes"),
        ("kStageBytes", "kABytes + kBBytes"),
        ("kSharedBytes", "kAlignment + kStages * kStageBytes + kStages * 16"),
    ] {
        assert_eq!(constant(KERNELS, name), formula, "{name}");
    }
    assert_eq!(number(PRODUCTS, "kStrideBytes"), operands::STRIDE_BYTES);
    assert_eq!(number(PRODUCTS, "kStepUnits") * 16, shape::STEP_BYTES);
    assert_eq!(number(PRODUCTS, "kAccumulators") as usize, shape::ACCUMULATORS);
}

/// The rules that `ring::Protocol` states, in the words of the source.
#[test]
fn the_ring_has_the_rules_of_the_source() {
    for line in [
        "Cursor at = {0, 1};",
        "Cursor at = {0, 0};",
        "barrier_init(shared.full(stage), 1);",
        "barrier_init(shared.empty(stage), kConsumerWarps * kCluster);",
        "barrier_arrive_expect(full, kStageBytes);",
        "if (lane < kCluster) barrier_arrive_at(shared.empty(stage), lane);",
        "if (step > 0) release(shared, before, lane);",
    ] {
        assert_eq!(KERNELS.matches(line).count(), 1, "{line}");
    }
}

#[test]
fn a_block_fits_a_multiprocessor() {
    const { assert!(shape::SHARED_BYTES <= shape::SHARED_LIMIT) };
    let registers = 128 * shape::LOADER_REGISTERS + 256 * shape::MULTIPLIER_REGISTERS;
    assert!(registers <= shape::REGISTER_FILE && shape::THREADS == 128 + 256);
    assert_eq!(shape::CONSUMER_WARPS * 32, shape::THREADS - 128);
    assert_eq!(shape::TILE_ROWS, 2 * shape::PRODUCT_ROWS);
}

/// Every product that takes tensor maps stands in the source by its name, and has rows of 128 bytes.
#[test]
fn every_product_has_its_tile() {
    for gemm in GEMMS.iter().filter(|gemm| gemm.name != "gp_gemm_f64_f64") {
        let tile = tiles::tile(Arch::Sm90a, gemm.name).unwrap_or_else(|| panic!("no tile of {}", gemm.name));
        let named = KERNELS
            .lines()
            .filter(|line| line.starts_with(&format!("GP_PRODUCT({},", gemm.name)));
        assert_eq!(named.count(), 1, "{}", gemm.name);
        let Operands::TensorMaps { box_a, box_b } = tile.operands else {
            panic!("{} takes pointers", gemm.name)
        };
        assert_eq!(
            tile.depth * gemm.input.bytes() as u32,
            shape::ROW_BYTES,
            "{}",
            gemm.name
        );
        assert_eq!((box_a, box_b), ((tile.depth, 128), (tile.depth, 128)));
        assert_eq!(tile.shared_bytes, 197_696);
        assert!(
            box_a.1 <= 256 && box_b.1 <= 256,
            "a box has at most 256 elements a side"
        );
    }
}
