//! The hash chain across the borders of ranges that arrive in any order.

use super::quarantine::{Fault, Rejected};
use crate::chain::Edge;
use std::collections::BTreeMap;

/// Compares a parent hash with the hash that it should be.
pub(super) fn link(height: u64, parent_hash: &str, hash: &str) -> Result<(), Rejected> {
    if parent_hash.eq_ignore_ascii_case(hash) {
        return Ok(());
    }
    let why = format!("its parent hash is {parent_hash}, but the block before it has hash {hash}");
    Err(Rejected::because(Fault::BrokenLink, height, why))
}

/// Blocks at the borders of committed ranges.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    edges: BTreeMap<u64, Edge>,
}

impl Links {
    /// Whether the edge of a height is known.
    #[cfg(test)]
    pub(super) fn knows(&self, height: u64) -> bool {
        self.edges.contains_key(&height)
    }

    /// Checks the borders of a new range against the neighbours that are known.
    pub(super) fn check(&self, from: u64, first: &Edge, to: u64, last: &Edge) -> Result<(), Rejected> {
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
    pub(super) fn learn(&mut self, height: u64, edge: Edge) {
        self.edges.insert(height, edge);
    }

    /// Forgets the borders strictly inside a contiguous committed span.
    pub(super) fn forget_inside(&mut self, from: u64, to: u64) {
        self.edges.retain(|height, _| *height <= from || *height >= to);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn edge(hash: &str, parent_hash: &str) -> Edge {
        Edge {
            hash: hash.into(),
            parent_hash: parent_hash.into(),
        }
    }

    #[test]
    fn borders_are_checked_on_both_sides() {
        let mut links = Links::default();
        links.learn(4, edge("A", "0"));
        links.learn(7, edge("D", "C"));
        let (first, last) = (edge("B", "A"), edge("C", "B"));
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
            links.learn(height, edge("", ""));
        }
        links.forget_inside(1, 20);
        assert!(links.knows(1) && links.knows(20) && !links.knows(10) && !links.knows(11));
    }
}
