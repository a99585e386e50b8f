//! What a GPU of the test driver is, what it claims to be, and under which conditions it runs.

mod choose;

use serde::Deserialize;
use std::collections::BTreeMap;

pub use choose::{Settings, from_environment};

const TABLE: &str = include_str!("../../scenarios.toml");

/// Operations of one multiprocessor and cycle; a multiply-add counts as two.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// bfloat16 tensor product.
    pub bf16: f64,
    /// IEEE half tensor product.
    pub fp16: f64,
    /// 8-bit float tensor product.
    pub fp8: f64,
    /// 8-bit integer tensor product.
    pub int8: f64,
    /// tf32 tensor product.
    pub tf32: f64,
    /// Double tensor product.
    pub fp64_tensor: f64,
    /// Double multiply-adds from registers.
    pub fp64: f64,
    /// Single multiply-adds from registers.
    pub fp32: f64,
}

/// Link to the host.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pcie {
    /// Generation.
    pub generation: u32,
    /// Lanes.
    pub lanes: u32,
    /// Sustained rate to the device, GB/s.
    pub to_device_gbps: f64,
    /// Sustained rate to the host, GB/s.
    pub to_host_gbps: f64,
}

/// One real GPU.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// Name as the maker's driver gives it.
    pub name: String,
    /// PCI device id (the vendor is 10de).
    pub pci: u32,
    /// PCI subsystem id.
    pub subsystem: u32,
    /// Compute capability; decides which code loads.
    pub capability: [u32; 2],
    /// Multiprocessors.
    pub sms: u32,
    /// Highest clock, MHz.
    pub boost_mhz: f64,
    /// Clock that the default power limit leaves during a product, MHz.
    pub tensor_mhz: f64,
    /// Clock of the memory, MHz.
    pub memory_mhz: u32,
    /// Width of the memory bus, bits.
    pub bus_bits: u32,
    /// Share of the tensor rate that is reached.
    pub efficiency: f64,
    /// Rates.
    pub rates: Rates,
    /// Memory as reported, MiB.
    pub memory_mib: u64,
    /// Peak of the memory, GB/s.
    pub bandwidth_gbps: f64,
    /// L2 cache, MiB.
    pub l2_mib: f64,
    /// Latency of a hit, cycles.
    pub l2_cycles: f64,
    /// Latency of a miss, cycles.
    pub dram_cycles: f64,
    /// Reading what is in L2, GB/s.
    pub l2_gbps: f64,
    /// Default power limit.
    pub watts: u32,
    /// Lowest power limit.
    pub min_watts: u32,
    /// Link to the host.
    pub pcie: Pcie,
    /// NVLink ports.
    pub nvlinks: u32,
    /// Copy to a peer over NVLink, GB/s; 0 where there is none and PCIe is used.
    pub peer_gbps: f64,
}

/// A partition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// Profile's name.
    pub profile: String,
    /// Multiprocessors of it.
    pub sms: u32,
    /// Memory of it, MiB.
    pub memory_mib: u64,
    /// Eighths of bandwidth and L2.
    pub eighths: u32,
}

/// Somebody else has the GPU in turns.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSlices {
    /// Ours, µs.
    pub own_us: u64,
    /// The other's, µs.
    pub other_us: u64,
}

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The driver is there, a GPU is not.
    NoGpu,
    /// Driver of CUDA 11.4.
    OldDriver,
    /// `cuInit` never returns.
    Hang,
    /// Waiting never returns after some launches.
    HangLater,
    /// Absurd answers.
    Garbage,
    /// Every call fails after some launches.
    FallsOffBus,
    /// A bit of every product is wrong.
    WrongResults,
    /// Errors that the memory's code found; with a number of launches set, an uncorrectable one stops the context then.
    Ecc,
    /// One bit of memory is stuck.
    BadMemory,
}

/// One scenario as written in the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    real: String,
    claims: Option<String>,
    claimed_sms: Option<u32>,
    claimed_memory_mib: Option<u64>,
    claimed_l2_mib: Option<f64>,
    physical_memory_mib: Option<u64>,
    event_factor: Option<f64>,
    slice: Option<Slice>,
    power_limit_w: Option<u32>,
    throttle_after_s: Option<f64>,
    time_slices: Option<TimeSlices>,
    silicon: Option<f64>,
    fault: Option<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    hardware: BTreeMap<String, Hardware>,
    scenario: BTreeMap<String, Row>,
}

/// One scenario, resolved.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What computes (a slice's share already taken).
    pub real: Hardware,
    /// What driver and NVML say.
    pub claim: Hardware,
    /// Frames of memory that exist, bytes.
    pub physical_bytes: u64,
    /// Memory that is reported, bytes.
    pub reported_bytes: u64,
    /// Times of events are multiplied by this.
    pub event_factor: f64,
    /// Partition.
    pub slice: Option<Slice>,
    /// Power limit in force, W.
    pub power_limit_w: u32,
    /// Seconds of load until it throttles.
    pub throttle_after_s: Option<f64>,
    /// Turns.
    pub time_slices: Option<TimeSlices>,
    /// Quality of this die: factor of the clock under load.
    pub silicon: f64,
    /// What is broken.
    pub fault: Option<Fault>,
}

/// Names of all scenarios.
///
/// # Errors
/// The message of the table's parser.
pub fn names() -> Result<Vec<String>, String> {
    Ok(table()?.scenario.into_keys().collect())
}

/// The scenario of that name.
///
/// # Errors
/// What is wrong with name or table, with the known names.
pub fn named(name: &str) -> Result<Scenario, String> {
    let table = table()?;
    let known = || table.scenario.keys().cloned().collect::<Vec<_>>().join(", ");
    let row = table
        .scenario
        .get(name)
        .ok_or_else(|| format!("no scenario {name}; known: {}", known()))?;
    let hardware = |key: &str| {
        table
            .hardware
            .get(key)
            .cloned()
            .ok_or_else(|| format!("scenario {name} names unknown hardware {key}"))
    };
    let mut real = hardware(&row.real)?;
    let mut claim = hardware(row.claims.as_deref().unwrap_or(&row.real))?;
    claim.sms = row.claimed_sms.unwrap_or(claim.sms);
    claim.memory_mib = row.claimed_memory_mib.unwrap_or(claim.memory_mib);
    claim.l2_mib = row.claimed_l2_mib.unwrap_or(claim.l2_mib);
    let mut physical_mib = row.physical_memory_mib.unwrap_or(real.memory_mib);
    if let Some(slice) = &row.slice {
        let share = f64::from(slice.eighths) / 8.0;
        for gpu in [&mut real, &mut claim] {
            gpu.sms = slice.sms;
            gpu.memory_mib = slice.memory_mib;
            gpu.bandwidth_gbps *= share;
            gpu.l2_mib *= share;
            gpu.l2_gbps *= share;
        }
        claim.name = format!("{} MIG {}", claim.name, slice.profile);
        physical_mib = slice.memory_mib;
    }
    Ok(Scenario {
        name: name.to_owned(),
        physical_bytes: physical_mib << 20,
        reported_bytes: claim.memory_mib << 20,
        event_factor: row.event_factor.unwrap_or(1.0),
        slice: row.slice.clone(),
        power_limit_w: row.power_limit_w.unwrap_or(claim.watts),
        throttle_after_s: row.throttle_after_s,
        time_slices: row.time_slices,
        silicon: row.silicon.unwrap_or(1.0),
        fault: row.fault,
        real,
        claim,
    })
}

fn table() -> Result<Table, String> {
    toml::from_str(TABLE).map_err(|error| format!("scenarios.toml: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_resolves_and_its_hardware_is_sane() {
        let names = names().unwrap();
        assert!(names.len() >= 20, "{names:?}");
        for name in names {
            let scenario = named(&name).unwrap();
            assert!(
                scenario.real.sms > 0 && scenario.real.boost_mhz >= scenario.real.tensor_mhz,
                "{name}"
            );
            assert!(scenario.real.dram_cycles > scenario.real.l2_cycles, "{name}");
            assert!((0.5..1.0).contains(&scenario.real.efficiency), "{name}");
            assert!(scenario.physical_bytes >= 1 << 30, "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = named("h100").unwrap_err();
        assert!(message.contains("rtx4090-as-h100"), "{message}");
    }

    #[test]
    fn a_lie_computes_as_what_it_is_and_answers_as_what_it_claims() {
        let lie = named("rtx4090-as-h100").unwrap();
        assert_eq!((lie.real.sms, lie.claim.sms), (128, 132));
        assert_eq!((lie.real.capability, lie.claim.capability), ([8, 9], [9, 0]));
        assert!(lie.physical_bytes < lie.reported_bytes);
        let slice = named("mig-3g").unwrap();
        assert_eq!((slice.real.sms, slice.real.l2_mib), (60, 25.0));
        assert_eq!(slice.physical_bytes, slice.reported_bytes);
    }
}
