//! A recording of Render, opened: every recorded answer, and what follows from all of them together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;

use bytes::Bytes;
use serde_json::Value;

use super::account::Account;
use super::block::BlockNote;
use super::build::Builder;
use super::ledger::Ledger;
use super::read::{self, SolanaRecordingInfo};
use super::transaction::Version;
use crate::source::replay::lines::Lines;

/// A recording folder: `recording.json`, `accounts.json` and `rpc.jsonl.zst`.
///
/// Bodies are kept compressed; what is held open is an index of them.
pub struct SolanaRecording {
    pub(super) info: SolanaRecordingInfo,
    pub(super) mint: String,
    pub(super) bodies: Lines,
    /// Recorded answers by their request.
    pub(super) exact: HashMap<String, Stored>,
    /// Oldest first; the place is the id.
    pub(super) transactions: Vec<Listed>,
    pub(super) ids: HashMap<String, u32>,
    /// Ids of the transactions that name an address, oldest first.
    pub(super) by_address: HashMap<String, Vec<u32>>,
    pub(super) blocks: BTreeMap<u64, BlockNote>,
    pub(super) times: BTreeMap<u64, i64>,
    /// Slots that are known to have a block.
    pub(super) produced: BTreeSet<u64>,
    pub(super) ledger: Ledger,
    /// Recorded accounts, as the last answer about each has them.
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) facts: NodeFacts,
}

/// Where a recorded answer lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) body: u64,
    pub(super) is_error: bool,
}

/// What the recorded node said about itself.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeFacts {
    pub(super) genesis_hash: Option<String>,
    pub(super) version: Option<String>,
    pub(super) first_block: Option<u64>,
    pub(super) finalized: Option<u64>,
}

/// A transaction with where its bodies lie.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) signature: String,
    pub(super) slot: u64,
    pub(super) block_time: Option<i64>,
    /// As JSON.
    pub(super) err: Box<str>,
    pub(super) memo: Option<String>,
    pub(super) index: Option<u32>,
    pub(super) version: Version,
    pub(super) json: Option<u64>,
    pub(super) base64: Option<u64>,
}

impl SolanaRecording {
    /// Opens a recording: reads it once, as a stream.
    ///
    /// # Errors
    /// A file is missing or damaged, or recorded answers contradict each other.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let info = SolanaRecordingInfo::read(folder)?;
        let mint = read::accounts(folder, &info)?.mint;
        let file = folder.join("rpc.jsonl.zst");
        let mut builder = Builder::default();
        read::each_pair(&file, |pair| builder.push(&pair))?;
        builder
            .finish(info, mint)
            .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", file.display())))
    }

    /// What the recording says about itself.
    pub fn info(&self) -> &SolanaRecordingInfo {
        &self.info
    }

    /// The mint that the recording is about.
    pub fn mint(&self) -> &str {
        &self.mint
    }

    /// The genesis hash that the recorded node answered.
    pub fn genesis_hash(&self) -> Option<&str> {
        self.facts.genesis_hash.as_deref()
    }

    /// Number of recorded transactions.
    pub fn len(&self) -> usize {
        self.transactions.len()
    }

    /// Whether no transaction was recorded.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    /// First slot with something in it, and the newest finalized one.
    pub fn slots(&self) -> RangeInclusive<u64> {
        let newest = self.transactions.last().map_or(0, |last| last.slot);
        let first = self.transactions.first().map_or(newest, |first| first.slot);
        first..=newest.max(self.facts.finalized.unwrap_or(0))
    }

    /// Slots that have a recorded transaction, ascending.
    pub fn transaction_slots(&self) -> Vec<u64> {
        let mut slots: Vec<u64> = self.transactions.iter().map(|listed| listed.slot).collect();
        slots.dedup();
        slots
    }

    /// What the recorded answers leave open or say in two ways, for people; empty for a sound recording.
    pub fn oddities(&self) -> &[String] {
        self.ledger.contradictions()
    }

    pub(super) fn body(&self, body: u64) -> io::Result<Bytes> {
        let found = self.bodies.get(body)?;
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("body {body} is not kept")))
    }

    pub(super) fn listed(&self, signature: &str) -> Option<(u32, &Listed)> {
        let id = *self.ids.get(signature)?;
        Some((id, self.transactions.get(id as usize)?))
    }

    /// Height of the block at or before a slot: that of the nearest recorded block, and one for each slot after it.
    pub(super) fn height_at(&self, slot: u64) -> u64 {
        let known = |(at, block): (&u64, &BlockNote)| Some((*at, block.height?));
        let below = self.blocks.range(..=slot).rev().find_map(known);
        let above = self
            .blocks
            .range(slot.saturating_add(1)..)
            .find_map(known)
            .map(|(_, height)| height);
        let guess = below.map_or(slot, |(at, height)| height.saturating_add(slot - at));
        above.map_or(guess, |above| guess.min(above.saturating_sub(1)))
    }
}

/// A request as the key of its recorded answer.
pub(super) fn request_key(method: &str, params: &[Value]) -> String {
    let params: Vec<String> = params.iter().map(Value::to_string).collect();
    format!("{method} {}", params.join(","))
}
