//! What a GPU really is.

use crate::models::{MemoryKind, Model};

/// A GPU without any claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// Multiprocessors.
    pub multiprocessors: f64,
    /// Highest clock, MHz.
    pub clock_mhz: f64,
    /// Memory that the driver reports, bytes.
    pub memory_bytes: f64,
    /// Whether it is stacked memory.
    pub hbm: bool,
    /// Peak bandwidth, GB/s.
    pub bandwidth_gbps: f64,
    /// L2 cache, 2^20 bytes.
    pub l2_mb: f64,
    /// FLOP a multiprocessor and cycle, 16-bit tensor.
    pub tensor_level: f64,
    /// And fp32.
    pub fp32_level: f64,
    /// fp64 over fp32.
    pub fp64_over_fp32: f64,
    /// Compute capability.
    pub capability: (i32, i32),
    /// Typical sustained 16-bit product, TFLOP/s.
    pub sustained_tflops: f64,
    /// PCIe generation.
    pub pcie_generation: u32,
    /// Multiprocessors of its slices.
    pub slices: Option<[u32; 5]>,
    /// Default power limit, W.
    pub power_w: f64,
}

impl Chip {
    /// The chip of a row. What the row does not know gets a usual value, which no test may rely on.
    pub fn of(model: &Model) -> Self {
        let number = |figure: Option<f64>, usual: f64| figure.unwrap_or(usual);
        let capability = model.capability().expect("the loader checks it");
        let multiprocessors = number(model.multiprocessors.as_ref().map(|f| f64::from(f.value)), 100.0);
        let clock_mhz = number(model.max_sm_clock_mhz.as_ref().map(|f| f64::from(f.value)), 1700.0);
        let tensor_level = number(
            model.tensor_flop_per_sm_clock.as_ref().map(|f| f64::from(f.value)),
            1024.0,
        );
        let hbm = model
            .memory_kind
            .as_ref()
            .is_none_or(|kind| kind.value == MemoryKind::Hbm);
        let reference = model.reference.compute_tflops.as_ref().map(|reference| reference.value);
        Self {
            multiprocessors,
            clock_mhz,
            memory_bytes: installed_bytes(model),
            hbm,
            bandwidth_gbps: number(model.bandwidth_gbps.as_ref().map(|f| f.value), 3000.0),
            l2_mb: number(model.l2_mb.as_ref().map(|f| f.value), 50.0),
            tensor_level,
            fp32_level: number(model.fp32_flop_per_sm_clock.as_ref().map(|f| f64::from(f.value)), 128.0),
            fp64_over_fp32: number(model.fp64_over_fp32.as_ref().map(|f| f.value), 0.5),
            capability,
            sustained_tflops: reference.unwrap_or(multiprocessors * tensor_level * clock_mhz * 0.72 / 1e6),
            pcie_generation: model.pcie_generation.as_ref().map_or(5, |f| f.value),
            slices: model.mig_multiprocessors.as_ref().map(|f| f.value),
            power_w: number(model.power_w.as_ref().map(|f| f.value), 300.0),
        }
    }

    /// The image that loads, and whether it holds tensor kernels of ours.
    pub(super) fn image(&self) -> (&'static str, bool) {
        match self.capability {
            (7, 0) => ("sm_70", false),
            (7, _) => ("sm_75", false),
            (8, 0) => ("sm_80", true),
            (8, 9) => ("sm_89", true),
            (8, _) => ("sm_86", true),
            (9, _) => ("sm_90a", true),
            (10, _) => ("sm_100a", false),
            _ => ("sm_120", true),
        }
    }
}

/// Boards are sold by 2^30 bytes; those with GDDR6 and error correction in the memory itself lose a sixteenth. A row that
/// states what is usable has no more.
fn installed_bytes(model: &Model) -> f64 {
    let sold = model.memory_gb.as_ref().map_or(80.0, |figure| figure.value);
    let binary = 1.073_741_824;
    let per_gb = if sold == 269.0 {
        1.0
    } else if model
        .memory_kind
        .as_ref()
        .is_some_and(|kind| kind.value == MemoryKind::Gddr)
        && !model.name().contains("GeForce")
    {
        binary * 15.0 / 16.0
    } else {
        binary * 0.995
    };
    sold * per_gb * 1e9
}
