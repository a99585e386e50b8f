//! What NVML adds to the inventory of a GPU.

use super::{Gpu, bounds, text};
use gridproof_probe_protocol::report::{EccState, Inventory, MigState, NvLink, PciInfo, PowerLimits};
use nvml_wrapper::Device;
use nvml_wrapper::enum_wrappers::device::{Clock, EccCounter, MemoryError};

/// Ports that the widest GPU has.
const MAX_NVLINKS: u32 = 18;
/// `NVML_DEVICE_MIG_ENABLE`.
const MIG_ENABLED: u32 = 1;

/// Fills in what NVML knows, over what the CUDA driver said only where NVML is the better source. Call it before the
/// process opens a context on the GPU: the processes that NVML counts are then those of others.
pub(crate) fn add_facts(inventory: &mut Inventory, gpu: &Gpu<'_>) {
    let device = &gpu.device;
    inventory.nvml_name = text::name(device);
    inventory.uuid = inventory.uuid.take().or_else(|| text::uuid(device));
    inventory.serial = text::serial(device);
    inventory.vbios = text::vbios(device);
    add_link(&mut inventory.pci, device);
    inventory.memory_bus_bits = device
        .memory_bus_width()
        .ok()
        .and_then(bounds::bus_bits)
        .or(inventory.memory_bus_bits);
    inventory.max_sm_clock_mhz = device
        .max_clock_info(Clock::SM)
        .ok()
        .and_then(bounds::clock_mhz)
        .or(inventory.max_sm_clock_mhz);
    inventory.max_memory_clock_mhz = device
        .max_clock_info(Clock::Memory)
        .ok()
        .and_then(bounds::clock_mhz)
        .or(inventory.max_memory_clock_mhz);
    inventory.power = power(device);
    inventory.ecc = ecc(device);
    inventory.mig = mig(device, inventory);
    if inventory.mig.is_slice {
        inventory.uuid = inventory.uuid.take().map(|uuid| slice_uuid(&uuid));
    }
    inventory.nvlink = nvlink(device);
    inventory.other_processes = device
        .running_compute_processes_count()
        .ok()
        .and_then(bounds::processes);
}

/// Whether the driver itself says that this is a slice of a GPU. `name` and `uuid` by either library.
pub(crate) fn is_slice<'a>(names: impl IntoIterator<Item = &'a str>, uuid: Option<&str>) -> bool {
    let by_name = names.into_iter().any(|name| {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == "MIG")
    });
    by_name || uuid.is_some_and(|uuid| uuid.starts_with("MIG-"))
}

fn add_link(pci: &mut PciInfo, device: &Device<'_>) {
    if let Some((device_id, subsystem_id)) = text::pci_ids(device) {
        pci.device_id = bounds::pci_id(device_id);
        pci.subsystem_id = bounds::pci_id(subsystem_id);
    }
    pci.link_gen = device.current_pcie_link_gen().ok().and_then(bounds::link_generation);
    pci.max_link_gen = device.max_pcie_link_gen().ok().and_then(bounds::link_generation);
    pci.link_width = device.current_pcie_link_width().ok().and_then(bounds::lanes);
    pci.max_link_width = device.max_pcie_link_width().ok().and_then(bounds::lanes);
}

fn power(device: &Device<'_>) -> PowerLimits {
    let limits = device.power_management_limit_constraints().ok();
    PowerLimits {
        default_mw: device.power_management_limit_default().ok().and_then(bounds::power_mw),
        enforced_mw: device.enforced_power_limit().ok().and_then(bounds::power_mw),
        min_mw: limits.as_ref().and_then(|limits| bounds::power_mw(limits.min_limit)),
        max_mw: limits.as_ref().and_then(|limits| bounds::power_mw(limits.max_limit)),
    }
}

fn ecc(device: &Device<'_>) -> EccState {
    let errors = |kind| device.total_ecc_errors(kind, EccCounter::Volatile).ok();
    EccState {
        enabled: device.is_ecc_enabled().ok().map(|state| state.currently_enabled),
        corrected: errors(MemoryError::Corrected),
        uncorrected: errors(MemoryError::Uncorrected),
    }
}

fn mig(device: &Device<'_>, inventory: &Inventory) -> MigState {
    let enabled = device.mig_mode().ok().map(|mode| mode.current == MIG_ENABLED);
    let uuid = inventory.uuid.as_deref();
    // The CUDA driver gives a slice's own UUID, NVML that of the whole GPU at the same address.
    let has_own_uuid = enabled == Some(true) && uuid.is_some() && text::uuid(device).as_deref() != uuid;
    let names = [Some(inventory.name.as_str()), inventory.nvml_name.as_deref()];
    MigState {
        enabled,
        is_slice: has_own_uuid || is_slice(names.into_iter().flatten(), uuid),
    }
}

/// The CUDA driver gives bytes, which the device layer writes as those of a whole GPU.
fn slice_uuid(uuid: &str) -> String {
    uuid.strip_prefix("GPU-")
        .map_or_else(|| uuid.to_owned(), |rest| format!("MIG-{rest}"))
}

fn nvlink(device: &Device<'_>) -> NvLink {
    let states = (0..MAX_NVLINKS).filter_map(|link| device.link_wrapper_for(link).is_active().ok());
    states.fold(NvLink::default(), |sum, is_active| NvLink {
        links: sum.links + 1,
        active: sum.active + u32::from(is_active),
    })
}

#[cfg(test)]
mod tests {
    use super::is_slice;

    #[test]
    fn a_slice_is_told_by_uuid_or_name() {
        assert!(is_slice(["NVIDIA H100"], Some("MIG-0f1e")));
        assert!(is_slice(["NVIDIA A100-SXM4-40GB MIG 3g.20gb"], None));
        assert!(!is_slice(["NVIDIA H100", "AMIGA 500"], Some("GPU-MIG-1")));
    }
}
