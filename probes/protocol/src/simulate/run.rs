//! One simulated run.

use super::{BANDWIDTH_SPREAD, Condition, Gpu, Noise, RUN_SPREAD, SILICON_SPREAD, SILICON_SPREAD_MAX};
use crate::{
    report::{
        Architecture, Bandwidth, Capacity, Census, ExactCase, ExactWork, FmaRatios, Gemm, Heartbeat, Inventory, Launch,
        Measurements, MigState, NvmlSample, Outcome, PciExpress, PciInfo, PowerLimits, Precision, SecondLevelCache,
        SmGap, Sustained,
    },
    samples::{Samples, Unit},
    verdict::bands::PCIE_LANE_GBPS,
};
use std::collections::BTreeMap;

/// Shares of the memory of the slices 1g to 7g.
const SLICE_MEMORY: [f64; 5] = [0.125, 0.25, 0.5, 0.5, 1.0];
const SAMPLES: usize = 20;
const WINDOWS: usize = 30;

/// The GPU as it is on this day: the chip with its conditions, and the scatter.
pub(super) struct Run<'a> {
    gpu: &'a Gpu<'a>,
    noise: Noise,
    multiprocessors: f64,
    memory_bytes: f64,
    verified_share: f64,
    mismatched: bool,
    bandwidth: f64,
    l2_bytes: f64,
    tflops: f64,
    clock: f64,
    busy: f64,
    taken: f64,
    fp32: f64,
    time: f64,
    throttled_to: f64,
    enforced: f64,
    told_slice: bool,
    wrong: bool,
    forwarded: bool,
}

fn measured<T>(result: T) -> Outcome<T> {
    Outcome::Measured { result }
}

impl<'a> Run<'a> {
    pub(super) fn new(gpu: &'a Gpu<'a>, seed: u64) -> Self {
        let noise = Noise::new(seed);
        let chip = &gpu.chip;
        let silicon = 1.0 + (SILICON_SPREAD * noise.z()).clamp(-SILICON_SPREAD_MAX, SILICON_SPREAD_MAX);
        let wanted = noise.around(chip.sustained_tflops * silicon, RUN_SPREAD);
        // Good kernels keep the tensor cores busy to 75 to 96 %; power decides the clock.
        let usage = noise.around(0.86, 0.025).clamp(0.75, 0.96);
        let per_mhz = chip.multiprocessors * chip.tensor_level * usage / 1e6;
        let clock = (wanted / per_mhz).min(chip.clock_mhz);
        let reading = noise.around(if chip.hbm { 0.93 } else { 0.91 }, BANDWIDTH_SPREAD);
        let partitions = [0.5, 0.75, 1.0, 1.0][(noise.uniform() * 4.0) as usize % 4];
        let mut run = Self {
            gpu,
            multiprocessors: chip.multiprocessors,
            memory_bytes: chip.memory_bytes,
            verified_share: (0.97 + 0.003 * noise.z()).min(0.985),
            mismatched: false,
            bandwidth: chip.bandwidth_gbps * reading,
            l2_bytes: noise.around(chip.l2_mb * partitions, 0.03) * 1_048_576.0,
            tflops: clock * per_mhz,
            clock,
            busy: 0.0,
            taken: 0.0,
            fp32: chip.fp32_level * noise.around(0.97, 0.01),
            time: 1.0,
            throttled_to: 1.0,
            enforced: 1.0,
            told_slice: false,
            wrong: false,
            forwarded: false,
            noise,
        };
        for condition in &gpu.conditions {
            run.apply(*condition);
        }
        run
    }

    fn apply(&mut self, condition: Condition) {
        match condition {
            Condition::Slice { slice, told } => {
                let units = f64::from(self.gpu.chip.slices.expect("a chip with slices")[slice]);
                self.tflops *= units / self.multiprocessors;
                self.multiprocessors = units;
                self.memory_bytes *= SLICE_MEMORY[slice] * 0.98;
                self.bandwidth *= SLICE_MEMORY[slice];
                self.l2_bytes *= SLICE_MEMORY[slice];
                self.told_slice = told;
            }
            Condition::TimeSliced(share) => {
                self.busy = share;
                self.tflops *= 1.0 - share;
                self.bandwidth *= 1.0 - share;
                self.fp32 *= 1.0 - share;
            }
            Condition::Busy(share) => self.taken = share,
            Condition::PowerCapped(share) => {
                self.enforced = share;
                // Dynamic power grows with the clock to the power of 2 to 3.
                let slower = share.powf(0.4);
                self.clock *= slower;
                self.tflops *= slower;
            }
            Condition::Throttles(to) => self.throttled_to = to,
            Condition::MemoryOf(bytes, overwrites) => {
                self.mismatched = overwrites;
                self.verified_share *= bytes / self.memory_bytes;
            }
            Condition::CrippledSingle(share) => self.fp32 *= share,
            Condition::WrongResults => self.wrong = true,
            Condition::Forwarded => self.forwarded = true,
            Condition::SlowClock(factor) => {
                self.time = factor;
                self.tflops *= factor;
                self.bandwidth *= factor;
            }
        }
    }

    fn samples(&self, unit: Unit, middle: f64, spread: f64, count: usize) -> Samples {
        let values = (0..count).map(|_| self.noise.around(middle, spread)).collect();
        Samples::new(unit, values).expect("finite and not empty")
    }

    pub(super) fn measure(&self) -> (Inventory, Measurements) {
        let (image, tensor) = self.gpu.chip.image();
        let not = |what: &str| format!("no {what} kernel for {image}");
        let mut gemm = BTreeMap::new();
        let (sustained, product) = if tensor {
            (measured(self.sustained()), measured(self.gemm(image)))
        } else {
            (
                Outcome::not_measured(not("tensor")),
                Outcome::not_measured(not("tensor")),
            )
        };
        gemm.insert(Precision::Bf16, product);
        let measurements = Measurements {
            census: measured(self.census()),
            launch: measured(self.launch()),
            gemm,
            exact: measured(self.exact(image, tensor)),
            fma: measured(self.fma()),
            bandwidth: measured(self.bandwidth()),
            l2: measured(self.l2()),
            capacity: measured(self.capacity()),
            pcie: measured(self.pcie()),
            sustained,
            heartbeat: measured(self.heartbeat()),
            ended_early: None,
        };
        (self.inventory(image), measurements)
    }

    fn inventory(&self, image: &str) -> Inventory {
        let shown = self.gpu.shown;
        let capability = shown.capability().expect("the loader checks it");
        let total = (crate::simulate::Chip::of(shown).memory_bytes).max(self.memory_bytes);
        let total = if self.told_slice { self.memory_bytes } else { total };
        let watts = shown.power_w.as_ref().map_or(300.0, |figure| figure.value);
        Inventory {
            name: shown.name().to_owned(),
            nvml_name: Some(shown.name().to_owned()),
            pci: PciInfo {
                bus_id: "0000:01:00.0".into(),
                device_id: shown.pci.first().map(|id| u32::from(id.device) << 16 | 0x10de),
                link_width: Some(16),
                max_link_width: Some(16),
                ..PciInfo::default()
            },
            architecture: Architecture {
                reported: capability,
                loaded: Some(image.to_owned()),
                refused: Vec::new(),
            },
            memory_total_bytes: Some(total as u64),
            memory_free_bytes: Some((total * (0.985 - self.taken)) as u64),
            power: PowerLimits {
                default_mw: Some((watts * 1e3) as u32),
                enforced_mw: Some((watts * 1e3 * self.enforced) as u32),
                ..PowerLimits::default()
            },
            mig: MigState {
                enabled: Some(self.told_slice),
                is_slice: self.told_slice,
            },
            other_processes: Some(u32::from(self.taken > 0.0)),
            ..Inventory::default()
        }
    }

    fn census(&self) -> Census {
        let count = self.multiprocessors as u32;
        Census {
            blocks: count * 32,
            sm_ids: (0..count).collect(),
            nsmid: count,
            sm_clock_mhz: self.samples(Unit::Megahertz, self.clock, 0.003, SAMPLES),
            nvml_sm_clock_mhz: Some(self.clock as u32),
        }
    }

    fn launch(&self) -> Launch {
        let trip = if self.forwarded { 350.0 } else { 8.0 };
        Launch {
            round_trip_us: self.samples(Unit::Microsecond, trip, 0.1, SAMPLES),
            queued_us: self.samples(Unit::Microsecond, 2.5, 0.1, SAMPLES),
            graph_us: None,
        }
    }

    fn gemm(&self, image: &str) -> Gemm {
        let tflops = self.samples(Unit::TeraFlopPerSecond, self.tflops, 0.005, SAMPLES);
        let clock = self.samples(Unit::Megahertz, self.clock, 0.005, SAMPLES);
        let rate = tflops.median * 1e6 / (self.multiprocessors * clock.median);
        Gemm {
            precision: Precision::Bf16,
            kernel: format!("gp_gemm_bf16_bf16@gemm.{image}"),
            m: 8192,
            n: 8192,
            k: 8192,
            launches_per_sample: 20,
            tflops,
            sm_clock_mhz: Some(clock),
            flop_per_sm_per_clock: Some(rate),
            wall_over_events: self.time,
        }
    }

    fn exact(&self, image: &str, tensor: bool) -> ExactWork {
        let case = |kernel: &str, precision| ExactCase {
            precision,
            kernel: format!("{kernel}@gemm.{image}"),
            m: 2048,
            n: 2048,
            k: 2048,
            key: "00000000000000aa".into(),
            digest: "ab".repeat(32),
            freivalds_rounds: 2,
            correct: !self.wrong,
            complete: true,
        };
        let mut cases = vec![case("gp_gemm_f64_f64", Precision::Fp64)];
        if tensor {
            cases.push(case("gp_gemm_bf16_f32", Precision::Bf16));
        }
        ExactWork { cases }
    }

    fn fma(&self) -> FmaRatios {
        let chip = &self.gpu.chip;
        let rate = |level: f64| self.multiprocessors * level * self.clock / 1e6;
        let double = chip.fp32_level * chip.fp64_over_fp32 * (1.0 - self.busy);
        let fp32 = self.samples(Unit::TeraFlopPerSecond, rate(self.fp32), 0.01, SAMPLES);
        let fp64 = self.samples(Unit::TeraFlopPerSecond, rate(double), 0.01, SAMPLES);
        FmaRatios {
            fp64_over_fp32: fp64.median / fp32.median,
            fp32_tflops: fp32,
            fp64_tflops: fp64,
            fp32_per_sm_per_clock: Some(self.fp32),
            fp64_per_sm_per_clock: Some(double),
        }
    }

    fn bandwidth(&self) -> Bandwidth {
        let stream = |share: f64| self.samples(Unit::GigabytePerSecond, self.bandwidth * share, 0.003, SAMPLES);
        Bandwidth {
            buffer_bytes: 4 << 30,
            read: stream(1.0),
            write: stream(0.97),
            copy: stream(0.95),
            triad: stream(0.95),
            checksum_ok: true,
        }
    }

    fn l2(&self) -> SecondLevelCache {
        let knee_bytes = Some(self.l2_bytes as u64);
        SecondLevelCache {
            chase: Vec::new(),
            knee_bytes,
            resident_read: None,
            by_sm: Vec::new(),
        }
    }

    fn capacity(&self) -> Capacity {
        let verified = self.memory_bytes * (self.verified_share - self.taken);
        Capacity {
            free_bytes: (self.memory_bytes * 0.985) as u64,
            filled_bytes: verified as u64,
            verified_bytes: verified as u64,
            mismatched_words: u64::from(self.mismatched) * 1_000_000,
            fill_gbps: self.bandwidth * 0.9,
            verify_gbps: self.bandwidth * 0.9,
        }
    }

    fn pcie(&self) -> PciExpress {
        let raw = PCIE_LANE_GBPS[self.gpu.chip.pcie_generation as usize - 1] * 16.0;
        let copy = |share: f64| self.samples(Unit::GigabytePerSecond, raw * share, 0.01, SAMPLES);
        PciExpress {
            copy_bytes: 256 << 20,
            host_to_device: copy(0.82),
            device_to_host: copy(0.82),
            both: copy(1.4),
            round_trip_us: self.samples(Unit::Microsecond, 12.0, 0.1, SAMPLES),
        }
    }

    fn sustained(&self) -> Sustained {
        let heat = 0.015 * self.noise.uniform();
        let share = |window: usize| {
            let hot = if window * 3 >= WINDOWS { self.throttled_to } else { 1.0 };
            hot * (1.0 - heat * window as f64 / WINDOWS as f64)
        };
        let values: Vec<f64> = (0..WINDOWS)
            .map(|window| self.noise.around(self.tflops * share(window), 0.005))
            .collect();
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let last_over_first = mean(&values[WINDOWS * 2 / 3..]) / mean(&values[..WINDOWS / 3]);
        let clocks: Vec<f64> = (0..WINDOWS).map(|window| self.clock * share(window)).collect();
        let nvml = clocks.iter().enumerate().map(|(window, clock)| NvmlSample {
            at_ms: window as u64 * 333,
            sm_clock_mhz: Some(self.noise.around(*clock, 0.005) as u32),
            throttle_bits: Some(if self.throttled_to < 1.0 && window * 3 >= WINDOWS {
                0x64
            } else {
                0x04
            }),
            ..NvmlSample::default()
        });
        let nvml = nvml.collect();
        let tflops = Samples::new(Unit::TeraFlopPerSecond, values).expect("finite and not empty");
        let sm_clock_mhz = Samples::new(Unit::Megahertz, clocks);
        Sustained {
            precision: Precision::Bf16,
            m: 8192,
            n: 8192,
            k: 8192,
            seconds: 10.0,
            p5_over_median: tflops.min / tflops.median,
            tflops,
            sm_clock_mhz,
            last_over_first,
            wall_over_events: self.time * (1.0 + 0.002 * self.noise.z()),
            nvml,
            energy_mj: None,
        }
    }

    /// An idle GPU has gaps of microseconds; now and then one pause of milliseconds stops all of it, which is no sharing.
    fn heartbeat(&self) -> Heartbeat {
        const SECONDS: f64 = 2.0;
        let pause = self.noise.z() > 1.9;
        let (longest, share, together) = if self.busy > 0.0 {
            (5_000_000, self.busy, 1.0)
        } else if pause {
            (2_000_000, 0.001, 1.0)
        } else {
            (20_000, 1e-5, 0.2 * self.noise.uniform())
        };
        let sms = (0..self.multiprocessors as u32).map(|sm| SmGap {
            sm,
            max_ns: longest,
            at_ns: 1_000,
            total_ns: (share * SECONDS * 1e9) as u64,
            count: 3,
        });
        Heartbeat {
            seconds: SECONDS,
            threshold_ns: 5_000,
            sms: sms.collect(),
            simultaneous: together,
            gap_share: share,
            histogram: BTreeMap::new(),
        }
    }
}
