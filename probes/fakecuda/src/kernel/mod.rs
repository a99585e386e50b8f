//! The kernels of the calling interface: decoded parameters, checks of a launch, effects and time.

pub mod check;
pub mod decode;
mod latency;
mod matrix;
mod memory;
pub mod product;
mod scheduler;
pub mod tensor_map;
pub mod time;

use crate::driver::device::Device;
use crate::error::{Answer, CuError, refuse};
use crate::power::Load;
use gridproof_probe_kernels::abi::{Format, GemmKernel, MARK_BYTES};

/// Launch shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Blocks.
    pub grid: [u32; 3],
    /// Threads.
    pub block: [u32; 3],
    /// Dynamic shared memory, bytes.
    pub shared: u32,
}

impl Shape {
    /// Blocks in all.
    pub fn blocks(&self) -> u64 {
        self.grid.iter().map(|n| u64::from(*n)).product()
    }

    /// Threads of a block.
    pub fn threads(&self) -> u64 {
        self.block.iter().map(|n| u64::from(*n)).product()
    }
}

/// A kernel with its parameters, named as in the calling interface.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Kernel {
    FillNormal {
        out: u64,
        n: u64,
        key: u64,
        matrix: u32,
        format: Format,
    },
    FillIntegers {
        out: u64,
        n: u64,
        key: u64,
        matrix: u32,
        format: Format,
        hi: i32,
    },
    LinearFill {
        out: u64,
        words: u64,
        seed: u32,
        first: u64,
    },
    Read {
        input: u64,
        n16: u64,
        out: u64,
        mark: u64,
    },
    Write {
        out: u64,
        n16: u64,
        value: u32,
        mark: u64,
    },
    Copy {
        out: u64,
        input: u64,
        n16: u64,
        mark: u64,
    },
    Triad {
        a: u64,
        b: u64,
        c: u64,
        k: f32,
        n16: u64,
        mark: u64,
    },
    Fill {
        out: u64,
        n: u64,
        seed: u64,
        base: u64,
    },
    Verify {
        input: u64,
        n: u64,
        seed: u64,
        base: u64,
        bad: u64,
    },
    Ring {
        out: u64,
        lines: u32,
        a: u32,
        c: u32,
    },
    Chase {
        ring: u64,
        steps: u32,
        start: u32,
        out: u64,
    },
    ChaseMap {
        ring: u64,
        steps: u32,
        lines: u32,
        cycles: u64,
        sm: u64,
    },
    Noop,
    Blocker {
        flag: u64,
        timeout_ns: u64,
    },
    Census {
        sm: u64,
        nsm: u64,
        cycles: u64,
        ns: u64,
        spin: u64,
    },
    Heartbeat {
        out: u64,
        duration_ns: u64,
        threshold_ns: u64,
    },
    Fma {
        double: bool,
        out: u64,
        iterations: i32,
        mark: u64,
    },
    Gemm {
        kernel: &'static GemmKernel,
        a: u64,
        b: u64,
        d: u64,
        shape: [usize; 3],
        mark: u64,
    },
}

/// When a kernel ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// ns since the driver's start.
    pub start: u64,
    /// Likewise.
    pub end: u64,
}

impl Kernel {
    /// Whether it needs most of the GPU, so that two of them run one after the other.
    pub fn occupies(&self) -> bool {
        !matches!(self, Self::Noop | Self::Blocker { .. } | Self::Chase { .. })
    }

    /// What it does to clocks and power.
    pub fn load(&self) -> Load {
        match self {
            Self::Noop | Self::Blocker { .. } | Self::Chase { .. } | Self::ChaseMap { .. } => Load::Light,
            Self::Census { .. } | Self::Heartbeat { .. } => Load::Light,
            Self::FillNormal { .. } | Self::FillIntegers { .. } | Self::Fma { .. } => Load::Arithmetic,
            Self::Gemm { kernel, .. } if kernel.input != Format::Fp64 => Load::Tensor,
            Self::Gemm { .. } => Load::Arithmetic,
            _ => Load::Memory,
        }
    }

    fn mark(&self) -> u64 {
        match self {
            Self::Read { mark, .. }
            | Self::Write { mark, .. }
            | Self::Copy { mark, .. }
            | Self::Triad { mark, .. }
            | Self::Fma { mark, .. }
            | Self::Gemm { mark, .. } => *mark,
            _ => 0,
        }
    }

    /// Runs it on `device`, not before `earliest`.
    ///
    /// # Errors
    /// `ILLEGAL_ADDRESS` when it touches memory outside of an allocation.
    pub fn run(&self, shape: Shape, device: &mut Device, earliest: u64) -> Answer<Span> {
        let load = self.load();
        let start = time::own_turn(device.scenario.time_slices, earliest);
        let clock = device.power.clock_mhz(load, start);
        let ns = time::nanoseconds(self, shape, device, clock) * device.noise();
        let end = match self {
            // These end by the clock, whoever has the GPU meanwhile.
            Self::Heartbeat { .. } => start + ns as u64,
            _ => time::stretch(device.scenario.time_slices, start, ns as u64),
        };
        let span = Span { start, end };
        self.apply(shape, device, span, clock)?;
        device.power.note(load, start, end);
        if self.mark() != 0 {
            let first = device.cycles;
            let cycles = ((end - start) as f64 * clock * 1e-3) as u64;
            let words = [first, start, first + cycles, end, 0];
            write_words(device, self.mark(), &words)?;
        }
        device.cycles += ((end - start) as f64 * clock * 1e-3) as u64;
        Ok(span)
    }

    fn apply(&self, shape: Shape, device: &mut Device, span: Span, clock: f64) -> Answer<()> {
        if self.mark() != 0 {
            need(device, self.mark(), MARK_BYTES as u64, "mark")?;
        }
        match self {
            Self::Noop | Self::Blocker { .. } => Ok(()),
            Self::Chase { .. } | Self::ChaseMap { .. } | Self::Ring { .. } => latency::apply(self, shape, device),
            Self::Census { .. } | Self::Heartbeat { .. } => scheduler::apply(self, shape, device, span, clock),
            Self::Fma { .. } | Self::Gemm { .. } => matrix::apply(self, shape, device),
            _ => memory::apply(self, device),
        }
    }
}

/// A range that a kernel touches lies in one allocation, or in mapped memory of the host.
fn need(device: &Device, address: u64, bytes: u64, what: &str) -> Answer<()> {
    if bytes == 0 || device.memory.contains(address, bytes) || crate::host::contains(address, bytes) {
        return Ok(());
    }
    let end = address.wrapping_add(bytes);
    refuse(
        CuError::ILLEGAL_ADDRESS,
        format_args!("{what}: {address:#x}..{end:#x} is not in one allocation"),
    )
}

fn write_bytes(device: &mut Device, address: u64, bytes: &[u8]) -> Answer<()> {
    need(device, address, bytes.len() as u64, "result")?;
    if device.memory.owns(address) {
        device.memory.write(address, bytes)
    } else {
        crate::host::write(address, bytes)
    }
}

fn write_words(device: &mut Device, address: u64, words: &[u64]) -> Answer<()> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    write_bytes(device, address, &bytes)
}

fn read_array<const N: usize>(device: &Device, address: u64) -> Answer<[u8; N]> {
    let mut bytes = [0; N];
    if device.memory.owns(address) {
        device.memory.read(address, &mut bytes)?;
    } else {
        crate::host::read(address, &mut bytes)?;
    }
    Ok(bytes)
}
