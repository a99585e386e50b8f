//! `gp_fill_normal`, `gp_fill_integers`: every format, bit for bit.

use super::room::Room;
use super::{Bench, Case, Cases};
use gridproof_probe_kernels::abi::Format;
use gridproof_probe_protocol::work::generate;

/// Elements: no multiple of a block, a lane or a vector.
const COUNT: u64 = 100_003;
/// Number of the matrix, one that no measurement uses.
const MATRIX: u32 = 7;
/// Largest magnitude of the integers: what narrow formats must round is among them.
const HI: i32 = 127;
const FORMATS: [Format; 6] = [
    Format::Bf16,
    Format::Fp16,
    Format::Fp8E4m3,
    Format::Fp32,
    Format::Fp64,
    Format::Int8,
];

pub(super) fn normal(bench: &Bench<'_>) -> Cases {
    each(
        bench,
        1,
        |format, key, out| generate::fill_normal(format, key, MATRIX, 0, out),
        |format, key, out| bench.device.fill_normal(out, COUNT, key, MATRIX, format),
    )
}

pub(super) fn integers(bench: &Bench<'_>) -> Cases {
    each(
        bench,
        2,
        |format, key, out| generate::fill_integer_bytes(format, key, MATRIX, HI, 0, out),
        |format, key, out| bench.device.fill_integers(out, COUNT, key, MATRIX, format, HI),
    )
}

/// One case a format.
fn each(
    bench: &Bench<'_>,
    purpose: u64,
    model: impl Fn(Format, u64, &mut [u8]),
    launch: impl Fn(Format, u64, u64) -> Result<crate::device::Launch, crate::device::DeviceError>,
) -> Cases {
    let key = bench.key(purpose);
    FORMATS
        .iter()
        .map(|format| {
            let mut expected = vec![0; COUNT as usize * format.bytes()];
            model(*format, key, &mut expected);
            let room = Room::new(bench.device, expected.len() as u64)?;
            bench.device.run(&launch(*format, key, room.address())?)?;
            let difference = room.difference(format.bytes(), &expected)?;
            Ok(Case::new(format!("{COUNT} {format:?}").to_lowercase(), difference))
        })
        .collect()
}
