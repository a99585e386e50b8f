//! Measurements as a GPU of the table would give them, with the scatter of real ones, and with everything that can be wrong
//! or faked. For tests only: nothing here is a measurement.

mod chip;
mod run;

pub use chip::Chip;

use crate::{
    models::Model,
    report::{Inventory, Measurements},
    work::generate::normal,
};

/// Standard deviation of sustained compute between GPUs of one model (SC'22, "Not All GPUs Are Created Equal", average).
pub const SILICON_SPREAD: f64 = 0.08;
/// The same paper's largest variation within a model.
pub const SILICON_SPREAD_MAX: f64 = 0.22;
/// Standard deviation of memory bandwidth.
pub const BANDWIDTH_SPREAD: f64 = 0.01;
/// Standard deviation between runs of one GPU.
pub const RUN_SPREAD: f64 = 0.02;

/// What is unusual about a GPU or how it is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// A slice: 0 to 4 for 1g, 2g, 3g, 4g, 7g; `told` when the driver says so.
    Slice {
        /// Index.
        slice: usize,
        /// See above.
        told: bool,
    },
    /// Others have this share of the time.
    TimeSliced(f64),
    /// Somebody else's process holds this share of the memory.
    Busy(f64),
    /// Power limit over default.
    PowerCapped(f64),
    /// The hardware lowers the clock to this share after a third of the sustained run.
    Throttles(f64),
    /// Only so many bytes are there: allocation ends, or (second) what is written beyond them overwrites what was before.
    MemoryOf(f64, bool),
    /// fp32 multiply-adds run at this share of the chip's rate.
    CrippledSingle(f64),
    /// Exact products are wrong.
    WrongResults,
    /// Every call goes over a network.
    Forwarded,
    /// The device's clock runs slow by this factor, so all rates look higher.
    SlowClock(f64),
}

/// A simulated GPU: what it is, what it says it is, what is unusual.
#[derive(Clone, Debug)]
pub struct Gpu<'a> {
    /// What it is.
    pub chip: Chip,
    /// What driver and NVML say it is.
    pub shown: &'a Model,
    /// What is unusual.
    pub conditions: Vec<Condition>,
}

impl<'a> Gpu<'a> {
    /// An honest GPU of the model.
    pub fn honest(model: &'a Model) -> Self {
        Self {
            chip: Chip::of(model),
            shown: model,
            conditions: Vec::new(),
        }
    }

    /// A GPU of one model whose driver shows another.
    pub fn relabelled(real: &Model, shown: &'a Model) -> Self {
        Self {
            chip: Chip::of(real),
            shown,
            conditions: Vec::new(),
        }
    }

    /// With one more condition.
    #[must_use]
    pub fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// One run of the probe. The seed decides all scatter: GPU, day, heat.
    pub fn run(&self, seed: u64) -> (Inventory, Measurements) {
        run::Run::new(self, seed).measure()
    }
}

/// Normal scatter by name of the quantity.
pub(crate) struct Noise {
    seed: u64,
    next: std::cell::Cell<u64>,
}

impl Noise {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            next: std::cell::Cell::new(0),
        }
    }

    /// Next standard normal number.
    fn z(&self) -> f64 {
        let index = self.next.get();
        self.next.set(index + 1);
        f64::from(normal(self.seed, 77, index))
    }

    /// `middle` with a relative spread.
    fn around(&self, middle: f64, spread: f64) -> f64 {
        middle * (1.0 + spread * self.z())
    }

    /// Uniform over 0..1, by the normal's own distribution function (logistic approximation, 1 % exact).
    fn uniform(&self) -> f64 {
        1.0 / (1.0 + (-1.702 * self.z()).exp())
    }
}

#[cfg(test)]
mod tests {
    mod conditions;
    mod honest;
    mod lies;
}
