//! One GPU: hardware, memory, clocks, faults.

use crate::error::{Answer, CuError};
use crate::memory::Memory;
use crate::power::Power;
use crate::scenario::{Fault, Scenario, Settings};
use gridproof_probe_protocol::work::mix64::mix64;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// State of one GPU.
#[derive(Debug)]
pub struct Device {
    /// Index in NVML's order.
    pub index: usize,
    /// What it is.
    pub scenario: Arc<Scenario>,
    /// Its memory.
    pub memory: Memory,
    /// Clocks and sensors.
    pub power: Power,
    /// When the last kernel that needs all of it ends, ns.
    pub busy_until: u64,
    /// Cycles of the multiprocessors' counters.
    pub cycles: u64,
    /// Noise.
    pub random: fastrand::Rng,
    /// Seed of this very GPU.
    pub seed: u64,
    /// Bytes of the rings by address, for the time of walks.
    pub rings: BTreeMap<u64, u64>,
    /// GPUs that this one's context may reach.
    pub peers: BTreeSet<usize>,
    /// Launches so far.
    pub launches: u64,
    /// Launches after which the fault sets in.
    after_launches: u64,
    /// Error that no call gets past.
    pub sticky: Option<CuError>,
}

impl Device {
    /// GPU `index` of the scenario.
    pub fn new(index: usize, settings: &Settings) -> Self {
        let scenario = Arc::new(settings.scenario.clone());
        let seed = mix64(
            settings
                .seed
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .wrapping_add(index as u64 + 1),
        );
        let mut memory = Memory::new(index, scenario.reported_bytes, scenario.physical_bytes);
        if scenario.fault == Some(Fault::BadMemory) {
            memory.stuck_bit = Some(scenario.physical_bytes / 2 + 5);
        }
        let default = if scenario.fault == Some(Fault::Ecc) {
            u64::MAX
        } else {
            200
        };
        Self {
            index,
            power: Power::new(&scenario),
            memory,
            scenario,
            busy_until: 0,
            cycles: seed >> 24,
            random: fastrand::Rng::with_seed(seed),
            seed,
            rings: BTreeMap::new(),
            peers: BTreeSet::new(),
            launches: 0,
            after_launches: settings.after_launches.unwrap_or(default),
            sticky: None,
        }
    }

    /// Factor of a time, close to 1.
    pub fn noise(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.random.f64()).sum();
        1.0 + 0.004 * (sum - 2.0)
    }

    /// Size of the ring at an address; one line when no kernel wrote it there.
    pub fn ring_bytes(&self, address: u64) -> u64 {
        self.rings.get(&address).copied().unwrap_or(128)
    }

    /// Whether the fault that waits for launches has set in.
    fn late_fault(&self) -> Option<Fault> {
        self.scenario.fault.filter(|_| self.launches > self.after_launches)
    }

    /// Whether it fell off the bus.
    pub fn lost(&self) -> bool {
        self.late_fault() == Some(Fault::FallsOffBus)
    }

    /// Whether waiting for it never ends.
    pub fn hangs(&self) -> bool {
        self.late_fault() == Some(Fault::HangLater)
    }

    /// The error that every call on it gets, if any.
    pub fn health(&self) -> Answer<()> {
        match self.late_fault() {
            Some(Fault::FallsOffBus) => Err(CuError::UNKNOWN),
            Some(Fault::Ecc) => Err(CuError::ECC_UNCORRECTABLE),
            _ => self.sticky.map_or(Ok(()), Err),
        }
    }

    /// `GPU-…` or `MIG-…`, the 16 bytes of it.
    pub fn uuid(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mix64(self.seed ^ 1).to_be_bytes());
        bytes[8..].copy_from_slice(&mix64(self.seed ^ 2).to_be_bytes());
        bytes
    }

    /// The UUID as text.
    pub fn uuid_text(&self) -> String {
        let hex: String = self.uuid().iter().map(|byte| format!("{byte:02x}")).collect();
        let kind = if self.scenario.slice.is_some() { "MIG" } else { "GPU" };
        format!(
            "{kind}-{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// Bus number; domain, device and function are 0.
    pub fn bus(&self) -> u32 {
        0x17 + 0x10 * self.index as u32 % 0xe0
    }

    /// `0000:17:00.0`.
    pub fn bus_id(&self) -> String {
        format!("0000:{:02X}:00.0", self.bus())
    }

    /// Name as claimed; the garbage scenario has bytes that are no UTF-8.
    pub fn name(&self) -> Vec<u8> {
        if self.scenario.fault == Some(Fault::Garbage) {
            return b"NVIDIA \xff\xfe\x1b[31m\xc3\x28 H100".to_vec();
        }
        self.scenario.claim.name.clone().into_bytes()
    }
}
