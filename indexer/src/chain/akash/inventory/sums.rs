//! Sums that must fit before anybody adds them up.

use super::{Amount, InventoryError, ProviderStatus, Resources};

/// Refuses a status whose sums over all nodes, or over all classes of storage, leave 63 bits.
pub(super) fn check(status: &ProviderStatus) -> Result<(), InventoryError> {
    let of = |pick: fn(&Resources) -> Amount| fits(status.nodes.iter().map(|node| pick(&node.resources)));
    let sums = [
        ("cpu of all nodes", of(|r| r.cpu_milli)),
        ("memory of all nodes", of(|r| r.memory_bytes)),
        ("ephemeral storage of all nodes", of(|r| r.ephemeral_bytes)),
        (
            "storage of all classes",
            fits(status.storage.iter().map(|class| class.bytes)),
        ),
    ];
    match sums.iter().find(|(_, fits)| !fits) {
        None => Ok(()),
        Some((at, _)) => Err(InventoryError::Overflow {
            at: (*at).to_owned(),
            limit: i64::MAX.unsigned_abs(),
        }),
    }
}

/// Both sides together, so that no difference of sums leaves 63 bits either.
fn fits(amounts: impl Iterator<Item = Amount>) -> bool {
    let sum = amounts.fold(0_u128, |sum, amount| {
        let both = u128::from(amount.allocatable.unsigned_abs()) + u128::from(amount.allocated.unsigned_abs());
        sum.saturating_add(both)
    });
    sum <= i64::MAX as u128
}
