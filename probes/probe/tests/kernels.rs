//! `gridproof-probe kernels` against the test driver: all right, one wrong and named, one that ends its process.

mod common;

use common::{Run, driver, probe};
use serde_json::Value;

fn kernels(scenario: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let driver = driver();
    let mut command = probe(driver.path(), scenario);
    command.arg("kernels").args(arguments).envs(environment.iter().copied());
    Run::from(command.output().expect("the probe starts"))
}

fn answer(run: &Run) -> Value {
    serde_json::from_slice(&run.stdout).unwrap_or_else(|error| panic!("{error}, exit {:?}\n{}", run.code, run.stderr))
}

/// Names of the kernels of one verdict.
fn of(answer: &Value, verdict: &str) -> Vec<String> {
    let all = answer["kernels"].as_array().expect("kernels");
    all.iter()
        .filter(|line| line["verdict"] == verdict)
        .map(|line| line["kernel"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn every_kernel_of_every_image_is_right_on_an_honest_gpu() {
    use gridproof_probe_kernels::abi::{GEMMS, MISC_KERNELS};
    for (scenario, missing) in [("h100-sxm", 0), ("a100-80", 1), ("b200", GEMMS.len())] {
        let run = kernels(scenario, &["--json"], &[]);
        let answer = answer(&run);
        assert_eq!(run.code, Some(0), "{scenario}: {answer:#}");
        assert_eq!(
            of(&answer, "right").len(),
            MISC_KERNELS.len() + GEMMS.len() - missing,
            "{scenario}"
        );
        assert_eq!(of(&answer, "not_run").len(), missing, "{scenario}");
    }
}

#[test]
fn products_with_one_wrong_bit_are_named_with_the_place() {
    let run = kernels("wrong-results", &["--only", "gemm"], &[]);
    assert_eq!(run.code, Some(65), "{}", run.stderr);
    let text = String::from_utf8_lossy(&run.stdout);
    let wrong = text
        .lines()
        .find(|line| line.starts_with("WRONG    gp_gemm_s8_s32"))
        .expect("a line");
    assert!(
        wrong.contains("row 170 column 341") && wrong.contains("gemm.sm_90a.cubin"),
        "{wrong}"
    );
}

#[test]
fn a_kernel_that_loses_its_process_is_named_and_the_others_are_checked() {
    let lost = [("GRIDPROOF_FAKE_AFTER_LAUNCHES", "30")];
    let run = kernels("falls-off-bus", &["--json"], &lost);
    let answer = answer(&run);
    assert_eq!(run.code, Some(65), "{answer:#}");
    assert!(
        !of(&answer, "failed").is_empty() && of(&answer, "not_run").is_empty(),
        "{answer:#}"
    );
    assert!(of(&answer, "right").len() > 20, "{answer:#}");
}

#[test]
fn intermediate_code_can_be_checked_on_a_newer_gpu() {
    let run = kernels(
        "h100-sxm",
        &["--image", "compute_80", "--only", "gemm_s8", "--json"],
        &[],
    );
    let answer = answer(&run);
    assert_eq!(
        (run.code, answer["kernels"][0]["image"].as_str()),
        (Some(0), Some("gemm.compute_80.ptx"))
    );
}

#[test]
fn one_kernel_is_timed_alone() {
    let run = kernels(
        "h100-sxm",
        &["--time", "read", "--size", "1073741824", "--seconds", "0.2", "--json"],
        &[],
    );
    let answer = answer(&run);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(answer["rate"]["unit"], "GB/s");
    assert!(
        answer["kernel"]
            .as_str()
            .is_some_and(|name| name == "gp_read@misc.sm_90a"),
        "{answer:#}"
    );
}

#[test]
fn without_a_gpu_nothing_passes() {
    let run = kernels("no-gpu", &[], &[]);
    assert_eq!(run.code, Some(69), "{}", run.stderr);
    for (arguments, why) in [
        (&["--only", "no such kernel"][..], "no kernel"),
        (&["--time", "bf16", "--size", "100"], "multiple of 512"),
        (&["--time", "copy", "--blocks-per-sm", "8"], "--blocks-per-sm"),
        (&["--seconds", "2"], "--time"),
    ] {
        let run = kernels("h100-sxm", arguments, &[]);
        assert_eq!(run.code, Some(64), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(why), "{arguments:?}: {}", run.stderr);
    }
}
