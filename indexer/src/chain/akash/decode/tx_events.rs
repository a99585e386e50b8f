//! Events of a transaction and the messages to which they belong.

use super::error::{DecodeError, FieldError};
use super::event::{self, Attributes, Encoding};
use super::message::Unfolded;
use super::tx::Place;
use super::wire::{TxResult, WireEvent};
use super::{event_error, text};
use crate::chain::akash::model::{Event, EventBody, Phase};

/// Decodes the events of a transaction. Of a failed one only the fee is kept: nothing else happened.
pub(super) fn decode(
    place: Place,
    outer_types: &[String],
    messages: &Unfolded,
    outcome: &TxResult<'_>,
    encoding: Encoding,
) -> Result<Vec<Event>, DecodeError> {
    let served = outcome.events.as_deref().unwrap_or_default();
    let mut boundary = Boundary::new(outer_types, served, encoding);
    let mut events = Vec::with_capacity(served.len() / 2);
    for (event_index, wire) in (0u32..).zip(served) {
        let fail = |source| event_error(place.height, Some(place.index), event_index, wire, source);
        boundary.pass(wire, encoding);
        let Some((body, attributes)) = event::decode(wire, encoding).map_err(fail)? else {
            continue;
        };
        if outcome.code != 0 && !matches!(body, EventBody::Fee { .. }) {
            continue;
        }
        let msg_index = message_of(&attributes).map_err(fail)?.or(boundary.current);
        let inner_index = inner_of(&attributes, msg_index, messages).map_err(fail)?;
        let phase = Phase::Tx {
            tx_index: place.index,
            msg_index,
        };
        events.push(Event {
            event_index,
            phase,
            inner_index,
            body,
        });
    }
    Ok(events)
}

/// Since SDK 0.46 each event of a message names its index. The chain appends it, so the last one counts.
fn message_of(attributes: &Attributes<'_, '_>) -> Result<Option<u32>, FieldError> {
    attributes
        .last("msg_index")
        .map(|index| text::unsigned32("msg_index", index))
        .transpose()
}

/// Each wrapper appends the index that the message has in it, so the innermost index comes first.
fn inner_of(
    attributes: &Attributes<'_, '_>,
    msg_index: Option<u32>,
    messages: &Unfolded,
) -> Result<Option<u32>, FieldError> {
    let Some(msg_index) = msg_index else {
        return Ok(None);
    };
    let mut path = attributes
        .every("authz_msg_index")
        .map(|index| text::unsigned32("authz_msg_index", index))
        .collect::<Result<Vec<_>, _>>()?;
    path.reverse();
    Ok(messages.inner_index(msg_index, &path))
}

/// Which message old events belong to: each message begins with a `message` event that has an `action`.
///
/// Where there are as many actions as messages, each one begins the next message. Otherwise (a module
/// that emits actions of its own) only an action that is the next message's type URL does.
struct Boundary<'m> {
    outer_types: &'m [String],
    exact: bool,
    active: bool,
    current: Option<u32>,
}

impl<'m> Boundary<'m> {
    fn new(outer_types: &'m [String], served: &[WireEvent<'_>], encoding: Encoding) -> Self {
        let numbered = served.iter().any(|event| event::has(event, "msg_index", encoding));
        let active = !numbered && !outer_types.is_empty();
        let actions = served
            .iter()
            .filter(|event| active && is_action(event, encoding))
            .count();
        Self {
            outer_types,
            exact: actions == outer_types.len(),
            active,
            current: None,
        }
    }

    fn pass(&mut self, event: &WireEvent<'_>, encoding: Encoding) {
        if !self.active || !is_action(event, encoding) {
            return;
        }
        let next = self.current.map_or(0, |index| index.saturating_add(1));
        let Some(expected) = self.outer_types.get(next as usize) else {
            return;
        };
        if self.exact || event::first(event, "action", encoding).is_some_and(|action| *action == **expected) {
            self.current = Some(next);
        }
    }
}

fn is_action(event: &WireEvent<'_>, encoding: Encoding) -> bool {
    &*event.kind == "message" && event::has(event, "action", encoding)
}
