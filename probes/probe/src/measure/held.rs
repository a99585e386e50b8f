//! Holds a queue until everything is in it, so that the time of queueing is not measured; for work on several queues,
//! which `device::timing` does not time.

use crate::device::{Device, DeviceError, Launch, Pinned};

/// The holding kernel gives up after this time, so that an error on the way does not hang the GPU.
const TIMEOUT_NS: u64 = 2_000_000_000;

/// Holds the first queue of a GPU.
#[derive(Debug)]
pub(super) struct Holder<'a> {
    device: &'a Device,
    flag: Pinned,
    blocker: Launch,
}

impl<'a> Holder<'a> {
    /// Loads the kernel by running it once.
    pub(super) fn new(device: &'a Device) -> Result<Self, DeviceError> {
        let flag = device.pinned(64)?;
        let blocker = device.blocker(flag.device_address(), TIMEOUT_NS)?;
        flag.store_flag(1);
        device.run(&blocker)?;
        Ok(Self { device, flag, blocker })
    }

    /// Queues a hold, then what `work` queues behind it (it must not wait for it), and lets go.
    pub(super) fn hold(&self, work: impl FnOnce() -> Result<(), DeviceError>) -> Result<(), DeviceError> {
        let stream = self.device.stream();
        self.flag.store_flag(0);
        stream.launch(&self.blocker)?;
        let queued = work();
        self.flag.store_flag(1);
        if queued.is_err() {
            // The kernel still reads the flag, which the caller may drop now. The first error is the one to tell.
            let _ = stream.synchronize();
        }
        queued
    }
}
