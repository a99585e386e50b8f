//! Honest GPUs, slow and fast ones, are never accused, and get the grade that their figures say.

use super::super::*;
use crate::{
    models::Models,
    verdict::{Conclusion, Grade, Graded, IdentityResult, Performance, judge},
};

const RUNS: u64 = 1000;
/// Rows of which so little is known that nothing can match them.
const TOO_LITTLE_KNOWN: [&str; 1] = ["h800"];

/// The definition of the grades, written down a second time.
fn defined(ratio: f64) -> Grade {
    if ratio >= 0.92 {
        Grade::A
    } else if ratio >= 0.85 {
        Grade::B
    } else if ratio >= 0.75 {
        Grade::C
    } else if ratio >= 0.60 {
        Grade::D
    } else {
        Grade::F
    }
}

fn check_grade(graded: &Graded, measured: f64, reference: f64) {
    let ratio = measured / reference;
    assert!((graded.ratio / ratio - 1.0).abs() < 1e-5, "{graded:?}");
    assert_eq!(graded.grade, defined(graded.ratio), "{graded:?}");
    assert_eq!(graded.reference, reference);
}

#[test]
fn a_thousand_honest_runs_of_every_model_accuse_nobody_and_are_graded_as_defined() {
    let models = Models::builtin();
    let rows: Vec<_> = models.iter().collect();
    std::thread::scope(|scope| {
        for part in rows.chunks(rows.len().div_ceil(2)) {
            let models = &models;
            scope.spawn(move || part.iter().for_each(|(key, model)| a_thousand_runs(models, key, model)));
        }
    });
}

fn a_thousand_runs(models: &Models, key: &str, model: &Model) {
    let known = !TOO_LITTLE_KNOWN.contains(&key);
    // Without a PCI id in the table it is the name that claims.
    for seed in 0..RUNS {
        let (inventory, measurements) = Gpu::honest(model).run(seed);
        let verdict = judge(models, &inventory, None, &measurements);
        let context = || format!("{key}, seed {seed}: {verdict:#?}");
        assert_eq!(verdict.identity.claimed.as_deref(), Some(key));
        assert!(
            verdict.identity.evidence.iter().all(|one| one.fits || !one.counts),
            "{}",
            context()
        );
        assert_eq!(verdict.identity.result == IdentityResult::Match, known, "{}", context());
        assert_ne!(verdict.identity.result, IdentityResult::Mismatch, "{}", context());
        assert!(verdict.states.is_empty(), "{}", context());
        if known {
            assert_eq!(verdict.identity.best_fit.as_deref(), Some(key));
        }
        let grade = grades_as_defined(model, &measurements, &verdict.performance);
        let expected = match grade {
            _ if !known => Conclusion::Inconclusive,
            Some(Grade::A | Grade::B) => Conclusion::Verified,
            Some(_) | None => Conclusion::VerifiedDegraded,
        };
        assert_eq!(verdict.conclusion, expected, "{}", context());
    }
}

/// The grade, after checking it against its definition; `None` when nothing could be graded.
fn grades_as_defined(model: &Model, measurements: &Measurements, performance: &Performance) -> Option<Grade> {
    let read = measurements.bandwidth.measured().expect("simulated").read.median;
    let memory_reference = model.reference.memory_gbps.as_ref().map(|reference| reference.value);
    match performance {
        Performance::Graded { compute, memory, grade } => {
            let sustained = measurements.sustained.measured().expect("graded").tflops.median;
            let reference = model.reference.compute_tflops.as_ref().expect("graded").value;
            check_grade(compute, sustained, reference);
            check_grade(memory, read, memory_reference.expect("graded"));
            assert_eq!(*grade, compute.grade.max(memory.grade), "the worse of both");
            Some(*grade)
        }
        Performance::NotMeasured { reason, memory } => {
            assert!(!reason.is_empty());
            let kernel = measurements.sustained.measured().is_some();
            assert!(
                !kernel || model.reference.compute_tflops.is_none(),
                "a kernel and a reference give a grade"
            );
            if let (Some(memory), Some(reference)) = (memory, memory_reference) {
                check_grade(memory, read, reference);
            }
            None
        }
    }
}

/// The scatter must be as wide as it is said to be, else the test above proves little.
#[test]
fn simulated_gpus_scatter_as_real_ones_do() {
    let models = Models::builtin();
    let model = models.get("h100-sxm").expect("row");
    let speeds: Vec<f64> = (0..RUNS)
        .map(|seed| {
            Gpu::honest(model)
                .run(seed)
                .1
                .sustained
                .measured()
                .expect("simulated")
                .tflops
                .median
        })
        .collect();
    let mean = speeds.iter().sum::<f64>() / speeds.len() as f64;
    let spread = (speeds.iter().map(|speed| (speed / mean - 1.0).powi(2)).sum::<f64>() / speeds.len() as f64).sqrt();
    assert!((0.07..0.10).contains(&spread), "{spread}");
    let lowest = speeds.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(lowest < 0.80 * mean, "{lowest} of {mean}");
}

/// B200: no kernel of ours. Never a fail.
#[test]
fn an_architecture_without_a_kernel_is_not_measured_and_not_failed() {
    let models = Models::builtin();
    for key in ["b200", "gb200", "b300", "v100-sxm2-32", "t4"] {
        let (inventory, measurements) = Gpu::honest(models.get(key).expect("row")).run(5);
        let verdict = judge(&models, &inventory, None, &measurements);
        assert_eq!(verdict.conclusion, Conclusion::VerifiedDegraded, "{key}");
        assert!(
            matches!(&verdict.performance, Performance::NotMeasured { reason, memory: Some(_) } if reason.contains("no tensor kernel")),
            "{key}: {:?}",
            verdict.performance
        );
    }
}
