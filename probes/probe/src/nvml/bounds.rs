//! Which numbers a GPU can have. A number outside says that the library is broken or made up; it is left out.

/// MHz; no GPU or memory runs at half of it.
const MAX_CLOCK_MHZ: u32 = 20_000;
/// mW; the largest board takes a quarter of it.
const MAX_POWER_MW: u32 = 5_000_000;
/// °C; above it, nothing works.
const MAX_TEMPERATURE_C: u32 = 150;
/// PCI Express generations to come included.
const MAX_LINK_GENERATION: u32 = 8;
/// Lanes that the standard knows.
const MAX_LANES: u32 = 32;
/// Bits; the widest of today has 8192.
const MAX_BUS_BITS: u32 = 65_536;
/// mJ: 5 kW for ten years.
const MAX_ENERGY_MJ: u64 = MAX_POWER_MW as u64 * 86_400 * 3650;
/// More processes than this do not share a GPU.
const MAX_PROCESSES: u32 = 4096;

pub(super) fn clock_mhz(value: u32) -> Option<u32> {
    (1..=MAX_CLOCK_MHZ).contains(&value).then_some(value)
}

pub(super) fn power_mw(value: u32) -> Option<u32> {
    (1..=MAX_POWER_MW).contains(&value).then_some(value)
}

pub(super) fn temperature_c(value: u32) -> Option<u32> {
    (value <= MAX_TEMPERATURE_C).then_some(value)
}

pub(super) fn link_generation(value: u32) -> Option<u32> {
    (1..=MAX_LINK_GENERATION).contains(&value).then_some(value)
}

pub(super) fn lanes(value: u32) -> Option<u32> {
    (value.is_power_of_two() || value == 12)
        .then_some(value)
        .filter(|lanes| *lanes <= MAX_LANES)
}

pub(super) fn bus_bits(value: u32) -> Option<u32> {
    (8..=MAX_BUS_BITS).contains(&value).then_some(value)
}

pub(super) fn processes(value: u32) -> Option<u32> {
    (value <= MAX_PROCESSES).then_some(value)
}

/// Packed PCI ids: neither half is all zeros or all ones, which is what an empty slot answers.
pub(super) fn pci_id(value: u32) -> Option<u32> {
    let is_id = |half: u32| half != 0 && half != 0xffff;
    (is_id(value >> 16) && is_id(value & 0xffff)).then_some(value)
}

/// A counter of energy that no board reaches in ten years.
pub(super) fn energy_mj(value: u64) -> Option<u64> {
    (value <= MAX_ENERGY_MJ).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_real_boards_stay() {
        assert_eq!(clock_mhz(1980), Some(1980));
        assert_eq!(clock_mhz(10_501), Some(10_501), "GDDR6X of an RTX 4090");
        assert_eq!(power_mw(1_200_000), Some(1_200_000));
        assert_eq!(temperature_c(0), Some(0));
        assert_eq!(
            (link_generation(6), lanes(16), lanes(12)),
            (Some(6), Some(16), Some(12))
        );
        assert_eq!((bus_bits(8192), bus_bits(384)), (Some(8192), Some(384)));
        assert_eq!(pci_id(0x2330_10de), Some(0x2330_10de));
        assert_eq!(processes(0), Some(0));
    }

    #[test]
    fn absurd_ones_go() {
        for absurd in [0, u32::MAX] {
            assert_eq!(clock_mhz(absurd), None);
            assert_eq!(power_mw(absurd), None);
            assert_eq!(link_generation(absurd), None);
            assert_eq!(lanes(absurd), None);
            assert_eq!(bus_bits(absurd), None);
            assert_eq!(pci_id(absurd), None);
        }
        assert_eq!(
            (temperature_c(151), processes(u32::MAX), lanes(64), lanes(17)),
            (None, None, None, None)
        );
        assert_eq!((pci_id(0x2330_ffff), pci_id(0x0000_10de)), (None, None));
    }

    #[test]
    fn energy_is_what_a_board_can_take() {
        assert_eq!(
            energy_mj(700_000 * 86_400 * 365),
            Some(700_000 * 86_400 * 365),
            "700 W for a year"
        );
        assert_eq!(energy_mj(u64::MAX), None);
    }
}
