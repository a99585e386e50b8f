//! Bodies of getTransaction to transactions. Pure; whatever is not understood stops the slot.
//!
//! Encodings `json` and `base64` give the same transactions. `jsonParsed` is refused: what it calls an instruction changes
//! with the version of the node.

mod body;
mod error;
mod limits;
mod message;
mod transaction;
mod wire;

#[cfg(test)]
mod tests;

pub use error::{DecodeError, Fault};

use super::model::Slot;
use crate::source::{RawSlot, RawWindow};
use limits::{MAX_TIME_S, MAX_TRANSACTIONS, MAX_WINDOW_BYTES};
use message::at_most;

/// Decodes everything that was served of one slot.
///
/// # Errors
/// Anything that is not understood, contradicts itself or is unknown to the node. The slot must then be fetched again.
pub fn decode_slot(raw: &RawSlot) -> Result<Slot, DecodeError> {
    let of_slot = |fault| DecodeError {
        slot: raw.slot,
        signature: None,
        fault,
    };
    at_most("transactions of a slot", raw.transactions.len(), MAX_TRANSACTIONS).map_err(of_slot)?;
    let window = window(raw).map_err(of_slot)?;
    let mut block_time = window.as_ref().and_then(|window| window.block_time);
    let mut transactions = Vec::with_capacity(raw.transactions.len());
    for one in &raw.transactions {
        let of_transaction = |fault| DecodeError {
            slot: raw.slot,
            signature: Some(one.signature.clone()),
            fault,
        };
        let listed = *block_time.get_or_insert(one.block_time);
        same_time(one.block_time, listed).map_err(of_transaction)?;
        transactions.push(transaction::decode(raw.slot, one).map_err(of_transaction)?);
    }
    transactions.sort_unstable_by(|a, b| a.signature.cmp(&b.signature));
    if let Some(pair) = transactions
        .windows(2)
        .find(|pair| pair[0].signature == pair[1].signature)
    {
        return Err(DecodeError {
            slot: raw.slot,
            signature: Some(pair[0].signature.clone()),
            fault: Fault::Duplicate,
        });
    }
    Ok(Slot {
        slot: raw.slot,
        block_time,
        window,
        transactions,
    })
}

fn window(raw: &RawSlot) -> Result<Option<RawWindow>, Fault> {
    let Some(json) = &raw.window else { return Ok(None) };
    at_most("the window", json.len(), MAX_WINDOW_BYTES)?;
    let window: RawWindow = serde_json::from_slice(json).map_err(Fault::Json)?;
    if window.to != raw.slot || window.from > window.to {
        return Err(Fault::Window {
            from: window.from,
            to: window.to,
        });
    }
    window.block_time.map_or(Ok(()), plausible)?;
    Ok(Some(window))
}

fn same_time(body: i64, listed: i64) -> Result<(), Fault> {
    plausible(body)?;
    match body == listed {
        true => Ok(()),
        false => Err(Fault::OtherTime { body, listed }),
    }
}

fn plausible(time: i64) -> Result<(), Fault> {
    match (1..MAX_TIME_S).contains(&time) {
        true => Ok(()),
        false => Err(Fault::Time(time)),
    }
}
