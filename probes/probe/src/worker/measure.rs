//! All measurements of one GPU, step by step. A step that fails does not keep the others from being made; a GPU that is
//! lost, or a driver that answers nonsense, ends them, and what was measured stays.

use super::plan::{STEPS, Step};
use super::wire::FailureKind;
use super::{Events, Failure, panics};
use crate::device::{Device, DeviceError};
use crate::measure::{self, MeasureContext, outcome};
use crate::nvml::{Nvml, Sensors};
use gridproof_probe_protocol::report::{Measurements, Mode, Outcome, Precision};
use std::time::Duration;

/// Usual and longest time to start the driver and load the kernels. Eight GPUs without persistence take half a minute.
const OPENING: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(90));

/// Measures the GPU of this ordinal.
pub(super) fn run(events: &Events, ordinal: u32, mode: Mode) -> Result<(), Failure> {
    let device = open(events, ordinal)?;
    let mut hand = Hand {
        sensors: sensors(&device),
        seed: fastrand::u64(..),
        census_multiprocessors: None,
        device,
        events,
        mode,
    };
    steps(events, mode, &mut |step, measurements| hand.perform(step, measurements))
}

/// Opens a GPU that some image of ours runs on.
pub(super) fn open(events: &Events, ordinal: u32) -> Result<Device, Failure> {
    events.step("starting the driver", OPENING.0, OPENING.1);
    let device = Device::open(ordinal)?;
    let architecture = device.architecture();
    if architecture.loaded.is_none() {
        let (major, minor) = architecture.reported;
        let tried = architecture.refused.join("; ");
        return Err(Failure {
            kind: FailureKind::UnknownArchitecture,
            error: format!(
                "no kernel image of this probe runs on this GPU (compute capability {major}.{minor}) {tried}"
            ),
        });
    }
    Ok(device)
}

/// NVML's sensors of an opened GPU.
pub(super) fn sensors(device: &Device) -> Sensors {
    let facts = device.facts();
    Sensors::new(Nvml::open().ok(), facts.bus_id.clone(), facts.uuid.clone())
}

/// What performs a step and notes its result.
type Perform<'a> = &'a mut dyn FnMut(Step, &mut Measurements) -> Result<(), DeviceError>;

/// Runs all steps; tells of each before it begins, and of all results after it.
fn steps(events: &Events, mode: Mode, perform: Perform<'_>) -> Result<(), Failure> {
    let mut measurements = Measurements::default();
    for step in STEPS {
        events.step(step.name(), step.expected(mode), step.within(mode));
        let end = match panics::caught(|| perform(step, &mut measurements)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                step.fail(&mut measurements, error.to_string());
                Err(Failure::from(error))
            }
            // An error of ours in one measurement says nothing against the others.
            Err(panic) => {
                step.fail(&mut measurements, panic.error);
                Ok(())
            }
        };
        events.partial(&measurements);
        end?;
    }
    Ok(())
}

/// Performs steps on a real device.
struct Hand<'a> {
    device: Device,
    sensors: Sensors,
    events: &'a Events,
    mode: Mode,
    seed: u64,
    census_multiprocessors: Option<u32>,
}

impl Hand<'_> {
    fn perform(&mut self, step: Step, into: &mut Measurements) -> Result<(), DeviceError> {
        let progress = |share| self.events.progress(share);
        let context = MeasureContext {
            mode: self.mode,
            seed: self.seed,
            progress: &progress,
            census_multiprocessors: self.census_multiprocessors,
            sampler: &self.sensors,
        };
        let device = &self.device;
        match step {
            Step::Census => {
                into.census = outcome(measure::census::measure(device, &context))?;
                let seen = into.census.measured().map(|census| census.sm_ids.len());
                self.census_multiprocessors = seen.and_then(|count| u32::try_from(count).ok());
            }
            Step::Product(precision) => {
                into.gemm.insert(precision, product(device, &context, precision)?);
            }
            Step::Exact => into.exact = outcome(measure::exact::measure(device, &context))?,
            Step::MultiplyAdd => into.fma = outcome(measure::fma::measure(device, &context))?,
            Step::Bandwidth => into.bandwidth = outcome(measure::bandwidth::measure(device, &context))?,
            Step::Cache => into.l2 = outcome(measure::l2::measure(device, &context))?,
            Step::Capacity => into.capacity = outcome(measure::capacity::measure(device, &context))?,
            Step::Pcie => into.pcie = outcome(measure::pcie::measure(device, &context))?,
            Step::Launch => into.launch = outcome(measure::launch::measure(device, &context))?,
            Step::Sustained => into.sustained = outcome(measure::sustained::measure(device, &context))?,
            Step::Heartbeat => into.heartbeat = outcome(measure::heartbeat::measure(device, &context))?,
        }
        Ok(())
    }
}

fn product(
    device: &Device,
    context: &MeasureContext<'_>,
    precision: Precision,
) -> Result<Outcome<gridproof_probe_protocol::report::Gemm>, DeviceError> {
    match device.has_gemm() {
        Ok(()) => outcome(measure::gemm::one(device, context, precision)),
        Err(reason) => Ok(Outcome::not_measured(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::events::recorded::Record;
    use crate::worker::wire::Event;

    fn lost() -> DeviceError {
        DeviceError::Driver {
            call: "cuLaunchKernel",
            code: 719,
            name: "CUDA_ERROR_LAUNCH_FAILED".to_owned(),
        }
    }

    fn play(perform: Perform<'_>) -> (Result<(), Failure>, Vec<Event>) {
        let record = Record::default();
        let result = steps(&Events::new(record.clone()), Mode::Quick, perform);
        (result, record.events())
    }

    fn last_partial(events: &[Event]) -> Measurements {
        let partial = events.iter().rev().find_map(|event| match event {
            Event::Partial { measurements } => Some(measurements),
            _ => None,
        });
        *partial.expect("a partial result").clone()
    }

    #[test]
    fn every_step_is_announced_and_followed_by_what_is_known() {
        let (result, events) = play(&mut |_, _| Ok(()));
        assert_eq!(result, Ok(()));
        assert_eq!(events.len(), 2 * STEPS.len());
        for pair in events.chunks(2) {
            assert!(matches!(pair, [Event::Step { .. }, Event::Partial { .. }]), "{pair:?}");
        }
    }

    #[test]
    fn a_lost_gpu_ends_the_run_and_leaves_what_was_measured() {
        let (result, events) = play(&mut |step, measurements| match step {
            Step::Bandwidth => Err(lost()),
            Step::Census => {
                measurements.census = Outcome::not_measured("stands for a result");
                Ok(())
            }
            _ => Ok(()),
        });
        assert_eq!(result.map_err(|failure| failure.kind), Err(FailureKind::GpuLost));
        let left = last_partial(&events);
        assert_eq!(left.census, Outcome::not_measured("stands for a result"));
        assert!(matches!(&left.bandwidth, Outcome::Failed { error } if error.contains("719")));
        assert_eq!(left.l2, Outcome::default(), "not reached");
    }

    #[test]
    fn a_panic_fails_its_own_step_and_no_other() {
        let mut reached = Vec::new();
        let (result, events) = play(&mut |step, _| {
            reached.push(step);
            assert_ne!(step, Step::Cache, "deliberate");
            Ok(())
        });
        assert_eq!(result, Ok(()));
        assert_eq!(reached, STEPS);
        assert!(matches!(&last_partial(&events).l2, Outcome::Failed { error } if error.contains("deliberate")));
    }
}
