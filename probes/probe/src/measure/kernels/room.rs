//! Poisoned memory for results, with a guard behind it.

use super::compare::{self, POISON};
use crate::device::timing::read_mark;
use crate::device::{Buffer, Device, DeviceError};
use gridproof_probe_kernels::abi::MARK_BYTES;
use gridproof_probe_protocol::report::ClockMark;

/// Bytes behind a result that no kernel may touch.
const GUARD_BYTES: u64 = 4096;

/// Room for a result: poisoned, as is what follows it.
pub(super) struct Room<'a> {
    device: &'a Device,
    buffer: Buffer,
    bytes: u64,
}

impl<'a> Room<'a> {
    /// Of so many bytes.
    pub(super) fn new(device: &'a Device, bytes: u64) -> Result<Self, DeviceError> {
        let buffer = device.alloc(bytes + GUARD_BYTES)?;
        device.stream().fill_bytes(&buffer, POISON)?;
        Ok(Self { device, buffer, bytes })
    }

    /// For a mark of clocks.
    pub(super) fn mark(device: &'a Device) -> Result<Self, DeviceError> {
        Self::new(device, MARK_BYTES as u64)
    }

    /// Address on the device.
    pub(super) fn address(&self) -> u64 {
        self.buffer.address()
    }

    /// The result, after everything queued.
    pub(super) fn read(&self) -> Result<Vec<u8>, DeviceError> {
        self.device.stream().read::<u8>(&self.buffer, 0, self.bytes as usize)
    }

    /// The result as words.
    pub(super) fn words(&self) -> Result<Vec<u64>, DeviceError> {
        self.device
            .stream()
            .read::<u64>(&self.buffer, 0, self.bytes as usize / 8)
    }

    /// Likewise, short ones.
    pub(super) fn short_words(&self) -> Result<Vec<u32>, DeviceError> {
        self.device
            .stream()
            .read::<u32>(&self.buffer, 0, self.bytes as usize / 4)
    }

    /// What was written behind the result.
    pub(super) fn overrun(&self) -> Result<Option<String>, DeviceError> {
        let guard = self
            .device
            .stream()
            .read::<u8>(&self.buffer, self.bytes, GUARD_BYTES as usize)?;
        Ok(compare::guard(&guard))
    }

    /// The mark that this room is for.
    pub(super) fn clock(&self) -> Result<ClockMark, DeviceError> {
        read_mark(self.device.stream(), &self.buffer, 0)
    }

    /// What is wrong with the mark, or behind it.
    pub(super) fn wrong_mark(&self) -> Result<Option<String>, DeviceError> {
        Ok(compare::first([compare::mark(&self.clock()?), self.overrun()?]))
    }

    /// The first difference of the result from `expected`, elements of `size` bytes, or what was written behind it.
    pub(super) fn difference(&self, size: usize, expected: &[u8]) -> Result<Option<String>, DeviceError> {
        Ok(compare::first([
            compare::bytes(size, &self.read()?, expected),
            self.overrun()?,
        ]))
    }
}
