//! Every model of the table sold as every other, and the lies that are known from the market.

use super::super::*;
use crate::{
    models::Models,
    verdict::{
        Conclusion, Identity, IdentityResult, Invariant, State, Verdict, judge,
        limits::{ONE_GROUP, PASSES_AS, Reach, TWINS, reach},
    },
};

const RUNS: u64 = 12;

/// The chip of a row. What the table does not know of the H800 is taken from the H100, whose chip it has, and the L2 cache of
/// the boards with more memory from the H200.
fn chip(models: &Models, key: &str) -> Chip {
    let row = |key: &str| Chip::of(models.get(key).expect("row"));
    match key {
        "h800" => Chip {
            fp64_over_fp32: row("h800").fp64_over_fp32,
            ..row("h100-sxm")
        },
        "gh200-96" | "gh200-144" | "h100-nvl" | "h200-nvl" => Chip {
            l2_mb: row("h200-sxm").l2_mb,
            ..row(key)
        },
        other => row(other),
    }
}

fn verdicts(models: &Models, claimed: &str, chip: &Chip, conditions: &[Condition]) -> Vec<Verdict> {
    let shown = models.get(claimed).expect("row");
    let gpu = Gpu {
        chip: chip.clone(),
        shown,
        conditions: conditions.to_vec(),
    };
    (0..RUNS)
        .map(|seed| {
            let (inventory, measurements) = gpu.run(seed);
            judge(models, &inventory, Some(claimed), &measurements)
        })
        .collect()
}

fn names(identity: &Identity, key: &str) -> bool {
    identity.best_fit.as_deref() == Some(key) || identity.also_fits.iter().any(|other| other == key)
}

#[test]
fn every_model_sold_as_every_other_ends_as_the_list_of_limits_says() {
    let models = Models::builtin();
    for (claimed, _) in models.iter() {
        for (real, _) in models.iter().filter(|(real, _)| *real != claimed) {
            let all = verdicts(&models, claimed, &chip(&models, real), &[]);
            let lies = all
                .iter()
                .filter(|verdict| verdict.conclusion == Conclusion::NotTheClaimedModel)
                .count();
            let matches = all
                .iter()
                .filter(|verdict| verdict.identity.result == IdentityResult::Match)
                .count();
            let context = format!("{real} sold as {claimed}: called a lie in {lies} of {RUNS}, matched in {matches}");
            match reach(claimed, real).0 {
                Reach::Caught => assert_eq!(lies, RUNS as usize, "{context}"),
                Reach::NotVerified => assert!(matches == 0 && lies < RUNS as usize, "{context}"),
                Reach::Passes => assert!(matches == RUNS as usize, "{context}"),
            }
            // Of the H800 too little is known to name it.
            if lies == RUNS as usize && real != "h800" {
                assert!(
                    all.iter().all(|verdict| names(&verdict.identity, real)),
                    "{context}, but not named"
                );
            }
            let slices = all
                .iter()
                .filter(|verdict| verdict.states.iter().any(|state| matches!(state, State::Mig { .. })));
            assert_eq!(slices.count(), 0, "{context}: another model is no slice");
        }
    }
}

#[test]
fn close_pairs_are_told_apart_by_what_differs() {
    use Invariant::{Bandwidth, Code, Memory, Multiprocessors, SingleRate, TensorRate};
    let models = Models::builtin();
    let cases: [(&str, &str, &[Invariant]); 8] = [
        ("h100-sxm", "h100-pcie", &[Multiprocessors, Bandwidth]),
        ("h200-sxm", "h100-sxm", &[Memory, Bandwidth]),
        ("h100-sxm", "h200-sxm", &[Memory, Bandwidth]),
        ("h100-sxm", "h20", &[Multiprocessors, TensorRate]),
        ("a100-sxm-40", "a100-sxm-80", &[Memory, Bandwidth]),
        ("a100-sxm-80", "cmp170hx", &[Multiprocessors, Memory]),
        ("l40s", "rtx4090", &[Multiprocessors, TensorRate]),
        (
            "h100-sxm",
            "a100-sxm-80",
            &[Multiprocessors, TensorRate, Code, SingleRate, Bandwidth],
        ),
    ];
    for (claimed, real, expected) in cases {
        for verdict in verdicts(&models, claimed, &chip(&models, real), &[]) {
            let against = |invariant| {
                verdict
                    .identity
                    .evidence
                    .iter()
                    .any(|one| one.invariant == invariant && one.counts && !one.fits)
            };
            assert!(
                expected.iter().all(|one| against(*one)),
                "{real} as {claimed}: {:#?}",
                verdict.identity
            );
        }
    }
}

#[test]
fn a_gaming_card_with_more_memory_is_no_l40s() {
    let models = Models::builtin();
    let modified = Chip {
        memory_bytes: 48.0 * 1.07e9,
        ..chip(&models, "rtx4090")
    };
    for verdict in verdicts(&models, "l40s", &modified, &[]) {
        assert_eq!(verdict.conclusion, Conclusion::NotTheClaimedModel, "{verdict:#?}");
    }
}

#[test]
fn a_mining_card_is_no_a100_however_its_arithmetic_is_crippled() {
    let models = Models::builtin();
    for cripple in [1.0, 0.5, 1.0 / 32.0] {
        for verdict in verdicts(
            &models,
            "a100-sxm-80",
            &chip(&models, "cmp170hx"),
            &[Condition::CrippledSingle(cripple)],
        ) {
            assert_eq!(verdict.conclusion, Conclusion::NotTheClaimedModel);
            assert!(names(&verdict.identity, "cmp170hx"), "{:#?}", verdict.identity);
        }
    }
}

/// Crippled multiply-adds alone move one group, however many invariants of it.
#[test]
fn one_group_alone_never_accuses() {
    let models = Models::builtin();
    for verdict in verdicts(
        &models,
        "a100-sxm-80",
        &chip(&models, "a100-sxm-80"),
        &[Condition::CrippledSingle(1.0 / 32.0)],
    ) {
        let against = verdict
            .identity
            .evidence
            .iter()
            .filter(|one| one.counts && !one.fits)
            .count();
        assert_eq!(
            (against, verdict.identity.result),
            (2, IdentityResult::Indeterminate),
            "{:#?}",
            verdict.identity
        );
        assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
    }
}

#[test]
fn a_lie_that_hides_behind_a_slice_or_a_neighbour_is_not_verified() {
    let models = Models::builtin();
    let excuses = [Condition::Busy(0.2), Condition::TimeSliced(0.3)];
    for excuse in excuses {
        for verdict in verdicts(&models, "h100-sxm", &chip(&models, "rtx4090"), &[excuse]) {
            assert!(
                matches!(
                    verdict.conclusion,
                    Conclusion::NotTheClaimedModel | Conclusion::Inconclusive
                ),
                "{excuse:?}: {verdict:#?}"
            );
        }
    }
}

#[test]
fn the_list_of_limits_is_in_the_document_word_for_word() {
    let document = include_str!("../../../../../docs/probe-verdicts.md");
    let listed = |keys: &[&str]| keys.join(", ");
    for twins in TWINS {
        let row = format!("| {} | {} |", listed(twins.models), twins.reason);
        assert!(document.contains(&row), "{row}");
    }
    for pair in PASSES_AS.iter().chain(ONE_GROUP) {
        let row = format!("| {} | {} | {} |", listed(pair.claimed), listed(pair.real), pair.reason);
        assert!(document.contains(&row), "{row}");
    }
}
