//! The management library (NVML): what it says of a GPU, and its sensors during the sustained run.
//!
//! Everything here is optional: a node without NVML is measured all the same, and `DriverInfo.nvml_error` says why
//! nothing is known from it. Whoever owns the machine can write this library, so texts are cleaned and absurd numbers
//! are not taken over. A GPU is found by its PCI address or UUID, never by NVML's index, which `CUDA_VISIBLE_DEVICES`
//! and `CUDA_DEVICE_ORDER` do not follow.

mod bounds;
mod facts;
mod identity;
mod sampler;
mod text;

pub(crate) use facts::{add_facts, is_slice};
pub(crate) use sampler::Sensors;

use gridproof_probe_protocol::report::{DriverInfo, NvmlSample};
use nvml_wrapper::Device;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};

/// The opened library.
#[derive(Debug)]
pub(crate) struct Nvml(nvml_wrapper::Nvml);

impl Nvml {
    /// Loads and starts it. The error is a text for `DriverInfo.nvml_error`.
    pub(crate) fn open() -> Result<Self, String> {
        nvml_wrapper::Nvml::init()
            .map(Self)
            .map_err(|error| text::clean(error.to_string().as_bytes()).unwrap_or_else(|| "unknown error".to_owned()))
    }

    /// Its part of what is known of the driver.
    pub(crate) fn versions(&self) -> (Option<String>, Option<String>) {
        (text::driver_version(&self.0), text::nvml_version(&self.0))
    }

    /// The GPU with this PCI address, or else with this UUID, both as the CUDA driver gives them; `None` when NVML has
    /// none, or answers with another GPU.
    pub(crate) fn gpu(&self, bus_id: &str, uuid: &str) -> Option<Gpu<'_>> {
        let by_bus = self.0.device_by_pci_bus_id(bus_id);
        let device = by_bus.or_else(|_| self.0.device_by_uuid(uuid)).ok()?;
        let gpu = Gpu { device };
        let (own_bus, own_uuid) = (text::bus_id(&gpu.device), text::uuid(&gpu.device));
        identity::is_same(bus_id, uuid, own_bus.as_deref(), own_uuid.as_deref()).then_some(gpu)
    }
}

/// Opens NVML and notes in `driver` its versions, or why there is none.
pub(crate) fn open_into(driver: &mut DriverInfo) -> Option<Nvml> {
    match Nvml::open() {
        Ok(nvml) => {
            (driver.version, driver.nvml_version) = nvml.versions();
            Some(nvml)
        }
        Err(error) => {
            driver.nvml_error = Some(error);
            None
        }
    }
}

/// One GPU as NVML sees it. Of a MIG slice, the whole GPU.
#[derive(Debug)]
pub(crate) struct Gpu<'n> {
    device: Device<'n>,
}

impl Gpu<'_> {
    /// Clock of the multiprocessors now, MHz.
    pub(crate) fn sm_clock_mhz(&self) -> Option<u32> {
        self.device.clock_info(Clock::SM).ok().and_then(bounds::clock_mhz)
    }

    /// Energy since the driver was loaded, mJ.
    pub(crate) fn energy_mj(&self) -> Option<u64> {
        self.device.total_energy_consumption().ok().and_then(bounds::energy_mj)
    }

    /// All sensors now; a sensor that does not answer leaves `None`.
    pub(crate) fn sample(&self, at_ms: u64) -> NvmlSample {
        let device = &self.device;
        NvmlSample {
            at_ms,
            sm_clock_mhz: self.sm_clock_mhz(),
            memory_clock_mhz: device.clock_info(Clock::Memory).ok().and_then(bounds::clock_mhz),
            power_mw: device.power_usage().ok().and_then(bounds::power_mw),
            temperature_c: device
                .temperature(TemperatureSensor::Gpu)
                .ok()
                .and_then(bounds::temperature_c),
            throttle_bits: device.current_throttle_reasons().ok().map(|reasons| reasons.bits()),
        }
    }
}
