//! Exact products, through the driver's functions.
#![allow(unsafe_code, clippy::unwrap_used)]

mod common;

use common::{Gpu, P, open};
use gridproof_fakecuda::ffi::cuda_memory::cuTensorMapEncodeTiled;
use gridproof_probe_kernels::abi::{Operands, Tile};
use gridproof_probe_kernels::{Arch, tile};
use gridproof_probe_protocol::work::exact::{Accumulator, ExactProduct};
use gridproof_probe_protocol::work::product::multiply;

const SIZE: usize = 512;
const KEY: u64 = 0x1234_5678_9abc;

#[repr(C, align(64))]
struct Map([u8; 128]);

fn fill(gpu: &Gpu, size: usize, matrix: u32, hi: i32, format: u32) -> u64 {
    let out = gpu.alloc(SIZE * SIZE * size).unwrap();
    let parameters = [
        P::W(out),
        P::W((SIZE * SIZE) as u64),
        P::W(KEY),
        P::U(matrix),
        P::U(format),
        P::I(hi),
    ];
    gpu.launch("gp_fill_integers", 16, 256, 0, &parameters).unwrap();
    out
}

fn map(matrix: u64, data_type: u32, bytes: u64, (depth, rows): (u32, u32)) -> Map {
    let mut map = Map([0; 128]);
    let (dims, stride) = ([SIZE as u64, SIZE as u64], SIZE as u64 * bytes);
    let (boxes, ones) = ([depth, rows], [1_u32, 1]);
    // SAFETY: pointers to locals of the sizes that rank 2 has.
    let code = unsafe {
        cuTensorMapEncodeTiled(
            &raw mut map.0,
            data_type,
            2,
            matrix,
            dims.as_ptr(),
            &raw const stride,
            boxes.as_ptr(),
            ones.as_ptr(),
            0,
            3,
            2,
            0,
        )
    };
    assert_eq!(code, 0);
    map
}

/// Launches a product as its tile says, with a change of the dynamic shared memory.
fn launch(gpu: &Gpu, arch: Arch, kernel: &str, [a, b, d]: [u64; 3], less_shared: u32) -> Result<(), u32> {
    let Tile {
        threads,
        shared_bytes,
        operands,
        ..
    } = tile(arch, kernel).unwrap();
    let s = SIZE as i32;
    let mut parameters = match operands {
        Operands::Pointers => vec![P::W(a), P::W(b)],
        Operands::TensorMaps { box_a, box_b } => {
            vec![P::M(map(a, 9, 2, box_a).0), P::M(map(b, 9, 2, box_b).0)]
        }
    };
    parameters.extend([P::W(d), P::I(s), P::I(s), P::I(s), P::W(0)]);
    gpu.launch_opted(
        kernel,
        96,
        threads,
        [shared_bytes - less_shared, shared_bytes],
        0,
        &parameters,
    )
}

fn run(scenario: &str, arch: Arch, kernel: &str, size: usize, out_size: usize, format: u32) -> Vec<u8> {
    let gpu = open(scenario);
    let (a, b) = (fill(&gpu, size, 0, 127, format), fill(&gpu, size, 1, 15, format));
    let d = gpu.alloc(SIZE * SIZE * out_size).unwrap();
    launch(&gpu, arch, kernel, [a, b, d], 0).unwrap();
    gpu.read(d, SIZE * SIZE * out_size).unwrap()
}

fn expected() -> Vec<i32> {
    let product = ExactProduct::with_ranges(SIZE, SIZE, SIZE, KEY, Accumulator::Fp32, 127, 15).unwrap();
    multiply(&product.a(), &product.b(), SIZE, SIZE, SIZE)
}

fn floats(bytes: &[u8]) -> Vec<i32> {
    bytes
        .chunks_exact(4)
        .map(|word| f32::from_le_bytes(word.try_into().unwrap()) as i32)
        .collect()
}

#[test]
fn products_of_integers_are_those_of_the_cpu_in_every_format_and_on_every_gpu() {
    let expected = expected();
    assert_eq!(
        floats(&run("a100-80", Arch::Sm80, "gp_gemm_bf16_f32", 2, 4, 0)),
        expected
    );
    assert_eq!(
        floats(&run("h100-sxm", Arch::Sm90a, "gp_gemm_bf16_f32", 2, 4, 0)),
        expected
    );
    let bytes = run("a100-80", Arch::Sm80, "gp_gemm_s8_s32", 1, 4, 5);
    let ints: Vec<i32> = bytes
        .chunks_exact(4)
        .map(|word| i32::from_le_bytes(word.try_into().unwrap()))
        .collect();
    assert_eq!(ints, expected);
    let bytes = run("h100-sxm", Arch::Sm90a, "gp_gemm_f64_f64", 8, 8, 4);
    let doubles: Vec<i32> = bytes
        .chunks_exact(8)
        .map(|word| f64::from_le_bytes(word.try_into().unwrap()) as i32)
        .collect();
    assert_eq!(doubles, expected);
}

#[test]
fn one_element_is_wrong_where_results_are_wrong() {
    let (right, wrong) = (
        expected(),
        floats(&run("wrong-results", Arch::Sm90a, "gp_gemm_bf16_f32", 2, 4, 0)),
    );
    assert_eq!(right.iter().zip(&wrong).filter(|(a, b)| a != b).count(), 1);
}

#[test]
fn too_little_shared_memory_and_operands_outside_of_memory_are_refused() {
    let gpu = open("a100-80");
    let a = fill(&gpu, 2, 0, 127, 0);
    let d = gpu.alloc(SIZE * SIZE * 4).unwrap();
    assert_eq!(launch(&gpu, Arch::Sm80, "gp_gemm_bf16_f32", [a, a, d], 1), Err(1));
    assert_eq!(
        launch(&gpu, Arch::Sm80, "gp_gemm_bf16_f32", [a, a + (1 << 30), d], 0),
        Err(700)
    );
}
