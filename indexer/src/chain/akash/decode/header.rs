//! Headers, and the link from one to the next.

use super::error::{Body, DecodeError, FieldError, LinkError};
use super::text;
use super::wire::{self, BlockResult, Meta};
use crate::chain::akash::model::Header;
use crate::source::RawBlock;

/// Decodes the header of a height alone, from its meta.
///
/// # Errors
/// As [`super::decode_block`].
pub fn decode_header(raw: &RawBlock) -> Result<Header, DecodeError> {
    decode(raw).map(|(header, _)| header)
}

/// Checks that `next` follows `prev`: same chain, next height, built on its hash.
///
/// # Errors
/// Says which of these fails; the range must be fetched again, from another endpoint.
pub fn check_link(prev: &Header, next: &Header) -> Result<(), LinkError> {
    if prev.chain_id != next.chain_id {
        return Err(LinkError::Chain {
            height: next.height,
            prev: prev.chain_id.clone(),
            next: next.chain_id.clone(),
        });
    }
    if prev.height == next.height {
        return Err(LinkError::Duplicate { height: next.height });
    }
    if prev.height.checked_add(1) != Some(next.height) {
        return Err(LinkError::Gap {
            prev: prev.height,
            next: next.height,
        });
    }
    if prev.hash != next.parent_hash {
        return Err(LinkError::Parent {
            height: next.height,
            parent_hash: next.parent_hash.clone(),
            hash: prev.hash.clone(),
        });
    }
    Ok(())
}

/// The header and its `data_hash`.
pub(super) fn decode(raw: &RawBlock) -> Result<(Header, String), DecodeError> {
    let height = raw.height;
    let meta: Meta<'_> = wire::plain(height, Body::Meta, &raw.meta)?;
    super::check_height(height, Body::Meta, &meta.header.height)?;
    let fields = || -> Result<(Header, String), FieldError> {
        let header = Header {
            chain_id: meta.header.chain_id.to_string(),
            height,
            time: text::timestamp("time", &meta.header.time)?,
            hash: hash("block_id.hash", &meta.block_id.hash, false)?,
            parent_hash: hash("last_block_id.hash", &meta.header.last_block_id.hash, true)?,
            num_txs: text::unsigned32("num_txs", &meta.num_txs)?,
            proposer: meta.header.proposer_address.to_string(),
        };
        Ok((header, hash("data_hash", &meta.header.data_hash, true)?))
    };
    fields().map_err(|source| DecodeError::Field {
        height,
        body: Body::Meta,
        source,
    })
}

/// Checks that `/block` serves the block that the meta speaks of.
pub(super) fn check_same(header: &Header, served: &BlockResult<'_>) -> Result<(), DecodeError> {
    let height = header.height;
    super::check_height(height, Body::Block, &served.block.header.height)?;
    if header.chain_id != *served.block.header.chain_id {
        return Err(DecodeError::WrongChain {
            height,
            expected: header.chain_id.clone(),
            got: served.block.header.chain_id.chars().take(80).collect(),
        });
    }
    if !header.hash.eq_ignore_ascii_case(&served.block_id.hash) {
        return Err(DecodeError::WrongBlock {
            height,
            expected: header.hash.clone(),
            got: served.block_id.hash.chars().take(80).collect(),
        });
    }
    Ok(())
}

/// A SHA-256 in upper-case hex, or nothing where `optional`.
fn hash(field: &'static str, text: &str, optional: bool) -> Result<String, FieldError> {
    let right = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if right || (optional && text.is_empty()) {
        return Ok(text.to_ascii_uppercase());
    }
    Err(FieldError::invalid(field, "a SHA-256 in hex", text))
}
