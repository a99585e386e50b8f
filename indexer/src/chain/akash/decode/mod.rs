//! RPC bodies of one height, any era, to a [`Block`].
//!
//! The *encoding* follows the shape of the response: `begin_block_events` and `end_block_events` mean
//! base64, `finalize_block_events` means plain text. Heights and versions play no part in here.
//!
//! To add an event: one arm in [`event`] (or in the file of its module there). To add a message: its
//! layout in [`super::proto`] and one arm in [`message`]. What has no arm is kept as `Unknown`, never
//! dropped and never fatal.

mod error;
mod event;
mod header;
mod merkle;
pub(super) mod message;
pub(super) mod text;
mod tx;
mod tx_events;
mod unique;
mod wire;

#[cfg(test)]
mod tests;

pub use error::{Body, DecodeError, FieldError, LinkError};
pub use header::{check_link, decode_header};
pub use merkle::transactions_root;
pub use message::EXEC_MAX_DEPTH;
pub use wire::BODY_MAX_BYTES;

use crate::chain::akash::model::{Block, Event, Header, Phase, Tx};
use crate::source::RawBlock;
use event::Encoding;
use sha2::{Digest, Sha256};
use wire::{BlockResult, Results, Text, TxResult, WireEvent};

/// Decodes one height.
///
/// Checked on the way: all bodies belong to this height, block and meta are of the same chain and hash,
/// the number of transactions agrees everywhere, and the transactions hash to the header's `data_hash`.
/// The chain id is not compared with an expected one and the link to the block before is not checked:
/// see [`check_link`].
///
/// # Errors
/// Any error means that no row of this height may be written.
pub fn decode_block(raw: &RawBlock) -> Result<Block, DecodeError> {
    let height = raw.height;
    let (header, data_hash) = header::decode(raw)?;
    let results: Results<'_> = wire::rpc(height, Body::Results, &raw.results)?;
    check_height(height, Body::Results, &results.height)?;
    let bodies = tx_bodies(raw, &header, &data_hash)?;
    let outcomes = results.txs_results.as_deref().unwrap_or_default();
    check_counts(&header, bodies.len(), outcomes.len())?;
    let encoding = encoding_of(height, &results)?;
    let txs = decode_txs(height, &bodies, outcomes, encoding)?;
    let events = block_events(height, &results, encoding)?;
    let block = Block { header, txs, events };
    unique::check(&block)?;
    Ok(block)
}

/// A transaction's raw bytes and their hash.
struct TxBytes {
    bytes: Vec<u8>,
    hash: [u8; 32],
}

/// Transactions of `/block`, checked against the header.
fn tx_bodies(raw: &RawBlock, header: &Header, data_hash: &str) -> Result<Vec<TxBytes>, DecodeError> {
    let height = raw.height;
    let Some(bytes) = &raw.block else {
        return if header.num_txs == 0 {
            Ok(Vec::new())
        } else {
            Err(DecodeError::Missing {
                height,
                body: Body::Block,
                what: "the body itself, though there are transactions",
            })
        };
    };
    let served: BlockResult<'_> = wire::rpc(height, Body::Block, bytes)?;
    header::check_same(header, &served)?;
    let txs = served.block.data.txs.unwrap_or_default();
    let bodies = txs
        .iter()
        .map(|tx| tx_bytes(height, tx))
        .collect::<Result<Vec<_>, _>>()?;
    let leaves: Vec<[u8; 32]> = bodies.iter().map(|body| body.hash).collect();
    let computed = hex::encode_upper(transactions_root(&leaves));
    // A header without transactions may leave its data hash empty.
    if computed != data_hash && !(bodies.is_empty() && data_hash.is_empty()) {
        return Err(DecodeError::DataHash {
            height,
            expected: data_hash.to_owned(),
            computed,
        });
    }
    Ok(bodies)
}

fn tx_bytes(height: u64, text: &Text<'_>) -> Result<TxBytes, DecodeError> {
    let bytes = event::base64_bytes("transaction", text).map_err(|source| DecodeError::Field {
        height,
        body: Body::Block,
        source,
    })?;
    let hash = Sha256::digest(&bytes).into();
    Ok(TxBytes { bytes, hash })
}

fn check_height(height: u64, body: Body, text: &str) -> Result<(), DecodeError> {
    let got = text::unsigned("height", text).map_err(|source| DecodeError::Field { height, body, source })?;
    if got == height {
        Ok(())
    } else {
        Err(DecodeError::WrongHeight { height, body, got })
    }
}

fn check_counts(header: &Header, block: usize, results: usize) -> Result<(), DecodeError> {
    let declared = header.num_txs as usize;
    if declared == block && block == results {
        return Ok(());
    }
    Err(DecodeError::TxCount {
        height: header.height,
        header: declared,
        block,
        results,
    })
}

/// Old nodes split the block's events in two lists and encode attributes in base64.
fn encoding_of(height: u64, results: &Results<'_>) -> Result<Encoding, DecodeError> {
    if results.finalize_block_events.is_some() {
        Ok(Encoding::Plain)
    } else if results.begin_block_events.is_some() || results.end_block_events.is_some() {
        Ok(Encoding::Base64)
    } else {
        Err(DecodeError::Missing {
            height,
            body: Body::Results,
            what: "the list of block events",
        })
    }
}

fn decode_txs(
    height: u64,
    bodies: &[TxBytes],
    outcomes: &[TxResult<'_>],
    encoding: Encoding,
) -> Result<Vec<Tx>, DecodeError> {
    let mut txs = Vec::with_capacity(bodies.len());
    for (index, (body, outcome)) in (0u32..).zip(bodies.iter().zip(outcomes)) {
        txs.push(tx::decode(tx::Place { height, index }, body, outcome, encoding)?);
    }
    Ok(txs)
}

/// Events outside transactions, numbered over both lists where there are two, so that both shapes of
/// the same block give the same indexes.
fn block_events(height: u64, results: &Results<'_>, encoding: Encoding) -> Result<Vec<Event>, DecodeError> {
    let lists: [(&[WireEvent<'_>], Option<Phase>); 3] = [
        (
            results.begin_block_events.as_deref().unwrap_or_default(),
            Some(Phase::Begin),
        ),
        (
            results.end_block_events.as_deref().unwrap_or_default(),
            Some(Phase::End),
        ),
        (results.finalize_block_events.as_deref().unwrap_or_default(), None),
    ];
    let mut events = Vec::new();
    let mut event_index = 0u32;
    for (list, phase) in lists {
        for served in list {
            let fail = |source| event_error(height, None, event_index, served, source);
            if let Some((body, attributes)) = event::decode(served, encoding).map_err(fail)? {
                let phase = phase.unwrap_or_else(|| event::phase_of(&attributes));
                events.push(Event {
                    event_index,
                    phase,
                    inner_index: None,
                    body,
                });
            }
            event_index += 1;
        }
    }
    Ok(events)
}

fn event_error(
    height: u64,
    tx_index: Option<u32>,
    event_index: u32,
    event: &WireEvent<'_>,
    source: FieldError,
) -> DecodeError {
    let kind = event.kind.chars().take(120).collect();
    DecodeError::Event {
        height,
        tx_index,
        event_index,
        kind,
        source,
    }
}
