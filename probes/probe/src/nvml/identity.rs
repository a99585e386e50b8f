//! Whether the GPU that NVML answered with is the one that the CUDA driver means. Pure.

/// Whether address and UUID by the CUDA driver go with those by NVML. What NVML does not say cannot contradict, but one
/// of both must agree. A MIG slice has a UUID of its own and the address of the whole GPU.
pub(super) fn is_same(bus_id: &str, uuid: &str, nvml_bus_id: Option<&str>, nvml_uuid: Option<&str>) -> bool {
    let bus = nvml_bus_id.map(|other| is_same_bus(bus_id, other));
    let id = nvml_uuid.map(|other| other.eq_ignore_ascii_case(uuid));
    match (bus, id) {
        (Some(bus), None) => bus,
        (None, Some(id)) => id,
        // Addresses of one and the same slot; UUIDs differ where the driver shows slices.
        (Some(true), Some(_)) => true,
        (Some(false), Some(_)) | (None, None) => false,
    }
}

/// Whether two texts name one PCI function, whatever the width of the domain and the case.
pub(super) fn is_same_bus(a: &str, b: &str) -> bool {
    matches!((parse(a), parse(b)), (Some(a), Some(b)) if a == b)
}

/// `domain:bus:device.function`, hexadecimal. Domain: 4 digits by the CUDA driver, 8 by NVML.
fn parse(text: &str) -> Option<(u32, u32, u32, u32)> {
    let hex = |text: &str, most: usize| {
        let is_hex = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(text, 16).ok()).flatten()
    };
    let (domain, rest) = text.split_once(':')?;
    let (bus, rest) = rest.split_once(':')?;
    let (device, function) = rest.split_once('.')?;
    Some((hex(domain, 8)?, hex(bus, 2)?, hex(device, 2)?, hex(function, 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUS: &str = "0000:1b:00.0";
    const NVML_BUS: &str = "00000000:1B:00.0";
    const UUID: &str = "GPU-0123";

    #[test]
    fn width_of_the_domain_and_case_do_not_matter() {
        assert!(is_same_bus(BUS, NVML_BUS));
        assert!(!is_same_bus(BUS, "00000001:1B:00.0"));
        assert!(!is_same_bus(BUS, "0000:1b:00.1"));
    }

    #[test]
    fn what_is_no_address_is_no_one_s() {
        for text in [
            "",
            "1b:00.0",
            "0000:1b:00",
            "0000:1b:zz.0",
            "+000:1b:00.0",
            "000000000:1b:00.0",
            "0000:1b:00.0\n",
        ] {
            assert!(!is_same_bus(text, text), "{text:?}");
        }
    }

    #[test]
    fn the_address_decides_and_the_uuid_where_there_is_none() {
        assert!(is_same(BUS, UUID, Some(NVML_BUS), Some(UUID)));
        assert!(is_same(BUS, UUID, None, Some("gpu-0123")));
        assert!(is_same(BUS, UUID, Some(NVML_BUS), None));
        assert!(
            !is_same(BUS, UUID, Some("00000000:2B:00.0"), Some(UUID)),
            "the same UUID in another slot"
        );
        assert!(!is_same(BUS, UUID, None, Some("GPU-9999")));
        assert!(!is_same(BUS, UUID, None, None));
    }

    #[test]
    fn a_slice_is_found_by_the_address_of_its_gpu() {
        assert!(is_same(BUS, "MIG-77", Some(NVML_BUS), Some(UUID)));
    }
}
