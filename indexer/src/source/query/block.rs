//! The block of a height as the node's block service answers it: whose chain, which height, when, which hash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::{QueryDefect, said};
use crate::source::Encoding;
use crate::source::wire::{bytes_of, integer_of};

/// Bytes of a block's hash.
const HASH_BYTES: usize = 32;

/// What is read of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockInfo {
    pub(super) chain_id: String,
    pub(super) height: u64,
    pub(super) time_ns: i64,
    /// Upper-case hex.
    pub(super) hash: String,
}

impl BlockInfo {
    /// Reads the answer of `GetLatestBlock` and `GetBlockByHeight`.
    pub(super) fn read(encoding: Encoding, body: &[u8]) -> Result<Self, QueryDefect> {
        match encoding {
            Encoding::Proto => proto(body),
            Encoding::Json => json(body),
        }
    }
}

fn proto(body: &[u8]) -> Result<BlockInfo, QueryDefect> {
    let missing = |what: &str| QueryDefect::garbage(format!("the block has no {what}"));
    let id = bytes_of(body, 1)?.ok_or_else(|| missing("id"))?;
    // Field 2 is the block in the form of the consensus engine, which newer nodes may leave out for field 3.
    let block = match bytes_of(body, 2)? {
        Some(block) => Some(block),
        None => bytes_of(body, 3)?,
    };
    let block = block.ok_or_else(|| missing("content"))?;
    let header = bytes_of(block, 1)?.ok_or_else(|| missing("header"))?;
    let time = bytes_of(header, 4)?.unwrap_or_default();
    let nanos = i128::from(integer_of(time, 1)? as i64) * 1_000_000_000 + i128::from(integer_of(time, 2)? as i32);
    Ok(BlockInfo {
        chain_id: said(&String::from_utf8_lossy(bytes_of(header, 2)?.unwrap_or_default())),
        height: integer_of(header, 3)?,
        time_ns: i64::try_from(nanos).map_err(|_| missing("time that can be"))?,
        hash: hash(bytes_of(id, 1)?.unwrap_or_default())?,
    })
}

fn hash(bytes: &[u8]) -> Result<String, QueryDefect> {
    match bytes.len() {
        HASH_BYTES => Ok(hex::encode_upper(bytes)),
        other => Err(QueryDefect::garbage(format!("the hash of the block has {other} bytes"))),
    }
}

#[derive(Deserialize)]
struct Answer {
    block_id: Id,
    block: Option<Block>,
    sdk_block: Option<Block>,
}

#[derive(Deserialize)]
struct Id {
    hash: String,
}

#[derive(Deserialize)]
struct Block {
    header: Header,
}

#[derive(Deserialize)]
struct Header {
    chain_id: String,
    height: String,
    time: String,
}

fn json(body: &[u8]) -> Result<BlockInfo, QueryDefect> {
    let wrong = |what: &str| QueryDefect::garbage(format!("the block has no {what}"));
    let answer: Answer = serde_json::from_slice(body)?;
    let header = answer
        .block
        .or(answer.sdk_block)
        .ok_or_else(|| wrong("content"))?
        .header;
    let time = OffsetDateTime::parse(&header.time, &Rfc3339).map_err(|_| wrong("time that can be"))?;
    Ok(BlockInfo {
        chain_id: said(&header.chain_id),
        height: header.height.parse().map_err(|_| wrong("height"))?,
        time_ns: i64::try_from(time.unix_timestamp_nanos()).map_err(|_| wrong("time that can be"))?,
        hash: hash(
            &STANDARD
                .decode(&answer.block_id.hash)
                .map_err(|_| wrong("hash in base64"))?,
        )?,
    })
}
