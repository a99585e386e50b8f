//! Memory of the device, and pinned memory of the host.

use super::{DeviceError, context::Context, raw};
use std::rc::Rc;

/// Memory of the device, allocated at once and for real (`cuMemAlloc`, never managed, never from a pool).
#[derive(Debug)]
pub(crate) struct Buffer {
    context: Rc<Context>,
    address: u64,
    bytes: u64,
}

impl Buffer {
    pub(super) fn new(context: &Rc<Context>, bytes: u64) -> Result<Self, DeviceError> {
        context.enter()?;
        let address = raw::alloc(bytes)?;
        Ok(Self {
            context: Rc::clone(context),
            address,
            bytes,
        })
    }

    /// Address on the device.
    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// Size.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether `bytes` from `offset` on lie inside.
    pub(super) fn check_range(&self, offset: u64, bytes: u64) -> Result<(), DeviceError> {
        match offset.checked_add(bytes) {
            Some(end) if end <= self.bytes => Ok(()),
            _ => Err(DeviceError::Internal(format!(
                "{bytes} bytes at {offset} of a buffer of {}",
                self.bytes
            ))),
        }
    }

    /// The GPU that it is on.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // A lost GPU answers with an error; its memory went with it.
        let _ = self.context.enter().and_then(|()| raw::free(self.address));
    }
}

/// Pinned memory of the host that copies and kernels reach directly; not write-combined.
#[derive(Debug)]
pub(crate) struct Pinned {
    context: Rc<Context>,
    pointer: *mut u8,
    bytes: usize,
    device_address: u64,
}

impl Pinned {
    pub(super) fn new(context: &Rc<Context>, bytes: usize) -> Result<Self, DeviceError> {
        context.enter()?;
        let pointer = raw::host_alloc(bytes)?;
        let mut pinned = Self {
            context: Rc::clone(context),
            pointer,
            bytes,
            device_address: 0,
        };
        pinned.device_address = raw::host_device_address(pointer)?;
        Ok(pinned)
    }

    /// Its bytes. Wait for the stream that copies into it before.
    pub(crate) fn as_slice(&self) -> &[u8] {
        raw::host_slice(self.pointer, self.bytes)
    }

    /// Its bytes, to write.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        raw::host_slice_mut(self.pointer, self.bytes)
    }

    /// Address by which kernels reach it.
    pub(crate) fn device_address(&self) -> u64 {
        self.device_address
    }

    /// Writes the first four bytes so that a running kernel sees it.
    pub(crate) fn store_flag(&self, value: u32) {
        debug_assert!(self.bytes >= 4);
        raw::host_store_volatile(self.pointer, value);
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // As for `Buffer`.
        let _ = self.context.enter().and_then(|()| raw::host_free(self.pointer));
    }
}
