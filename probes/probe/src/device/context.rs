//! One GPU's context in this process, and who owns it.

use super::{DeviceError, raw};
use std::rc::Rc;

/// The primary context of a GPU; everything that lives in it holds it.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) device: raw::CUdevice,
    pub(super) handle: raw::CUcontext,
}

impl Context {
    /// Takes hold of the context and makes it this thread's.
    pub(super) fn open(device: raw::CUdevice) -> Result<Rc<Self>, DeviceError> {
        let handle = raw::context_retain(device)?;
        let context = Rc::new(Self { device, handle });
        context.enter()?;
        Ok(context)
    }

    /// Makes it this thread's, which every call on anything inside of it needs.
    pub(super) fn enter(&self) -> Result<(), DeviceError> {
        raw::context_set(self.handle)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // A lost GPU answers with an error, and nothing is left to be done about it.
        let _ = raw::context_release(self.device);
    }
}
