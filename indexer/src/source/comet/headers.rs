//! Pages of headers: `/blockchain`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer;
use crate::source::transport::Reply;
use crate::source::{Defect, FetchError};

/// What the fetch needs of a header, with the element of `block_metas` as served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) height: u64,
    pub(crate) hash: String,
    pub(crate) parent: String,
    pub(crate) num_txs: u64,
    pub(crate) meta: Bytes,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    block_metas: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta {
    block_id: BlockId,
    header: HeaderFields,
    num_txs: String,
}

#[derive(Deserialize)]
pub(super) struct BlockId {
    pub(super) hash: String,
}

#[derive(Deserialize)]
pub(super) struct HeaderFields {
    pub(super) chain_id: String,
    pub(super) height: String,
    pub(super) last_block_id: BlockId,
}

/// What a page is checked against.
pub(super) struct PageOf<'a> {
    pub(super) endpoint: &'a str,
    pub(super) chain_id: &'a str,
    pub(super) from: u64,
    pub(super) to: u64,
}

impl PageOf<'_> {
    /// The headers `from..=to` in ascending order, each the parent of the next.
    pub(super) fn parse(&self, reply: &Reply) -> Result<Vec<Header>, FetchError> {
        let page: Page<'_> = answer::result(self.endpoint, self.from, reply)?;
        let metas = page.block_metas.iter().rev();
        let headers = metas
            .map(|raw| self.header(reply, raw))
            .collect::<Result<Vec<_>, _>>()?;
        self.complete(&headers)?;
        for pair in headers.windows(2) {
            follows(self.endpoint, &pair[0].hash, &pair[1])?;
        }
        Ok(headers)
    }

    fn header(&self, reply: &Reply, raw: &RawValue) -> Result<Header, FetchError> {
        let bad = |height, defect| FetchError::malformed(self.endpoint, height, defect);
        let meta: Meta = serde_json::from_str(raw.get()).map_err(|e| {
            bad(
                self.from,
                Defect::Shape {
                    why: format!("block_metas: {e}"),
                },
            )
        })?;
        let number = |text: &str| {
            text.parse::<u64>().map_err(|_| {
                bad(
                    self.from,
                    Defect::Shape {
                        why: format!("{text:?} is not a number"),
                    },
                )
            })
        };
        let height = number(&meta.header.height)?;
        if meta.header.chain_id != self.chain_id {
            let got = meta.header.chain_id.chars().take(100).collect();
            return Err(bad(
                height,
                Defect::ChainId {
                    expected: self.chain_id.to_owned(),
                    got,
                },
            ));
        }
        if meta.block_id.hash.len() != 64 {
            return Err(bad(
                height,
                Defect::Shape {
                    why: "the block hash is not 32 bytes in hex".to_owned(),
                },
            ));
        }
        Ok(Header {
            height,
            hash: meta.block_id.hash,
            parent: meta.header.last_block_id.hash,
            num_txs: number(&meta.num_txs)?,
            meta: reply.body.slice_ref(raw.get().as_bytes()),
        })
    }

    /// A node cuts a page to what it has: short at the start is pruned, short at the end is not yet there.
    fn complete(&self, headers: &[Header]) -> Result<(), FetchError> {
        let endpoint = self.endpoint.to_owned();
        let (Some(first), Some(last)) = (headers.first(), headers.last()) else {
            return Err(FetchError::NotYet {
                endpoint,
                height: self.from,
                tip: None,
            });
        };
        if let Some((i, odd)) = headers
            .iter()
            .enumerate()
            .find(|(i, h)| h.height != first.height + *i as u64)
        {
            let defect = Defect::Height { got: odd.height };
            return Err(FetchError::malformed(
                self.endpoint,
                first.height.saturating_add(i as u64),
                defect,
            ));
        }
        if first.height < self.from || last.height > self.to {
            let got = if first.height < self.from {
                first.height
            } else {
                last.height
            };
            return Err(FetchError::malformed(self.endpoint, self.from, Defect::Height { got }));
        }
        if first.height > self.from {
            return Err(FetchError::Pruned {
                endpoint,
                height: self.from,
                lowest: first.height,
            });
        }
        if last.height < self.to {
            return Err(FetchError::NotYet {
                endpoint,
                height: self.to,
                tip: Some(last.height),
            });
        }
        Ok(())
    }
}

/// Checks that a header names this hash as its parent.
pub(crate) fn follows(endpoint: &str, parent: &str, header: &Header) -> Result<(), FetchError> {
    if header.parent.eq_ignore_ascii_case(parent) {
        return Ok(());
    }
    let got = header.parent.chars().take(100).collect();
    let defect = Defect::Parent {
        expected: parent.to_owned(),
        got,
    };
    Err(FetchError::malformed(endpoint, header.height, defect))
}
