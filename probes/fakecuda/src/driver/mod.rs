//! The driver: devices, handles, queues. Pure state; callers' pointers live in `ffi` and `host`.

pub mod attributes;
pub mod device;
mod events;
mod graphs;
mod modules;
mod queue;
mod transfer;

use crate::error::{Answer, CuError};
use crate::scenario::{Fault, Settings};
use device::Device;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

pub use events::{Ticket, Waited};
pub use graphs::{Exec, Graph};
pub use modules::{Function, Module};
pub use queue::{Op, Stream};

/// Everything that one process sees of the driver.
#[derive(Debug)]
pub struct Driver {
    /// What was asked for.
    pub settings: Settings,
    /// GPUs in NVML's order.
    pub devices: Vec<Device>,
    /// CUDA ordinal → index.
    pub visible: Vec<usize>,
    /// Whether `cuInit` was called.
    pub initialized: bool,
    started: Instant,
    next_handle: u64,
    streams: BTreeMap<u64, Stream>,
    /// Streams with queued work.
    pending: BTreeSet<u64>,
    events: BTreeMap<u64, events::Event>,
    modules: BTreeMap<u64, Module>,
    functions: BTreeMap<u64, Function>,
    graphs: BTreeMap<u64, Graph>,
    execs: BTreeMap<u64, Exec>,
}

/// First handle; far away from addresses of the host.
const HANDLES: u64 = 0x0060_0000_0000;
/// Context of GPU index 0; the others follow at a distance of 64.
const CONTEXTS: u64 = 0x0050_0000_0000;

impl Driver {
    /// The driver of the settings, before `cuInit`.
    pub fn new(settings: Settings) -> Self {
        let count = if settings.scenario.fault == Some(Fault::NoGpu) {
            0
        } else {
            settings.count
        };
        let mut driver = Self {
            devices: (0..count).map(|index| Device::new(index, &settings)).collect(),
            visible: settings.visible.clone().unwrap_or_else(|| (0..count).collect()),
            settings,
            initialized: false,
            started: Instant::now(),
            next_handle: HANDLES,
            streams: BTreeMap::new(),
            pending: BTreeSet::new(),
            events: BTreeMap::new(),
            modules: BTreeMap::new(),
            functions: BTreeMap::new(),
            graphs: BTreeMap::new(),
            execs: BTreeMap::new(),
        };
        for index in 0..count {
            driver.streams.insert(index as u64, Stream::new(index, true));
        }
        driver
    }

    /// ns since the driver's start, by the host's clock.
    pub fn now(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    /// What is broken.
    pub fn fault(&self) -> Option<Fault> {
        self.settings.scenario.fault
    }

    fn handle(&mut self) -> u64 {
        self.next_handle += 64;
        self.next_handle
    }

    /// `NOT_INITIALIZED` before `cuInit`.
    pub fn ready(&self) -> Answer<()> {
        if self.initialized {
            Ok(())
        } else {
            Err(CuError::NOT_INITIALIZED)
        }
    }

    /// Index of a CUDA ordinal.
    pub fn ordinal(&self, ordinal: i32) -> Answer<usize> {
        self.ready()?;
        usize::try_from(ordinal)
            .ok()
            .and_then(|ordinal| self.visible.get(ordinal).copied())
            .ok_or(CuError::INVALID_DEVICE)
    }

    /// CUDA ordinal of an index.
    pub fn ordinal_of(&self, index: usize) -> Option<i32> {
        self.visible
            .iter()
            .position(|visible| *visible == index)
            .and_then(|position| i32::try_from(position).ok())
    }

    /// Handle of a GPU's primary context.
    pub fn context_of(index: usize) -> u64 {
        CONTEXTS + 64 * index as u64
    }

    /// GPU of a context that works.
    pub fn device_of_context(&self, context: u64) -> Answer<usize> {
        self.ready()?;
        let index = context
            .checked_sub(CONTEXTS)
            .filter(|at| at % 64 == 0)
            .map(|at| (at / 64) as usize);
        let index = index
            .filter(|index| *index < self.devices.len())
            .ok_or(CuError::INVALID_CONTEXT)?;
        self.devices[index].health()?;
        Ok(index)
    }

    /// GPU whose addresses these are.
    pub fn owner(&self, address: u64) -> Option<usize> {
        self.devices.iter().position(|device| device.memory.owns(address))
    }
}
