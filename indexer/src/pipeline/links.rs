//! The hash chain: within a range, and across the borders of ranges that arrive in any order.

use super::quarantine::{Fault, Rejected};
use crate::chain::akash::decode::check_link;
use crate::chain::akash::model::Header;
use std::collections::BTreeMap;

/// What the chain says of one block at a border.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Hash of the block.
    pub hash: String,
    /// Hash of the block before.
    pub parent_hash: String,
}

impl Edge {
    /// The edge that a header gives.
    pub fn of(header: &Header) -> Self {
        Self {
            hash: header.hash.clone(),
            parent_hash: header.parent_hash.clone(),
        }
    }
}

/// Checks that headers are of `chain_id`, begin at `from`, and that each follows the one before.
pub fn check_range<'a>(
    chain_id: &str,
    from: u64,
    headers: impl IntoIterator<Item = &'a Header>,
) -> Result<(), Rejected> {
    let mut before: Option<&Header> = None;
    for header in headers {
        let height = header.height;
        if header.chain_id != chain_id {
            let why = format!("the header is of chain {:?}, not {chain_id:?}", header.chain_id);
            return Err(Rejected::because(Fault::WrongChain, height, why));
        }
        match before {
            None if height != from => {
                let why = format!("the range begins at height {height}, not {from}");
                return Err(Rejected::because(Fault::BadBody, from, why));
            }
            None => {}
            Some(parent) => {
                check_link(parent, header).map_err(|error| Rejected::new(Fault::BrokenLink, height, &error))?;
            }
        }
        before = Some(header);
    }
    Ok(())
}

/// Compares a parent hash with the hash that it should be.
fn link(height: u64, parent_hash: &str, hash: &str) -> Result<(), Rejected> {
    if parent_hash.eq_ignore_ascii_case(hash) {
        return Ok(());
    }
    let why = format!("its parent hash is {parent_hash}, but the block before it has hash {hash}");
    Err(Rejected::because(Fault::BrokenLink, height, why))
}

/// Blocks at the borders of committed ranges.
#[derive(Clone, Debug, Default)]
pub struct Links {
    edges: BTreeMap<u64, Edge>,
}

impl Links {
    /// Whether the edge of a height is known.
    pub fn knows(&self, height: u64) -> bool {
        self.edges.contains_key(&height)
    }

    /// Checks the borders of a new range against the neighbours that are known.
    pub fn check(&self, from: u64, first: &Edge, to: u64, last: &Edge) -> Result<(), Rejected> {
        if let Some(below) = from.checked_sub(1).and_then(|height| self.edges.get(&height)) {
            link(from, &first.parent_hash, &below.hash)?;
        }
        if let Some(above) = self.edges.get(&to.saturating_add(1)) {
            link(to + 1, &above.parent_hash, &last.hash).map_err(|rejected| Rejected {
                reason: format!("{} (this range would be its parent)", rejected.reason),
                height: to,
                ..rejected
            })?;
        }
        Ok(())
    }

    /// Remembers a committed block at a border. A height whose both neighbours are committed is
    /// forgotten, so that the memory is bounded by the number of holes and not by the chain.
    pub fn learn(&mut self, height: u64, edge: Edge) {
        self.edges.insert(height, edge);
    }

    /// Forgets the borders strictly inside a contiguous committed span.
    pub fn forget_inside(&mut self, from: u64, to: u64) {
        self.edges.retain(|height, _| *height <= from || *height >= to);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use time::OffsetDateTime;

    fn header(height: u64, hash: &str, parent_hash: &str) -> Header {
        Header {
            chain_id: "c".into(),
            height,
            time: OffsetDateTime::UNIX_EPOCH,
            hash: hash.into(),
            parent_hash: parent_hash.into(),
            num_txs: 0,
            proposer: String::new(),
        }
    }

    #[test]
    fn a_range_whose_blocks_follow_each_other_passes() {
        let headers = [header(5, "B", "A"), header(6, "C", "B")];
        assert_eq!(check_range("c", 5, &headers), Ok(()));
    }

    #[test]
    fn a_block_that_names_another_parent_is_rejected_at_its_height() {
        let headers = [header(5, "B", "A"), header(6, "C", "X")];
        let rejected = check_range("c", 5, &headers).unwrap_err();
        assert_eq!((rejected.fault, rejected.height), (Fault::BrokenLink, 6));
    }

    #[test]
    fn another_chain_or_another_height_is_rejected() {
        assert_eq!(
            check_range("d", 5, &[header(5, "B", "A")]).unwrap_err().fault,
            Fault::WrongChain
        );
        assert_eq!(
            check_range("c", 5, &[header(7, "B", "A")]).unwrap_err().fault,
            Fault::BadBody
        );
    }

    #[test]
    fn borders_are_checked_on_both_sides() {
        let mut links = Links::default();
        links.learn(
            4,
            Edge {
                hash: "A".into(),
                parent_hash: "0".into(),
            },
        );
        links.learn(
            7,
            Edge {
                hash: "D".into(),
                parent_hash: "C".into(),
            },
        );
        let (first, last) = (Edge::of(&header(5, "B", "A")), Edge::of(&header(6, "C", "B")));
        assert_eq!(links.check(5, &first, 6, &last), Ok(()));
        let other = Edge {
            hash: "Z".into(),
            ..last.clone()
        };
        assert_eq!(links.check(5, &first, 6, &other).unwrap_err().height, 6);
        let other = Edge {
            parent_hash: "Z".into(),
            ..first
        };
        assert_eq!(links.check(5, &other, 6, &last).unwrap_err().height, 5);
    }

    #[test]
    fn only_the_ends_of_a_span_are_kept() {
        let mut links = Links::default();
        for height in [1, 10, 11, 20] {
            links.learn(
                height,
                Edge {
                    hash: String::new(),
                    parent_hash: String::new(),
                },
            );
        }
        links.forget_inside(1, 20);
        assert!(links.knows(1) && links.knows(20) && !links.knows(10) && !links.knows(11));
    }
}
