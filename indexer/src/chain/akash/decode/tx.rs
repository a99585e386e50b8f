//! Transactions: wrapper, fee, messages, answers, events.

use super::error::{DecodeError, FieldError};
use super::event::{self, Attributes, Encoding};
use super::wire::{TxResult, WireEvent};
use super::{TxBytes, event_error, message, text};
use crate::chain::akash::model::{Coin, Event, EventBody, Message, Phase, Tx};
use cosmrs::Any;
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use cosmrs::proto::prost::Message as _;

/// Where a transaction stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) height: u64,
    pub(super) index: u32,
}

/// What the signed bytes say.
#[derive(Default)]
struct Signed {
    messages: Vec<Any>,
    fee: Option<Fee>,
}

/// Decodes a transaction with its result.
///
/// A failed transaction may hold anything, since the chain refused it: what cannot be read in it is left
/// out or `Unknown`, and of its events only the fee means anything. In a successful one an unreadable
/// part is an error.
pub(super) fn decode(
    place: Place,
    body: &TxBytes,
    outcome: &TxResult<'_>,
    encoding: Encoding,
) -> Result<Tx, DecodeError> {
    let tolerant = outcome.code != 0;
    let fail = |source| DecodeError::Tx {
        height: place.height,
        tx_index: place.index,
        source,
    };
    let signed = match signed(&body.bytes) {
        Err(_) if tolerant => Signed::default(),
        read => read.map_err(fail)?,
    };
    let fee = match signed.fee.as_ref().map_or(Ok(Vec::new()), declared_fee) {
        Err(_) if tolerant => Vec::new(),
        read => read.map_err(fail)?,
    };
    let events = events(place, &signed.messages, outcome, encoding)?;
    let payer = |event: &Event| match &event.body {
        EventBody::Fee { payer, .. } if !payer.is_empty() => Some(payer.clone()),
        _ => None,
    };
    let fee_payer = events
        .iter()
        .find_map(payer)
        .or_else(|| signed.fee.map(|fee| fee.payer))
        .unwrap_or_default();
    let gas = |field, text: &Option<_>| gas(field, text).map_err(fail);
    Ok(Tx {
        index: place.index,
        hash: hex::encode_upper(body.hash),
        code: outcome.code,
        codespace: outcome.codespace.as_deref().unwrap_or_default().to_owned(),
        gas_wanted: gas("gas_wanted", &outcome.gas_wanted)?,
        gas_used: gas("gas_used", &outcome.gas_used)?,
        fee,
        fee_payer,
        messages: messages(place, signed.messages, outcome, tolerant)?,
        events,
    })
}

fn signed(bytes: &[u8]) -> Result<Signed, FieldError> {
    let raw = TxRaw::decode(bytes)?;
    let body = TxBody::decode(raw.body_bytes.as_slice())?;
    let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice())?;
    Ok(Signed {
        messages: body.messages,
        fee: auth.fee,
    })
}

fn declared_fee(fee: &Fee) -> Result<Vec<Coin>, FieldError> {
    let coin = |coin: &cosmrs::proto::cosmos::base::v1beta1::Coin| {
        Ok(Coin {
            denom: text::denom("fee", &coin.denom)?,
            amount: text::amount("fee", &coin.amount)?,
        })
    };
    fee.amount.iter().map(coin).collect()
}

/// Nodes print gas as a signed number; a negative one means nothing was metered.
fn gas(field: &'static str, text: &Option<super::Text<'_>>) -> Result<u64, FieldError> {
    let Some(text) = text else { return Ok(0) };
    Ok(text::signed(field, text)?.try_into().unwrap_or(0))
}

fn messages(
    place: Place,
    outer: Vec<Any>,
    outcome: &TxResult<'_>,
    tolerant: bool,
) -> Result<Vec<Message>, DecodeError> {
    let mut answers = match answers(outcome) {
        Err(_) if tolerant => Vec::new(),
        read => read.map_err(|source| DecodeError::Tx {
            height: place.height,
            tx_index: place.index,
            source,
        })?,
    }
    .into_iter();
    let mut messages = Vec::with_capacity(outer.len());
    for (msg_index, any) in (0u32..).zip(outer) {
        let answer = answers.next().unwrap_or_default();
        message::unfold(&mut messages, any, msg_index, answer, tolerant).map_err(|failure| DecodeError::Message {
            height: place.height,
            tx_index: place.index,
            msg_index,
            type_url: failure.type_url,
            source: failure.source,
        })?;
    }
    Ok(messages)
}

/// Answers of the outermost messages, from the result's `data`: up to SDK 0.45 in its first list, later
/// in its second.
#[expect(deprecated, reason = "old blocks have nothing but the deprecated list")]
fn answers(outcome: &TxResult<'_>) -> Result<Vec<Vec<u8>>, FieldError> {
    let Some(data) = outcome.data.as_ref().filter(|data| !data.is_empty()) else {
        return Ok(Vec::new());
    };
    let data = TxMsgData::decode(event::base64_bytes("data", data)?.as_slice())?;
    Ok(if data.msg_responses.is_empty() {
        data.data.into_iter().map(|answer| answer.data).collect()
    } else {
        data.msg_responses.into_iter().map(|answer| answer.value).collect()
    })
}

fn events(
    place: Place,
    messages: &[Any],
    outcome: &TxResult<'_>,
    encoding: Encoding,
) -> Result<Vec<Event>, DecodeError> {
    let served = outcome.events.as_deref().unwrap_or_default();
    let mut boundary = Boundary::new(messages, served, encoding);
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
        let phase = Phase::Tx {
            tx_index: place.index,
            msg_index,
        };
        events.push(Event {
            event_index,
            phase,
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

/// Which message old events belong to: each message begins with a `message` event that has an `action`.
///
/// Where there are as many actions as messages, each one begins the next message. Otherwise (a module
/// that emits actions of its own) only an action that is the next message's type URL does.
struct Boundary<'m> {
    messages: &'m [Any],
    exact: bool,
    active: bool,
    current: Option<u32>,
}

impl<'m> Boundary<'m> {
    fn new(messages: &'m [Any], served: &[WireEvent<'_>], encoding: Encoding) -> Self {
        let numbered = served.iter().any(|event| event::has(event, "msg_index", encoding));
        let active = !numbered && !messages.is_empty();
        let actions = if active {
            served.iter().filter(|event| is_action(event, encoding)).count()
        } else {
            0
        };
        Self {
            messages,
            exact: actions == messages.len(),
            active,
            current: None,
        }
    }

    fn pass(&mut self, event: &WireEvent<'_>, encoding: Encoding) {
        if !self.active || !is_action(event, encoding) {
            return;
        }
        let next = self.current.map_or(0, |index| index.saturating_add(1));
        let Some(message) = self.messages.get(next as usize) else {
            return;
        };
        if self.exact || event::first(event, "action", encoding).is_some_and(|action| *action == message.type_url) {
            self.current = Some(next);
        }
    }
}

fn is_action(event: &WireEvent<'_>, encoding: Encoding) -> bool {
    &*event.kind == "message" && event::has(event, "action", encoding)
}
