//! `gp_fma_f32`, `gp_fma_f64`: they store nothing, so what is checked is that they run, and as long as their work asks for.

use super::room::Room;
use super::{Bench, Case, Cases, compare};
use crate::device::DeviceError;
use gridproof_probe_kernels::abi::FMA_CHAINS;

const ITERATIONS: i32 = 2_000;
/// Most multiply-adds of a multiprocessor and cycle on any GPU of today.
const MOST_PER_CYCLE: u64 = 256;
/// Twice the work takes at least this much longer.
const LONGER: f64 = 1.3;

pub(super) fn fma(bench: &Bench<'_>, double: bool) -> Cases {
    let device = bench.device;
    let bytes = device.fma_threads() * if double { 8 } else { 4 };
    let cycles = |iterations| -> Result<(u64, Option<String>), DeviceError> {
        let (out, mark) = (Room::new(device, bytes)?, Room::mark(device)?);
        let launch = if double {
            device.fma_f64(out.address(), iterations, mark.address())?
        } else {
            device.fma_f32(out.address(), iterations, mark.address())?
        };
        device.run(&launch)?;
        let clock = mark.clock()?;
        let wrong = compare::first([mark.wrong_mark()?, out.overrun()?]);
        Ok((clock.cycles_end.wrapping_sub(clock.cycles_start), wrong))
    };
    cycles(ITERATIONS)?;
    let ((short, wrong), (long, wrong_too)) = (cycles(ITERATIONS)?, cycles(2 * ITERATIONS)?);
    let threads = device.fma_threads() / u64::from(device.multiprocessors());
    let fewest = threads * u64::from(FMA_CHAINS) * ITERATIONS.unsigned_abs() as u64 / MOST_PER_CYCLE;
    let too_fast = (short < fewest).then(|| format!("{short} cycles, fewer than the {fewest} that the work needs"));
    let idle =
        ((long as f64) < LONGER * short as f64).then(|| format!("twice the work took {long} cycles, once {short}"));
    Ok(vec![Case::new(
        format!("{ITERATIONS} iterations"),
        compare::first([wrong, wrong_too, too_fast, idle]),
    )])
}
