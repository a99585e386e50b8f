//! Calling interface of every kernel: name, parameters in order, launch shape. The kernels, the probe that launches
//! them and the test driver that models them all follow this page.
//!
//! Conventions. All kernels are `extern "C"`. Pointers are 64-bit device addresses; `mark` points to five `u64`
//! ([`ClockMark`](gridproof_probe_protocol::report::ClockMark): cycles_start, ns_start, cycles_end, ns_end, sm) that
//! thread 0 of block 0 writes, or is null. Block 0 of every timed kernel lives as long as the kernel (grids are persistent);
//! only where a multiprocessor has fewer than 2048 threads (7.5, 8.6, 8.9, 12.0) do the last blocks of `gp_read`, `gp_write`,
//! `gp_copy` and `gp_triad` begin when the first end, and the mark covers the first.
//! Sizes are in elements unless the name says bytes. Matrices are row-major without padding: A[m,k], B[n,k], D[m,n] = A·Bᵀ.
//!
//! # Generators (all images)
//! | kernel | parameters | launch | meaning |
//! |---|---|---|---|
//! | `gp_fill_normal` | out ptr, n u64, key u64, matrix u32, format u32 | any grid × 256 | element e: Philox4x32-10, counter (e lo, e hi, matrix, [`NORMAL_TAG`]), key (lo, hi); s = sum of the 16 bytes of the block; z = f32(s − 2040) · f32(1/295.6), then rounded to nearest even to the format; int8: round-to-nearest-even(z · 32) clamped to ±127 |
//! | `gp_fill_integers` | out ptr, n u64, key u64, matrix u32, format u32, hi i32 | any grid × 256 | element e: lane e % 8 (u16, low half of word 0 first) of Philox block counter (e/8 lo, e/8 hi, matrix, [`INTEGERS_TAG`]); value = ((lane · (2·hi + 1)) >> 16) − hi |
//!
//! `format` is [`Format`] as u32.
//!
//! # Products
//! Named `gp_gemm_{in}_{out}`, see [`GEMMS`]. Two interfaces, by image:
//! - *pointers* (`gemm.sm_80`, `sm_86`, `sm_89`, `sm_120`, `compute_80`, and `gp_gemm_f64_f64` everywhere):
//!   a ptr, b ptr, d ptr, m i32, n i32, k i32, mark ptr. Block 256 threads; grid = multiprocessors (persistent).
//! - *tensor maps* (`gemm.sm_90a`): map_a (128 bytes by value, `__grid_constant__`, 64-byte aligned), map_b likewise, d ptr,
//!   m i32, n i32, k i32, mark ptr. Block 384 threads; grid = multiprocessors rounded down to a multiple of the cluster.
//!   A map is of rank 2: sizes {k, rows of the matrix}, stride {k · bytes}, box as in [`Operands::TensorMaps`], element strides
//!   {1, 1}, no interleave, 128-byte swizzle, L2 promotion 256 bytes, zeros out of bounds; element types bf16, fp16, fp32 for
//!   tf32 (the product leaves the 13 low bits out), unsigned byte for fp8 and int8. D goes by pointer, 16-byte aligned. The
//!   cluster is in the kernel (`__cluster_dims__`): a plain launch works.
//!
//! Shapes must be multiples of the tile ([`Tile`]). Dynamic shared memory is [`Tile::shared_bytes`], opted in by
//! `CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES`.
//!
//! # Registers only (all images; block 256, grid 4 × multiprocessors)
//! | kernel | parameters | operations a thread and iteration |
//! |---|---|---|
//! | `gp_fma_f32` | out f32 ptr, a f32, b f32, iterations i32, mark ptr | [`FMA_CHAINS`] multiply-adds (2 FLOP each) |
//! | `gp_fma_f64` | out f64 ptr, a f64, b f64, iterations i32, mark ptr | [`FMA_CHAINS`] multiply-adds |
//!
//! # Memory (all images)
//! | kernel | parameters | launch | meaning |
//! |---|---|---|---|
//! | `gp_linear_fill` | out u32 ptr, words u64, seed u32, first u64 | any × 256 | word i = L(low 32 bits of (first + i)) ^ seed with L(x): x ^= x<<13; x ^= x>>17; x ^= x<<5 (linear over GF(2), so the xor of a range has a closed form) |
//! | `gp_read` | in 16-byte ptr, n16 u64, out u32 ptr, mark ptr | grid 4 × SMs × 512 | xors all words into *out (atomically) |
//! | `gp_write` | out 16-byte ptr, n16 u64, value u32, mark ptr | grid 4 × SMs × 512 | all words = value |
//! | `gp_copy` | out, in 16-byte ptr, n16 u64, mark ptr | grid 4 × SMs × 512 | |
//! | `gp_triad` | a, b, c f32×4 ptr, k f32, n16 u64, mark ptr | grid 4 × SMs × 512 | a = b + k·c, one rounding (fused) |
//! | `gp_fill` | out u64 ptr, n u64, seed u64, base u64 | any × 256 | word i = mix64(seed + base + i) |
//! | `gp_verify` | in u64 ptr, n u64, seed u64, base u64, bad u64 ptr | any × 256 | adds the number of words that differ from `gp_fill` to *bad |
//! | `gp_ring` | out u32 ptr, lines u32, a u32, c u32 | any × 256 | out[32·i] = 32 · ((a·i + c) mod lines): one cycle over all 128-byte lines (Hull–Dobell; see [`ring_step`]) |
//! | `gp_chase` | ring u32 ptr, steps u32, start u32, out u64 ptr | 1 × 1 | out[0] = cycles, out[1] = last index; loads bypass L1 |
//! | `gp_chase_map` | ring u32 ptr, steps u32, lines u32, cycles u64 ptr, sm u32 ptr | grid SMs × 1, alone (below) | block b: cycles[b] of `steps` steps from line (b · 64 mod lines), sm[b] = %smid |
//!
//! mix64(x): x ^= x>>33; x *= 0xff51afd7ed558ccd; x ^= x>>33; x *= 0xc4ceb9fe1a85ec53; x ^= x>>33 (wrapping).
//!
//! # Node and scheduler (all images)
//! | kernel | parameters | launch | meaning |
//! |---|---|---|---|
//! | `gp_noop` | none | 1 × 1 | |
//! | `gp_blocker` | flag u32 ptr (mapped host memory), timeout_ns u64 | 1 × 1 | spins until *flag ≠ 0 or the time is over |
//! | `gp_census` | sm u32 ptr, nsm u32 ptr, cycles u64 ptr, ns u64 ptr, spin u64 | grid 32 × SMs × 32 | each block spins `spin` cycles and notes at its own index %smid, %nsmid, cycles and ns between its two readings |
//! | `gp_heartbeat` | out [`HEARTBEAT_WORDS`] u64 a block ptr, duration_ns u64, threshold_ns u64 | grid SMs × 32, alone (below) | reads %globaltimer until duration; words: sm, count, max_ns, at_ns, total_ns, readings, then 32 of histogram by floor(log2(ns)) of gaps ≥ threshold. max_ns is the longest gap of all (at_ns: %globaltimer before it), count and total_ns are of gaps ≥ threshold; gaps of 2^31 ns and more are in the last word |
//!
//! *Alone*: `gp_chase_map` and `gp_heartbeat` use no shared memory, but are launched with all the dynamic shared memory that
//! a block may have (device attribute `MAX_SHARED_MEMORY_PER_BLOCK_OPTIN`, opted in by the function attribute
//! `MAX_DYNAMIC_SHARED_SIZE_BYTES`). That is more than half of what any multiprocessor has ([`Arch::max_shared_bytes`]), so a
//! second block finds no room beside the first, and a grid of as many blocks as multiprocessors takes each once.
//!
//! [`Arch::max_shared_bytes`]: crate::Arch::max_shared_bytes

use gridproof_probe_protocol::report::Precision;

pub use gridproof_probe_protocol::work::generate::{INTEGERS_TAG, NORMAL_TAG};

/// Independent multiply-add chains of a thread of `gp_fma_*`.
pub const FMA_CHAINS: u32 = 16;
/// u64 words of one block's answer of `gp_heartbeat`.
pub const HEARTBEAT_WORDS: usize = 38;
/// Bytes of `ClockMark` on the device.
pub const MARK_BYTES: usize = 40;

pub use gridproof_probe_protocol::work::formats::Format;

/// All kernels but the products; every image of [`Set::Misc`](crate::Set::Misc) has them.
pub const MISC_KERNELS: &[&str] = &[
    "gp_fill_normal",
    "gp_fill_integers",
    "gp_fma_f32",
    "gp_fma_f64",
    "gp_linear_fill",
    "gp_read",
    "gp_write",
    "gp_copy",
    "gp_triad",
    "gp_fill",
    "gp_verify",
    "gp_ring",
    "gp_chase",
    "gp_chase_map",
    "gp_noop",
    "gp_blocker",
    "gp_census",
    "gp_heartbeat",
];

/// One product kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GemmKernel {
    /// Name in every image that has it.
    pub name: &'static str,
    /// Format of the inputs, for the report.
    pub precision: Precision,
    /// Format of the inputs in memory.
    pub input: Format,
    /// Bytes of one element of the result.
    pub output_bytes: usize,
    /// Whether the result is what [`Precision`]'s speed is measured with (narrow output) or the exact check (wide output).
    pub role: GemmRole,
}

/// What a product kernel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GemmRole {
    /// Speed only.
    Speed,
    /// Exact products only.
    Exact,
    /// Both.
    Both,
}

/// All product kernels.
pub const GEMMS: &[GemmKernel] = &[
    GemmKernel {
        name: "gp_gemm_bf16_bf16",
        precision: Precision::Bf16,
        input: Format::Bf16,
        output_bytes: 2,
        role: GemmRole::Speed,
    },
    GemmKernel {
        name: "gp_gemm_bf16_f32",
        precision: Precision::Bf16,
        input: Format::Bf16,
        output_bytes: 4,
        role: GemmRole::Exact,
    },
    GemmKernel {
        name: "gp_gemm_f16_f16",
        precision: Precision::Fp16,
        input: Format::Fp16,
        output_bytes: 2,
        role: GemmRole::Speed,
    },
    GemmKernel {
        name: "gp_gemm_f16_f32",
        precision: Precision::Fp16,
        input: Format::Fp16,
        output_bytes: 4,
        role: GemmRole::Exact,
    },
    GemmKernel {
        name: "gp_gemm_e4m3_f32",
        precision: Precision::Fp8E4m3,
        input: Format::Fp8E4m3,
        output_bytes: 4,
        role: GemmRole::Speed,
    },
    GemmKernel {
        name: "gp_gemm_s8_s32",
        precision: Precision::Int8,
        input: Format::Int8,
        output_bytes: 4,
        role: GemmRole::Both,
    },
    GemmKernel {
        name: "gp_gemm_tf32_f32",
        precision: Precision::Tf32,
        input: Format::Fp32,
        output_bytes: 4,
        role: GemmRole::Speed,
    },
    GemmKernel {
        name: "gp_gemm_f64_f64",
        precision: Precision::Fp64,
        input: Format::Fp64,
        output_bytes: 8,
        role: GemmRole::Both,
    },
];

/// How a product kernel takes its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operands {
    /// Device pointers.
    Pointers,
    /// Tensor maps (sm_90a); the boxes of A and B in elements: {k, rows}.
    TensorMaps {
        /// Box of A.
        box_a: (u32, u32),
        /// Box of B: what one block of the cluster loads.
        box_b: (u32, u32),
    },
}

/// Launch shape of a product kernel in one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Rows of D of one tile; m must be a multiple of `rows × cluster`.
    pub rows: u32,
    /// Columns of D.
    pub columns: u32,
    /// Depth of one stage, elements.
    pub depth: u32,
    /// Threads of a block.
    pub threads: u32,
    /// Blocks of a cluster along m; 1 where there are none.
    pub cluster: u32,
    /// Dynamic shared memory, bytes.
    pub shared_bytes: u32,
    /// How operands are taken.
    pub operands: Operands,
}

/// Multiplier and increment of the full-cycle walk over `lines` lines: a − 1 is a multiple of 420 = 4·3·5·7 and c is
/// coprime to 210, so the cycle is full when `lines` has no other prime factors than 2, 3, 5, 7.
pub fn ring_step(seed: u32) -> (u32, u32) {
    let a = 1 + 420 * (1 + seed % 997);
    let c = 210 * (1 + (seed >> 10) % 9973) + 1;
    (a, c)
}
