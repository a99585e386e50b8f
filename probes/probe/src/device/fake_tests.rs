//! The device layer and its measurements against the test driver. A driver is loaded once a process and found by the
//! environment that the process began with, so each scenario is a child: the same test program, asked for one of the
//! ignored tests below.
#![allow(clippy::unwrap_used)]

use super::{Device, DeviceError, driver};
use crate::measure::{MeasureContext, NoSampler, census, exact, fma, gemm, heartbeat, launch, outcome, sustained};
use gridproof_probe_protocol::report::{
    Architecture, Census, ExactWork, FmaRatios, Gemm, Heartbeat, Launch, Mode, Outcome, Precision, Sustained,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

/// Begins the line of a child that holds its answer.
const ANSWER: &str = "ANSWER ";
/// Which part the child is to do.
const PART: &str = "GRIDPROOF_TEST_PART";
/// One child at a time: the test driver's time is real time, and they would take the processor from each other.
static ONE: Mutex<()> = Mutex::new(());
/// The host's clock over the device's may be off by this much where other programs want the processor, too.
const BUSY_HOST: f64 = 0.3;
const SEED: u64 = 0x0123_4567_89ab_cdef;

/// Runs one part in a child with the test driver in the given scenario.
fn child(part: &str, scenario: &str, more: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    gridproof_fakecuda::install(folder.path()).unwrap();
    child_in(part, folder.path(), scenario, more)
}

fn child_in(part: &str, folder: &std::path::Path, scenario: &str, more: &[(&str, &str)]) -> Output {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "device::fake_tests::part",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("LD_LIBRARY_PATH", folder)
        .env("GRIDPROOF_FAKE_GPU", scenario)
        .env(PART, part)
        .envs(more.iter().copied())
        .output()
        .unwrap()
}

fn ask<T: DeserializeOwned>(part: &str, scenario: &str) -> T {
    answer(&child(part, scenario, &[]))
}

fn answer<T: DeserializeOwned>(output: &Output) -> T {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .lines()
        .find_map(|line| line.split_once(ANSWER).map(|(_, json)| json));
    match line.map(serde_json::from_str) {
        Some(Ok(value)) => value,
        other => panic!(
            "{:?}\n{text}\n{}",
            other.map(Result::err),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// What opening a GPU showed, or the error's kind and text.
#[derive(Debug, Serialize, Deserialize)]
struct Opened {
    architecture: Option<Architecture>,
    name: Option<String>,
    has_gemm: bool,
    error: Option<(crate::worker::wire::FailureKind, String)>,
}

/// In a child: does what [`PART`] names and prints the answer.
#[test]
#[ignore = "run by the tests below, in a child with the test driver"]
fn part() {
    let print = |json: serde_json::Value| println!("{ANSWER}{json}");
    let context = MeasureContext {
        mode: Mode::Quick,
        seed: SEED,
        progress: &|_| {},
        census_multiprocessors: None,
        sampler: &NoSampler,
    };
    let device = match std::env::var(PART).unwrap().as_str() {
        "open" => return print(serde_json::to_value(opened()).unwrap()),
        _ => Device::open(0).unwrap(),
    };
    let json = match std::env::var(PART).unwrap().as_str() {
        "census" => serde_json::to_value(census::measure(&device, &context).unwrap()),
        "launch" => serde_json::to_value(launch::measure(&device, &context).unwrap()),
        "gemm" => serde_json::to_value(every_precision(&device, &context)),
        "bf16" => serde_json::to_value(gemm::one(&device, &context, Precision::Bf16).unwrap()),
        "exact" => serde_json::to_value(exact::measure(&device, &context).unwrap()),
        "fma" => serde_json::to_value(fma::measure(&device, &context).unwrap()),
        "sustained" => serde_json::to_value(sustained::measure(&device, &context).unwrap()),
        "heartbeat" => serde_json::to_value(heartbeat::measure(&device, &context).unwrap()),
        "memory" => serde_json::to_value(memory(&device).unwrap()),
        "until-lost" => serde_json::to_value(until_lost(&device).kind()),
        other => panic!("no part {other}"),
    };
    print(json.unwrap());
}

fn opened() -> Opened {
    match driver::open().and_then(|_| Device::open(0)) {
        Ok(device) => Opened {
            architecture: Some(device.architecture().clone()),
            name: Some(device.facts().name.clone()),
            has_gemm: device.has_gemm().is_ok(),
            error: None,
        },
        Err(error) => Opened {
            architecture: None,
            name: None,
            has_gemm: false,
            error: Some((error.kind(), error.to_string())),
        },
    }
}

/// Bytes copied in and out, set, and read; then what lies outside of a buffer.
fn memory(device: &Device) -> Result<bool, DeviceError> {
    let buffer = device.alloc(4096)?;
    let values: Vec<u8> = (0..4096_u32).map(|index| (index * 7 % 251) as u8).collect();
    let (mut from, mut to) = (device.pinned(4096)?, device.pinned(4096)?);
    from.as_mut_slice().copy_from_slice(&values);
    let stream = device.stream();
    stream.copy_in(&buffer, &from, 4096)?;
    stream.copy_out(&mut to, &buffer, 4096)?;
    stream.synchronize()?;
    let same = to.as_slice() == values && stream.read::<u8>(&buffer, 8, 16)? == values[8..24];
    stream.fill_bytes(&buffer, 0xab)?;
    let filled = stream.read::<u32>(&buffer, 4092, 1)? == [0xabab_abab];
    let outside = stream.read::<u8>(&buffer, 4000, 97).is_err() && stream.copy_in(&buffer, &from, 4097).is_err();
    let (free, total) = device.memory()?;
    Ok(same && filled && outside && free < total)
}

fn every_precision(device: &Device, context: &MeasureContext<'_>) -> BTreeMap<Precision, Outcome<Gemm>> {
    let one = |precision| outcome(gemm::one(device, context, precision)).unwrap();
    gemm::PRECISIONS
        .into_iter()
        .map(|precision| (precision, one(precision)))
        .collect()
}

/// Launches until the GPU is gone; dropping everything afterwards must not panic.
fn until_lost(device: &Device) -> DeviceError {
    let _held = device.alloc(1 << 20);
    let noop = device.noop().unwrap();
    (0..100_000)
        .find_map(|_| device.run(&noop).err())
        .expect("the scenario loses the GPU")
}

#[test]
fn an_h100_opens_with_its_own_code() {
    let opened: Opened = ask("open", "h100-sxm");
    assert_eq!(opened.error, None);
    assert_eq!(opened.name.as_deref(), Some("NVIDIA H100 80GB HBM3"));
    let architecture = opened.architecture.unwrap();
    assert_eq!(
        (architecture.reported, architecture.loaded.as_deref()),
        ((9, 0), Some("sm_90a"))
    );
    assert!(architecture.refused.is_empty(), "{architecture:?}");
}

#[test]
fn a_4090_that_says_it_is_an_h100_takes_the_code_of_a_4090_only() {
    let architecture = ask::<Opened>("open", "rtx4090-as-h100").architecture.unwrap();
    assert_eq!(
        (architecture.reported, architecture.loaded.as_deref()),
        ((9, 0), Some("sm_89"))
    );
    assert!(architecture.refused[0].starts_with("sm_90a: ") && architecture.refused[0].contains("209"));
}

#[test]
fn without_a_driver_that_is_the_answer() {
    let empty = tempfile::tempdir().unwrap();
    let opened: Opened = answer(&child_in("open", empty.path(), "h100-sxm", &[]));
    assert_eq!(
        opened.error.map(|(kind, _)| kind),
        Some(crate::worker::wire::FailureKind::NoDriver)
    );
}

#[test]
fn drivers_that_are_old_mad_or_without_a_gpu_are_answers() {
    use crate::worker::wire::FailureKind::{Garbage, NoGpu, OldDriver};
    for (scenario, kind) in [("old-driver", OldDriver), ("no-gpu", NoGpu), ("garbage", Garbage)] {
        let opened: Opened = ask("open", scenario);
        assert_eq!(
            opened.error.as_ref().map(|(kind, _)| *kind),
            Some(kind),
            "{scenario}: {opened:?}"
        );
    }
}

#[test]
fn a_gpu_that_no_code_fits_and_one_without_tensor_kernels_open_all_the_same() {
    let unknown: Opened = ask("open", "unknown-arch");
    assert_eq!(
        (unknown.error, unknown.architecture.and_then(|a| a.loaded)),
        (None, None)
    );
    let b200: Opened = ask("open", "b200");
    assert_eq!(b200.architecture.and_then(|a| a.loaded).as_deref(), Some("sm_100a"));
    assert!(!b200.has_gemm, "an old path must not pass for the speed of a new chip");
}

#[test]
fn memory_comes_back_as_written_and_nothing_is_read_outside() {
    assert!(ask::<bool>("memory", "a100-80"));
}

#[test]
fn the_census_counts_what_runs_whatever_the_name_says() {
    let whole: Census = ask("census", "h100-sxm");
    assert_eq!(whole.sm_ids.len(), 132);
    assert!(
        (1000.0..2100.0).contains(&whole.sm_clock_mhz.median),
        "{}",
        whole.sm_clock_mhz.median
    );
    let other: Census = ask("census", "a100-as-h100");
    assert_eq!(other.sm_ids.len(), 108);
}

#[test]
fn launches_take_microseconds() {
    let launch: Launch = ask("launch", "h100-sxm");
    assert!(
        (1.0..1000.0).contains(&launch.round_trip_us.median),
        "{}",
        launch.round_trip_us.median
    );
    assert!(
        (0.1..1000.0).contains(&launch.queued_us.median),
        "{}",
        launch.queued_us.median
    );
    assert!(launch.graph_us.is_some());
}

#[test]
fn doubles_run_at_half_the_rate_on_a_h100_and_at_a_64th_on_a_4090() {
    let h100: FmaRatios = ask("fma", "h100-sxm");
    assert!((h100.fp64_over_fp32 - 0.5).abs() < 0.05, "{}", h100.fp64_over_fp32);
    assert!((h100.fp32_per_sm_per_clock.unwrap() / 256.0 - 1.0).abs() < 0.1);
    let consumer: FmaRatios = ask("fma", "rtx4090-as-h100");
    assert!(
        (consumer.fp64_over_fp32 * 64.0 - 1.0).abs() < 0.2,
        "{}",
        consumer.fp64_over_fp32
    );
}

#[test]
fn gaps_show_only_where_the_gpu_is_shared() {
    let free: Heartbeat = ask("heartbeat", "h100-sxm");
    assert!(free.gap_share < 0.01 && free.sms.len() == 132, "{}", free.gap_share);
    let shared: Heartbeat = ask("heartbeat", "time-sliced");
    assert!(
        shared.gap_share > 0.1 && shared.simultaneous > 0.9,
        "{} {}",
        shared.gap_share,
        shared.simultaneous
    );
}

#[test]
fn the_product_shows_the_architecture_by_its_rate() {
    for (scenario, level) in [("h100-sxm", 4096.0), ("a100-80", 2048.0), ("rtx4090-as-h100", 512.0)] {
        let bf16: Gemm = ask("bf16", scenario);
        let share = bf16.flop_per_sm_per_clock.unwrap() / level;
        assert!((0.6..1.0).contains(&share), "{scenario}: {share}");
        let ratio = bf16.wall_over_events;
        assert!((ratio - 1.0).abs() < BUSY_HOST, "{scenario}: {ratio}");
    }
}

#[test]
fn a_precision_without_a_kernel_is_left_out_and_the_others_are_measured() {
    let all: BTreeMap<Precision, Outcome<Gemm>> = ask("gemm", "a100-80");
    assert!(
        matches!(all[&Precision::Fp8E4m3], Outcome::NotMeasured { .. }),
        "{all:?}"
    );
    for precision in [
        Precision::Bf16,
        Precision::Fp16,
        Precision::Int8,
        Precision::Tf32,
        Precision::Fp64,
    ] {
        assert!(all[&precision].measured().is_some(), "{:?}", all[&precision]);
    }
}

#[test]
fn exact_products_are_those_of_the_cpu_on_every_architecture() {
    let [h100, a100]: [ExactWork; 2] = ["h100-sxm", "a100-80"].map(|scenario| ask("exact", scenario));
    for case in h100.cases.iter().chain(&a100.cases) {
        assert!(case.correct && case.complete && case.digest.len() == 64, "{case:?}");
    }
    let bf16 = |work: &ExactWork| {
        work.cases
            .iter()
            .find(|case| case.precision == Precision::Bf16)
            .map(|c| c.digest.clone())
    };
    assert!(bf16(&h100).is_some());
    assert_eq!(bf16(&h100), bf16(&a100), "the same key gives the same bytes everywhere");
}

#[test]
fn wrong_results_are_seen() {
    let work: ExactWork = ask("exact", "wrong-results");
    assert!(work.cases.iter().any(|case| !case.correct), "{work:?}");
}

#[test]
fn a_device_clock_that_lies_shows_against_the_hosts() {
    let ratio = ask::<Gemm>("bf16", "lying-clock").wall_over_events;
    assert!((ratio - 1.0).abs() > BUSY_HOST, "{ratio}");
}

#[test]
fn the_sustained_product_has_windows_of_half_a_second() {
    let sustained: Sustained = ask("sustained", "h100-sxm");
    assert!(sustained.tflops.values.len() >= 15, "{}", sustained.tflops.values.len());
    assert!(
        (sustained.wall_over_events - 1.0).abs() < BUSY_HOST,
        "{}",
        sustained.wall_over_events
    );
    assert!(
        (sustained.last_over_first - 1.0).abs() < 0.1,
        "{}",
        sustained.last_over_first
    );
}

#[test]
fn a_gpu_that_is_lost_in_the_middle_is_an_error_and_dropping_it_is_none() {
    let output = child(
        "until-lost",
        "falls-off-bus",
        &[("GRIDPROOF_FAKE_AFTER_LAUNCHES", "300")],
    );
    assert_eq!(
        answer::<crate::worker::wire::FailureKind>(&output),
        crate::worker::wire::FailureKind::GpuLost
    );
    assert!(output.status.success(), "{output:?}");
}
