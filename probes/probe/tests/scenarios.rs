//! Every scenario of the test driver, through the real binary, worker and judge. All runs go side by side: the driver
//! takes the time that its GPU would, and hardly any CPU.

mod common;

use common::{Run, driver, has, probe};
use gridproof_probe_protocol::report::{GpuReport, Outcome, Precision};
use gridproof_probe_protocol::verdict::{Conclusion, IdentityResult, Performance, State};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Scenario, claim on the command line, further environment.
type Case = (
    &'static str,
    Option<&'static str>,
    &'static [(&'static str, &'static str)],
);

/// What runs.
const CASES: &[Case] = &[
    ("h100-sxm", None, &[]),
    ("h100-pcie", None, &[]),
    ("a100-80", None, &[]),
    ("h200", None, &[]),
    ("b200", None, &[]),
    ("rtx4090-as-h100", None, &[]),
    ("a100-as-h100", None, &[]),
    ("mig-3g", None, &[]),
    ("capped-300w", None, &[]),
    ("throttles-after-20s", None, &[("GRIDPROOF_FAKE_THROTTLE_AFTER_S", "4")]),
    ("vram-24-as-80", None, &[]),
    ("time-sliced", None, &[]),
    ("cmp170hx", None, &[]),
    ("wrong-results", None, &[]),
    ("lying-clock", None, &[]),
];

static RUNS: LazyLock<BTreeMap<&'static str, Run>> = LazyLock::new(|| {
    let driver = driver();
    let children: Vec<_> = CASES
        .iter()
        .map(|(scenario, claim, environment)| {
            let mut command = probe(driver.path(), scenario);
            command
                .args(["run", "--quick", "--json", "--quiet"])
                .envs(environment.iter().copied());
            command.args(claim.iter().flat_map(|claim| ["--claim", claim]));
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            (*scenario, command.spawn().expect("the probe starts"))
        })
        .collect();
    // Pipes are drained side by side: a report is larger than a pipe holds.
    let waiting: Vec<_> = children
        .into_iter()
        .map(|(scenario, child)| (scenario, std::thread::spawn(move || child.wait_with_output())))
        .collect();
    waiting
        .into_iter()
        .map(|(scenario, thread)| {
            let output = thread.join().expect("no panic").expect("the probe ends");
            (scenario, Run::from(output))
        })
        .collect()
});

fn run(scenario: &str) -> &'static Run {
    &RUNS[scenario]
}

/// The GPU of a scenario whose run ended with `code`.
fn gpu(scenario: &str, code: i32) -> GpuReport {
    let run = run(scenario);
    assert_eq!(run.code, Some(code), "{scenario}: {}\n{}", run.stderr, verdict_of(run));
    run.gpu()
}

fn verdict_of(run: &Run) -> String {
    format!("{:#?}", run.gpu().verdict)
}

fn is_match(gpu: &GpuReport, model: &str) {
    let identity = &gpu.verdict.identity;
    assert_eq!(identity.result, IdentityResult::Match, "{identity:#?}");
    assert_eq!(identity.claimed.as_deref(), Some(model), "{identity:#?}");
    let fits = identity.best_fit.as_deref() == Some(model) || identity.also_fits.iter().any(|key| key == model);
    assert!(fits, "{identity:#?}");
}

fn is_really(scenario: &str, claimed: &str, real: &str) {
    let gpu = gpu(scenario, 65);
    let identity = &gpu.verdict.identity;
    assert_eq!(gpu.verdict.conclusion, Conclusion::NotTheClaimedModel, "{identity:#?}");
    assert_eq!(identity.result, IdentityResult::Mismatch);
    assert_eq!(identity.claimed.as_deref(), Some(claimed));
    let named = identity.best_fit.as_deref().is_some_and(|key| key.starts_with(real))
        || identity.also_fits.iter().any(|key| key.starts_with(real));
    assert!(named, "{identity:#?}");
    let against = identity
        .evidence
        .iter()
        .filter(|evidence| evidence.counts && !evidence.fits)
        .count();
    assert!(against >= 2, "{identity:#?}");
}

#[test]
fn an_honest_h100_is_verified_and_everything_was_measured() {
    let gpu = gpu("h100-sxm", 0);
    is_match(&gpu, "h100-sxm");
    assert_eq!(gpu.verdict.conclusion, Conclusion::Verified, "{:#?}", gpu.verdict);
    assert_eq!(gpu.verdict.states, []);
    let measured = &gpu.measurements;
    for (name, done) in [
        ("census", measured.census.measured().is_some()),
        ("launch", measured.launch.measured().is_some()),
        ("exact", measured.exact.measured().is_some()),
        ("fma", measured.fma.measured().is_some()),
        ("bandwidth", measured.bandwidth.measured().is_some()),
        ("l2", measured.l2.measured().is_some()),
        ("capacity", measured.capacity.measured().is_some()),
        ("pcie", measured.pcie.measured().is_some()),
        ("sustained", measured.sustained.measured().is_some()),
        ("heartbeat", measured.heartbeat.measured().is_some()),
    ] {
        assert!(done, "{name} is missing: {measured:#?}");
    }
    for precision in [
        Precision::Bf16,
        Precision::Fp16,
        Precision::Fp8E4m3,
        Precision::Int8,
        Precision::Tf32,
        Precision::Fp64,
    ] {
        let gemm = measured.gemm.get(&precision).and_then(Outcome::measured);
        assert!(gemm.is_some_and(|gemm| gemm.tflops.values.len() >= 5), "{precision:?}");
    }
    let exact = measured.exact.measured().expect("checked above");
    assert!(exact.cases.len() >= 3 && exact.cases.iter().all(|case| case.correct && case.complete));
    let capacity = measured.capacity.measured().expect("checked above");
    assert_eq!(
        (capacity.filled_bytes, capacity.mismatched_words),
        (capacity.verified_bytes, 0)
    );
    assert!(capacity.verified_bytes as f64 >= 0.97 * capacity.free_bytes as f64);
}

#[test]
fn other_honest_gpus_are_what_they_say() {
    for (scenario, model) in [
        ("h100-pcie", "h100-pcie"),
        ("a100-80", "a100-sxm-80"),
        ("h200", "h200-sxm"),
    ] {
        let gpu = gpu(scenario, 0);
        is_match(&gpu, model);
        assert!(
            matches!(gpu.verdict.performance, Performance::Graded { .. }),
            "{scenario}: {:#?}",
            gpu.verdict
        );
    }
}

#[test]
fn an_architecture_without_a_tensor_kernel_of_ours_is_not_measured_and_not_failed() {
    let gpu = gpu("b200", 0);
    assert!(
        matches!(gpu.verdict.performance, Performance::NotMeasured { .. }),
        "{:#?}",
        gpu.verdict
    );
    assert!(matches!(
        gpu.measurements.gemm.get(&Precision::Bf16),
        Some(Outcome::NotMeasured { .. })
    ));
    assert_ne!(gpu.verdict.identity.result, IdentityResult::Mismatch);
}

#[test]
fn a_4090_that_says_h100_is_named() {
    is_really("rtx4090-as-h100", "h100-sxm", "rtx4090");
}

#[test]
fn an_a100_that_says_h100_is_named() {
    is_really("a100-as-h100", "h100-sxm", "a100");
}

#[test]
fn a_mining_card_that_says_a100_is_named() {
    let claimed = run("cmp170hx")
        .gpu()
        .verdict
        .identity
        .claimed
        .expect("an A100 is claimed");
    assert!(claimed.starts_with("a100"), "{claimed}");
    is_really("cmp170hx", &claimed, "cmp170hx");
}

#[test]
fn a_slice_is_a_slice_and_no_lie() {
    let gpu = gpu("mig-3g", 0);
    assert_eq!(gpu.verdict.conclusion, Conclusion::Partial, "{:#?}", gpu.verdict);
    assert!(has(
        &gpu,
        |state| matches!(state, State::Mig { profile: Some(profile), .. } if profile == "3g")
    ));
    assert_ne!(gpu.verdict.identity.result, IdentityResult::Mismatch);
}

#[test]
fn a_power_cap_is_named_and_the_model_still_matches() {
    let gpu = gpu("capped-300w", 0);
    assert!(
        has(
            &gpu,
            |state| matches!(state, State::PowerCapped { enforced_w, .. } if *enforced_w == 300.0)
        ),
        "{:#?}",
        gpu.verdict
    );
    is_match(&gpu, "h100-sxm");
}

#[test]
fn heat_is_named_and_the_model_still_matches() {
    let gpu = gpu("throttles-after-20s", 0);
    assert!(
        has(
            &gpu,
            |state| matches!(state, State::Throttled { share, reasons, .. } if *share > 0.01 && !reasons.is_empty())
        ),
        "{:#?}",
        gpu.verdict
    );
    is_match(&gpu, "h100-sxm");
}

#[test]
fn memory_that_is_not_there_is_found_by_filling_all_of_it_first() {
    let gpu = gpu("vram-24-as-80", 65);
    assert!(
        has(
            &gpu,
            |state| matches!(state, State::MemoryShort { mismatched_words, .. } if *mismatched_words > 0)
        ),
        "{:#?}",
        gpu.verdict
    );
}

#[test]
fn a_shared_gpu_is_shared_and_no_lie() {
    let gpu = gpu("time-sliced", 0);
    assert!(
        has(
            &gpu,
            |state| matches!(state, State::TimeSliced { share, .. } if *share > 0.05)
        ),
        "{:#?}",
        gpu.verdict
    );
    assert_eq!(gpu.verdict.conclusion, Conclusion::Partial, "{:#?}", gpu.verdict);
    assert_ne!(gpu.verdict.identity.result, IdentityResult::Mismatch);
}

#[test]
fn wrong_products_are_a_fault() {
    let gpu = gpu("wrong-results", 65);
    assert_eq!(gpu.verdict.conclusion, Conclusion::Faulty);
    assert!(has(
        &gpu,
        |state| matches!(state, State::WrongResults { kernels } if !kernels.is_empty())
    ));
}

#[test]
fn a_device_clock_that_lies_is_found_by_the_hosts() {
    let run = run("lying-clock");
    let gpu = run.gpu();
    assert!(
        has(&gpu, |state| matches!(state, State::ClockDisagrees { .. })),
        "{:#?}",
        gpu.verdict
    );
    assert_ne!(gpu.verdict.conclusion, Conclusion::Verified);
}

#[test]
fn every_report_judged_again_gives_the_same_verdict() {
    let models = gridproof_probe_protocol::models::Models::builtin();
    for (scenario, run) in RUNS.iter() {
        let report = run.report();
        assert_eq!(report.judge_again(&models), report, "{scenario}");
        assert!(report.kernels.len() >= 10 && report.kernels.values().all(|sha256| sha256.len() == 64));
    }
}
