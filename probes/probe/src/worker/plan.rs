//! The steps of the measurement of one GPU: their order, and how long each takes. Pure.

use gridproof_probe_protocol::report::{Measurements, Mode, Outcome, Precision};
use std::time::Duration;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Which multiprocessors run.
    Census,
    /// Speed of one product.
    Product(Precision),
    /// Exact products.
    Exact,
    /// Multiply-adds from registers.
    MultiplyAdd,
    /// Memory bandwidth.
    Bandwidth,
    /// L2 cache.
    Cache,
    /// All of the memory.
    Capacity,
    /// The link to the host.
    Pcie,
    /// Cost of a launch.
    Launch,
    /// The product for a long time.
    Sustained,
    /// Gaps.
    Heartbeat,
}

/// All steps in their order. The census comes first, because figures by multiprocessor need it; short steps before the
/// ones that heat the GPU; gaps last.
pub(super) const STEPS: [Step; 16] = [
    Step::Census,
    Step::Product(Precision::Bf16),
    Step::Product(Precision::Fp16),
    Step::Exact,
    Step::Product(Precision::Fp8E4m3),
    Step::Product(Precision::Int8),
    Step::Product(Precision::Tf32),
    Step::Product(Precision::Fp64),
    Step::MultiplyAdd,
    Step::Bandwidth,
    Step::Cache,
    Step::Capacity,
    Step::Pcie,
    Step::Launch,
    Step::Sustained,
    Step::Heartbeat,
];

impl Step {
    /// For the terminal.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Census => "census of multiprocessors",
            Self::Product(Precision::Bf16) => "matrix products: bf16",
            Self::Product(Precision::Fp16) => "matrix products: fp16",
            Self::Product(Precision::Fp8E4m3) => "matrix products: fp8",
            Self::Product(Precision::Int8) => "matrix products: int8",
            Self::Product(Precision::Tf32) => "matrix products: tf32",
            Self::Product(Precision::Fp64) => "matrix products: fp64",
            Self::Exact => "exact products",
            Self::MultiplyAdd => "multiply-adds: fp32, fp64",
            Self::Bandwidth => "memory bandwidth",
            Self::Cache => "L2 cache",
            Self::Capacity => "all of the memory",
            Self::Pcie => "PCI Express",
            Self::Launch => "cost of a launch",
            Self::Sustained => "sustained products",
            Self::Heartbeat => "gaps",
        }
    }

    /// Usual length. From the method of each, not from a GPU: a measured figure must not be read out of it.
    pub(super) fn expected(self, mode: Mode) -> Duration {
        let (quick, full) = match self {
            Self::Census => (300, 300),
            Self::Product(_) => (1_500, 4_000),
            Self::Exact => (2_000, 8_000),
            Self::MultiplyAdd => (1_500, 3_000),
            Self::Bandwidth => (2_500, 7_000),
            Self::Cache => (1_500, 2_500),
            Self::Capacity => (1_500, 2_000),
            Self::Pcie => (2_000, 4_000),
            Self::Launch => (500, 1_000),
            Self::Sustained => (11_000, 61_000),
            Self::Heartbeat => (2_200, 5_200),
        };
        Duration::from_millis(match mode {
            Mode::Quick => quick,
            Mode::Full => full,
        })
    }

    /// Longest length; longer is a driver that hangs. The slowest GPU, the narrowest link and a neighbour who takes most
    /// of the time stay below.
    pub(super) fn within(self, mode: Mode) -> Duration {
        let slack = match self {
            Self::Exact => 240,
            Self::Product(_) | Self::Capacity | Self::Pcie => 120,
            _ => 60,
        };
        self.expected(mode) + Duration::from_secs(slack)
    }

    /// Notes that it went wrong.
    pub(super) fn fail(self, measurements: &mut Measurements, error: String) {
        match self {
            Self::Census => measurements.census = Outcome::Failed { error },
            Self::Product(precision) => {
                measurements.gemm.insert(precision, Outcome::Failed { error });
            }
            Self::Exact => measurements.exact = Outcome::Failed { error },
            Self::MultiplyAdd => measurements.fma = Outcome::Failed { error },
            Self::Bandwidth => measurements.bandwidth = Outcome::Failed { error },
            Self::Cache => measurements.l2 = Outcome::Failed { error },
            Self::Capacity => measurements.capacity = Outcome::Failed { error },
            Self::Pcie => measurements.pcie = Outcome::Failed { error },
            Self::Launch => measurements.launch = Outcome::Failed { error },
            Self::Sustained => measurements.sustained = Outcome::Failed { error },
            Self::Heartbeat => measurements.heartbeat = Outcome::Failed { error },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gemm::PRECISIONS;
    use std::collections::BTreeSet;

    fn total(mode: Mode) -> Duration {
        STEPS.iter().map(|step| step.expected(mode)).sum()
    }

    #[test]
    fn a_quick_run_takes_about_forty_seconds_and_a_full_one_less_than_three_minutes() {
        assert!(
            (30..=45).contains(&total(Mode::Quick).as_secs()),
            "{:?}",
            total(Mode::Quick)
        );
        assert!(
            (100..=180).contains(&total(Mode::Full).as_secs()),
            "{:?}",
            total(Mode::Full)
        );
    }

    #[test]
    fn every_step_may_take_longer_than_it_usually_does_and_none_for_ever() {
        for (step, mode) in STEPS.iter().flat_map(|step| [(step, Mode::Quick), (step, Mode::Full)]) {
            assert!(
                step.within(mode) > 2 * step.expected(mode).min(Duration::from_secs(30)),
                "{step:?}"
            );
            assert!(step.within(mode) < Duration::from_secs(300), "{step:?}");
        }
    }

    #[test]
    fn every_precision_is_measured_once_and_the_census_first() {
        assert_eq!(STEPS[0], Step::Census);
        let names: BTreeSet<&str> = STEPS.iter().map(|step| step.name()).collect();
        assert_eq!(names.len(), STEPS.len());
        for precision in PRECISIONS {
            assert!(STEPS.contains(&Step::Product(precision)), "{precision:?}");
        }
    }

    #[test]
    fn a_failed_step_is_told_in_its_own_place_only() {
        for step in STEPS {
            let mut measurements = Measurements::default();
            step.fail(&mut measurements, "because".to_owned());
            let text = serde_json::to_string(&measurements).expect("JSON");
            assert_eq!(text.matches("because").count(), 1, "{step:?}");
        }
    }
}
