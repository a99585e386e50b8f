//! Named states: each is seen, explains what it explains, and accuses nobody.

use super::super::*;
use crate::{
    models::Models,
    report::Outcome,
    verdict::{Conclusion, IdentityResult, Performance, State, Verdict, judge},
};

const RUNS: u64 = 50;

fn runs(key: &str, conditions: &[Condition]) -> Vec<Verdict> {
    let models = Models::builtin();
    let gpu = Gpu {
        conditions: conditions.to_vec(),
        ..Gpu::honest(models.get(key).expect("row"))
    };
    (0..RUNS)
        .map(|seed| {
            let (inventory, measurements) = gpu.run(seed);
            judge(&models, &inventory, None, &measurements)
        })
        .collect()
}

#[test]
fn slices_are_partial_whether_the_driver_says_so_or_not() {
    const NAMES: [&str; 5] = ["1g", "2g", "3g", "4g", "7g"];
    for key in ["a100-sxm-80", "a100-pcie-40", "h100-sxm", "h100-pcie", "h200-sxm"] {
        let models = Models::builtin();
        let model = models.get(key).expect("row");
        let slices = model.mig_multiprocessors.as_ref().expect("slices").value;
        for (slice, name) in NAMES.into_iter().enumerate() {
            // All seven slices of an H100 are the whole GPU; only the driver can tell.
            let whole = Some(slices[slice]) == model.multiprocessors.as_ref().map(|figure| figure.value);
            for told in [true, false] {
                for verdict in runs(key, &[Condition::Slice { slice, told }]) {
                    if whole && !told {
                        assert!(!verdict.states.iter().any(|state| matches!(state, State::Mig { .. })));
                        continue;
                    }
                    let context = format!("{key} {name}, told: {told}: {verdict:#?}");
                    assert_eq!(verdict.conclusion, Conclusion::Partial, "{context}");
                    assert_ne!(verdict.identity.result, IdentityResult::Mismatch, "{context}");
                    let profile = verdict.states.iter().find_map(|state| match state {
                        State::Mig { profile, .. } => Some(profile.as_deref()),
                        _ => None,
                    });
                    let expected = if whole { None } else { Some(name) };
                    assert_eq!(profile, Some(expected), "{context}");
                }
            }
        }
    }
}

#[test]
fn time_slicing_voids_the_rates_and_keeps_the_counts() {
    for share in [0.05, 0.3, 0.7] {
        for verdict in runs("h100-sxm", &[Condition::TimeSliced(share)]) {
            assert_eq!(verdict.conclusion, Conclusion::Partial, "{verdict:#?}");
            assert!(
                matches!(verdict.states[..], [State::TimeSliced { .. }]),
                "{:?}",
                verdict.states
            );
            let counted = verdict.identity.evidence.iter().filter(|one| one.counts).count();
            assert!(counted >= 3 && verdict.identity.evidence.iter().all(|one| one.fits || !one.counts));
        }
    }
}

#[test]
fn memory_that_others_hold_is_no_missing_memory() {
    for verdict in runs("a100-sxm-80", &[Condition::Busy(0.4)]) {
        assert_eq!(verdict.conclusion, Conclusion::Partial, "{verdict:#?}");
        assert!(
            matches!(verdict.states[..], [State::Busy { processes: Some(1), .. }]),
            "{:?}",
            verdict.states
        );
    }
}

#[test]
fn a_capped_gpu_is_the_model_and_is_named_capped() {
    for verdict in runs("h100-sxm", &[Condition::PowerCapped(300.0 / 700.0)]) {
        assert_eq!(verdict.identity.result, IdentityResult::Match, "{verdict:#?}");
        assert_eq!(verdict.conclusion, Conclusion::VerifiedDegraded);
        let capped = State::PowerCapped {
            enforced_w: 300.0,
            default_w: 700.0,
        };
        assert_eq!(verdict.states, [capped]);
    }
    for verdict in runs("h100-sxm", &[Condition::PowerCapped(0.96)]) {
        assert!(verdict.states.is_empty(), "the limit is 95 %: {:?}", verdict.states);
    }
}

#[test]
fn a_throttling_gpu_is_the_model_and_the_reasons_are_named_without_the_power_cap_that_is_normal() {
    for verdict in runs("h200-sxm", &[Condition::Throttles(0.75)]) {
        assert_eq!(verdict.identity.result, IdentityResult::Match, "{verdict:#?}");
        let [
            State::Throttled {
                share,
                reasons,
                last_over_first,
            },
        ] = &verdict.states[..]
        else {
            panic!("{:?}", verdict.states)
        };
        assert_eq!(reasons, &["HwThermal", "SwThermal"]);
        assert!(
            (0.6..0.7).contains(share) && *last_over_first < 0.80,
            "{share} {last_over_first}"
        );
    }
}

#[test]
fn figures_that_are_edited_beside_their_samples_hide_nothing() {
    let models = Models::builtin();
    for condition in [Condition::TimeSliced(0.3), Condition::Throttles(0.75)] {
        let gpu = Gpu {
            conditions: vec![condition],
            ..Gpu::honest(models.get("h100-sxm").expect("row"))
        };
        let (inventory, mut measurements) = gpu.run(1);
        let honest = judge(&models, &inventory, None, &measurements);
        assert!(!honest.states.is_empty(), "nothing to hide");
        if let Outcome::Measured { result: beat } = &mut measurements.heartbeat {
            beat.simultaneous = 0.0;
            beat.gap_share = 0.0;
        }
        if let Outcome::Measured { result: sustained } = &mut measurements.sustained {
            sustained.last_over_first = 1.0;
        }
        assert_eq!(judge(&models, &inventory, None, &measurements), honest);
    }
}

#[test]
fn memory_that_is_not_there_is_short_and_memory_that_overwrites_itself_is_a_fault() {
    for verdict in runs("h100-sxm", &[Condition::MemoryOf(24e9, false)]) {
        assert_eq!(
            verdict.conclusion,
            Conclusion::Inconclusive,
            "one group alone: {verdict:#?}"
        );
        assert!(
            matches!(
                verdict.states[..],
                [State::MemoryShort {
                    mismatched_words: 0,
                    ..
                }]
            ),
            "{:?}",
            verdict.states
        );
    }
    for verdict in runs("h100-sxm", &[Condition::MemoryOf(24e9, true)]) {
        assert_eq!(verdict.conclusion, Conclusion::Faulty, "{verdict:#?}");
    }
}

#[test]
fn wrong_results_are_a_fault_however_fast_they_came() {
    for verdict in runs("h100-sxm", &[Condition::WrongResults]) {
        assert_eq!(verdict.conclusion, Conclusion::Faulty);
        assert!(matches!(&verdict.states[..], [State::WrongResults { kernels }] if kernels.len() == 2));
    }
}

/// One product has one digest; a GPU that is wrong in one format only cannot have the others' digest.
#[test]
fn two_digests_of_one_product_are_a_fault() {
    let models = Models::builtin();
    let (inventory, mut measurements) = Gpu::honest(models.get("h100-sxm").expect("row")).run(1);
    let Outcome::Measured { result } = &mut measurements.exact else {
        panic!("simulated")
    };
    result.cases[1].digest = "cd".repeat(32);
    let verdict = judge(&models, &inventory, None, &measurements);
    assert_eq!(verdict.conclusion, Conclusion::Faulty);
}

#[test]
fn a_device_whose_clock_runs_slow_proves_nothing() {
    for verdict in runs("h100-pcie", &[Condition::SlowClock(1.3)]) {
        assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "{verdict:#?}");
        assert!(matches!(&verdict.states[0], State::ClockDisagrees { between, .. } if between == "host and device"));
    }
}

#[test]
fn forwarded_calls_are_named() {
    for verdict in runs("h100-sxm", &[Condition::Forwarded]) {
        assert!(
            matches!(verdict.states[..], [State::SlowLaunch { .. }]),
            "{:?}",
            verdict.states
        );
    }
}

#[test]
fn a_run_that_stopped_early_supports_little_and_contradicts_nothing() {
    let models = Models::builtin();
    let (inventory, whole) = Gpu::honest(models.get("h100-sxm").expect("row")).run(1);
    let lost = Measurements {
        census: whole.census.clone(),
        ..Measurements::default()
    };
    let verdict = judge(&models, &inventory, None, &lost);
    assert_eq!(
        (verdict.conclusion, verdict.identity.best_fit),
        (Conclusion::Inconclusive, None)
    );
    let failed = Outcome::Failed {
        error: "CUDA_ERROR_ILLEGAL_ADDRESS".into(),
    };
    let verdict = judge(
        &models,
        &inventory,
        None,
        &Measurements {
            exact: failed,
            ..whole.clone()
        },
    );
    assert_eq!(
        verdict.conclusion,
        Conclusion::Inconclusive,
        "results that could not be made are not right"
    );
    let lost = Measurements {
        ended_early: Some("GPU lost".into()),
        ..whole.clone()
    };
    assert_eq!(
        judge(&models, &inventory, None, &lost).conclusion,
        Conclusion::Inconclusive
    );
    let unproven = Measurements {
        exact: Outcome::not_measured("quick"),
        ..whole
    };
    assert_eq!(
        judge(&models, &inventory, None, &unproven).conclusion,
        Conclusion::VerifiedDegraded
    );
}

#[test]
fn code_of_an_older_architecture_shows_neither_rate_nor_grade() {
    let models = Models::builtin();
    let (mut inventory, mut measurements) = Gpu::honest(models.get("h100-sxm").expect("row")).run(1);
    inventory.architecture.loaded = Some("compute_80".into());
    for outcome in measurements.gemm.values_mut() {
        let Outcome::Measured { result } = outcome else {
            panic!("simulated")
        };
        result.kernel = "gp_gemm_bf16_bf16@gemm.compute_80".into();
        result.flop_per_sm_per_clock = Some(1900.0);
    }
    let verdict = judge(&models, &inventory, None, &measurements);
    assert_eq!(verdict.identity.result, IdentityResult::Match, "{verdict:#?}");
    assert!(matches!(verdict.performance, Performance::NotMeasured { .. }));
}

/// What a report states beside its samples moves nothing.
#[test]
fn rates_are_taken_from_the_samples() {
    let models = Models::builtin();
    let h100 = models.get("h100-sxm").expect("row");
    let (inventory, mut measurements) = Gpu::relabelled(models.get("rtx4090").expect("row"), h100).run(1);
    let honest = judge(&models, &inventory, None, &measurements);
    let Outcome::Measured { result } = measurements.gemm.values_mut().next().expect("one") else {
        panic!("simulated")
    };
    result.flop_per_sm_per_clock = Some(3600.0);
    let Outcome::Measured { result } = &mut measurements.fma else {
        panic!("simulated")
    };
    result.fp64_over_fp32 = 0.5;
    assert_eq!(judge(&models, &inventory, None, &measurements), honest);
}

#[test]
fn an_unknown_claim_is_indeterminate_and_what_fits_is_named() {
    let models = Models::builtin();
    let (inventory, measurements) = Gpu::honest(models.get("rtx4090").expect("row")).run(1);
    let verdict = judge(&models, &inventory, Some("rtx9090"), &measurements);
    assert_eq!(verdict.identity.result, IdentityResult::Indeterminate);
    assert_eq!(
        (verdict.identity.claimed, verdict.identity.best_fit.as_deref()),
        (None, Some("rtx4090"))
    );
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
}

/// Failing a step must not spare a GPU what the step would have found.
#[test]
fn a_gpu_whose_memory_layout_or_bandwidth_could_not_be_measured_is_never_verified() {
    let models = Models::builtin();
    let model = models.get("a100-sxm-80").expect("a row of the table");
    let (inventory, measurements) = Gpu::honest(model).run(7);
    assert_ne!(
        judge(&models, &inventory, None, &measurements).conclusion,
        Conclusion::Inconclusive
    );
    let error = || "refused".to_owned();
    let breaks: [fn(&mut Measurements, String); 3] = [
        |all, error| all.capacity = Outcome::Failed { error },
        |all, error| all.census = Outcome::Failed { error },
        |all, error| all.bandwidth = Outcome::Failed { error },
    ];
    for broken in breaks {
        let mut measurements = measurements.clone();
        broken(&mut measurements, error());
        let conclusion = judge(&models, &inventory, None, &measurements).conclusion;
        assert_eq!(conclusion, Conclusion::Inconclusive);
    }
}
