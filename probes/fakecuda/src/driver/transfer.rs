//! Copies: to and from the host, inside a GPU, between GPUs.

use super::{Driver, Op};
use crate::error::{Answer, CuError, refuse};
use crate::host::Buffer;
use crate::power::Load;

/// Copies from buffers that are not pinned reach this share of the link.
const PAGEABLE: f64 = 0.35;
/// Copies up to this size are taken over at the call, whatever the buffer.
const STAGED: usize = 64 << 10;

impl Driver {
    /// A range of a GPU that callers may copy to or from.
    fn range(&self, address: u64, bytes: u64, what: &str) -> Answer<usize> {
        let device = self
            .owner(address)
            .filter(|device| self.devices[*device].memory.contains(address, bytes));
        match device {
            Some(device) => Ok(device),
            None => refuse(
                CuError::INVALID_VALUE,
                format_args!("{what}: {bytes} bytes at {address:#x} are not in one allocation"),
            ),
        }
    }

    /// Queues a copy to the device.
    pub fn copy_to_device(&mut self, key: u64, to: u64, buffer: Buffer, wait: bool) -> Answer<()> {
        if buffer.size() == 0 {
            return Ok(());
        }
        self.range(to, buffer.size() as u64, "copy to the device")?;
        let capturing = self.stream(key)?.capture.is_some();
        let staged = !wait && !capturing && buffer.size() <= STAGED;
        let op = if staged {
            Op::Bytes(to, buffer.bytes().to_vec())
        } else {
            Op::ToDevice(to, buffer)
        };
        self.enqueue(key, op)
    }

    /// Queues a copy to the host.
    pub fn copy_to_host(&mut self, key: u64, buffer: Buffer, from: u64) -> Answer<()> {
        if buffer.size() == 0 {
            return Ok(());
        }
        self.range(from, buffer.size() as u64, "copy to the host")?;
        self.enqueue(key, Op::ToHost(buffer, from))
    }

    /// Queues a copy between two device addresses.
    pub fn copy_device(&mut self, key: u64, to: u64, from: u64, bytes: u64) -> Answer<()> {
        if bytes == 0 {
            return Ok(());
        }
        self.range(to, bytes, "copy between devices, to")?;
        self.range(from, bytes, "copy between devices, from")?;
        self.enqueue(key, Op::Between(to, from, bytes))
    }

    /// Queues a fill with one word.
    pub fn set_memory(&mut self, key: u64, to: u64, word: [u8; 4], bytes: u64) -> Answer<()> {
        if bytes == 0 {
            return Ok(());
        }
        self.range(to, bytes, "memset")?;
        self.enqueue(key, Op::Set(to, bytes, crate::memory::content::Content::Repeat(word)))
    }

    /// End of a copy over the bus that begins at `start`.
    pub(super) fn host_copy(&mut self, device: usize, to_device: bool, bytes: usize, pinned: bool, start: u64) -> u64 {
        let gpu = &mut self.devices[device];
        let pcie = gpu.scenario.real.pcie;
        let rate = if to_device {
            pcie.to_device_gbps
        } else {
            pcie.to_host_gbps
        };
        let rate = if pinned { rate } else { rate * PAGEABLE };
        let ns = (bytes as f64 / rate).max(900.0) * gpu.noise();
        let start = crate::kernel::time::own_turn(gpu.scenario.time_slices, start);
        let end = crate::kernel::time::stretch(gpu.scenario.time_slices, start, ns as u64);
        gpu.power.note(Load::Light, start, end);
        end
    }

    /// Copies between GPUs or inside one; gives the end.
    pub(super) fn copy_between(&mut self, to: u64, from: u64, bytes: u64, start: u64) -> Answer<u64> {
        let (Some(target), Some(source)) = (self.owner(to), self.owner(from)) else {
            return Err(CuError::INVALID_VALUE);
        };
        let pieces = self.devices[source].memory.pieces(from, bytes);
        self.devices[target].memory.put_pieces(to, &pieces);
        let gpu = &mut self.devices[source];
        let real = &gpu.scenario.real;
        let rate = match (target == source, real.peer_gbps > 0.0) {
            // Read and written by copy engines, well below what kernels reach.
            (true, _) => real.bandwidth_gbps * 0.4,
            (false, true) => real.peer_gbps,
            (false, false) => real.pcie.to_device_gbps.min(real.pcie.to_host_gbps) * 0.8,
        };
        let ns = (bytes as f64 / rate).max(1_500.0) * gpu.noise();
        let end = start + ns as u64;
        gpu.power.note(Load::Light, start, end);
        Ok(end)
    }

    /// Whether the two GPUs can reach each other's memory: over NVLink, or over PCIe on boards that allow it.
    pub fn can_access_peer(&self, from: usize, to: usize) -> bool {
        from != to && self.settings.scenario.slice.is_none() && !self.settings.scenario.real.name.contains("GeForce")
    }
}
