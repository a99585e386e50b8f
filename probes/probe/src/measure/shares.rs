//! How free memory is shared out. Pure.

use crate::device::DeviceError;

/// The largest multiple of `grain` that is not above `bytes`.
pub(super) fn round_down(bytes: u64, grain: u64) -> u64 {
    bytes - bytes % grain
}

/// A measurement that has no room.
pub(super) fn too_little(free: u64, needed: u64) -> DeviceError {
    DeviceError::Internal(format!(
        "too little free memory: {} MiB, needed are {} MiB",
        free >> 20,
        needed.div_ceil(1 << 20)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_down() {
        assert_eq!((round_down(0, 16), round_down(15, 16), round_down(33, 16)), (0, 0, 32));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            too_little(3 << 20, (5 << 20) + 1).to_string(),
            "too little free memory: 3 MiB, needed are 6 MiB"
        );
    }
}
