//! Both verdicts and the conclusion.

use super::{Conclusion, Grade, IdentityResult, Performance, State, Verdict, identity, performance, states};
use crate::{
    models::Models,
    report::{Inventory, Measurements, Outcome},
};

/// What follows from the measurements of one GPU. `claimed` is the key that the operator gave; without one the inventory
/// says what is claimed ([`Models::claim`]).
pub fn judge(models: &Models, inventory: &Inventory, claimed: Option<&str>, measurements: &Measurements) -> Verdict {
    let claim = models.claim(claimed, inventory);
    let model = claim.and_then(|key| models.get(key));
    let states = states::find(model, inventory, measurements);
    let suspended = states::suspended(&states);
    let identity = identity::identify(models, claim, inventory, measurements, &suspended);
    let performance = performance::perform(model, measurements);
    let contradicted = identity.evidence.iter().any(|one| one.counts && !one.fits);
    let exact = Exact::of(measurements);
    // A GPU that was lost on the way is verified by nothing that was measured before.
    // Nor is one whose layout, memory or bandwidth could not be measured: failing a step must not spare a GPU its finding.
    let undecided = contradicted || measurements.ended_early.is_some() || has_failed(measurements);
    let conclusion = conclude(identity.result, undecided, &performance, &states, exact);
    Verdict {
        conclusion,
        identity,
        performance,
        states,
    }
}

/// Whether a step on which identity rests was tried and went wrong.
fn has_failed(measurements: &Measurements) -> bool {
    matches!(measurements.census, Outcome::Failed { .. })
        || matches!(measurements.bandwidth, Outcome::Failed { .. })
        || matches!(measurements.capacity, Outcome::Failed { .. })
}

/// What the exact products say when none of them was wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exact {
    /// At least one was made and checked.
    Right,
    /// None was made, on purpose.
    NotMade,
    /// They could not be made.
    Failed,
}

impl Exact {
    fn of(measurements: &Measurements) -> Self {
        match &measurements.exact {
            Outcome::Measured { result }
                if result
                    .cases
                    .iter()
                    .any(|case| case.correct && case.freivalds_rounds > 0) =>
            {
                Self::Right
            }
            Outcome::Measured { .. } | Outcome::NotMeasured { .. } => Self::NotMade,
            Outcome::Failed { .. } => Self::Failed,
        }
    }
}

/// The accusation first, for it explains faults too (memory that a smaller card only pretends to have), then faults, then
/// what excuses; only a whole and free GPU whose results are right is verified.
fn conclude(
    identity: IdentityResult,
    undecided: bool,
    performance: &Performance,
    states: &[State],
    exact: Exact,
) -> Conclusion {
    if identity == IdentityResult::Mismatch {
        return Conclusion::NotTheClaimedModel;
    }
    if states::is_faulty(states) {
        return Conclusion::Faulty;
    }
    if undecided || states::is_time_doubtful(states) || exact == Exact::Failed {
        return Conclusion::Inconclusive;
    }
    if states::is_part(states) {
        return Conclusion::Partial;
    }
    let fast = matches!(performance, Performance::Graded { grade, .. } if *grade <= Grade::B);
    match identity {
        IdentityResult::Match if fast && exact == Exact::Right => Conclusion::Verified,
        IdentityResult::Match => Conclusion::VerifiedDegraded,
        IdentityResult::Mismatch | IdentityResult::Indeterminate => Conclusion::Inconclusive,
    }
}
