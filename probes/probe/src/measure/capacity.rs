//! Memory that is really there. All of it is filled before any of it is read back: memory that exists once under many
//! addresses, or that is paged out to the host, does not keep what was written or is as slow as the host's.
//!
//! What this shows is that this program, as it is, read back what it had written. The words can be computed again by
//! whoever changes the program; a verifier's key after the filling is what guards against that.

use super::{MeasureContext, shares};
use crate::device::{Buffer, Device, DeviceError, Launch};
use gridproof_probe_protocol::report::Capacity;

/// First size of a piece, bytes.
const CHUNK_BYTES: u64 = 1 << 30;
/// Last size of a piece, when larger ones are refused, bytes.
const MIN_CHUNK_BYTES: u64 = 16 << 20;
/// Left to the driver, bytes.
const RESERVE_BYTES: u64 = 64 << 20;
/// Of the key of this measurement.
const PURPOSE: u64 = 0x6361_7061_6369;

/// Takes all memory but a reserve, fills it, reads it back in random order.
pub(crate) fn measure(device: &Device, context: &MeasureContext<'_>) -> Result<Capacity, DeviceError> {
    let seed = context.key(PURPOSE);
    let bad = device.alloc(16)?;
    warm_up(device, seed, &bad)?;
    let (free, total) = device.memory()?;
    let chunks = take_all(device, free, total)?;
    let filled: u64 = chunks.iter().map(|chunk| chunk.buffer.bytes()).sum();
    if filled == 0 {
        return Err(shares::too_little(free, RESERVE_BYTES + MIN_CHUNK_BYTES));
    }
    (context.progress)(0.2);
    let fill_gbps = rate(device, filled, chunks.iter().map(|chunk| chunk.fill(device, seed)))?;
    (context.progress)(0.6);
    device.stream().fill_bytes(&bad, 0)?;
    let order = random_order(chunks.len(), seed);
    let launches = order.iter().map(|index| chunks[*index].verify(device, seed, &bad));
    let verify_gbps = rate(device, filled, launches)?;
    let mismatched_words = device.stream().read::<u64>(&bad, 0, 1)?[0];
    Ok(Capacity {
        free_bytes: free,
        filled_bytes: filled,
        verified_bytes: verified(filled, mismatched_words)?,
        mismatched_words,
        fill_gbps,
        verify_gbps,
    })
}

/// Loads both kernels while there is memory for them, and checks that they see a difference.
fn warm_up(device: &Device, seed: u64, bad: &Buffer) -> Result<(), DeviceError> {
    const WORDS: u64 = 4096;
    let small = device.alloc(8 * WORDS)?;
    let stream = device.stream();
    stream.fill_bytes(bad, 0)?;
    stream.launch(&device.fill(small.address(), WORDS, seed, 0)?)?;
    stream.launch(&device.verify(small.address(), WORDS, seed, 0, bad.address())?)?;
    let same = stream.read::<u64>(bad, 0, 1)?[0];
    stream.launch(&device.verify(small.address(), WORDS, seed ^ 1, 1 << 40, bad.address())?)?;
    let different = stream.read::<u64>(bad, 0, 1)?[0].wrapping_sub(same);
    // Words of another key are equal by chance once in 2^52 words.
    if different == WORDS {
        return Ok(());
    }
    Err(DeviceError::Internal(format!(
        "the check of memory sees {different} of {WORDS} differences"
    )))
}

/// A piece of memory and where it lies in the sequence of all words.
struct Chunk {
    buffer: Buffer,
    base: u64,
}

impl Chunk {
    fn words(&self) -> u64 {
        self.buffer.bytes() / 8
    }

    fn fill(&self, device: &Device, seed: u64) -> Result<Launch, DeviceError> {
        device.fill(self.buffer.address(), self.words(), seed, self.base)
    }

    fn verify(&self, device: &Device, seed: u64, bad: &Buffer) -> Result<Launch, DeviceError> {
        device.verify(self.buffer.address(), self.words(), seed, self.base, bad.address())
    }
}

/// Allocates until nothing more is to be had but the reserve.
fn take_all(device: &Device, free: u64, total: u64) -> Result<Vec<Chunk>, DeviceError> {
    let mut plan = Taking::new(free, total);
    let mut chunks = Vec::new();
    while let Some(bytes) = plan.next() {
        match device.alloc(bytes) {
            Ok(buffer) => {
                chunks.push(Chunk {
                    buffer,
                    base: plan.taken / 8,
                });
                plan.took(bytes, device.memory()?.0);
            }
            Err(error) if error.is_out_of_memory() => plan.refused(),
            Err(error) => return Err(error),
        }
    }
    Ok(chunks)
}

/// Which size to ask for next. Pure.
#[derive(Debug)]
struct Taking {
    /// Asked for next, bytes; 0 at the end.
    size: u64,
    /// Got so far, bytes.
    taken: u64,
    /// Free by the driver, bytes.
    free: u64,
    /// Never more than the GPU says it has: a driver that refuses nothing must not make this endless.
    total: u64,
}

impl Taking {
    fn new(free: u64, total: u64) -> Self {
        Self {
            size: CHUNK_BYTES,
            taken: 0,
            free,
            total,
        }
    }

    fn next(&mut self) -> Option<u64> {
        let most = self
            .free
            .saturating_sub(RESERVE_BYTES)
            .min(self.total.saturating_sub(self.taken));
        while self.size > most && self.size >= MIN_CHUNK_BYTES {
            self.size /= 2;
        }
        (self.size >= MIN_CHUNK_BYTES).then_some(self.size)
    }

    fn took(&mut self, bytes: u64, free: u64) {
        self.taken += bytes;
        self.free = free;
    }

    fn refused(&mut self) {
        self.size /= 2;
    }
}

/// Runs all launches, GB/s by the device's clock.
fn rate(
    device: &Device,
    bytes: u64,
    launches: impl Iterator<Item = Result<Launch, DeviceError>>,
) -> Result<f64, DeviceError> {
    let (stream, from, to) = (device.stream(), device.event()?, device.event()?);
    stream.record(&from)?;
    for launch in launches {
        stream.launch(&launch?)?;
    }
    stream.record(&to)?;
    to.synchronize()?;
    let seconds = from.seconds_until(&to)?;
    if seconds > 0.0 {
        return Ok(bytes as f64 / seconds / 1e9);
    }
    Err(DeviceError::Garbage(format!("{bytes} bytes in no time")))
}

/// Bytes that were as written.
fn verified(filled: u64, mismatched_words: u64) -> Result<u64, DeviceError> {
    mismatched_words
        .checked_mul(8)
        .and_then(|wrong| filled.checked_sub(wrong))
        .ok_or_else(|| DeviceError::Garbage(format!("{mismatched_words} wrong words of {}", filled / 8)))
}

/// All indices, shuffled.
fn random_order(length: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    fastrand::Rng::with_seed(seed.rotate_left(17)).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a GPU with this much memory, of which pieces above `largest` are refused.
    fn play(memory: u64, total: u64, largest: u64) -> (u64, u32) {
        let mut plan = Taking::new(memory, total);
        let (mut left, mut asked) = (memory, 0);
        while let Some(bytes) = plan.next() {
            asked += 1;
            if bytes <= largest.min(left) {
                left -= bytes;
                plan.took(bytes, left);
            } else {
                plan.refused();
            }
        }
        (plan.taken, asked)
    }

    #[test]
    fn nearly_all_of_any_memory_is_taken() {
        for gib in [5, 10, 24, 80, 141, 180] {
            let memory = (gib << 30) - 300_000_000;
            let (taken, _) = play(memory, gib << 30, u64::MAX);
            assert!(taken as f64 >= 0.975 * memory as f64, "{gib} GiB: {taken}");
            assert!(taken + RESERVE_BYTES <= memory);
        }
    }

    #[test]
    fn memory_in_pieces_is_taken_in_pieces() {
        let (taken, _) = play(8 << 30, 8 << 30, 100 << 20);
        assert!(taken > 7 << 30, "{taken}");
    }

    #[test]
    fn full_and_tiny_memory_end_at_once() {
        for memory in [0, 1, RESERVE_BYTES, RESERVE_BYTES + MIN_CHUNK_BYTES - 1] {
            assert_eq!(play(memory, 80 << 30, u64::MAX).0, 0, "{memory}");
        }
    }

    #[test]
    fn a_driver_that_never_refuses_is_asked_for_no_more_than_it_says_it_has() {
        let mut plan = Taking::new(u64::MAX, 80 << 30);
        while let Some(bytes) = plan.next() {
            plan.took(bytes, u64::MAX);
        }
        assert_eq!(plan.taken, 80 << 30);
    }

    #[test]
    fn the_order_holds_every_piece_once_and_is_no_sequence() {
        let order = random_order(80, 7);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..80).collect::<Vec<_>>());
        assert_ne!(order, sorted);
        assert_ne!(order, random_order(80, 8));
    }

    #[test]
    fn more_wrong_words_than_there_are_is_nonsense() {
        assert_eq!(verified(80, 3), Ok(56));
        for words in [11, u64::MAX] {
            assert!(matches!(verified(80, words), Err(DeviceError::Garbage(_))));
        }
    }
}
