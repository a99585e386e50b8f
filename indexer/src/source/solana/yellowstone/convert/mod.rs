//! A streamed transaction as the body that `getTransaction` answers in encoding `json`.
//!
//! One decoder reads both, so that a row does not depend on where its transaction came from. Everything in a message is
//! hostile: lengths, indexes and counts are checked before they are used, and what the message cannot tell for certain
//! is a [`Doubt`], for which the RPC is asked.

mod body;
mod failure;
mod message;
mod meta;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::collections::HashSet;

use yellowstone_grpc_proto::geyser::{SubscribeUpdateBlockMeta, SubscribeUpdateTransaction};

use super::links::Block;
use body::Body;

/// Largest number of a kind of thing in one transaction. A transaction has at most 4,096 bytes and 256 account keys.
const MAX_KEYS: usize = 256;
/// Signatures of one transaction, at most.
const MAX_SIGNATURES: usize = 127;
/// Top-level instructions, at most: each takes at least three bytes of the 4,096.
const MAX_INSTRUCTIONS: usize = 1_365;
/// Inner instructions, at most; the runtime's own limit is far lower.
const MAX_INNER: usize = 1_024;
/// Bytes of one instruction's data, at most: what the runtime lets one program hand to another. Base58 takes time with
/// the square of it.
const MAX_DATA_BYTES: usize = 10_240;
/// Bytes of all instructions' data together, at most.
const MAX_ALL_DATA_BYTES: usize = 256 << 10;
/// Bytes of a body that the decoder takes, with room for the time.
const MAX_BODY_BYTES: usize = (4 << 20) - 64;
/// Length of an address or a hash in base58, at most.
const MAX_KEY_CHARS: usize = 44;
/// Log lines, at most; nodes cut logs at 10 kB unless told otherwise.
const MAX_LOG_LINES: usize = 100_000;

/// Why an update cannot be a transaction or a block of the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A part that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Bytes or text of the wrong length.
    #[error("{what} has {got} bytes instead of {expected}")]
    Length {
        /// Of what.
        what: &'static str,
        /// Bytes expected.
        expected: usize,
        /// Bytes found.
        got: usize,
    },
    /// More things than a transaction can have.
    #[error("{got} {what}, more than {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// Found.
        got: usize,
        /// Accepted.
        limit: usize,
    },
    /// An index that points nowhere.
    #[error("{what} {index} of {of}")]
    Index {
        /// Of what.
        what: &'static str,
        /// The index.
        index: u64,
        /// How many there are.
        of: usize,
    },
    /// Parts that contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
    /// Text that is not what it should be.
    #[error("{what} is not {expected}")]
    Text {
        /// Of what.
        what: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// It names none of the followed addresses.
    #[error("transaction {0} names no followed address")]
    Unasked(String),
}

/// What the message cannot tell for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The server is too old to tell a v1 message from a v0 message.
    Version,
    /// Empty token balances of a transaction with token instructions: none, or not recorded.
    TokenBalances,
    /// A failure with an unknown number.
    Failure,
    /// More than the decoder takes, mostly logs.
    Size,
}

/// A transaction that is ready but for its block's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Converted {
    pub(super) slot: u64,
    pub(super) signature: String,
    /// Position in its block.
    pub(super) index: u32,
    /// Why it failed, as the RPC prints it; null: it did not.
    pub(super) err: serde_json::Value,
    /// Followed addresses among its keys.
    pub(super) named: Vec<String>,
    pub(super) doubt: Option<Doubt>,
    body: Body,
}

impl Converted {
    /// The body with the time of its block, seconds since the Unix epoch.
    pub(super) fn body(&self, block_time: i64) -> bytes::Bytes {
        self.body.with_time(block_time)
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        let named: usize = self.named.iter().map(String::len).sum();
        size_of::<Self>() + self.body.len() + self.signature.len() + named
    }
}

/// Converts a streamed transaction.
pub(super) fn transaction(
    update: &SubscribeUpdateTransaction,
    followed: &HashSet<String>,
    tells_v1: bool,
) -> Result<Converted, ConvertError> {
    let info = update
        .transaction
        .as_ref()
        .ok_or(ConvertError::Missing("the transaction"))?;
    let wire = info
        .transaction
        .as_ref()
        .ok_or(ConvertError::Missing("the wire transaction"))?;
    let status = info
        .meta
        .as_ref()
        .ok_or(ConvertError::Missing("the transaction's meta"))?;
    let message = message::Message::read(wire, status)?;
    let signature = message.signature(&info.signature)?;
    let meta = meta::Meta::read(status, &message)?;
    let named: Vec<String> = message
        .keys()
        .filter(|key| followed.contains(*key))
        .map(str::to_owned)
        .collect();
    if named.is_empty() {
        return Err(ConvertError::Unasked(signature));
    }
    let index = u32::try_from(info.index).map_err(|_| ConvertError::Index {
        what: "position in the block",
        index: info.index,
        of: u32::MAX as usize,
    })?;
    let body = Body::new(update.slot, &message, &meta)?;
    // A doubtful body is never used.
    let doubt = doubt(&message, &meta, &body, tells_v1);
    Ok(Converted {
        slot: update.slot,
        index,
        err: meta
            .failure
            .as_ref()
            .map_or(serde_json::Value::Null, |failure| failure.json.clone()),
        named,
        body: if doubt.is_none() { body } else { Body::default() },
        doubt,
        signature,
    })
}

fn doubt(message: &message::Message<'_>, meta: &meta::Meta<'_>, body: &Body, tells_v1: bool) -> Option<Doubt> {
    if body.len() > MAX_BODY_BYTES {
        Some(Doubt::Size)
    } else if !tells_v1 && message.may_be_v1() {
        Some(Doubt::Version)
    } else if meta.failure_is_unknown() {
        Some(Doubt::Failure)
    } else if meta.lists_no_token_balance() && message.calls_token_program(meta) {
        Some(Doubt::TokenBalances)
    } else {
        None
    }
}

/// Converts a block's meta.
pub(super) fn block(update: &SubscribeUpdateBlockMeta) -> Result<Block, ConvertError> {
    Ok(Block {
        slot: update.slot,
        hash: hash("the blockhash", &update.blockhash)?,
        parent: update.parent_slot,
        parent_hash: hash("the parent's blockhash", &update.parent_blockhash)?,
        time: update.block_time.map(|time| time.timestamp),
    })
}

fn hash(what: &'static str, text: &str) -> Result<[u8; 32], ConvertError> {
    let mut bytes = [0; 32];
    let length = (text.len() <= MAX_KEY_CHARS).then(|| bs58::decode(text).onto(&mut bytes));
    match length {
        Some(Ok(32)) => Ok(bytes),
        _ => Err(ConvertError::Text {
            what,
            expected: "32 bytes in base58",
        }),
    }
}

/// Checks that a text is an address.
fn address<'a>(what: &'static str, text: &'a str) -> Result<&'a str, ConvertError> {
    hash(what, text).map(|_| text)
}

fn base58_key(what: &'static str, bytes: &[u8]) -> Result<String, ConvertError> {
    exact(what, bytes, 32).map(|bytes| bs58::encode(bytes).into_string())
}

fn exact<'a>(what: &'static str, bytes: &'a [u8], expected: usize) -> Result<&'a [u8], ConvertError> {
    if bytes.len() == expected {
        return Ok(bytes);
    }
    Err(ConvertError::Length {
        what,
        expected,
        got: bytes.len(),
    })
}

fn at_most(what: &'static str, got: usize, limit: usize) -> Result<(), ConvertError> {
    if got <= limit {
        return Ok(());
    }
    Err(ConvertError::TooMany { what, got, limit })
}

/// Checks the sizes of instructions' data.
fn data_fits<'a>(data: impl Iterator<Item = &'a [u8]>) -> Result<(), ConvertError> {
    let mut all = 0;
    for bytes in data {
        at_most("bytes of instruction data", bytes.len(), MAX_DATA_BYTES)?;
        all += bytes.len();
        at_most("bytes of all instructions' data", all, MAX_ALL_DATA_BYTES)?;
    }
    Ok(())
}

fn below(what: &'static str, index: impl Into<u64>, of: usize) -> Result<(), ConvertError> {
    let index = index.into();
    if index < of as u64 {
        return Ok(());
    }
    Err(ConvertError::Index { what, index, of })
}
