//! What a stream brings in, shared between the reader of the stream and those who ask for ranges.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use yellowstone_grpc_proto::geyser::{SubscribeUpdateBlockMeta, SubscribeUpdateTransaction};

use super::buffer::{Buffer, Kept};
use super::config::StreamConfig;
use super::convert;
use super::error::StreamError;
use super::links::{Added, LinkError};
use super::status::{Counters, StreamState, StreamStatus, add, count};

/// How far a streamed head may be ahead of the newest head of the RPC and be announced, in slots: a minute.
const MAX_LEAD: u64 = 150;
/// How far a streamed block may be ahead of the newest head of the RPC and be believed, in slots: a day.
const MAX_JUMP: u64 = 216_000;

/// Whether the first attempt to subscribe is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Nobody reads a stream.
    Off,
    /// The first attempt is under way: what would be fetched now could miss what is streamed next.
    Closed,
    /// Subscribed, or known not to work.
    Open,
}

/// The shared part of a live source.
#[derive(Debug)]
pub(super) struct Inflow {
    pub(super) name: String,
    pub(super) config: StreamConfig,
    pub(super) counters: Counters,
    buffer: Mutex<Buffer>,
    room: Arc<Semaphore>,
    gate: watch::Sender<Gate>,
    /// Newest head to announce.
    announced: watch::Sender<u64>,
    announced_at: Mutex<Option<Instant>>,
    rpc_head: AtomicU64,
    /// A head that was too far ahead of the RPC to be announced.
    wished: AtomicU64,
}

impl Inflow {
    pub(super) fn new(config: StreamConfig) -> Self {
        let name = super::endpoint::shown(&config.endpoint);
        let room = config.limits.buffer_kib.max(1) as usize;
        Self {
            name,
            counters: Counters::default(),
            buffer: Mutex::default(),
            room: Arc::new(Semaphore::new(room)),
            gate: watch::Sender::new(Gate::Off),
            announced: watch::Sender::new(0),
            announced_at: Mutex::new(None),
            rpc_head: AtomicU64::new(0),
            wished: AtomicU64::new(0),
            config,
        }
    }

    /// The lock is held for a few look-ups, never across an await.
    pub(super) fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_gate(&self, gate: Gate) {
        self.gate.send_replace(gate);
    }

    /// Waits until the first attempt to subscribe is over, where one is under way.
    pub(super) async fn passed_gate(&self) {
        // The sender lives as long as this, so that waiting cannot fail.
        let _ = self.gate.subscribe().wait_for(|gate| *gate != Gate::Closed).await;
    }

    pub(super) fn rpc_head(&self) -> u64 {
        self.rpc_head.load(Ordering::Relaxed)
    }

    /// The RPC has this head. One that the stream could not announce before may be announced now.
    pub(super) fn rpc_reached(&self, head: u64) {
        if self.rpc_head.fetch_max(head, Ordering::Relaxed) < head {
            let wished = self.wished.load(Ordering::Relaxed);
            if wished > 0 {
                self.announce(wished);
            }
        }
    }

    /// Heads that the stream announces.
    pub(super) fn announced(&self) -> watch::Receiver<u64> {
        self.announced.subscribe()
    }

    pub(super) fn status(&self) -> StreamStatus {
        let head = self.buffer().head();
        let all = self.config.limits.buffer_kib.max(1) as usize;
        let used = all.saturating_sub(self.room.available_permits()) as u64;
        self.counters.snapshot(head, self.rpc_head(), used)
    }

    /// Takes a streamed transaction. Waits while the buffer is full, so that nothing more is read meanwhile.
    pub(super) async fn transaction(
        &self,
        update: &SubscribeUpdateTransaction,
        followed: &HashSet<String>,
        tells_v1: bool,
    ) -> Result<(), StreamError> {
        let converted = convert::transaction(update, followed, tells_v1);
        let transaction = converted.map_err(|defect| self.malformed(update.slot, defect))?;
        let slot = transaction.slot;
        match self.looked_at(&transaction)? {
            Kept::New { .. } => {}
            Kept::Duplicate => {
                count(&self.counters.duplicates);
                return Ok(());
            }
            Kept::Late => {
                count(&self.counters.late);
                return Ok(());
            }
        }
        let share = self.share(transaction.size()).await;
        // The range may have been done while this waited.
        let Kept::New { block_known } = self.looked_at(&transaction)? else {
            count(&self.counters.late);
            return Ok(());
        };
        self.buffer().keep(transaction, share);
        count(&self.counters.streamed);
        if block_known {
            self.announce(slot);
        }
        Ok(())
    }

    fn looked_at(&self, transaction: &convert::Converted) -> Result<Kept, StreamError> {
        let looked = self.buffer().look(transaction);
        looked.map_err(|conflict| self.conflict(conflict))
    }

    /// Takes a streamed block. Returns whether it is new.
    pub(super) fn block(&self, update: &SubscribeUpdateBlockMeta) -> Result<bool, StreamError> {
        let block = convert::block(update).map_err(|defect| self.malformed(update.slot, defect))?;
        let (slot, rpc) = (block.slot, self.rpc_head());
        if rpc > 0 && slot > rpc.saturating_add(MAX_JUMP) {
            let defect = convert::ConvertError::Contradiction("the slot is more than a day ahead of the RPC");
            return Err(self.malformed(slot, defect));
        }
        let added = self.buffer().block(block);
        match added.map_err(|conflict| self.conflict(conflict))? {
            Added::Known => {
                count(&self.counters.duplicates);
                return Ok(false);
            }
            Added::Detached => count(&self.counters.gaps),
            Added::Linked { .. } => {}
        }
        self.counters.entered(StreamState::Live);
        if self.buffer().has_transactions(slot) || self.quiet_for_long() {
            self.announce(slot);
        }
        Ok(true)
    }

    /// A share of the buffer. Where nobody takes anything for long, the oldest slot is left to the RPC: it may be one
    /// that nobody will ask for.
    async fn share(&self, bytes: usize) -> OwnedSemaphorePermit {
        let all = self.config.limits.buffer_kib.max(1);
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(all).clamp(1, all);
        let mut stalled = false;
        loop {
            let free = self.room.clone().acquire_many_owned(kib);
            let limit = if stalled {
                self.config.limits.stall
            } else {
                std::time::Duration::ZERO
            };
            // The semaphore is never closed.
            if let Ok(Ok(share)) = tokio::time::timeout(limit, free).await {
                return share;
            }
            if stalled {
                add(&self.counters.evicted, self.buffer().evict_oldest());
            } else {
                count(&self.counters.stalls);
                stalled = true;
            }
        }
    }

    fn quiet_for_long(&self) -> bool {
        let at = *self.announced_at.lock().unwrap_or_else(PoisonError::into_inner);
        at.is_none_or(|at| at.elapsed() >= self.config.limits.quiet_heads)
    }

    /// Announces a head, unless it is further ahead of the RPC than a node can lag: nobody else vouches for it then.
    fn announce(&self, head: u64) {
        if head > self.rpc_head().saturating_add(MAX_LEAD) {
            self.wished.store(head, Ordering::Relaxed);
            return;
        }
        *self.announced_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.announced.send_if_modified(|announced| {
            let higher = head > *announced;
            *announced = head.max(*announced);
            higher
        });
    }

    fn malformed(&self, slot: u64, defect: convert::ConvertError) -> StreamError {
        StreamError::Malformed {
            endpoint: self.name.clone(),
            slot,
            defect,
        }
    }

    fn conflict(&self, conflict: LinkError) -> StreamError {
        self.buffer().distrust();
        StreamError::Conflict {
            endpoint: self.name.clone(),
            conflict,
        }
    }
}
