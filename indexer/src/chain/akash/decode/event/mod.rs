//! Events: type and attributes to body. One arm per event.

mod attributes;
mod bank;
mod kinds;
mod legacy;
mod typed;

pub(super) use attributes::{Attributes, Encoding, base64_bytes, first, has};

use super::error::FieldError;
use super::wire::{self, WireEvent};
use crate::chain::akash::model::{EventBody, Phase};

/// Decodes an event; nothing where the type is known and left alone.
///
/// The attributes come back decoded, since the caller still reads the event's place from them.
pub(super) fn decode<'e, 'a>(
    event: &'e WireEvent<'a>,
    encoding: Encoding,
) -> Result<Option<(EventBody, Attributes<'e, 'a>)>, FieldError> {
    let kind = &*event.kind;
    if wire::skipped(kind) || kinds::left_alone(kind) {
        return Ok(None);
    }
    let attributes = Attributes::decode(event, encoding);
    Ok(body(kind, &attributes)?.map(|body| (body, attributes)))
}

/// The arms. To add an event: a line in `kinds.rs` where its fields are kept as served; else a line here (or in the
/// file of its family) and an arm in the model.
fn body(kind: &str, attributes: &Attributes<'_, '_>) -> Result<Option<EventBody>, FieldError> {
    let known = match kind {
        "transfer" => bank::transfer(attributes)?,
        "coinbase" => bank::coinbase(attributes)?,
        "burn" => bank::burn(attributes)?,
        "mint" => bank::mint(attributes)?,
        "tx" => return bank::fee(attributes),
        "submit_proposal" => return bank::proposal(attributes, Some("")),
        "active_proposal" | "inactive_proposal" => return bank::proposal(attributes, None),
        "cancel_proposal" => return bank::proposal(attributes, Some("proposal_canceled")),
        "akash.v1" => return legacy::body(attributes).map(Some),
        _ => match typed::body(kind, attributes)? {
            Some(body) => body,
            None => attributes.unknown(kind),
        },
    };
    Ok(Some(known))
}

/// Place of an event outside transactions. Events of the pre-block (what an upgrade does) have no mode.
pub(super) fn phase_of(attributes: &Attributes<'_, '_>) -> Phase {
    match attributes.last("mode") {
        Some("EndBlock") => Phase::End,
        _ => Phase::Begin,
    }
}
