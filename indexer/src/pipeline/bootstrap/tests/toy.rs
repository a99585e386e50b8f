//! The toy: its rules, its blocks in memory, and a node that answers its state.

use crate::chain::{Edge, Family, Fault, Machine, Rejected};
use crate::source::{
    Encoding, EndpointStatus, FetchError, Head, RawAnswer, RawBlock, RawState, RawUnit, Source, StateHeight,
    StateProgress, StateSource,
};
use bytes::Bytes;
use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, TableRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(super) const CHAIN: &str = "toy-1";
/// Last height.
pub(super) const TIP: u64 = 80;
pub(super) const TABLE_SQL: &str = "CREATE TABLE toy_sums (
    network LowCardinality(String), chain_id LowCardinality(String), height UInt64, block_time DateTime64(3, 'UTC'),
    tx_index Int32, msg_index Int32, event_index Int32, generation UInt32, row_hash UInt64, value UInt64
) ENGINE = ReplacingMergeTree ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000";

/// The number in a block.
fn number(height: u64) -> u64 {
    height * height % 97
}

/// The state at the end of a height.
pub(super) fn sum(height: u64) -> u64 {
    (1..=height).map(number).sum()
}

fn hash(history: &str, height: u64) -> String {
    format!("{history}{height}")
}

fn time_ms(height: u64) -> i64 {
    1_790_000_000_000 + i64::try_from(height).unwrap() * 6_000
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ToyRules {
    pub(super) version: u32,
}

#[derive(Debug)]
pub(super) struct ToyBlock {
    height: u64,
    number: u64,
    edge: Edge,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sum {
    height: u64,
    sum: u64,
}

#[derive(Clone, Debug, Row, Serialize, Deserialize)]
struct SumRow {
    value: u64,
}

impl TableRow for SumRow {
    const TABLE: &'static str = "toy_sums";
}

fn write(height: u64, tx_index: i32, value: u64, batch: &mut Batch) -> Result<(), Rejected> {
    let identity = Identity {
        height,
        block_time_ms: time_ms(height),
        tx_index,
        msg_index: -1,
        event_index: 0,
    };
    batch
        .push(&identity, &SumRow { value })
        .map_err(|error| Rejected::new(Fault::Derive, height, &error))
}

fn block(raw: &RawBlock) -> Option<ToyBlock> {
    let (hash, parent_hash) = serde_json::from_slice(&raw.meta).ok()?;
    Some(ToyBlock {
        height: raw.height,
        number: serde_json::from_slice(&raw.results).ok()?,
        edge: Edge { hash, parent_hash },
    })
}

impl Family for ToyRules {
    const KIND: &'static str = "toy";
    const RANGE_HEIGHTS: u64 = 8;
    const MAX_RANGE_HEIGHTS: u64 = 8;
    const DIGEST_TABLE: &'static str = "blocks";
    const EVERY_HEIGHT: bool = false;
    const LINKED: bool = true;

    type Raw = RawBlock;
    type Block = ToyBlock;
    type Machine = Sum;

    fn decoder(&self) -> u32 {
        self.version
    }

    fn decode(&self, _: &str, raws: &[RawBlock]) -> Result<Vec<ToyBlock>, Rejected> {
        let decoded =
            |raw: &RawBlock| block(raw).ok_or_else(|| Rejected::because(Fault::Decode, raw.height, "not a block"));
        raws.iter().map(decoded).collect()
    }

    fn derive(&self, _: &ToyBlock, _: &mut Batch) -> Result<(), Rejected> {
        Ok(())
    }

    fn edge(block: &ToyBlock) -> Option<Edge> {
        Some(block.edge.clone())
    }

    fn raw_edge(raw: &RawBlock) -> Option<Edge> {
        block(raw).map(|block| block.edge)
    }

    fn time_s(_: &[RawBlock], blocks: &[ToyBlock]) -> Option<i64> {
        blocks.last().map(|block| time_ms(block.height) / 1000)
    }
}

impl Machine<ToyRules> for Sum {
    fn first(_: &ToyRules, _: &[u8]) -> Result<Self, String> {
        Err("the toy has no genesis".to_owned())
    }

    fn seed(_: &ToyRules, raw: &RawState) -> Result<Self, String> {
        let body = &raw.pages("toy.Query/Sum").next().ok_or("no answer")?.body;
        let sum = serde_json::from_slice(body).map_err(|error| format!("not a sum: {error}"))?;
        Ok(Self {
            height: raw.height,
            sum,
        })
    }

    fn write_all(&self, snapshot: &RawState, batch: &mut Batch) -> Result<(), Rejected> {
        write(snapshot.height, Identity::SNAPSHOT, self.sum, batch)
    }

    fn restore(_: &ToyRules, checkpoint: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(checkpoint).map_err(|error| error.to_string())
    }

    fn checkpoint(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|error| error.to_string())
    }

    fn height(&self) -> u64 {
        self.height
    }

    fn step(&mut self, block: &ToyBlock, batch: Option<&mut Batch>) -> Result<u64, Rejected> {
        if block.height != self.height + 1 {
            let why = format!("the state is of height {}", self.height);
            return Err(Rejected::because(Fault::State, block.height, why));
        }
        (self.height, self.sum) = (block.height, self.sum + block.number);
        if let Some(batch) = batch {
            write(self.height, Identity::END_BLOCK, self.sum, batch)?;
        }
        Ok(0)
    }
}

/// All blocks, in memory.
#[derive(Debug)]
pub(super) struct ToyChain {
    history: &'static str,
    heads: watch::Sender<u64>,
}

impl ToyChain {
    /// The chain whose state [`Node`] answers.
    pub(super) fn honest() -> Self {
        Self {
            history: "a",
            heads: watch::Sender::new(TIP),
        }
    }

    /// Another chain of the same name.
    pub(super) fn forked() -> Self {
        Self {
            history: "b",
            ..Self::honest()
        }
    }
}

impl Source for ToyChain {
    type Raw = RawBlock;

    async fn head(&self) -> Result<Head, FetchError> {
        Ok(Head { height: TIP, floor: 1 })
    }

    async fn fetch_range_after(&self, from: u64, to: u64, _: Option<&str>) -> Result<Vec<RawBlock>, FetchError> {
        let raw = |height| {
            let links = (hash(self.history, height), hash(self.history, height - 1));
            RawBlock {
                height,
                meta: serde_json::to_vec(&links).unwrap().into(),
                block: None,
                results: serde_json::to_vec(&number(height)).unwrap().into(),
            }
        };
        let raws: Vec<RawBlock> = (from..=to).map(raw).collect();
        assert!(raws.iter().all(|raw| raw.bytes() > 0));
        Ok(raws)
    }

    fn heads(&self) -> watch::Receiver<u64> {
        self.heads.subscribe()
    }

    async fn follow(self: Arc<Self>, stop: CancellationToken) {
        stop.cancelled().await;
    }

    async fn genesis(&self) -> Result<Option<Bytes>, FetchError> {
        Ok(None)
    }

    fn endpoints(&self) -> Vec<EndpointStatus> {
        Vec::new()
    }
}

/// How a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Honest,
    Silent,
    Garbage,
    OtherChain,
    OtherHeight,
    /// Its newest height is far below the chain's.
    Late,
}

/// A node that is asked for the state.
#[derive(Debug)]
pub(super) struct Node {
    mood: Mood,
    pub(super) asked: AtomicU64,
}

#[derive(Debug, thiserror::Error)]
#[error("the node is asleep")]
pub(super) struct Asleep;

impl Node {
    pub(super) fn new(mood: Mood) -> Self {
        Self {
            mood,
            asked: AtomicU64::new(0),
        }
    }

    /// The state of a height.
    pub(super) fn answer(&self, height: u64) -> RawState {
        let height = if self.mood == Mood::OtherHeight {
            height + 1
        } else {
            height
        };
        let body = match self.mood {
            Mood::Garbage => Bytes::from_static(b"<html>"),
            _ => sum(height).to_string().into(),
        };
        RawState {
            chain_id: if self.mood == Mood::OtherChain {
                "other-1"
            } else {
                CHAIN
            }
            .to_owned(),
            height,
            time_ns: time_ms(height) * 1_000_000,
            block_hash: hash("a", height),
            endpoint: "memory".to_owned(),
            answers: vec![RawAnswer {
                method: "toy.Query/Sum".to_owned(),
                subject: String::new(),
                page: 0,
                encoding: Encoding::Json,
                body,
            }],
        }
    }
}

impl StateSource for Node {
    type Error = Asleep;

    async fn state(
        &self,
        at: StateHeight,
        progress: &(dyn Fn(&StateProgress) + Send + Sync),
    ) -> Result<RawState, Asleep> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.mood == Mood::Silent {
            return Err(Asleep);
        }
        progress(&StateProgress::default());
        Ok(self.answer(match at {
            StateHeight::At(height) => height,
            StateHeight::Recent if self.mood == Mood::Late => 9,
            StateHeight::Recent => TIP - 10,
        }))
    }
}
