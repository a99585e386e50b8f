//! The kernels that fill, read, copy and verify memory: bit for bit.

use super::room::Room;
use super::{Bench, Case, Cases, compare};
use crate::device::DeviceError;
use gridproof_probe_kernels::abi::Format;
use gridproof_probe_protocol::work::{formats, generate, linear, mix64};

/// 16-byte words: more than one turn of every thread of the largest GPU (a grid of 4 · 148 · 512 threads), no multiple of
/// anything.
const N16: u64 = 700_001;
/// Words of 8 bytes of the fill that is verified.
const WORDS: u64 = 1_000_003;
/// First number of the sequence, where its low half wraps.
const FIRST: u64 = (1 << 32) - 1_000;
const SEED: u32 = 0x5eed_5eed;

pub(super) fn linear_fill(bench: &Bench<'_>) -> Cases {
    let room = Room::new(bench.device, WORDS * 4)?;
    let launch = bench.device.linear_fill(room.address(), WORDS, SEED, FIRST)?;
    bench.device.run(&launch)?;
    let difference = room.difference(4, &linear_bytes(WORDS))?;
    Ok(vec![Case::new(format!("{WORDS} words"), difference)])
}

fn linear_bytes(words: u64) -> Vec<u8> {
    (0..words)
        .flat_map(|index| linear::word(SEED, FIRST, index).to_le_bytes())
        .collect()
}

/// Memory that holds `gp_linear_fill`.
fn filled<'a>(bench: &Bench<'a>) -> Result<Room<'a>, DeviceError> {
    let room = Room::new(bench.device, N16 * 16)?;
    let fill = bench.device.linear_fill(room.address(), N16 * 4, SEED, FIRST)?;
    bench.device.stream().launch(&fill)?;
    Ok(room)
}

pub(super) fn read(bench: &Bench<'_>) -> Cases {
    let (input, sum, mark) = (filled(bench)?, Room::new(bench.device, 4)?, Room::mark(bench.device)?);
    let launch = bench
        .device
        .read_words(input.address(), N16, sum.address(), mark.address())?;
    bench.device.run(&launch)?;
    // Xors into what is there, which is the poison.
    let before = u32::from_ne_bytes([compare::POISON; 4]);
    let expected = before ^ linear::xor_of_words(SEED, FIRST, N16 * 4);
    let difference = compare::first([sum.difference(4, &expected.to_le_bytes())?, mark.wrong_mark()?]);
    Ok(vec![Case::new(format!("{N16} x 16 bytes"), difference)])
}

pub(super) fn write(bench: &Bench<'_>) -> Cases {
    let (room, mark) = (Room::new(bench.device, N16 * 16)?, Room::mark(bench.device)?);
    let launch = bench.device.write_words(room.address(), N16, SEED, mark.address())?;
    bench.device.run(&launch)?;
    let expected = SEED.to_le_bytes().repeat(N16 as usize * 4);
    let difference = compare::first([room.difference(4, &expected)?, mark.wrong_mark()?]);
    Ok(vec![Case::new(format!("{N16} x 16 bytes"), difference)])
}

pub(super) fn copy(bench: &Bench<'_>) -> Cases {
    let (from, to, mark) = (
        filled(bench)?,
        Room::new(bench.device, N16 * 16)?,
        Room::mark(bench.device)?,
    );
    let launch = bench
        .device
        .copy_words(to.address(), from.address(), N16, mark.address())?;
    bench.device.run(&launch)?;
    let difference = compare::first([to.difference(4, &linear_bytes(N16 * 4))?, mark.wrong_mark()?]);
    Ok(vec![Case::new(format!("{N16} x 16 bytes"), difference)])
}

pub(super) fn triad(bench: &Bench<'_>) -> Cases {
    /// Not a power of two, so that the rounding of the multiply-add shows.
    const K: f32 = 0.3;
    let device = bench.device;
    let (n, key) = (N16 * 4, bench.key(3));
    let operand = |matrix| -> Result<(Room<'_>, Vec<u8>), DeviceError> {
        let room = Room::new(device, n * 4)?;
        device
            .stream()
            .launch(&device.fill_normal(room.address(), n, key, matrix, Format::Fp32)?)?;
        let mut model = vec![0; n as usize * 4];
        generate::fill_normal(Format::Fp32, key, matrix, 0, &mut model);
        Ok((room, model))
    };
    let ((b, model_b), (c, model_c)) = (operand(0)?, operand(1)?);
    let (a, mark) = (Room::new(device, n * 4)?, Room::mark(device)?);
    let addresses = [a.address(), b.address(), c.address()];
    device.run(&device.triad(addresses, K, N16, mark.address())?)?;
    let expected: Vec<u8> = model_b
        .chunks_exact(4)
        .zip(model_c.chunks_exact(4))
        .flat_map(|(b, c)| {
            let (b, c) = (Format::Fp32.decode(b) as f32, Format::Fp32.decode(c) as f32);
            K.mul_add(c, b).to_le_bytes()
        })
        .collect();
    let difference = compare::first([a.difference(4, &expected)?, mark.wrong_mark()?]);
    Ok(vec![Case::new(format!("{N16} x 16 bytes"), difference)])
}

pub(super) fn fill(bench: &Bench<'_>) -> Cases {
    let (room, seed, base) = (Room::new(bench.device, WORDS * 8)?, bench.key(4), u64::MAX - 1000);
    bench
        .device
        .run(&bench.device.fill(room.address(), WORDS, seed, base)?)?;
    let expected: Vec<u8> = (0..WORDS)
        .flat_map(|index| mix64::fill_word(seed, base, index).to_le_bytes())
        .collect();
    let difference = room.difference(8, &expected)?;
    Ok(vec![Case::new(format!("{WORDS} words"), difference)])
}

/// Right words, one wrong word, and the words of another key: each must be counted as what it is.
pub(super) fn verify(bench: &Bench<'_>) -> Cases {
    let (device, seed, base) = (bench.device, bench.key(5), 1 << 40);
    let (bad, buffer) = (Room::new(device, 8)?, device.alloc(WORDS * 8)?);
    let poison = u64::from_ne_bytes([compare::POISON; 8]);
    let mut before = poison;
    let mut count = |seed: u64| -> Result<u64, DeviceError> {
        device.run(&device.verify(buffer.address(), WORDS, seed, base, bad.address())?)?;
        let after = bad.words()?[0];
        // Adds to what is there.
        let added = after.wrapping_sub(before);
        before = after;
        Ok(added)
    };
    let case = |shape: &str, expected: u64, found: u64| {
        let difference = (found != expected).then(|| format!("{found} words differ, not {expected}"));
        Case::new(format!("{WORDS} words, {shape}"), difference)
    };
    device.run(&device.fill(buffer.address(), WORDS, seed, base)?)?;
    let right = count(seed)?;
    let other = count(seed ^ 1)?;
    let mut changed = device.pinned(8)?;
    changed.as_mut_slice().fill(0x11);
    device.stream().copy_in(&buffer, &changed, 8)?;
    let one = count(seed)?;
    let mut cases = vec![
        case("none wrong", 0, right),
        case("of another key", WORDS, other),
        case("one wrong", 1, one),
    ];
    if let Some(difference) = bad.overrun()? {
        cases.push(Case::new("count", Some(difference)));
    }
    Ok(cases)
}

/// A value of a format as a number, for products.
pub(super) fn decoded(format: Format, bytes: &[u8]) -> Vec<f64> {
    bytes
        .chunks_exact(format.bytes())
        .map(|element| match format {
            // tf32 products leave the 13 low bits out.
            Format::Fp32 => f64::from(f32::from_bits(
                (formats::Format::Fp32.decode(element) as f32).to_bits() & !0x1fff,
            )),
            other => other.decode(element),
        })
        .collect()
}
