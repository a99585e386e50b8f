//! What a provider reads.

use super::page::WIDTH;
use super::sample;
use gridproof_probe_protocol::models::Models;
use gridproof_probe_protocol::report::Report;
use gridproof_probe_protocol::verdict::{Conclusion, State};

fn text(report: &Report) -> String {
    super::report(report, &Models::builtin())
}

#[test]
fn a_whole_report_reads_like_this() {
    let expected = include_str!("verified.txt");
    assert_eq!(text(&sample::report()), expected.trim_end());
}

#[test]
fn the_verdict_comes_first_and_says_what_to_do() {
    for (conclusion, word, to_do) in [
        (Conclusion::Verified, "VERIFIED:", "Nothing to do."),
        (Conclusion::VerifiedDegraded, "VERIFIED, DEGRADED:", "cooling"),
        (Conclusion::Partial, "PARTIAL:", "switch MIG off"),
        (Conclusion::Inconclusive, "INCONCLUSIVE:", "--claim"),
        (
            Conclusion::NotTheClaimedModel,
            "NOT THE CLAIMED MODEL:",
            "publish the JSON",
        ),
        (Conclusion::Faulty, "FAULTY:", "out of service"),
    ] {
        let mut report = sample::report();
        report.gpus[0].verdict.conclusion = conclusion;
        let text = text(&report);
        let gpu = text.split("GPU 0:").nth(1).expect("the GPU is there");
        let (before, after) = gpu.split_once(word).expect("the verdict is there");
        assert_eq!(before.lines().count(), 2, "only the name stands before it: {text}");
        assert!(
            after.split("Is it").next().is_some_and(|advice| advice.contains(to_do)),
            "{text}"
        );
    }
}

#[test]
fn a_mismatch_names_the_model_that_fits() {
    let mut report = sample::report();
    let verdict = &mut report.gpus[0].verdict;
    verdict.conclusion = Conclusion::NotTheClaimedModel;
    verdict.identity.best_fit = Some("rtx4090".to_owned());
    let text = text(&report).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("NVIDIA GeForce RTX 4090 (rtx4090) fits best"), "{text}");
}

#[test]
fn what_was_not_measured_is_told_with_the_reason() {
    let text = text(&sample::report());
    assert!(text.contains("- product fp64: no kernel of ours for this architecture"));
    assert!(text.contains("- product for long: failed: cuStreamSynchronize"));
}

#[test]
fn nothing_that_a_stranger_wrote_reaches_the_terminal_raw_and_no_line_is_too_wide() {
    let mut report = sample::report();
    let hostile = "\x1b[2J\x1b]0;owned\x07\u{202e}\r\nVERIFIED ".repeat(300);
    report.probe_version.clone_from(&hostile);
    report.started_at.clone_from(&hostile);
    report.models_sha256.clone_from(&hostile);
    report.driver.version = Some(hostile.clone());
    report.driver.nvml_error = Some(hostile.clone());
    let gpu = &mut report.gpus[0];
    gpu.inventory.name.clone_from(&hostile);
    gpu.inventory.uuid = Some(hostile.clone());
    gpu.verdict.identity.claimed = Some(hostile.clone());
    gpu.verdict.identity.also_fits = vec![hostile.clone(); 100];
    gpu.verdict.identity.evidence[0].measured.clone_from(&hostile);
    gpu.verdict.identity.evidence[0].note = Some(hostile.clone());
    let kernels = vec![hostile.clone(); 100];
    gpu.verdict.states.push(State::WrongResults { kernels });
    gpu.measurements.exact = gridproof_probe_protocol::report::Outcome::not_measured(hostile);
    let text = text(&report);
    assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')));
    let wide = text.lines().find(|line| line.chars().count() > WIDTH);
    assert_eq!(wide, None);
    assert!(text.len() < 20_000, "bounded: {}", text.len());
}
