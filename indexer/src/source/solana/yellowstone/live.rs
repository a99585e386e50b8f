//! A source with a stream in front of the RPC.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::config::StreamConfig;
use super::inflow::{Gate, Inflow};
use super::links::SlotFact;
use super::reader;
use super::reconcile::Range;
use super::status::StreamStatus;
use super::truth::Truth;
use crate::source::{EndpointStatus, FetchError, Head, Observed, RawSlot, Source};

/// The RPC source `S` with a Yellowstone stream in front of it.
///
/// The stream announces heads early and saves the RPC's `getTransaction`; what there is in a range, the RPC alone says.
/// While [`Source::follow`] runs, nothing is fetched before the first attempt to subscribe is over, so that no slot
/// falls between the last fetched and the first streamed one.
///
/// Of a range: what both have comes from the stream; what the stream has missed comes from the RPC and is counted; what
/// only the stream has is waited for, and then an error that names both. A broken, silent or refused stream changes
/// nothing but speed.
#[derive(Debug)]
pub struct LiveSource<S> {
    rpc: Arc<S>,
    inflow: Inflow,
    heads: watch::Sender<u64>,
}

impl<S: Truth> LiveSource<S> {
    /// A stream in front of `rpc`. Nothing is sent before [`Source::follow`].
    pub fn new(rpc: Arc<S>, config: StreamConfig) -> Self {
        Self {
            rpc,
            inflow: Inflow::new(config),
            heads: watch::Sender::new(0),
        }
    }

    /// What operators see of the stream.
    pub fn stream_status(&self) -> StreamStatus {
        self.inflow.status()
    }

    /// What the stream's links say of a slot.
    pub fn slot_fact(&self, slot: u64) -> SlotFact {
        self.inflow.buffer().fact(slot)
    }

    /// The RPC source.
    pub fn rpc(&self) -> &Arc<S> {
        &self.rpc
    }

    /// Forwards the heads of both; those of the stream come only as far as the RPC can be behind.
    async fn merge_heads(&self) {
        self.inflow.passed_gate().await;
        let (mut rpc, mut stream) = (self.rpc.heads(), self.inflow.announced());
        loop {
            let (told, streamed) = (*rpc.borrow_and_update(), *stream.borrow_and_update());
            self.inflow.rpc_reached(told);
            self.raise(told.max(streamed));
            let open = tokio::select! {
                changed = rpc.changed() => changed.is_ok(),
                changed = stream.changed() => changed.is_ok(),
            };
            if !open {
                return;
            }
        }
    }

    fn raise(&self, head: u64) {
        self.heads.send_if_modified(|known| {
            let higher = head > *known;
            *known = head.max(*known);
            higher
        });
    }
}

impl<S: Truth> Source for LiveSource<S> {
    type Raw = RawSlot;

    async fn head(&self) -> Result<Head, FetchError> {
        self.inflow.passed_gate().await;
        let head = self.rpc.head().await?;
        self.inflow.rpc_reached(head.height);
        Ok(head)
    }

    async fn fetch_range_after(&self, from: u64, to: u64, parent: Option<&str>) -> Result<Vec<RawSlot>, FetchError> {
        self.inflow.passed_gate().await;
        if from > to {
            // It says what is wrong with that.
            return self.rpc.fetch_range_after(from, to, parent).await;
        }
        let range = Range {
            rpc: &*self.rpc,
            inflow: &self.inflow,
            from,
            to,
        };
        range.fetch().await
    }

    fn heads(&self) -> watch::Receiver<u64> {
        self.heads.subscribe()
    }

    async fn follow(self: Arc<Self>, stop: CancellationToken) {
        self.inflow.set_gate(Gate::Closed);
        let stream = reader::read(&self.inflow, || self.rpc.followed());
        let rpc = async {
            self.inflow.passed_gate().await;
            self.rpc.clone().follow(stop.clone()).await;
        };
        tokio::select! {
            () = stop.cancelled() => {}
            ((), (), ()) = async { tokio::join!(stream, rpc, self.merge_heads()) } => {}
        }
        self.inflow.set_gate(Gate::Off);
    }

    async fn genesis(&self) -> Result<Option<Bytes>, FetchError> {
        self.rpc.genesis().await
    }

    fn endpoints(&self) -> Vec<EndpointStatus> {
        let mut endpoints = self.rpc.endpoints();
        endpoints.push(self.inflow.status().endpoint(self.inflow.name.clone()));
        endpoints
    }

    async fn observe(&self) -> Result<Option<Observed>, FetchError> {
        self.rpc.observe().await
    }
}
