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

    /// Drops, from units of several files in height order, what others among them have made superfluous.
    fn settle(_: &mut Vec<Self>) {}
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

/// Body of a line that holds the window.
const WINDOW: &str = "window";

/// What a line says of a transaction beside its body.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TransactionLine {
    signature: String,
    block_time: i64,
    tx_index: Option<u32>,
}

impl RawSlot {
    /// The window, where this is the last slot of a range and its window can be read.
    pub fn read_window(&self) -> Option<RawWindow> {
        let window: RawWindow = serde_json::from_slice(self.window.as_ref()?).ok()?;
        (window.from <= window.to && window.to == self.slot).then_some(window)
    }
}

impl RawUnit for RawSlot {
    fn height(&self) -> u64 {
        self.slot
    }

    fn bytes(&self) -> usize {
        let bodies: usize = self.transactions.iter().map(|one| one.body.len()).sum();
        bodies + self.window.as_ref().map_or(0, |window| window.len())
    }

    fn line(&self) -> ArchiveLine {
        let mut line = ArchiveLine::at_height(self.slot, [(WINDOW, self.window.clone())]);
        for (index, one) in self.transactions.iter().enumerate() {
            let place = serde_json::json!({
                "signature": one.signature, "block_time": one.block_time, "tx_index": one.tx_index,
            });
            let place = Bytes::from(place.to_string());
            line.bodies.push((format!("place_{index}"), Some(place)));
            line.bodies.push((format!("body_{index}"), Some(one.body.clone())));
        }
        line
    }

    fn from_line(line: &ArchiveLine) -> Result<Self, String> {
        let slot = height_of(line)?;
        let Some(((_, window), rest)) = line.bodies.split_first().filter(|((name, _), _)| name == WINDOW) else {
            return Err(format!("slot {slot} does not begin with its window"));
        };
        let pairs = rest.chunks(2).enumerate();
        let transactions = pairs.map(|(index, pair)| transaction(slot, index, pair));
        Ok(Self {
            slot,
            window: window.clone(),
            transactions: transactions.collect::<Result<_, _>>()?,
        })
    }

    fn concerns(&self, span: Span) -> bool {
        let inside = span.from <= self.slot && self.slot <= span.to;
        inside
            || self
                .read_window()
                .is_some_and(|window| window.from <= span.to && span.from <= window.to)
    }

    /// Windows are the evidence: together they must reach from end to end.
    fn first_missing(span: Span, units: &[Self]) -> Option<u64> {
        let mut windows: Vec<RawWindow> = units.iter().filter_map(Self::read_window).collect();
        windows.sort_by_key(|window| window.from);
        let mut next = span.from;
        for window in windows {
            if window.from > next {
                break;
            }
            next = next.max(window.to.saturating_add(1));
        }
        (next <= span.to).then_some(next)
    }

    fn merge(&mut self, later: Self) {
        for one in later.transactions {
            if !self.transactions.iter().any(|known| known.signature == one.signature) {
                self.transactions.push(one);
            }
        }
        self.transactions.sort_by(|a, b| a.signature.cmp(&b.signature));
        let width = |slot: &Self| slot.read_window().map(|window| window.to - window.from);
        let other = Self {
            slot: later.slot,
            window: later.window,
            transactions: Vec::new(),
        };
        if width(self) < width(&other) {
            self.window = other.window;
        }
    }

    /// A window inside a later one that asked for the same addresses and more says nothing of its own.
    fn settle(units: &mut Vec<Self>) {
        let windows: Vec<RawWindow> = units.iter().filter_map(Self::read_window).collect();
        for unit in units.iter_mut() {
            let Some(window) = unit.read_window() else { continue };
            let wider = |other: &&RawWindow| {
                other.from <= window.from && window.to < other.to && all_in(&window.addresses, &other.addresses)
            };
            if windows.iter().any(|other| wider(&other)) {
                unit.window = None;
            }
        }
        units.retain(|unit| unit.window.is_some() || !unit.transactions.is_empty());
    }
}

/// Whether `all` has every one of `some`.
fn all_in(some: &[String], all: &[String]) -> bool {
    some.iter().all(|one| all.contains(one))
}

/// Two bodies of a line as a transaction.
fn transaction(slot: u64, index: usize, pair: &[(String, Option<Bytes>)]) -> Result<RawTransaction, String> {
    let damaged = || format!("slot {slot}: transaction {index} is damaged");
    let [(place_name, Some(place)), (body_name, Some(body))] = pair else {
        return Err(damaged());
    };
    if *place_name != format!("place_{index}") || *body_name != format!("body_{index}") {
        return Err(damaged());
    }
    let place: TransactionLine = serde_json::from_slice(place).map_err(|error| format!("{}: {error}", damaged()))?;
    Ok(RawTransaction {
        signature: place.signature,
        block_time: place.block_time,
        tx_index: place.tx_index,
        body: body.clone(),
    })
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

    fn window(from: u64, to: u64, addresses: &[&str]) -> Bytes {
        let window = RawWindow {
            from,
            to,
            block_time: Some(1_700_000_000),
            addresses: addresses.iter().map(|one| (*one).to_owned()).collect(),
        };
        serde_json::to_vec(&window).unwrap().into()
    }

    fn slot(slot: u64, window: Option<Bytes>, signatures: &[&str]) -> RawSlot {
        let transaction = |signature: &&str| RawTransaction {
            signature: (*signature).to_owned(),
            block_time: 1_700_000_000,
            tx_index: Some(3),
            body: Bytes::from_static(b"{\"slot\":1}"),
        };
        RawSlot {
            slot,
            window,
            transactions: signatures.iter().map(transaction).collect(),
        }
    }

    #[test]
    fn a_slot_survives_its_line_byte_for_byte() {
        let bodies: [&'static [u8]; 4] = [
            b"{\"a\": [1,  2]}",
            b"{\n \"a\":1}",
            b"<html>\xc3\xa4</html>",
            b"\xff\x00",
        ];
        let mut raw = slot(9, Some(window(5, 9, &["A"])), &["s1", "s2", "s3", "s4"]);
        for (one, body) in raw.transactions.iter_mut().zip(bodies) {
            one.body = Bytes::from_static(body);
        }
        raw.transactions[1].tx_index = None;
        assert_eq!(RawSlot::from_line(&raw.line()).unwrap(), raw);
        for bare in [
            slot(9, None, &[]),
            slot(9, None, &["s"]),
            slot(9, Some(Bytes::from_static(b"null")), &[]),
        ] {
            assert_eq!(RawSlot::from_line(&bare.line()).unwrap(), bare);
        }
    }

    #[test]
    fn a_damaged_line_of_a_slot_is_an_error() {
        let whole = slot(9, Some(window(5, 9, &["A"])), &["s1", "s2"]).line();
        let damaged = |change: &dyn Fn(&mut ArchiveLine)| {
            let mut line = whole.clone();
            change(&mut line);
            RawSlot::from_line(&line).unwrap_err()
        };
        assert!(damaged(&|line| drop(line.bodies.remove(0))).contains("window"));
        assert!(damaged(&|line| drop(line.bodies.pop())).contains("transaction 1"));
        assert!(damaged(&|line| line.bodies[2].1 = None).contains("transaction 0"));
        assert!(damaged(&|line| line.bodies.swap(1, 3)).contains("transaction 0"));
        assert!(damaged(&|line| line.bodies[1].1 = Some(Bytes::from_static(b"{}"))).contains("signature"));
        assert!(damaged(&|line| line.key = ArchiveKey::Name("x".into())).contains("height"));
    }

    #[test]
    fn windows_must_cover_the_span_without_a_hole() {
        let span = Span::new(10, 30).unwrap();
        let missing = |windows: &[(u64, u64)]| {
            let units: Vec<_> = windows
                .iter()
                .map(|(from, to)| slot(*to, Some(window(*from, *to, &[])), &[]))
                .collect();
            RawSlot::first_missing(span, &units)
        };
        assert_eq!(missing(&[(1, 15), (16, 40)]), None);
        assert_eq!(missing(&[(10, 30)]), None);
        assert_eq!(missing(&[(10, 15), (17, 30)]), Some(16));
        assert_eq!(missing(&[(10, 29)]), Some(30));
        assert_eq!(missing(&[(11, 30)]), Some(10));
        assert_eq!(missing(&[]), Some(10));
        // A transaction is no evidence that nothing else happened, nor is a window that lies about its slot.
        assert_eq!(RawSlot::first_missing(span, &[slot(20, None, &["s"])]), Some(10));
        assert_eq!(
            RawSlot::first_missing(span, &[slot(29, Some(window(10, 30, &[])), &[])]),
            Some(10)
        );
    }

    #[test]
    fn a_window_counts_for_the_slots_before_it() {
        let unit = slot(30, Some(window(11, 30, &[])), &[]);
        assert!(unit.concerns(Span::new(12, 13).unwrap()));
        assert!(!unit.concerns(Span::new(1, 10).unwrap()));
    }

    #[test]
    fn a_window_that_was_fetched_again_with_more_addresses_replaces_those_inside() {
        let mut units = vec![
            slot(10, Some(window(1, 10, &["A"])), &[]),
            slot(15, Some(window(11, 15, &["A"])), &["s"]),
            slot(20, Some(window(16, 20, &["C"])), &[]),
            slot(30, Some(window(1, 30, &["A", "B"])), &[]),
        ];
        RawSlot::settle(&mut units);
        let left: Vec<_> = units.iter().map(|unit| (unit.slot, unit.window.is_some())).collect();
        assert_eq!(left, [(15, false), (20, true), (30, true)]);
    }

    #[test]
    fn the_same_slot_of_two_files_is_their_union() {
        let mut one = slot(9, Some(window(9, 9, &["A"])), &["b"]);
        one.merge(slot(9, Some(window(1, 9, &["A", "B"])), &["a", "b"]));
        assert_eq!(one, slot(9, Some(window(1, 9, &["A", "B"])), &["a", "b"]));
    }
}
