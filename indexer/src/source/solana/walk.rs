//! Walks the signatures of one address from the new to the old, page by page. Pure: pages are passed in.
//!
//! A page is a set: its order is not trusted. Nodes disagreed for years about the order inside a slot, so the next
//! page never begins inside the last slot of the one before where that can be helped: it begins after the oldest
//! signature that is *newer* than that slot, and reads the slot again. A walk ends below `from`, or with an empty
//! page after the oldest signature there is; a page that is merely short ends nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::rpc::Listed;

/// Pages of one walk, at most: more than any address has, but an end for one that goes on for ever.
const MAX_PAGES: u32 = 100_000;
/// Times that a walk begins again because the node does not know where it was to go on.
const MAX_RESTARTS: u32 = 3;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask for the page after this signature; `None`: for the newest.
    Ask(Option<String>),
    /// Everything from `from` on has been listed.
    Done,
}

/// Why a walk cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WalkError {
    /// The pages go round: the same question came up again.
    #[error("its list of signatures goes round in a circle after {signature}")]
    Circle {
        /// Where it was to go on.
        signature: String,
    },
    /// More pages than any address has.
    #[error("its list of signatures does not end after {MAX_PAGES} pages")]
    Endless,
    /// No node knows where to go on, not even after a new beginning.
    #[error("it does not know {signature}, which it listed itself")]
    Lost {
        /// Where it was to go on.
        signature: String,
    },
    /// One signature, two stories.
    #[error("transaction {} is in slot {} ({}) and in slot {} ({})", one.signature, one.slot, one.err, other.slot, other.err)]
    Conflict {
        /// As first listed.
        one: Box<Listed>,
        /// As listed again.
        other: Box<Listed>,
    },
}

/// How the next page was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    /// It begins with the newest, or with a signature from an earlier walk.
    Start,
    /// It begins before the last slot of the page before, and reads that slot again.
    Overlap,
    /// It begins after the oldest signature of the page before.
    Tail,
}

/// A walk over one address.
#[derive(Debug)]
pub(super) struct Walk {
    from: u64,
    to: u64,
    cursor: Cursor,
    before: Option<String>,
    done: bool,
    /// The lowest slot from which on everything is listed, once the walk is done.
    complete_from: u64,
    /// Entries at or below `to`, by signature.
    found: BTreeMap<String, Listed>,
    /// Signatures of the last page above `to`, which are not kept.
    passed: BTreeSet<String>,
    /// The oldest signature of the last page.
    tail: Option<String>,
    asked: BTreeSet<String>,
    /// Where pages began, by slot: places to begin a later walk at.
    anchors: BTreeMap<u64, String>,
    restarts: u32,
    pages: u32,
}

impl Walk {
    /// A walk that lists all of `from..=to`. `start` is a known signature of a slot above `to`; `None`: begin with
    /// the newest.
    pub(super) fn new(from: u64, to: u64, start: Option<String>) -> Self {
        Self {
            from,
            to,
            cursor: Cursor::Start,
            before: start,
            done: false,
            complete_from: u64::MAX,
            found: BTreeMap::new(),
            passed: BTreeSet::new(),
            tail: None,
            asked: BTreeSet::new(),
            anchors: BTreeMap::new(),
            restarts: 0,
            pages: 0,
        }
    }

    /// The same walk before its first page.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.from, self.to, self.before.clone())
    }

    /// Whether it begins with the newest.
    pub(super) fn is_from_the_newest(&self) -> bool {
        self.before.is_none()
    }

    /// What to ask next.
    pub(super) fn step(&self) -> Step {
        if self.done {
            Step::Done
        } else {
            Step::Ask(self.before.clone())
        }
    }

    /// Whether an empty page would be the end of the address's history on the node that answers, so that this node's
    /// first block says how far the history goes back.
    pub(super) fn empty_is_the_end(&self) -> bool {
        self.cursor != Cursor::Overlap
    }

    /// Takes the page that [`Self::step`] asked for. An empty page ends the walk where
    /// [`Self::empty_is_the_end`]; `floor` is then the first block of the node that gave it.
    pub(super) fn page(&mut self, page: Vec<Listed>, floor: Option<u64>) -> Result<(), WalkError> {
        self.pages += 1;
        if self.pages > MAX_PAGES {
            return Err(WalkError::Endless);
        }
        if page.is_empty() {
            return self.empty(floor);
        }
        let sorted = page.windows(2).all(|pair| pair[0].slot >= pair[1].slot);
        let (oldest, newest) = (lowest(&page), page.iter().map(|e| e.slot).max().unwrap_or(0));
        let overlap = page.iter().rfind(|entry| Some(entry.slot) == next_above(&page, oldest));
        let overlap = overlap.map(|entry| (entry.slot, entry.signature.clone()));
        let tail = page
            .iter()
            .rfind(|entry| entry.slot == oldest)
            .map(|e| e.signature.clone());
        let news = self.keep(page)?;
        // Where a node mixes slots up, entries may follow that belong above `from`: only a page wholly below ends it.
        if oldest < self.from && (sorted || newest < self.from) {
            self.done = true;
            self.complete_from = if sorted { oldest + 1 } else { self.from };
        }
        if let Some((slot, signature)) = &overlap {
            self.anchors.insert(*slot, signature.clone());
        }
        if self.done {
            return Ok(());
        }
        self.tail = tail;
        self.go_on(news, overlap.map(|(_, signature)| signature))
    }

    /// The node does not know the signature that the page was to begin after: begin again with the newest, which
    /// repeats what is known and passes over nothing.
    pub(super) fn unknown(&mut self) -> Result<(), WalkError> {
        self.restarts += 1;
        match self.before.take() {
            Some(signature) if self.restarts > MAX_RESTARTS => Err(WalkError::Lost { signature }),
            None => Err(WalkError::Lost {
                signature: "(the newest)".to_owned(),
            }),
            Some(_) => {
                self.cursor = Cursor::Start;
                self.asked.clear();
                self.passed.clear();
                self.tail = None;
                Ok(())
            }
        }
    }

    /// Entries at or below `to` (below `from`, too, as far as they came along), the lowest slot from which on they
    /// are complete, and places to begin later walks at.
    pub(super) fn into_parts(self) -> (BTreeMap<String, Listed>, u64, BTreeMap<u64, String>) {
        (self.found, self.complete_from, self.anchors)
    }

    fn empty(&mut self, floor: Option<u64>) -> Result<(), WalkError> {
        if self.cursor == Cursor::Overlap {
            // It contradicts the page before. What comes after the oldest known decides.
            return self.ask_tail();
        }
        self.done = true;
        self.complete_from = floor.unwrap_or(self.from).min(self.from);
        Ok(())
    }

    fn go_on(&mut self, news: bool, overlap: Option<String>) -> Result<(), WalkError> {
        match overlap {
            Some(signature) if news || self.cursor == Cursor::Start => {
                if self.asked.contains(&signature) {
                    return self.ask_tail();
                }
                self.ask(Cursor::Overlap, signature);
                Ok(())
            }
            // A page of one slot only, or one that repeats the page before: on from its end.
            _ => self.ask_tail(),
        }
    }

    fn ask_tail(&mut self) -> Result<(), WalkError> {
        // There is one after every page that was not empty, and nothing else leads here.
        let signature = self.tail.clone().unwrap_or_default();
        if self.asked.contains(&signature) {
            return Err(WalkError::Circle { signature });
        }
        self.ask(Cursor::Tail, signature);
        Ok(())
    }

    fn ask(&mut self, cursor: Cursor, signature: String) {
        self.cursor = cursor;
        self.asked.insert(signature.clone());
        self.before = Some(signature);
    }

    /// Keeps the entries of a page; tells whether any was new.
    fn keep(&mut self, page: Vec<Listed>) -> Result<bool, WalkError> {
        let mut news = false;
        let passed = std::mem::take(&mut self.passed);
        for entry in page {
            match self.found.get(&entry.signature) {
                Some(known) if known.slot != entry.slot || known.err != entry.err => {
                    return Err(WalkError::Conflict {
                        one: Box::new(known.clone()),
                        other: Box::new(entry),
                    });
                }
                Some(_) => {}
                None if entry.slot > self.to => {
                    news |= !passed.contains(&entry.signature);
                    self.passed.insert(entry.signature);
                }
                None => {
                    news = true;
                    self.found.insert(entry.signature.clone(), entry);
                }
            }
        }
        Ok(news)
    }
}

fn lowest(page: &[Listed]) -> u64 {
    page.iter().map(|entry| entry.slot).min().unwrap_or(0)
}

/// The lowest slot of the page above `slot`.
fn next_above(page: &[Listed], slot: u64) -> Option<u64> {
    page.iter().map(|entry| entry.slot).filter(|other| *other > slot).min()
}
