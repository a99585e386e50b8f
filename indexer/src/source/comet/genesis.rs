//! The genesis document, in chunks or whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer;
use crate::source::transport::Transport;
use crate::source::{Defect, FetchError};

/// More chunks than any genesis has: 16 MiB each.
const MAX_CHUNKS: u64 = 1024;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    total: &'a RawValue,
    data: String,
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    genesis: &'a RawValue,
}

#[derive(Deserialize)]
struct ChainId {
    chain_id: String,
}

/// Gets the document and checks its chain id. Nodes that do not know chunks are asked for the whole.
pub(super) async fn fetch(transport: &Transport, chain_id: &str) -> Result<Bytes, FetchError> {
    let document = match chunked(transport).await {
        Ok(document) => document,
        Err(
            FetchError::Malformed {
                defect: Defect::Status { status: 404, .. },
                ..
            }
            | FetchError::Permanent { .. },
        ) => whole(transport).await?,
        Err(other) => return Err(other),
    };
    let bad = |defect| FetchError::malformed(&transport.name, 0, defect);
    let parsed: ChainId = serde_json::from_slice(&document).map_err(|e| {
        bad(Defect::Shape {
            why: format!("the genesis document: {e}"),
        })
    })?;
    if parsed.chain_id != chain_id {
        let got = parsed.chain_id.chars().take(100).collect();
        return Err(bad(Defect::ChainId {
            expected: chain_id.to_owned(),
            got,
        }));
    }
    Ok(document)
}

async fn chunked(transport: &Transport) -> Result<Bytes, FetchError> {
    let bad = |defect| FetchError::malformed(&transport.name, 0, defect);
    let mut document = Vec::new();
    let mut total = 1;
    let mut index = 0;
    while index < total {
        let reply = transport.get("genesis_chunked", &[("chunk", index)], 0).await?;
        let chunk: Chunk<'_> = answer::result(&transport.name, 0, &reply)?;
        // A number in some versions, a number in quotes in others.
        let count = chunk.total.get().trim_matches('"').parse().unwrap_or(0);
        if count == 0 || count > MAX_CHUNKS || (index > 0 && count != total) {
            return Err(bad(Defect::Shape {
                why: format!("{count} chunks of the genesis document"),
            }));
        }
        total = count;
        let piece = STANDARD.decode(chunk.data.as_bytes()).map_err(|e| {
            bad(Defect::Shape {
                why: format!("chunk {index} of the genesis document: {e}"),
            })
        })?;
        document.extend_from_slice(&piece);
        let limit = transport.limits.genesis_bytes;
        if document.len() as u64 > limit {
            return Err(bad(Defect::TooLarge { limit }));
        }
        index += 1;
    }
    Ok(document.into())
}

async fn whole(transport: &Transport) -> Result<Bytes, FetchError> {
    let reply = transport.get("genesis", &[], 0).await?;
    let whole: Whole<'_> = answer::result(&transport.name, 0, &reply)?;
    Ok(reply.body.slice_ref(whole.genesis.get().as_bytes()))
}
