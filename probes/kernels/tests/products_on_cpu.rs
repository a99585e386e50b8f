//! The product kernels' own text, compiled for the CPU with a model of the instructions (`tests/products/`): 256 threads
//! that meet at barriers, copies that arrive as early or as late as they may, warps as far apart as the barriers let them.
//! Needs a C++ compiler, `c++` or what `CXX` names.

#[path = "products/maps.rs"]
mod maps;
#[path = "products/program.rs"]
mod program;

use gridproof_probe_kernels::abi::{Format, GEMMS, GemmKernel, Tile};
use gridproof_probe_kernels::{Arch, tile};
use program::{Arrival, Order, Program, Ring, Run, Slip, products};

/// Integers that every format holds exactly, with sums that fp16 holds exactly.
const LIMIT: i32 = 3;

struct Product {
    gemm: &'static GemmKernel,
    tile: Tile,
    sizes: [usize; 3],
    a: Vec<i32>,
    b: Vec<i32>,
}

impl Product {
    /// `tiles` of D in each direction, `blocks` of depth.
    fn new(gemm: &'static GemmKernel, tile: Tile, tiles: [usize; 2], blocks: usize, seed: u64) -> Self {
        let [m, n] = [tiles[0] * tile.rows as usize, tiles[1] * tile.columns as usize];
        let k = blocks * tile.depth as usize;
        let mut random = fastrand::Rng::with_seed(seed);
        let mut integers = |count| (0..count).map(|_| random.i32(-LIMIT..=LIMIT)).collect::<Vec<_>>();
        let (a, b) = (integers(m * k), integers(n * k));
        Self {
            gemm,
            tile,
            sizes: [m, n, k],
            a,
            b,
        }
    }

    fn operands(&self) -> Vec<u8> {
        let format = self.gemm.input;
        let encode = |value: &i32| {
            let mut bytes = vec![0; format.bytes()];
            match format {
                Format::Int8 => bytes[0] = *value as i8 as u8,
                _ => format.encode(*value as f32, &mut bytes),
            }
            bytes
        };
        self.a.iter().chain(&self.b).flat_map(encode).collect()
    }

    /// The result by the definition, as the kernel must store it.
    fn naive(&self) -> Vec<u8> {
        let [m, n, k] = self.sizes;
        let mut bytes = Vec::with_capacity(m * n * self.gemm.output_bytes);
        for row in self.a.chunks(k) {
            for column in self.b.chunks(k) {
                let sum: i32 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                let mut value = vec![0; self.gemm.output_bytes];
                match (self.gemm.input, self.gemm.output_bytes) {
                    (Format::Int8, 4) => value.copy_from_slice(&sum.to_le_bytes()),
                    (_, 4) => Format::Fp32.encode(sum as f32, &mut value),
                    (input, _) => input.encode(sum as f32, &mut value),
                }
                bytes.extend(value);
            }
        }
        bytes
    }

    fn run(&self, program: &Program, blocks: usize, arrival: Arrival, order: Order) -> Result<Vec<u8>, String> {
        program.run(&Run {
            kernel: self.gemm.name,
            sizes: self.sizes,
            blocks,
            shared_bytes: self.tile.shared_bytes,
            result_bytes: self.gemm.output_bytes,
            arrival,
            order,
            operands: &self.operands(),
        })
    }
}

fn kernel(arch: Arch, name: &str) -> (&'static GemmKernel, Tile) {
    let gemm = GEMMS.iter().find(|gemm| gemm.name == name).expect("in the table");
    (gemm, tile(arch, name).expect("the image has it"))
}

fn check(ring: Ring, arch: Arch) {
    let program = products(ring);
    for (number, gemm) in GEMMS.iter().enumerate() {
        let Some(tile) = tile(arch, gemm.name) else { continue };
        // Five blocks of depth go once around every ring; two thread blocks over three tiles cross from tile to tile.
        let product = Product::new(gemm, tile, [3, 1], 5, number as u64);
        let naive = product.naive();
        for (arrival, order) in [(Arrival::Early, Order::Forwards), (Arrival::Late, Order::Backwards)] {
            let got = product
                .run(&program, 2, arrival, order)
                .unwrap_or_else(|e| panic!("{}: {e}", gemm.name));
            assert!(got == naive, "{} with {arrival:?} copies, warps {order:?}", gemm.name);
        }
    }
}

#[test]
fn every_kernels_text_computes_the_naive_product() {
    check(Ring::Usual, Arch::Sm89);
}

#[test]
fn so_it_does_with_the_deeper_stages_of_sm_80() {
    check(Ring::Deep, Arch::Sm80);
}

#[test]
fn one_block_of_depth_and_more_thread_blocks_than_tiles_are_products_too() {
    let (gemm, tile) = kernel(Arch::Sm86, "gp_gemm_bf16_bf16");
    let program = products(Ring::Usual);
    for blocks in [1, 2] {
        let product = Product::new(gemm, tile, [1, 2], blocks, 5);
        let got = product.run(&program, 3, Arrival::Late, Order::Forwards);
        assert!(got.as_ref() == Ok(&product.naive()), "{blocks} blocks of depth");
    }
}

/// What the model is for: each of these slips gives a wrong product or is refused.
const SLIPS: [Slip; 6] = [
    Slip {
        kernel: "gp_gemm_bf16_f32",
        file: "ampere_pipeline.cuh",
        text: "(int)R::stage_count - 2",
        other: "(int)R::stage_count - 1",
    },
    Slip {
        kernel: "gp_gemm_bf16_f32",
        file: "ampere_pipeline.cuh",
        text: "block_barrier();",
        other: "",
    },
    Slip {
        kernel: "gp_gemm_bf16_f32",
        file: "ampere_maps.h",
        text: "return lane & 15;",
        other: "return (lane & 7) | (lane & 16) >> 1;",
    },
    Slip {
        kernel: "gp_gemm_s8_s32",
        file: "ampere_maps.h",
        text: "(lane >> 3) & 1;",
        other: "lane >> 4;",
    },
    Slip {
        kernel: "gp_gemm_bf16_bf16",
        file: "ampere_product.cuh",
        text: "odd ? p : v[0]",
        other: "odd ? v[0] : p",
    },
    Slip {
        kernel: "gp_gemm_f64_f64",
        file: "gemm_f64.cu",
        text: "GP_F64_ROW_BYTES / 2;",
        other: "32;",
    },
];

#[test]
fn the_model_finds_slips_in_the_kernels_text() {
    for slip in SLIPS {
        let (gemm, tile) = kernel(Arch::Sm86, slip.kernel);
        let product = Product::new(gemm, tile, [2, 1], 5, 9);
        let naive = product.naive();
        let program = Program::build_with(&slip);
        let wrong = [(Arrival::Early, Order::Forwards), (Arrival::Late, Order::Backwards)]
            .into_iter()
            .any(|(arrival, order)| product.run(&program, 1, arrival, order).as_ref() != Ok(&naive));
        assert!(
            wrong,
            "{} is right with `{}` in the place of `{}`",
            slip.kernel, slip.other, slip.text
        );
    }
}

#[test]
fn a_ring_larger_than_the_granted_shared_memory_is_refused() {
    let (gemm, mut tile) = kernel(Arch::Sm86, "gp_gemm_s8_s32");
    tile.shared_bytes -= 16;
    let product = Product::new(gemm, tile, [1, 1], 5, 11);
    let refused = product
        .run(&products(Ring::Usual), 1, Arrival::Early, Order::Forwards)
        .expect_err("one chunk is missing");
    assert!(refused.contains("past the end of shared memory"), "{refused}");
}
