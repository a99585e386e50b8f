//! The driver and all GPUs, as they present themselves.

use super::wire::Event;
use super::{Events, Failure};
use crate::device::{Device, DeviceError, Facts, driver};
use crate::nvml::{self, Nvml};
use gridproof_probe_protocol::report::{Architecture, DriverInfo, Inventory, MigState, PciInfo};
use std::time::Duration;

/// Usual and longest time. Eight GPUs without persistence take half a minute.
const TIMES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(120));

/// Asks and answers.
pub(super) fn run(events: &Events) -> Result<(), Failure> {
    events.step("driver and GPUs", TIMES.0, TIMES.1);
    let cuda_version = Some(driver::open()?);
    let mut driver = DriverInfo {
        cuda_version,
        ..DriverInfo::default()
    };
    let nvml = nvml::open_into(&mut driver);
    let count = driver::count()?;
    let mut gpus = Vec::new();
    for ordinal in 0..count {
        gpus.push(gpu(ordinal, nvml.as_ref())?);
        events.progress(f64::from(ordinal + 1) / f64::from(count));
    }
    events.emit(&Event::Inventory { driver, gpus });
    Ok(())
}

/// One GPU: NVML before a context is opened, so that it does not count this process among those of others.
fn gpu(ordinal: u32, nvml: Option<&Nvml>) -> Result<Inventory, Failure> {
    let facts = Facts::of(ordinal)?;
    let mut inventory = presented(ordinal, &facts);
    if let Some(gpu) = nvml.and_then(|nvml| nvml.gpu(&facts.bus_id, &facts.uuid)) {
        nvml::add_facts(&mut inventory, &gpu);
    }
    let opened = Device::open(ordinal).and_then(|device| Ok((device.architecture().clone(), device.memory()?.0)));
    add_opened(&mut inventory, opened)?;
    Ok(inventory)
}

/// A GPU that does not open stays in the list with the reason: the others are still there, and its own measurement
/// will say the same. A driver that answers nonsense, or is too old for all of them, ends it.
fn add_opened(inventory: &mut Inventory, opened: Result<(Architecture, u64), DeviceError>) -> Result<(), DeviceError> {
    match opened {
        Ok((architecture, free)) => {
            inventory.architecture = architecture;
            inventory.memory_free_bytes = Some(free);
        }
        Err(error @ (DeviceError::Garbage(_) | DeviceError::OldDriver { .. } | DeviceError::MissingSymbol(_))) => {
            return Err(error);
        }
        Err(error) => inventory
            .architecture
            .refused
            .push(format!("the GPU does not open: {error}")),
    }
    Ok(())
}

/// What the CUDA driver says.
fn presented(ordinal: u32, facts: &Facts) -> Inventory {
    Inventory {
        ordinal,
        name: facts.name.clone(),
        uuid: Some(facts.uuid.clone()),
        pci: PciInfo {
            bus_id: facts.bus_id.clone(),
            ..PciInfo::default()
        },
        architecture: Architecture {
            reported: facts.capability,
            ..Architecture::default()
        },
        multiprocessors: Some(facts.multiprocessors),
        memory_total_bytes: Some(facts.total_memory),
        memory_bus_bits: facts.memory_bus_bits,
        l2_bytes: facts.l2_bytes,
        max_sm_clock_mhz: facts.max_sm_clock_mhz,
        max_memory_clock_mhz: facts.max_memory_clock_mhz,
        mig: MigState {
            enabled: None,
            is_slice: nvml::is_slice([facts.name.as_str()], Some(&facts.uuid)),
        },
        ..Inventory::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_does_not_open_stays_in_the_list_with_the_reason() {
        let mut inventory = Inventory::default();
        let lost = DeviceError::Driver {
            call: "cuDevicePrimaryCtxRetain",
            code: 46,
            name: "X".to_owned(),
        };
        assert_eq!(add_opened(&mut inventory, Err(lost)), Ok(()));
        assert_eq!(inventory.architecture.loaded, None);
        assert!(inventory.architecture.refused[0].contains("46"));
    }

    #[test]
    fn nonsense_ends_it() {
        let nonsense = DeviceError::Garbage("free above total".to_owned());
        assert_eq!(
            add_opened(&mut Inventory::default(), Err(nonsense.clone())),
            Err(nonsense)
        );
    }
}
