//! The products. Four kinds of data: integers whose product the CPU computes in full, small ones over more tiles than the
//! GPU has blocks (the result is then checked by Freivalds' method), random-normal ones against a reference in fp64, and
//! where it is asked for the CPU's whole product at 2048³.

use super::memory::decoded;
use super::room::Room;
use super::{Bench, Case, Cases, compare};
use crate::device::{DeviceError, Product};
use gridproof_probe_kernels::abi::{Format, GemmKernel, GemmRole, Tile};
use gridproof_probe_protocol::work::exact::{A_HI, A_MATRIX, B_HI, B_MATRIX};
use gridproof_probe_protocol::work::freivalds::{Shape, check_rows};
use gridproof_probe_protocol::work::{formats, generate, product};
use std::thread::available_parallelism;

/// Stages along k: more than any ring of stages holds twice, and odd, so that the ring ends in the middle.
const STAGES: u32 = 9;
/// Rounds of Freivalds' check; a wrong result passes one with a probability of 2^-61.
const ROUNDS: u32 = 2;
/// m, n and k of the large case.
const LARGE: u32 = 2048;

/// m, n, k.
type Size = [u32; 3];

pub(super) fn check(bench: &Bench<'_>, gemm: &'static GemmKernel) -> Cases {
    let (tile, _) = bench.device.gemm_tile(gemm)?;
    let mut cases = vec![
        whole(bench, gemm, several_tiles(&tile), ranges(gemm))?,
        persistent(
            bench,
            gemm,
            more_tiles_than_blocks(&tile, bench.device.multiprocessors()),
        )?,
        normal(bench, gemm, one_tile(&tile))?,
    ];
    if bench.large && gemm.role != GemmRole::Speed {
        cases.push(whole(bench, gemm, [LARGE; 3], (A_HI, B_HI))?);
    }
    Ok(cases)
}

/// Two tiles each way, so that neighbours show.
fn several_tiles(tile: &Tile) -> Size {
    [2 * tile.rows * tile.cluster, 2 * tile.columns, STAGES * tile.depth]
}

fn one_tile(tile: &Tile) -> Size {
    [tile.rows * tile.cluster, tile.columns, STAGES * tile.depth]
}

/// More tiles than blocks run at once, so that blocks go on to a second and a third one.
fn more_tiles_than_blocks(tile: &Tile, multiprocessors: u32) -> Size {
    let wanted = 2 * (multiprocessors / tile.cluster).max(1) + 1;
    let across = wanted.isqrt().max(1);
    let down = wanted.div_ceil(across);
    [down * tile.rows * tile.cluster, across * tile.columns, 2 * tile.depth]
}

/// Largest magnitudes in A and B: as large as inputs and sums are exact, so that every bit of both is used. The sums of
/// 8-bit floats keep 14 bits on some architectures.
fn ranges(gemm: &GemmKernel) -> (i32, i32) {
    match gemm.input {
        Format::Int8 => (127, 127),
        Format::Fp8E4m3 => (3, 1),
        _ => (A_HI, B_HI),
    }
}

/// A and B on the device and room for D; the product has run and what it wrote is here.
fn run(
    bench: &Bench<'_>,
    gemm: &'static GemmKernel,
    [m, n, k]: Size,
    fill: impl Fn(u64, u64, u32) -> Result<crate::device::Launch, DeviceError>,
) -> Result<(Vec<u8>, Option<String>), DeviceError> {
    let device = bench.device;
    let size = gemm.input.bytes() as u64;
    let input = |rows: u32, matrix| -> Result<_, DeviceError> {
        let elements = u64::from(rows) * u64::from(k);
        let buffer = device.alloc(elements * size)?;
        device.stream().launch(&fill(buffer.address(), elements, matrix)?)?;
        Ok(buffer)
    };
    let (a, b) = (input(m, A_MATRIX)?, input(n, B_MATRIX)?);
    let d = Room::new(device, u64::from(m) * u64::from(n) * gemm.output_bytes as u64)?;
    let mark = Room::mark(device)?;
    let product = Product {
        a: a.address(),
        b: b.address(),
        d: d.address(),
        m,
        n,
        k,
        mark: mark.address(),
    };
    device.run(&device.gemm(gemm, &product)?)?;
    Ok((d.read()?, compare::first([d.overrun()?, mark.wrong_mark()?])))
}

fn text([m, n, k]: Size, data: &str) -> String {
    format!("{m}x{n}x{k} {data}")
}

/// Every bit of the product of integers, computed by the CPU in full.
fn whole(
    bench: &Bench<'_>,
    gemm: &'static GemmKernel,
    size: Size,
    (a_hi, b_hi): (i32, i32),
) -> Result<Case, DeviceError> {
    let [m, n, k] = size.map(|side| side as usize);
    let key = bench.key(8);
    let (got, beside) = run(bench, gemm, size, |out, elements, matrix| {
        let hi = if matrix == A_MATRIX { a_hi } else { b_hi };
        bench.device.fill_integers(out, elements, key, matrix, gemm.input, hi)
    })?;
    let operand = |rows: usize, matrix, hi| {
        let mut all = vec![0_i16; rows * k];
        generate::fill_integers(key, matrix, hi, 0, &mut all);
        all
    };
    let (a, b) = (operand(m, A_MATRIX, a_hi), operand(n, B_MATRIX, b_hi));
    let threads = available_parallelism().map_or(1, usize::from);
    let sums = product::multiply_by_threads(&a, &b, m, n, k, threads);
    let expected: Vec<u8> = sums.iter().flat_map(|sum| encoded(gemm, *sum)).collect();
    let difference = compare::bytes(gemm.output_bytes, &got, &expected).map(|text| placed(&text, n));
    let data = format!("integers to {a_hi} and {b_hi}");
    Ok(Case::new(text(size, &data), compare::first([difference, beside])))
}

/// Adds row and column to a difference that names an element.
fn placed(text: &str, n: usize) -> String {
    let index = text
        .strip_prefix("element ")
        .and_then(|rest| rest.split(' ').next())
        .and_then(|number| number.parse::<usize>().ok());
    match index {
        Some(at) => format!("row {} column {}: {text}", at / n, at % n),
        None => text.to_owned(),
    }
}

/// A sum as the kernel stores it.
fn encoded(gemm: &GemmKernel, sum: i32) -> Vec<u8> {
    match (gemm.input, gemm.output_bytes) {
        (Format::Int8, _) => sum.to_le_bytes().to_vec(),
        (_, 8) => f64::from(sum).to_le_bytes().to_vec(),
        (Format::Fp16, 2) => formats::f32_to_fp16(sum as f32).to_le_bytes().to_vec(),
        (_, 2) => formats::f32_to_bf16(sum as f32).to_le_bytes().to_vec(),
        _ => (sum as f32).to_le_bytes().to_vec(),
    }
}

/// An element of D as a number.
fn element(gemm: &GemmKernel, bytes: &[u8]) -> f64 {
    match (gemm.input, gemm.output_bytes) {
        (Format::Int8, _) => f64::from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
        (_, 8) => Format::Fp64.decode(bytes),
        (Format::Fp16, 2) => Format::Fp16.decode(bytes),
        (_, 2) => Format::Bf16.decode(bytes),
        _ => Format::Fp32.decode(bytes),
    }
}

/// −1, 0 and 1 only: every format holds every sum exactly, so D is checked as whole numbers modulo a prime.
fn persistent(bench: &Bench<'_>, gemm: &'static GemmKernel, size: Size) -> Result<Case, DeviceError> {
    let [m, n, k] = size.map(|side| side as usize);
    let key = bench.key(9);
    let (got, beside) = run(bench, gemm, size, |out, elements, matrix| {
        bench.device.fill_integers(out, elements, key, matrix, gemm.input, 1)
    })?;
    let row_of = |matrix| {
        move |row: usize, out: &mut [i64]| {
            let mut narrow = vec![0_i16; out.len()];
            generate::fill_integers(key, matrix, 1, (row * out.len()) as u64, &mut narrow);
            for (slot, value) in out.iter_mut().zip(narrow) {
                *slot = i64::from(value);
            }
        }
    };
    let width = gemm.output_bytes;
    let mut wrong = None;
    // Drawn now, when the result is there.
    let good = check_rows(
        Shape { m, n, k },
        fastrand::u64(..),
        ROUNDS,
        row_of(A_MATRIX),
        row_of(B_MATRIX),
        |row, out| {
            wrong = Some(row);
            let bytes = got.chunks_exact(width).skip(row * n);
            out.iter_mut().zip(bytes).all(|(slot, bytes)| {
                let value = element(gemm, bytes);
                *slot = value as i64;
                // No sum of k products of ones is larger, and none is a fraction.
                value.abs() <= k as f64 && *slot as f64 == value
            })
        },
    );
    let difference = (!good).then(|| format!("row {} is wrong", wrong.unwrap_or(0)));
    Ok(Case::new(
        text(size, "integers to 1 and 1"),
        compare::first([difference, beside]),
    ))
}

/// Random-normal data against a product in fp64.
fn normal(bench: &Bench<'_>, gemm: &'static GemmKernel, size: Size) -> Result<Case, DeviceError> {
    let [m, n, k] = size.map(|side| side as usize);
    let key = bench.key(10);
    let (got, beside) = run(bench, gemm, size, |out, elements, matrix| {
        bench.device.fill_normal(out, elements, key, matrix, gemm.input)
    })?;
    let operand = |rows: usize, matrix| {
        let mut bytes = vec![0; rows * k * gemm.input.bytes()];
        generate::fill_normal(gemm.input, key, matrix, 0, &mut bytes);
        decoded(gemm.input, &bytes)
    };
    let reference = product::multiply_f64(&operand(m, A_MATRIX), &operand(n, B_MATRIX), m, n, k);
    let got: Vec<f64> = got
        .chunks_exact(gemm.output_bytes)
        .map(|bytes| element(gemm, bytes))
        .collect();
    let difference = compare::near(&got, &reference, bound(gemm));
    Ok(Case::new(
        text(size, "random-normal"),
        compare::first([difference, beside]),
    ))
}

/// Largest relative error that rounding explains: of the result to 16 bits (half a unit of 8 or 11 bits), of tf32 inputs
/// that are rounded instead of cut, of fp32 sums that are cut at each step, and of the sums of 8-bit floats, which
/// some architectures keep to 14 bits. Whole numbers have none.
fn bound(gemm: &GemmKernel) -> f64 {
    match (gemm.input, gemm.output_bytes) {
        (Format::Int8, _) => 0.0,
        (Format::Fp64, _) => 1e-13,
        (Format::Fp8E4m3, _) => 2e-2,
        (_, 2) | (Format::Fp32, _) => 3e-3,
        _ => 1e-4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridproof_probe_kernels::abi::GEMMS;
    use gridproof_probe_kernels::{ARCHES, tile};
    use gridproof_probe_protocol::work::exact::Accumulator;

    fn every_tile() -> impl Iterator<Item = (&'static GemmKernel, Tile)> {
        ARCHES.into_iter().flat_map(|arch| {
            GEMMS
                .iter()
                .filter_map(move |gemm| Some((gemm, tile(arch, gemm.name)?)))
        })
    }

    #[test]
    fn integers_and_their_sums_are_exact_in_every_format() {
        for (gemm, tile) in every_tile() {
            let (a_hi, b_hi) = ranges(gemm);
            let largest = u128::from(a_hi.unsigned_abs() * b_hi.unsigned_abs());
            let k = several_tiles(&tile)[2];
            let limit = match gemm.input {
                Format::Int8 => Accumulator::Int32.limit(),
                Format::Fp64 => Accumulator::Fp64.limit(),
                Format::Fp8E4m3 => 1 << 13,
                _ => Accumulator::Fp32.limit(),
            };
            assert!(largest * u128::from(k) < limit, "{} {tile:?}", gemm.name);
            // The narrowest result, bf16, holds whole numbers to 256; −1, 0 and 1 are multiplied two stages deep.
            assert!(more_tiles_than_blocks(&tile, 132)[2] <= 256, "{}", gemm.name);
            for hi in [a_hi, b_hi] {
                let mut bytes = [0; 8];
                gemm.input.encode(hi as f32, &mut bytes);
                assert_eq!(gemm.input.decode(&bytes), f64::from(hi), "{}", gemm.name);
            }
        }
    }

    #[test]
    fn every_block_gets_a_second_tile_whatever_the_gpu() {
        for ((_, tile), sms) in every_tile().zip([1, 2, 58, 108, 132, 170].into_iter().cycle()) {
            let [m, n, _] = more_tiles_than_blocks(&tile, sms);
            let tiles = (m / (tile.rows * tile.cluster)) * (n / tile.columns);
            assert!(tiles > 2 * (sms / tile.cluster), "{sms} {tile:?}");
        }
    }

    #[test]
    fn a_difference_names_row_and_column() {
        assert_eq!(placed("element 12 is a", 5), "row 2 column 2: element 12 is a");
        assert_eq!(placed("nothing", 5), "nothing");
    }
}
