//! What operators see of a stream.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::error::StreamError;
use crate::source::{EndpointState, EndpointStatus};

/// Where a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamState {
    /// Not opened yet.
    #[default]
    Off,
    /// Connecting, or subscribed and without a block so far.
    Connecting,
    /// Blocks come.
    Live,
    /// Broken; it is opened again after a pause. The RPC goes on alone.
    Broken,
    /// It did not tell of a new block in time; as [`Self::Broken`].
    Silent,
    /// Refused, or it contradicts itself: somebody must act; it is tried again rarely. The RPC goes on alone.
    Refused,
}

/// Everything counted since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Transactions that were streamed and kept.
    pub(super) streamed: AtomicU64,
    /// Transactions that a range took from the stream instead of asking the RPC.
    pub(super) saved: AtomicU64,
    /// Transactions that the RPC listed in slots that the stream covered, but the stream did not have.
    pub(super) missed: AtomicU64,
    /// Transactions and blocks that came again.
    pub(super) duplicates: AtomicU64,
    /// Transactions that came after their range was done.
    pub(super) late: AtomicU64,
    /// Transactions whose message could not tell everything, so that the RPC was asked.
    pub(super) doubtful: AtomicU64,
    /// Transactions left to the RPC because the buffer stayed full.
    pub(super) evicted: AtomicU64,
    /// Times that a full buffer stopped the reader.
    pub(super) stalls: AtomicU64,
    /// Blocks whose parent was not streamed, the first of a run included.
    pub(super) gaps: AtomicU64,
    /// Subscriptions opened.
    pub(super) subscriptions: AtomicU64,
    /// Connections that ended or failed.
    pub(super) errors: AtomicU64,
    /// Contradictions about finalized slots.
    pub(super) conflicts: AtomicU64,
    state: Mutex<(StreamState, Option<String>)>,
}

/// A view of a stream, for `status` and metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StreamStatus {
    /// Where it stands.
    pub state: StreamState,
    /// Newest block that it told of.
    pub head: Option<u64>,
    /// Slots by which it is behind the RPC.
    pub lag_slots: Option<u64>,
    /// KiB of transactions that wait for their range.
    pub buffered_kib: u64,
    /// Transactions that were streamed and kept.
    pub streamed_total: u64,
    /// Transactions that a range took from the stream instead of asking the RPC.
    pub saved_total: u64,
    /// Transactions that the stream should have had and had not.
    pub missed_total: u64,
    /// Transactions and blocks that came again.
    pub duplicates_total: u64,
    /// Transactions that came after their range was done.
    pub late_total: u64,
    /// Transactions for which the RPC was asked because the message could not tell everything.
    pub doubtful_total: u64,
    /// Transactions left to the RPC because the buffer stayed full.
    pub evicted_total: u64,
    /// Times that a full buffer stopped the reader.
    pub stalls_total: u64,
    /// Blocks whose parent was not streamed, the first of a run included.
    pub gaps_total: u64,
    /// Subscriptions after the first.
    pub reconnects_total: u64,
    /// Connections that ended or failed.
    pub errors_total: u64,
    /// Contradictions about finalized slots.
    pub conflicts_total: u64,
    /// Why the last connection ended.
    pub last_error: Option<String>,
}

/// Adds one.
pub(super) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

/// Adds some.
pub(super) fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn entered(&self, state: StreamState) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = state;
    }

    pub(super) fn broke(&self, error: &StreamError) {
        count(&self.errors);
        let state = match error {
            StreamError::Conflict { .. } => {
                count(&self.conflicts);
                StreamState::Refused
            }
            StreamError::Silent { .. } => StreamState::Silent,
            _ if error.needs_a_person() => StreamState::Refused,
            _ => StreamState::Broken,
        };
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (state, Some(error.to_string()));
    }

    pub(super) fn snapshot(&self, head: Option<u64>, rpc_head: u64, buffered_kib: u64) -> StreamStatus {
        let (state, last_error) = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StreamStatus {
            state,
            head,
            lag_slots: head.filter(|_| rpc_head > 0).map(|head| rpc_head.saturating_sub(head)),
            buffered_kib,
            streamed_total: read(&self.streamed),
            saved_total: read(&self.saved),
            missed_total: read(&self.missed),
            duplicates_total: read(&self.duplicates),
            late_total: read(&self.late),
            doubtful_total: read(&self.doubtful),
            evicted_total: read(&self.evicted),
            stalls_total: read(&self.stalls),
            gaps_total: read(&self.gaps),
            reconnects_total: read(&self.subscriptions).saturating_sub(1),
            errors_total: read(&self.errors),
            conflicts_total: read(&self.conflicts),
            last_error,
        }
    }
}

impl StreamStatus {
    /// The stream as an endpoint beside those of the RPC.
    pub(super) fn endpoint(&self, url: String) -> EndpointStatus {
        EndpointStatus {
            url,
            state: match self.state {
                StreamState::Off | StreamState::Connecting => EndpointState::Unknown,
                StreamState::Live => EndpointState::Ready,
                StreamState::Broken | StreamState::Silent | StreamState::Refused => EndpointState::Resting,
            },
            latency_ms: None,
            tip: self.head,
            tip_distrusted: self.conflicts_total > 0,
            websocket: self.state == StreamState::Live,
            floor: None,
            in_flight: u32::from(self.state == StreamState::Live),
            limit: 1,
            last_error: self.last_error.clone(),
            errors_total: self.errors_total,
            requests_total: self.errors_total + u64::from(self.state == StreamState::Live),
            rate_limited_total: 0,
        }
    }
}
