//! A verdict in words: one sentence with what it means, and what to do.

use super::text::plain;
use gridproof_probe_protocol::models::Models;
use gridproof_probe_protocol::verdict::{Conclusion, Grade, Identity, Performance, State, Verdict};

/// The conclusion in one sentence.
pub(crate) fn sentence(verdict: &Verdict, models: &Models) -> String {
    let claim = claimed(&verdict.identity, models);
    match verdict.conclusion {
        Conclusion::Verified => format!(
            "VERIFIED: this is what it is sold as, {claim}, and as fast{}.",
            graded(verdict)
        ),
        Conclusion::VerifiedDegraded => {
            format!(
                "VERIFIED, DEGRADED: this is what it is sold as, {claim}, but {}.",
                weakness(verdict)
            )
        }
        Conclusion::Partial => {
            "PARTIAL: this is a part or a share of a GPU; what was measured is right for that, and is not a whole GPU."
                .to_owned()
        }
        Conclusion::Inconclusive => {
            format!("INCONCLUSIVE: nothing contradicts the claim ({claim}), but too little supports it.")
        }
        Conclusion::NotTheClaimedModel => format!(
            "NOT THE CLAIMED MODEL: at least two independent properties of the hardware contradict {claim}{}.",
            best_fit(&verdict.identity, models)
        ),
        Conclusion::Faulty => format!("FAULTY: {}; this GPU should do no work for anybody.", fault(verdict)),
    }
}

/// What to do about it.
pub(super) fn advice(verdict: &Verdict) -> &'static str {
    match verdict.conclusion {
        Conclusion::Verified => "Nothing to do.",
        Conclusion::VerifiedDegraded => {
            "Look at the states below, at cooling, power limit and PCIe slot, then run it again with --full."
        }
        Conclusion::Partial => {
            "If it is to be sold as a whole GPU, switch MIG off or end the other processes, then run it again."
        }
        Conclusion::Inconclusive => {
            "See below what was not measured and why; mend that, or name the model with --claim, then run it again."
        }
        Conclusion::NotTheClaimedModel => {
            "Sell it as what it is, or name the right model with --claim. If you think this is wrong, run it again \
             with --full and publish the JSON report: it holds every raw sample."
        }
        Conclusion::Faulty => {
            "Take it out of service, run it again with --full, and have the board checked or replaced."
        }
    }
}

/// Name and key of the claimed model.
pub(super) fn claimed(identity: &Identity, models: &Models) -> String {
    match &identity.claimed {
        Some(key) => named(key, models),
        None => "a model that the table does not know".to_owned(),
    }
}

/// `name (key)`.
pub(super) fn named(key: &str, models: &Models) -> String {
    let safe = plain(key, 32);
    match models.get(key) {
        Some(model) => format!("{} ({safe})", plain(model.name(), 48)),
        None => safe,
    }
}

fn best_fit(identity: &Identity, models: &Models) -> String {
    match &identity.best_fit {
        Some(key) if identity.best_fit != identity.claimed => format!("; {} fits best", named(key, models)),
        _ => String::new(),
    }
}

fn graded(verdict: &Verdict) -> String {
    match &verdict.performance {
        Performance::Graded { compute, memory, .. } => {
            format!(" (compute {}, memory {})", letter(compute.grade), letter(memory.grade))
        }
        Performance::NotMeasured { .. } => String::new(),
    }
}

fn weakness(verdict: &Verdict) -> String {
    match &verdict.performance {
        Performance::Graded { compute, memory, .. } => {
            let below = |name: &str, ratio: f64| format!("its {name} is {:.0} % of the reference", ratio * 100.0);
            if compute.grade >= memory.grade {
                below("sustained compute", compute.ratio)
            } else {
                below("memory bandwidth", memory.ratio)
            }
        }
        Performance::NotMeasured { .. } => "its speed was not graded".to_owned(),
    }
}

fn fault(verdict: &Verdict) -> &'static str {
    let wrong = |state: &State| matches!(state, State::WrongResults { .. });
    if verdict.states.iter().any(wrong) {
        "exact products were wrong"
    } else {
        "memory did not keep what was written"
    }
}

/// A grade as letter.
pub(super) fn letter(grade: Grade) -> char {
    match grade {
        Grade::A => 'A',
        Grade::B => 'B',
        Grade::C => 'C',
        Grade::D => 'D',
        Grade::F => 'F',
    }
}
