//! The machine with workers whose words are written down here.

#![allow(clippy::unwrap_used)]

use super::super::task::START_WITHIN;
use super::*;
use crate::worker::wire::FailureKind;
use gridproof_probe_protocol::report::Measurements;

/// A machine, its clock, and what it wanted.
struct Rig {
    machine: Machine,
    now: Duration,
    actions: Vec<Action>,
}

impl Rig {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            mode: Mode::Quick,
            device: DeviceChoice::All,
            together: true,
            links: true,
        };
        change(&mut settings);
        let mut machine = Machine::new(settings);
        let actions = machine.begin(Duration::ZERO);
        let now = Duration::ZERO;
        Self { machine, now, actions }
    }

    fn input(&mut self, input: Input) {
        self.actions = self.machine.on(self.now, input);
    }

    fn says(&mut self, worker: u32, event: Event) {
        let event = Box::new(event);
        self.input(Input::Said { worker, event });
    }

    fn ends(&mut self, worker: u32, how: How) {
        let printed = String::new();
        self.input(Input::Ended { worker, how, printed });
    }

    /// A worker says it is done, and leaves.
    fn done(&mut self, worker: u32) {
        self.says(worker, Event::Done);
        self.ends(worker, How::Exited(0));
    }

    fn fails(&mut self, worker: u32, kind: FailureKind) {
        let error = "CUDA_ERROR_ECC_UNCORRECTABLE (214)".to_owned();
        self.says(worker, Event::Failed { kind, error });
        self.ends(worker, How::Exited(1));
    }

    /// Worker 0 finds so many GPUs.
    fn finds(&mut self, gpus: u32) {
        let gpus = (0..gpus).map(|ordinal| Inventory {
            ordinal,
            ..Inventory::default()
        });
        let (driver, gpus) = (DriverInfo::default(), gpus.collect());
        self.says(0, Event::Inventory { driver, gpus });
        self.done(0);
    }

    fn measures(&mut self, worker: u32) {
        let measurements = Box::default();
        self.says(worker, Event::Partial { measurements });
        self.done(worker);
    }

    /// Jobs that were started, with the worker's number.
    fn started(&self) -> Vec<(u32, Job)> {
        let start = |action: &Action| match action {
            Action::Start { worker, job } => Some((*worker, job.clone())),
            _ => None,
        };
        self.actions.iter().filter_map(start).collect()
    }

    fn wants(&self, action: &Action) -> bool {
        self.actions.contains(action)
    }

    fn found(self) -> Found {
        assert!(self.machine.is_over());
        self.machine.finish().expect("something was found")
    }
}

fn measure(device: u32) -> Job {
    let mode = Mode::Quick;
    Job::Measure { device, mode }
}

fn together(from_ns: u64, to_ns: u64) -> Event {
    let (gemm, read) = (Some(700.0), Some(3000.0));
    Event::Together {
        from_ns,
        to_ns,
        gemm,
        read,
    }
}

#[test]
fn two_gpus_are_measured_one_after_the_other_then_at_once_then_their_links() {
    let mut rig = Rig::new(|_| {});
    assert_eq!(rig.started(), [(0, Job::Inventory)]);
    rig.finds(2);
    assert_eq!(rig.started(), [(1, measure(0))]);
    rig.measures(1);
    assert_eq!(rig.started(), [(2, measure(1))]);
    rig.measures(2);
    let mode = Mode::Quick;
    assert_eq!(
        rig.started(),
        [
            (3, Job::Together { device: 0, mode }),
            (4, Job::Together { device: 1, mode })
        ]
    );
    rig.says(4, Event::Ready);
    assert!(
        !rig.wants(&Action::Go { worker: 4 }),
        "nobody goes before all are ready"
    );
    rig.says(3, Event::Ready);
    assert!(rig.wants(&Action::Go { worker: 3 }) && rig.wants(&Action::Go { worker: 4 }));
    rig.says(3, together(0, 100));
    rig.done(3);
    rig.says(4, together(50, 150));
    rig.done(4);
    let devices = vec![0, 1];
    assert_eq!(rig.started(), [(5, Job::Links { devices, mode })]);
    let (copy_bytes, pairs) = (1, Vec::new());
    let matrix = LinkMatrix { copy_bytes, pairs };
    rig.says(5, Event::Links { matrix });
    rig.done(5);
    let found = rig.found();
    assert_eq!(found.concurrent.measured().expect("measured").overlap, 0.5);
    assert!(found.links.measured().is_some());
    assert_eq!(found.troubles().count(), 0);
}

#[test]
fn the_next_worker_waits_until_the_last_has_left_the_gpu() {
    let mut rig = Rig::new(|_| {});
    rig.finds(2);
    rig.says(
        1,
        Event::Partial {
            measurements: Box::default(),
        },
    );
    rig.says(1, Event::Done);
    assert_eq!(rig.started(), []);
    rig.ends(1, How::Exited(0));
    assert_eq!(rig.started(), [(2, measure(1))]);
}

#[test]
fn a_lost_gpu_keeps_what_was_measured_and_the_others_go_on() {
    let mut rig = Rig::new(|_| {});
    rig.finds(3);
    rig.says(
        1,
        Event::Partial {
            measurements: Box::default(),
        },
    );
    rig.fails(1, FailureKind::GpuLost);
    rig.measures(2);
    rig.measures(3);
    let devices: Vec<Job> = rig.started().into_iter().map(|(_, job)| job).collect();
    let mode = Mode::Quick;
    assert_eq!(
        devices,
        [1, 2].map(|device| Job::Together { device, mode }),
        "the lost GPU stays out"
    );
    for worker in [4, 5] {
        rig.says(worker, Event::Ready);
    }
    rig.says(4, together(0, 1));
    rig.done(4);
    rig.says(5, together(0, 1));
    rig.done(5);
    rig.fails(6, FailureKind::Driver);
    let found = rig.found();
    assert!(found.gpus[0].measurements.is_some());
    let troubles: Vec<Option<u32>> = found.troubles().map(|(gpu, _)| gpu).collect();
    assert_eq!(troubles, [Some(0), None]);
    assert!(matches!(found.links, Outcome::Failed { .. }));
}

#[test]
fn one_that_cannot_come_along_sends_the_others_home_and_is_named() {
    let mut rig = Rig::new(|settings| settings.links = false);
    rig.finds(2);
    rig.measures(1);
    rig.measures(2);
    rig.says(4, Event::Ready);
    rig.fails(3, FailureKind::GpuLost);
    assert!(rig.machine.tasks().any(|task| task.was_dismissed()));
    rig.ends(4, How::Signalled(9));
    let found = rig.found();
    let Outcome::Failed { error } = &found.concurrent else {
        panic!("{:?}", found.concurrent)
    };
    assert!(error.starts_with("GPU 0: CUDA_ERROR_ECC"), "{error}");
    assert_eq!(
        found.troubles().count(),
        1,
        "the one that was sent home did nothing wrong"
    );
}

#[test]
fn one_gpu_has_nobody_to_be_compared_with() {
    let mut rig = Rig::new(|settings| settings.device = DeviceChoice::One(1));
    rig.finds(4);
    assert_eq!(rig.started(), [(1, measure(1))]);
    rig.measures(1);
    let found = rig.found();
    let reason = "only one GPU was measured";
    assert_eq!(found.concurrent, Outcome::not_measured(reason));
    assert_eq!(found.links, Outcome::not_measured(reason));
}

#[test]
fn a_gpu_that_is_not_there_and_a_node_without_any_are_told_apart() {
    let mut rig = Rig::new(|settings| settings.device = DeviceChoice::One(4));
    rig.finds(4);
    assert_eq!(
        rig.machine.finish().unwrap_err(),
        Stop::NoSuchDevice { wanted: 4, count: 4 }
    );
    let mut rig = Rig::new(|_| {});
    rig.finds(0);
    assert_eq!(rig.machine.finish().unwrap_err(), Stop::NoGpu);
}

#[test]
fn no_driver_ends_the_run_with_the_workers_words() {
    let mut rig = Rig::new(|_| {});
    rig.fails(0, FailureKind::NoDriver);
    let Err(Stop::Trouble(trouble)) = rig.machine.finish() else {
        panic!("no driver is no run")
    };
    assert_eq!(trouble.kind, TroubleKind::Reported(FailureKind::NoDriver));
}

#[test]
fn answers_that_nobody_asked_for_are_refused() {
    let answers = [
        together(0, 1),
        Event::Ready,
        Event::Partial {
            measurements: Box::<Measurements>::default(),
        },
        Event::Inventory {
            driver: DriverInfo::default(),
            gpus: vec![Inventory {
                ordinal: 7,
                ..Inventory::default()
            }],
        },
    ];
    for answer in answers {
        let mut rig = Rig::new(|_| {});
        rig.says(0, answer.clone());
        assert!(rig.wants(&Action::Kill { worker: 0 }), "{answer:?}");
        rig.ends(0, How::Signalled(9));
        let Err(Stop::Trouble(trouble)) = rig.machine.finish() else {
            panic!("{answer:?} was taken")
        };
        assert_eq!(trouble.kind, TroubleKind::Misspoke);
    }
}

#[test]
fn an_end_without_an_answer_is_no_answer() {
    let mut rig = Rig::new(|_| {});
    rig.done(0);
    assert!(matches!(rig.machine.finish(), Err(Stop::Trouble(_))));
    let mut rig = Rig::new(|settings| settings.device = DeviceChoice::One(0));
    rig.finds(1);
    rig.done(1);
    assert_eq!(rig.found().troubles().count(), 1);
}

#[test]
fn a_hung_driver_is_killed_once_and_the_run_ends_even_if_the_process_cannot_die() {
    let mut rig = Rig::new(|_| {});
    rig.now = START_WITHIN;
    rig.input(Input::Tick);
    assert!(rig.wants(&Action::Kill { worker: 0 }));
    rig.now += Duration::from_secs(1);
    rig.input(Input::Tick);
    assert_eq!(rig.actions, []);
    rig.now += Duration::from_secs(60);
    rig.input(Input::Tick);
    assert!(matches!(rig.machine.finish(), Err(Stop::Trouble(trouble)) if trouble.kind == TroubleKind::Hang));
}
