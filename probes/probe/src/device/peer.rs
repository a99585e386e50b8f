//! Two GPUs of one process.

use super::{Device, DeviceError, raw};

/// `CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED`.
const ALREADY: u32 = 704;

impl Device {
    /// Whether the driver lets this GPU read the other's memory directly.
    pub(crate) fn can_access(&self, peer: &Self) -> Result<bool, DeviceError> {
        raw::can_access_peer(self.context.device, peer.context.device)
    }

    /// Makes the other's memory visible to this GPU; without it copies go through the host.
    pub(crate) fn enable_peer(&self, peer: &Self) -> Result<(), DeviceError> {
        self.context.enter()?;
        match raw::enable_peer(peer.context.handle) {
            Err(DeviceError::Driver { code: ALREADY, .. }) => Ok(()),
            other => other,
        }
    }
}
