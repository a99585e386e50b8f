//! Is it the claimed model? Only by invariants, and only by two independent ones against it.

use super::{
    Identity, IdentityResult, bands,
    evidence::{Compared, Group, Suspended, compare, group},
};
use crate::{
    models::{Model, Models},
    report::{Inventory, Measurements},
};
use std::collections::BTreeSet;

/// One row of the table against the measurements.
struct Fit<'a> {
    key: &'a str,
    compared: Vec<Compared>,
}

impl<'a> Fit<'a> {
    fn new(
        (key, model): (&'a str, &Model),
        inventory: &Inventory,
        measurements: &Measurements,
        suspended: &Suspended,
    ) -> Self {
        Self {
            key,
            compared: compare(model, inventory, measurements, suspended),
        }
    }

    fn groups(&self, fits: bool) -> BTreeSet<Group> {
        let counted = self
            .compared
            .iter()
            .map(|one| &one.evidence)
            .filter(|one| one.counts && one.fits == fits);
        counted.map(|one| group(one.invariant)).collect()
    }

    fn against(&self) -> usize {
        self.groups(false).len()
    }

    /// Nothing against it, and enough for it.
    fn matches(&self) -> bool {
        self.against() == 0 && self.groups(true).len() >= bands::GROUPS_FOR_MATCH
    }

    /// Enough of it was compared to be named at all.
    fn is_eligible(&self) -> bool {
        let both: BTreeSet<_> = self.groups(true).union(&self.groups(false)).copied().collect();
        both.len() >= bands::GROUPS_FOR_MATCH
    }

    fn distance(&self) -> f64 {
        let counted: Vec<f64> = self
            .compared
            .iter()
            .filter(|one| one.evidence.counts)
            .map(|one| one.distance)
            .collect();
        counted.iter().sum::<f64>() / counted.len().max(1) as f64
    }
}

/// The first verdict. `claimed` is a key of the table.
pub(super) fn identify(
    models: &Models,
    claimed: Option<&str>,
    inventory: &Inventory,
    measurements: &Measurements,
    suspended: &Suspended,
) -> Identity {
    let fits: Vec<Fit<'_>> = models
        .iter()
        .map(|row| Fit::new(row, inventory, measurements, suspended))
        .collect();
    let claim = claimed.and_then(|key| fits.iter().find(|fit| fit.key == key));
    let result = match claim {
        Some(claim) if claim.against() >= bands::GROUPS_FOR_MISMATCH => IdentityResult::Mismatch,
        Some(claim) if claim.matches() => IdentityResult::Match,
        Some(_) | None => IdentityResult::Indeterminate,
    };
    let best = match claim {
        Some(claim) if claim.matches() => Some(claim),
        Some(claim) => {
            let best = best_fit(&fits, Some(claim).filter(|_| result == IdentityResult::Mismatch));
            best.filter(|best| best.key == claim.key || best.matches() || best.against() < claim.against())
        }
        None => best_fit(&fits, None),
    };
    let also_fits = fits
        .iter()
        .filter(|fit| fit.matches() && best.is_some_and(|best| best.key != fit.key))
        .map(|fit| fit.key.to_owned())
        .collect();
    let best_fit = best.map(|fit| fit.key.to_owned());
    let evidence = claim
        .into_iter()
        .flat_map(|fit| fit.compared.iter().map(|one| one.evidence.clone()))
        .collect();
    Identity {
        result,
        claimed: claimed.map(str::to_owned),
        best_fit,
        also_fits,
        evidence,
    }
}

/// The row with the fewest contradictions, then the nearest; never the one that was just refuted.
fn best_fit<'a, 'b>(fits: &'a [Fit<'b>], refuted: Option<&Fit<'b>>) -> Option<&'a Fit<'b>> {
    fits.iter()
        .filter(|fit| fit.is_eligible() && refuted.is_none_or(|refuted| refuted.key != fit.key))
        .min_by(|a, b| {
            a.against()
                .cmp(&b.against())
                .then(a.distance().total_cmp(&b.distance()))
        })
}
