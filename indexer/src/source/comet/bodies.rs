//! Checks of `/block_results` and `/block` against the header. The bodies themselves stay as served.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::answer;
use super::headers::{BlockId, Header, HeaderFields};
use crate::source::transport::Reply;
use crate::source::{Defect, FetchError};

#[derive(Deserialize)]
struct Results {
    height: String,
    txs_results: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Block {
    block_id: BlockId,
    block: BlockBody,
}

#[derive(Deserialize)]
struct BlockBody {
    header: HeaderFields,
    data: BlockData,
}

#[derive(Deserialize)]
struct BlockData {
    txs: Option<Vec<IgnoredAny>>,
}

/// The results must be of this height and as many as the header counts transactions.
pub(super) fn check_results(endpoint: &str, header: &Header, reply: &Reply) -> Result<(), FetchError> {
    let results: Results = answer::result(endpoint, header.height, reply)?;
    same_height(endpoint, header.height, &results.height)?;
    let got = results.txs_results.map_or(0, |r| r.len() as u64);
    if got != header.num_txs {
        let defect = Defect::Results {
            expected: header.num_txs,
            got,
        };
        return Err(FetchError::malformed(endpoint, header.height, defect));
    }
    Ok(())
}

/// The block must be the one that the header names, with as many transactions as it counts.
pub(super) fn check_block(endpoint: &str, header: &Header, reply: &Reply) -> Result<(), FetchError> {
    let Block { block_id, block } = answer::result(endpoint, header.height, reply)?;
    same_height(endpoint, header.height, &block.header.height)?;
    let bad = |defect| Err(FetchError::malformed(endpoint, header.height, defect));
    if !block_id.hash.eq_ignore_ascii_case(&header.hash) {
        let got = block_id.hash.chars().take(100).collect();
        return bad(Defect::Hash {
            expected: header.hash.clone(),
            got,
        });
    }
    let got = block.data.txs.map_or(0, |t| t.len() as u64);
    if got != header.num_txs {
        return bad(Defect::Transactions {
            expected: header.num_txs,
            got,
        });
    }
    Ok(())
}

fn same_height(endpoint: &str, asked: u64, text: &str) -> Result<(), FetchError> {
    let defect = match text.parse::<u64>() {
        Ok(got) if got == asked => return Ok(()),
        Ok(got) => Defect::Height { got },
        Err(_) => Defect::Shape {
            why: "the height is not a number".to_owned(),
        },
    };
    Err(FetchError::malformed(endpoint, asked, defect))
}
