//! Transactions: wrapper, fee, messages, answers, events.

use super::error::{DecodeError, FieldError};
use super::event::{self, Encoding};
use super::message::{self, Unfolded};
use super::wire::TxResult;
use super::{TxBytes, text, tx_events};
use crate::chain::akash::model::{Coin, Event, EventBody, Tx};
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
    let outer_types: Vec<String> = signed.messages.iter().map(|any| any.type_url.clone()).collect();
    let messages = messages(place, signed.messages, outcome, tolerant)?;
    let events = tx_events::decode(place, &outer_types, &messages, outcome, encoding)?;
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
        messages: messages.list,
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

fn messages(place: Place, outer: Vec<Any>, outcome: &TxResult<'_>, tolerant: bool) -> Result<Unfolded, DecodeError> {
    let mut answers = match answers(outcome) {
        Err(_) if tolerant => Vec::new(),
        read => read.map_err(|source| DecodeError::Tx {
            height: place.height,
            tx_index: place.index,
            source,
        })?,
    }
    .into_iter();
    let mut messages = Unfolded::with_capacity(outer.len());
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
