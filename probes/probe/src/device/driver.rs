//! The driver: whether there is one, how old it is, and how many GPUs it sees.

use super::{DeviceError, raw};

/// Oldest CUDA version of a driver that takes machine code of the compiler in use (12.x): driver 525.
pub(crate) const NEEDED_CUDA: i32 = 12_000;
/// Above lies nonsense.
const MAX_CUDA: i32 = 99_000;
/// More GPUs than a node can have.
const MAX_DEVICES: i32 = 64;

/// Loads the driver and starts it. Safe to call again. Answers its CUDA version, 1000 × major + 10 × minor.
pub(crate) fn open() -> Result<i32, DeviceError> {
    if !raw::is_present() {
        return Err(DeviceError::NoDriver);
    }
    // A driver so old that it cannot even say how old it is.
    let first = ["cuInit", "cuDriverGetVersion", "cuGetErrorName"];
    if let Some(name) = raw::missing_symbol(&first) {
        return Err(DeviceError::MissingSymbol(name));
    }
    let found = check_version(raw::driver_version()?)?;
    if let Some(name) = raw::missing_symbol(raw::SYMBOLS) {
        return Err(DeviceError::MissingSymbol(name));
    }
    raw::init()?;
    Ok(found)
}

/// GPUs that the driver sees; at least one. Starts the driver.
pub(crate) fn count() -> Result<u32, DeviceError> {
    open()?;
    check_count(raw::device_count()?)
}

fn check_version(found: i32) -> Result<i32, DeviceError> {
    match found {
        ..=0 | MAX_CUDA.. => Err(DeviceError::Garbage(format!("CUDA version {found}"))),
        1..NEEDED_CUDA => Err(DeviceError::OldDriver {
            found,
            needed: NEEDED_CUDA,
        }),
        _ => Ok(found),
    }
}

fn check_count(count: i32) -> Result<u32, DeviceError> {
    match count {
        0 => Err(DeviceError::NoGpu),
        1..=MAX_DEVICES => Ok(count.unsigned_abs()),
        _ => Err(DeviceError::Garbage(format!("{count} GPUs"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_driver_is_old_and_a_mad_one_is_mad() {
        assert_eq!(check_version(12_000), Ok(12_000));
        assert_eq!(check_version(13_010), Ok(13_010));
        assert_eq!(
            check_version(11_080),
            Err(DeviceError::OldDriver {
                found: 11_080,
                needed: NEEDED_CUDA
            })
        );
        for mad in [0, -1, i32::MIN, i32::MAX] {
            assert!(matches!(check_version(mad), Err(DeviceError::Garbage(_))), "{mad}");
        }
    }

    #[test]
    fn no_gpu_is_no_nonsense() {
        assert_eq!(check_count(0), Err(DeviceError::NoGpu));
        assert_eq!(check_count(8), Ok(8));
        assert!(matches!(check_count(-3), Err(DeviceError::Garbage(_))));
        assert!(matches!(check_count(i32::MAX), Err(DeviceError::Garbage(_))));
    }
}
