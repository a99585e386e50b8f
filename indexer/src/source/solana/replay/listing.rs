//! Which transactions name an address, newest first: recorded pages joined, and checked against each other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::source::replay::lines::invalid;

/// One recorded answer of `getSignaturesForAddress`.
pub(super) struct Page {
    pub(super) address: String,
    pub(super) before: Option<String>,
    pub(super) until: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// A transaction as a page lists it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) signature: String,
    pub(super) slot: u64,
    pub(super) block_time: Option<i64>,
    /// As JSON.
    pub(super) err: Box<str>,
    pub(super) memo: Option<String>,
    pub(super) index: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    signature: String,
    slot: u64,
    block_time: Option<i64>,
    #[serde(borrow)]
    err: Option<&'a RawValue>,
    memo: Option<String>,
    #[serde(default)]
    transaction_index: Option<u32>,
}

/// Reads the `result` of `getSignaturesForAddress`.
pub(super) fn entries(result: &str) -> io::Result<Vec<Entry>> {
    let rows: Vec<Row<'_>> = serde_json::from_str(result)?;
    let entry = |row: Row<'_>| Entry {
        signature: row.signature,
        slot: row.slot,
        block_time: row.block_time,
        err: row.err.map_or("null", RawValue::get).into(),
        memo: row.memo,
        index: row.transaction_index,
    };
    Ok(rows.into_iter().map(entry).collect())
}

impl Page {
    fn says(&self, what: &str) -> io::Error {
        invalid(format!("a page of {} {what}", self.address))
    }

    /// Whether the page is in order in itself.
    pub(super) fn check(&self) -> io::Result<()> {
        let mut seen = HashSet::new();
        for pair in self.entries.windows(2) {
            if pair[0].slot < pair[1].slot {
                return Err(self.says(&format!(
                    "lists slot {} before slot {}, newest first is the order",
                    pair[0].slot, pair[1].slot
                )));
            }
        }
        match self.entries.iter().find(|entry| !seen.insert(&entry.signature)) {
            Some(twice) => Err(self.says(&format!("lists {} twice", twice.signature))),
            None => Ok(()),
        }
    }
}

/// The order of all transactions, oldest first: by slot, and within a slot as the pages and blocks have it.
///
/// `blocks` gives the position of a signature in its recorded block.
///
/// # Errors
/// The pages contradict each other: no order has every page in it.
pub(super) fn order(
    mut all: Vec<(u64, String)>,
    pages: &[Page],
    blocks: &HashMap<String, u32>,
) -> io::Result<Vec<String>> {
    all.sort();
    let mut newer_than: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for pair in pages.iter().flat_map(|page| page.entries.windows(2)) {
        if pair[0].slot == pair[1].slot {
            newer_than
                .entry(&pair[0].signature)
                .or_default()
                .insert(&pair[1].signature);
        }
    }
    let mut ordered = Vec::with_capacity(all.len());
    for slot in all.chunk_by(|left, right| left.0 == right.0) {
        let mut waiting: Vec<&str> = slot.iter().map(|(_, signature)| signature.as_str()).collect();
        waiting.sort_by_key(|signature| (blocks.get(*signature).copied().unwrap_or(u32::MAX), *signature));
        take_in_order(waiting, &newer_than, &mut ordered)
            .ok_or_else(|| invalid(format!("the pages contradict each other about slot {}", slot[0].0)))?;
    }
    Ok(ordered)
}

/// Takes each one after those that a page lists as older than it. `None`: they go round in a circle.
fn take_in_order(
    mut waiting: Vec<&str>,
    newer_than: &HashMap<&str, BTreeSet<&str>>,
    ordered: &mut Vec<String>,
) -> Option<()> {
    let mut open: HashSet<&str> = waiting.iter().copied().collect();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|signature| {
            let older = newer_than.get(signature);
            older.is_none_or(|older| older.iter().all(|signature| !open.contains(signature)))
        })?;
        let next = waiting.remove(ready);
        open.remove(next);
        ordered.push(next.to_owned());
    }
    Some(())
}

/// Checks that each page is one run of the joined list of its address (`list`, oldest first), where its `before` and
/// `until` put it.
///
/// # Errors
/// A page has a hole, or does not begin or end where its request says.
pub(super) fn check_runs(page: &Page, list: &[u32], ids: &HashMap<String, u32>) -> io::Result<()> {
    let place = |signature: &str| ids.get(signature).copied();
    let places: Vec<usize> = page
        .entries
        .iter()
        .filter_map(|entry| place(&entry.signature).and_then(|id| list.binary_search(&id).ok()))
        .collect();
    if places.windows(2).any(|pair| pair[0] != pair[1] + 1) {
        return Err(page.says("leaves out a transaction that another page lists between its own"));
    }
    if let (Some(first), Some(before)) = (places.first(), page.before.as_deref().and_then(place)) {
        let newest = list.partition_point(|id| *id < before);
        if *first + 1 != newest {
            return Err(page.says("does not begin where its `before` says"));
        }
    }
    if let (Some(last), Some(until)) = (places.last(), page.until.as_deref().and_then(place))
        && list[*last] <= until
    {
        return Err(page.says("goes on beyond its `until`"));
    }
    Ok(())
}
