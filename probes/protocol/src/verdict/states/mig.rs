//! A slice of a partitioned GPU: the driver says so, or multiprocessors, memory and bandwidth are those of a slice together.

use super::super::{State, bands};
use crate::{
    models::Model,
    report::{Inventory, Measurements},
};

/// Slices and the shares of memory that they come with, in eighths.
const PROFILES: [(&str, &[f64]); 5] = [
    ("1g", &[1.0, 2.0]),
    ("2g", &[2.0]),
    ("3g", &[4.0]),
    ("4g", &[4.0]),
    ("7g", &[8.0]),
];

/// The state, if it is a slice.
pub(super) fn slice(model: Option<&Model>, inventory: &Inventory, measurements: &Measurements) -> Option<State> {
    if inventory.mig.is_slice || inventory.mig.enabled == Some(true) {
        let profile = model
            .and_then(|model| by_census(model, measurements))
            .map(|(name, _)| name.to_owned());
        return Some(State::Mig {
            profile,
            reason: "the driver says so".to_owned(),
        });
    }
    let model = model?;
    let (name, shares) = by_census(model, measurements)?;
    let memory = measurements.capacity.measured()?.verified_bytes as f64 / model.memory_bytes()?;
    let bandwidth = measurements.bandwidth.measured()?.read.median / model.bandwidth_gbps.as_ref()?.value;
    let within = |value: f64, (low, high): (f64, f64)| (low..=high).contains(&value);
    let share = shares
        .iter()
        .map(|eighths| eighths / 8.0)
        .find(|share| within(memory / share, bands::MIG_MEMORY) && within(bandwidth / share, bands::MIG_BANDWIDTH))?;
    let reason = format!("multiprocessors are those of {name}, memory and bandwidth {share} of the whole");
    Some(State::Mig {
        profile: Some(name.to_owned()),
        reason,
    })
}

/// The profile with the multiprocessors that ran; none for as many as the whole GPU has.
fn by_census(model: &Model, measurements: &Measurements) -> Option<(&'static str, &'static [f64])> {
    let seen = u32::try_from(measurements.census.measured()?.sm_ids.len()).ok()?;
    if model.multiprocessors.as_ref().is_some_and(|whole| seen >= whole.value) {
        return None;
    }
    let slices = model.mig_multiprocessors.as_ref()?.value;
    let nearest = (0..slices.len()).min_by_key(|index| slices[*index].abs_diff(seen))?;
    (slices[nearest].abs_diff(seen) <= bands::MIG_MULTIPROCESSORS_SLACK).then_some(PROFILES[nearest])
}
