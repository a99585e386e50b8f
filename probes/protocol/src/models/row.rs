//! One row of the table of models.

use serde::{Deserialize, Serialize};

/// A known figure and where it is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure<T> {
    /// The figure, in the unit that the field's name says.
    pub value: T,
    /// Where it is from; `[M]` is from memory.
    pub source: String,
}

/// A name that NVML and the driver give.
pub type Name = Figure<String>;

/// PCI device of NVIDIA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PciId {
    /// Device id.
    pub device: u16,
    /// Subsystem and its vendor, packed as NVML does, where the device id alone names several models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subsystem: Option<u32>,
    /// Where it is from.
    pub source: String,
}

/// Kind of memory: how near to its peak it can be read differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// Stacked (HBM2 and later).
    Hbm,
    /// GDDR6 and later.
    Gddr,
}

/// Dense peak rates, TFLOP/s.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peaks {
    /// bfloat16 into fp32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bf16: Option<Figure<f64>>,
    /// IEEE half into fp32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp16: Option<Figure<f64>>,
    /// 8-bit float.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp8: Option<Figure<f64>>,
    /// 8-bit integers, TOP/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub int8: Option<Figure<f64>>,
    /// tf32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tf32: Option<Figure<f64>>,
    /// fp64 without tensor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp64: Option<Figure<f64>>,
    /// fp64 on tensor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp64_tensor: Option<Figure<f64>>,
    /// fp32 without tensor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp32: Option<Figure<f64>>,
}

/// What a good GPU of the model reaches: the grades are shares of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The figure, in the unit that the field's name says.
    pub value: f64,
    /// Where it is from.
    pub source: String,
    /// Day of the source, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Measurements that it rests on, where they are ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// No measured value stands behind it.
    pub provisional: bool,
}

/// The references of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// Sustained 16-bit product on random-normal data, TFLOP/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute_tflops: Option<Reference>,
    /// Reading memory, GB/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gbps: Option<Reference>,
}

/// One model. What is not known is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Names that NVML gives; the first is the one to show.
    pub names: Vec<Name>,
    /// PCI ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pci: Vec<PciId>,
    /// Compute capability, `major.minor`.
    pub compute_capability: Figure<String>,
    /// Multiprocessors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiprocessors: Option<Figure<u32>>,
    /// Highest clock of the multiprocessors, MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sm_clock_mhz: Option<Figure<u32>>,
    /// Memory that the model is sold with, 10^9 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gb: Option<Figure<f64>>,
    /// Kind of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_kind: Option<Figure<MemoryKind>>,
    /// Peak memory bandwidth, GB/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_gbps: Option<Figure<f64>>,
    /// L2 cache, 2^20 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l2_mb: Option<Figure<f64>>,
    /// FLOP of the 16-bit tensor product (fp32 accumulation) per multiprocessor and cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensor_flop_per_sm_clock: Option<Figure<u32>>,
    /// fp32 FLOP per multiprocessor and cycle without tensor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp32_flop_per_sm_clock: Option<Figure<u32>>,
    /// fp64 rate over fp32 rate, both without tensor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp64_over_fp32: Option<Figure<f64>>,
    /// Generation of the PCIe link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcie_generation: Option<Figure<u32>>,
    /// Its lanes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcie_lanes: Option<Figure<u32>>,
    /// NVLink, both directions, GB/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nvlink_gbps: Option<Figure<f64>>,
    /// Default power limit, W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<Figure<f64>>,
    /// Multiprocessors of the MIG slices 1g, 2g, 3g, 4g and 7g.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mig_multiprocessors: Option<Figure<[u32; 5]>>,
    /// Dense peak rates.
    #[serde(default)]
    pub peak_tflops: Peaks,
    /// What a good GPU reaches.
    #[serde(default)]
    pub reference: References,
}

impl Model {
    /// The name to show.
    pub fn name(&self) -> &str {
        self.names.first().map_or("unnamed", |name| &name.value)
    }

    /// Compute capability, major and minor; `None` when the text is none, which the loader refuses.
    pub fn capability(&self) -> Option<(i32, i32)> {
        let (major, minor) = self.compute_capability.value.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// Peak of the 16-bit product, TFLOP/s.
    pub fn peak_16_bit(&self) -> Option<f64> {
        self.peak_tflops
            .bf16
            .as_ref()
            .or(self.peak_tflops.fp16.as_ref())
            .map(|figure| figure.value)
    }

    /// Memory that the model is sold with, bytes.
    pub fn memory_bytes(&self) -> Option<f64> {
        self.memory_gb.as_ref().map(|figure| figure.value * 1e9)
    }
}
