//! What the driver says of a GPU, and whether it can be true of any.

use super::{DeviceError, raw};
use raw::Attribute;

/// What the driver says of a GPU. A claim, never evidence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    /// Name, control characters removed, at most 96 characters.
    pub(crate) name: String,
    /// UUID as `GPU-…`; that of the instance where the GPU is sliced.
    pub(crate) uuid: String,
    /// `domain:bus:device.function`, lower case.
    pub(crate) bus_id: String,
    /// Compute capability.
    pub(crate) capability: (i32, i32),
    /// Multiprocessors.
    pub(crate) multiprocessors: i32,
    /// Memory, bytes.
    pub(crate) total_memory: u64,
    /// Most shared memory that a block may have, bytes.
    pub(crate) shared_memory: i32,
    /// L2 cache, bytes.
    pub(crate) l2_bytes: Option<u64>,
    /// Width of the memory bus, bits.
    pub(crate) memory_bus_bits: Option<u32>,
    /// Highest clock of the multiprocessors, MHz.
    pub(crate) max_sm_clock_mhz: Option<u32>,
    /// Highest clock of the memory, MHz.
    pub(crate) max_memory_clock_mhz: Option<u32>,
}

/// More than the largest GPU of today several times over; above lies nonsense.
const MAX_MULTIPROCESSORS: i32 = 2048;
/// Bytes; likewise.
const MAX_MEMORY: u64 = 16 << 40;
/// Bytes; below no GPU of compute capability 7.0 exists.
const MIN_MEMORY: u64 = 256 << 20;
/// Shared memory of a block, bytes: every GPU has 48 KB, none has a megabyte.
const SHARED_MEMORY: std::ops::RangeInclusive<i32> = 48 << 10..=1 << 20;

impl Facts {
    /// Those of the GPU of an ordinal, without opening a context on it. Starts the driver.
    pub(crate) fn of(ordinal: u32) -> Result<Self, DeviceError> {
        if ordinal >= super::driver::count()? {
            return Err(DeviceError::NoGpu);
        }
        let facts = Self::read(raw::device(ordinal.cast_signed())?)?;
        facts.check()?;
        Ok(facts)
    }

    /// Asks the driver.
    pub(super) fn read(device: raw::CUdevice) -> Result<Self, DeviceError> {
        let attribute = |which| raw::attribute(device, which);
        let optional = |which| {
            attribute(which)
                .ok()
                .and_then(|value| u32::try_from(value).ok())
                .filter(|v| *v > 0)
        };
        Ok(Self {
            name: raw::device_name(device)?,
            uuid: uuid_text(raw::uuid(device)?),
            bus_id: raw::pci_bus_id(device)?,
            capability: (
                attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
                attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
            ),
            multiprocessors: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
            total_memory: raw::total_memory(device)?,
            shared_memory: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
            l2_bytes: optional(Attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE).map(u64::from),
            memory_bus_bits: optional(Attribute::CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH),
            max_sm_clock_mhz: optional(Attribute::CU_DEVICE_ATTRIBUTE_CLOCK_RATE).map(|khz| khz / 1000),
            max_memory_clock_mhz: optional(Attribute::CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE).map(|khz| khz / 1000),
        })
    }

    /// Refuses what no GPU can be, before any size is computed from it.
    pub(super) fn check(&self) -> Result<(), DeviceError> {
        let garbage = |what: String| Err(DeviceError::Garbage(what));
        if self.name.trim().is_empty() {
            return garbage("a GPU without a name".to_owned());
        }
        if !(1..=MAX_MULTIPROCESSORS).contains(&self.multiprocessors) {
            return garbage(format!("{} multiprocessors", self.multiprocessors));
        }
        let (major, minor) = self.capability;
        if !(1..=99).contains(&major) || !(0..=99).contains(&minor) {
            return garbage(format!("compute capability {major}.{minor}"));
        }
        if !(MIN_MEMORY..=MAX_MEMORY).contains(&self.total_memory) {
            return garbage(format!("{} bytes of memory", self.total_memory));
        }
        if !SHARED_MEMORY.contains(&self.shared_memory) {
            return garbage(format!("{} bytes of shared memory", self.shared_memory));
        }
        Ok(())
    }
}

/// As NVML and the tools write it.
fn uuid_text(bytes: [u8; 16]) -> String {
    let hex = hex::encode(bytes);
    format!(
        "GPU-{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Refuses free memory that the GPU cannot have.
pub(super) fn check_memory(free: u64, total: u64) -> Result<(), DeviceError> {
    if total == 0 || total > MAX_MEMORY || free > total {
        return Err(DeviceError::Garbage(format!("{free} of {total} bytes of memory free")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn honest() -> Facts {
        Facts {
            name: "NVIDIA H100 80GB HBM3".to_owned(),
            uuid: uuid_text([0xab; 16]),
            bus_id: "0000:1b:00.0".to_owned(),
            capability: (9, 0),
            multiprocessors: 132,
            total_memory: 85_520_809_984,
            shared_memory: 232_448,
            l2_bytes: Some(50 << 20),
            memory_bus_bits: Some(5120),
            max_sm_clock_mhz: Some(1980),
            max_memory_clock_mhz: Some(2619),
        }
    }

    #[test]
    fn what_no_gpu_can_be_is_nonsense() {
        assert_eq!(honest().check(), Ok(()));
        let broken: [fn(&mut Facts); 7] = [
            |f| f.name = "  ".to_owned(),
            |f| f.multiprocessors = 0,
            |f| f.multiprocessors = i32::MAX,
            |f| f.capability = (-1, 0),
            |f| f.total_memory = u64::MAX,
            |f| f.total_memory = 0,
            |f| f.shared_memory = 0,
        ];
        for break_it in broken {
            let mut facts = honest();
            break_it(&mut facts);
            assert!(matches!(facts.check(), Err(DeviceError::Garbage(_))), "{facts:?}");
        }
    }

    #[test]
    fn more_free_than_there_is_is_nonsense() {
        assert_eq!(check_memory(10, 10), Ok(()));
        assert!(check_memory(11, 10).is_err());
        assert!(check_memory(0, 0).is_err());
    }

    #[test]
    fn a_uuid_reads_as_the_tools_write_it() {
        let mut bytes = [0; 16];
        (bytes[0], bytes[15]) = (0xde, 0x01);
        assert_eq!(uuid_text(bytes), "GPU-de000000-0000-0000-0000-000000000001");
    }
}
