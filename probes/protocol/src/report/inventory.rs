//! What driver and NVML say of a GPU. Every field can be faked by whoever owns the machine.

use serde::{Deserialize, Serialize};

/// Driver of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverInfo {
    /// Version of the kernel driver from NVML, such as `580.65.06`.
    pub version: Option<String>,
    /// Newest CUDA version that the driver knows, 1000 × major + 10 × minor (`cuDriverGetVersion`).
    pub cuda_version: Option<i32>,
    /// Version of NVML.
    pub nvml_version: Option<String>,
    /// Why NVML could not be asked, if so.
    pub nvml_error: Option<String>,
}

/// Compute capability as reported, and the code that really loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Compute capability that the driver reports, major and minor.
    pub reported: (i32, i32),
    /// Architecture of the kernel images that the driver accepted, such as `sm_90a` or `compute_80`; `None` when none did.
    pub loaded: Option<String>,
    /// Images that fit the reported capability and were refused, with the driver's error name.
    pub refused: Vec<String>,
}

/// PCI identity and link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PciInfo {
    /// Bus id, `domain:bus:device.function`, lower case.
    pub bus_id: String,
    /// Device and vendor id as NVML packs them: device << 16 | vendor.
    pub device_id: Option<u32>,
    /// Subsystem and its vendor, packed the same way.
    pub subsystem_id: Option<u32>,
    /// Link generation: now, and the most that GPU and slot allow.
    pub link_gen: Option<u32>,
    /// See `link_gen`.
    pub max_link_gen: Option<u32>,
    /// Lanes: now, and the most that GPU and slot allow.
    pub link_width: Option<u32>,
    /// See `link_width`.
    pub max_link_width: Option<u32>,
}

/// Power limits, milliwatts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerLimits {
    /// The board's default.
    pub default_mw: Option<u32>,
    /// The one in force.
    pub enforced_mw: Option<u32>,
    /// Lowest that can be set.
    pub min_mw: Option<u32>,
    /// Highest that can be set.
    pub max_mw: Option<u32>,
}

/// Partitioning of the GPU (MIG).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MigState {
    /// Whether MIG mode is on; `None` where the GPU has none.
    pub enabled: Option<bool>,
    /// UUID starts with `MIG-` or the name holds `MIG`: the driver says that this is a slice.
    pub is_slice: bool,
}

/// Error correction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EccState {
    /// Whether it is on; `None` where there is none.
    pub enabled: Option<bool>,
    /// Errors since the driver was loaded: corrected.
    pub corrected: Option<u64>,
    /// And not corrected.
    pub uncorrected: Option<u64>,
}

/// NVLink ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NvLink {
    /// Ports that NVML answers for.
    pub links: u32,
    /// Those that are active.
    pub active: u32,
}

/// One GPU as it presents itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// Ordinal of the driver (`CUDA_VISIBLE_DEVICES` order).
    pub ordinal: u32,
    /// Name by the driver, control characters removed, at most 96 characters.
    pub name: String,
    /// Name by NVML, likewise; differs from the driver's only when something is wrong.
    pub nvml_name: Option<String>,
    /// UUID, `GPU-…` or `MIG-…`.
    pub uuid: Option<String>,
    /// Board serial number.
    pub serial: Option<String>,
    /// Version of the board's firmware.
    pub vbios: Option<String>,
    /// PCI identity and link.
    pub pci: PciInfo,
    /// Compute capability, reported and proven by code that loads.
    pub architecture: Architecture,
    /// Multiprocessors that the driver reports.
    pub multiprocessors: Option<i32>,
    /// Memory that the driver reports, bytes.
    pub memory_total_bytes: Option<u64>,
    /// Free of it before the probe allocated any, bytes.
    pub memory_free_bytes: Option<u64>,
    /// Width of the memory bus, bits.
    pub memory_bus_bits: Option<u32>,
    /// L2 cache that the driver reports, bytes.
    pub l2_bytes: Option<u64>,
    /// Highest clock of the multiprocessors, MHz.
    pub max_sm_clock_mhz: Option<u32>,
    /// Highest clock of the memory, MHz.
    pub max_memory_clock_mhz: Option<u32>,
    /// Power limits.
    pub power: PowerLimits,
    /// Error correction.
    pub ecc: EccState,
    /// Partitioning.
    pub mig: MigState,
    /// NVLink.
    pub nvlink: NvLink,
    /// Compute processes of others on this GPU at the start.
    pub other_processes: Option<u32>,
}
