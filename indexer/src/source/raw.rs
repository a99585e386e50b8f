//! What a node served for one height or slot, byte for byte.

use bytes::Bytes;
use gridproof_store::archive::{ArchiveKey, ArchiveLine};
use gridproof_store::state_db::Span;

/// What a node served for one height, with its form in the archive.
pub trait RawUnit: Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// Its height or slot: units of a range differ in it.
    fn height(&self) -> u64;

    /// Bytes as served.
    fn bytes(&self) -> usize;

    /// The unit as a line of the archive; bodies are shared, not copied.
    fn line(&self) -> ArchiveLine;

    /// The unit of a line, equal to the one that [`Self::line`] was called on.
    ///
    /// # Errors
    /// What of it is damaged.
    fn from_line(line: &ArchiveLine) -> Result<Self, String>;

    /// Whether the unit says anything about a height of `span`: it lies in it, or is evidence for it.
    fn concerns(&self, span: Span) -> bool {
        span.from <= self.height() && self.height() <= span.to
    }

    /// The lowest height of `span` for which nothing in `units` (in height order) is evidence; `None`: all is there.
    fn first_missing(span: Span, units: &[Self]) -> Option<u64>;

    /// Takes in a unit of the same height from another file, which was read later.
    fn merge(&mut self, later: Self) {
        *self = later;
    }
}

/// The RPC bodies of one height, exactly as the node sent them (JSON-RPC envelope included).
///
/// `block` is absent when the header says that the block has no transactions: then the header (in
/// `meta`) and the results are all there is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawBlock {
    /// Height of the block.
    pub height: u64,
    /// One element of `result.block_metas` of `/blockchain`: `{block_id, block_size, header, num_txs}`.
    pub meta: Bytes,
    /// The whole body of `/block?height=`, where there are transactions.
    pub block: Option<Bytes>,
    /// The whole body of `/block_results?height=`.
    pub results: Bytes,
}

/// Bodies of a line, as `recording.json` names them too.
const META: &str = "meta";
const BLOCK: &str = "block";
const RESULTS: &str = "block_results";

impl RawUnit for RawBlock {
    fn height(&self) -> u64 {
        self.height
    }

    fn bytes(&self) -> usize {
        self.meta.len() + self.block.as_ref().map_or(0, |body| body.len()) + self.results.len()
    }

    fn line(&self) -> ArchiveLine {
        let bodies = [
            (META, Some(self.meta.clone())),
            (BLOCK, self.block.clone()),
            (RESULTS, Some(self.results.clone())),
        ];
        ArchiveLine::at_height(self.height, bodies)
    }

    fn from_line(line: &ArchiveLine) -> Result<Self, String> {
        let height = height_of(line)?;
        let body = |name: &str| {
            line.body(name)
                .cloned()
                .ok_or_else(|| format!("height {height} has no {name}"))
        };
        Ok(Self {
            height,
            meta: body(META)?,
            block: line.body(BLOCK).cloned(),
            results: body(RESULTS)?,
        })
    }

    fn first_missing(span: Span, units: &[Self]) -> Option<u64> {
        let mut heights = units
            .iter()
            .map(|unit| unit.height)
            .filter(|height| *height >= span.from);
        (span.from..=span.to).find(|height| heights.next() != Some(*height))
    }
}

/// The height of a line.
fn height_of(line: &ArchiveLine) -> Result<u64, String> {
    match line.key {
        ArchiveKey::Height(height) => Ok(height),
        ArchiveKey::Name(_) => Err("a line has no height".to_owned()),
    }
}

/// What Solana nodes served of one slot: the transactions that name a followed address, not the whole block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawSlot {
    /// The slot.
    pub slot: u64,
    /// Set in the last slot of a range, which is there even where it has no transactions: the [`RawWindow`] as JSON.
    pub window: Option<Bytes>,
    /// The transactions, by signature: the RPC does not say in which order a slot ran them.
    pub transactions: Vec<RawTransaction>,
}

/// What was asked for a range of slots, so that "nothing there" is evidence. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RawWindow {
    /// First slot of the range.
    pub from: u64,
    /// Last slot of the range.
    pub to: u64,
    /// Time of the block at `to`, seconds since the Unix epoch, where a node knows one.
    pub block_time: Option<i64>,
    /// Followed addresses, each listed without a hole from `from` to `to`.
    pub addresses: Vec<String>,
}

/// One transaction as served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTransaction {
    /// First signature, base58.
    pub signature: String,
    /// Time of its block, seconds since the Unix epoch: that of the body, else what `getBlockTime` says.
    pub block_time: i64,
    /// Position in its block, where the source knows it.
    pub tx_index: Option<u32>,
    /// The `result` of `getTransaction` in encoding `json` (or `base64`), as served: never null.
    pub body: Bytes,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_block_survives_its_line() {
        for body in [None, Some(Bytes::from_static(b"{}"))] {
            let raw = RawBlock {
                height: 7,
                meta: Bytes::from_static(b"{\"a\":1}"),
                block: body,
                results: Bytes::from_static(b"[]"),
            };
            assert_eq!(RawBlock::from_line(&raw.line()).unwrap(), raw);
        }
    }

    #[test]
    fn a_line_without_results_is_damage() {
        let bare = ArchiveLine::at_height(7, [(META, Some(Bytes::from_static(b"{}")))]);
        assert!(RawBlock::from_line(&bare).unwrap_err().contains("block_results"));
    }

    #[test]
    fn a_missing_block_is_seen() {
        let block = |height| RawBlock {
            height,
            meta: Bytes::new(),
            block: None,
            results: Bytes::new(),
        };
        let span = Span::new(3, 5).unwrap();
        let missing =
            |heights: &[u64]| RawBlock::first_missing(span, &heights.iter().map(|h| block(*h)).collect::<Vec<_>>());
        assert_eq!(missing(&[3, 4, 5]), None);
        assert_eq!(missing(&[2, 3, 4, 5, 6]), None);
        assert_eq!(missing(&[3, 5]), Some(4));
        assert_eq!(missing(&[4, 5]), Some(3));
        assert_eq!(missing(&[]), Some(3));
    }
}
