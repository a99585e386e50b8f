//! From archived bytes to the rows of one range. Pure, and busy: run it on a blocking thread.

use super::quarantine::Rejected;
use crate::chain::Family;
use gridproof_store::batch::{Batch, Origin};

/// The fact rows of a range.
///
/// # Errors
/// A block whose rows cannot be derived or encoded.
pub(super) fn derive_facts<F: Family>(rules: &F, origin: Origin, blocks: &[F::Block]) -> Result<Batch, Rejected> {
    let mut batch = Batch::new(origin);
    for block in blocks {
        rules.derive(block, &mut batch)?;
    }
    Ok(batch)
}
