//! Effects of the kernels that fill, read, copy and verify memory.

use super::{Kernel, need, read_array, write_bytes, write_words};
use crate::driver::device::Device;
use crate::error::{Answer, CuError, refuse};
use crate::memory::content::Content;

/// Triads up to this size are computed, larger ones only take time.
const TRIAD_LIMIT: u64 = 16 << 20;

pub(super) fn apply(kernel: &Kernel, device: &mut Device) -> Answer<()> {
    match *kernel {
        Kernel::FillNormal {
            out,
            n,
            key,
            matrix,
            format,
        } => put(device, out, n, format.bytes(), &Content::Normal { key, matrix, format }),
        Kernel::FillIntegers {
            out,
            n,
            key,
            matrix,
            format,
            hi,
        } => put(
            device,
            out,
            n,
            format.bytes(),
            &Content::Integers {
                key,
                matrix,
                format,
                hi,
            },
        ),
        Kernel::LinearFill {
            out,
            words,
            seed,
            first,
        } => put(device, out, words, 4, &Content::Linear { seed, first }),
        Kernel::Write { out, n16, value, .. } => put(device, out, n16, 16, &Content::Repeat(value.to_le_bytes())),
        Kernel::Fill { out, n, seed, base } => put(
            device,
            out,
            n,
            8,
            &Content::Mixed {
                first: seed.wrapping_add(base),
            },
        ),
        Kernel::Read { input, n16, out, .. } => {
            aligned(input, 16)?;
            need(device, input, 16 * n16, "gp_read in")?;
            let sum = device.memory.xor_words(input, 16 * n16)?;
            let before = u32::from_le_bytes(read_array(device, out)?);
            write_bytes(device, out, &(before ^ sum).to_le_bytes())
        }
        Kernel::Copy { out, input, n16, .. } => {
            aligned(out | input, 16)?;
            need(device, out, 16 * n16, "gp_copy out")?;
            need(device, input, 16 * n16, "gp_copy in")?;
            let pieces = device.memory.pieces(input, 16 * n16);
            device.memory.put_pieces(out, &pieces);
            Ok(())
        }
        Kernel::Triad { a, b, c, k, n16, .. } => triad(device, [a, b, c], k, 16 * n16),
        Kernel::Verify {
            input,
            n,
            seed,
            base,
            bad,
        } => {
            aligned(input, 8)?;
            need(device, input, 8 * n, "gp_verify in")?;
            let found = device.memory.mismatches(input, n, seed.wrapping_add(base))?;
            let before = u64::from_le_bytes(read_array(device, bad)?);
            write_words(device, bad, &[before.wrapping_add(found)])
        }
        _ => Ok(()),
    }
}

fn put(device: &mut Device, out: u64, n: u64, size: usize, content: &Content) -> Answer<()> {
    aligned(out, size as u64)?;
    let Some(bytes) = n.checked_mul(size as u64) else {
        return refuse(CuError::ILLEGAL_ADDRESS, format_args!("{n} elements of {size} bytes"));
    };
    need(device, out, bytes, "out")?;
    device.memory.put(out, bytes, content);
    Ok(())
}

fn aligned(address: u64, to: u64) -> Answer<()> {
    if address.is_multiple_of(to) {
        return Ok(());
    }
    refuse(
        CuError::MISALIGNED_ADDRESS,
        format_args!("an address is no multiple of {to}"),
    )
}

fn triad(device: &mut Device, [a, b, c]: [u64; 3], k: f32, bytes: u64) -> Answer<()> {
    aligned(a | b | c, 16)?;
    for (address, what) in [(a, "gp_triad a"), (b, "gp_triad b"), (c, "gp_triad c")] {
        need(device, address, bytes, what)?;
    }
    if bytes > TRIAD_LIMIT {
        device.memory.put(
            a,
            bytes,
            &Content::Opaque("the result of a large gp_triad is not modelled"),
        );
        return Ok(());
    }
    let (mut left, mut right) = (vec![0; bytes as usize], vec![0; bytes as usize]);
    device.memory.read(b, &mut left)?;
    device.memory.read(c, &mut right)?;
    let float = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("4 bytes"));
    let sum: Vec<u8> = left
        .chunks_exact(4)
        .zip(right.chunks_exact(4))
        .flat_map(|(b, c)| float(c).mul_add(k, float(b)).to_le_bytes())
        .collect();
    device.memory.write(a, &sum)
}
