//! The rows of entries as the archive has them.

use super::super::error::PipelineError;
use super::super::quarantine::{Fault, Rejected};
use super::super::vault::Vault;
use super::derive_one;
use crate::chain::SeriesKind;
use gridproof_store::batch::{Batch, Origin};
use gridproof_store::state_db::Span;

/// The rows of all entries of `span`, derived from their archived documents. A document that is missing, damaged or not
/// accepted any more rejects the whole span.
pub(in crate::pipeline) async fn derived(
    vault: &Vault,
    kind: &SeriesKind,
    origin: Origin,
    span: Span,
) -> Result<Result<Batch, Rejected>, PipelineError> {
    let mut all = Batch::new(origin.clone());
    for sequence in span.from..=span.to {
        let rejected = |why: String| Rejected::because(Fault::Archive, sequence, why);
        let document = match vault.entry(kind.stage, sequence).await {
            Ok(Some(document)) => document,
            Ok(None) => return Ok(Err(rejected(format!("entry {sequence} is not in the archive")))),
            Err(PipelineError::Archive(error)) if error.is_damage() => return Ok(Err(rejected(error.to_string()))),
            Err(error) => return Err(error),
        };
        let (kind, origin) = (*kind, origin.clone());
        let derive = move || derive_one(&kind, origin, sequence, &document);
        match tokio::task::spawn_blocking(derive).await? {
            Ok(batch) => all.append(batch),
            Err(rejected) => return Ok(Err(rejected)),
        }
    }
    Ok(Ok(all))
}
