//! An open stream: updates come in, pings are answered.

use std::time::Duration;

use futures::Stream;
use tokio::sync::mpsc;
use tonic::Streaming;
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;
use yellowstone_grpc_proto::geyser::{
    SlotStatus, SubscribeRequest, SubscribeUpdate, SubscribeUpdateBlockMeta, SubscribeUpdateTransaction,
};

use super::error::StreamError;
use super::request::ping;

/// Requests that may wait to be sent. One is enough: nothing is sent but answers to pings.
const WAITING_REQUESTS: usize = 1;
/// How long an answer to a ping may wait for the server to read it.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What a stream says.
pub(super) enum Update {
    /// A transaction that names a followed address.
    Transaction(Box<SubscribeUpdateTransaction>),
    /// The meta of a block.
    Block(Box<SubscribeUpdateBlockMeta>),
}

/// An accepted subscription.
pub(super) struct Subscription {
    endpoint: String,
    updates: Streaming<SubscribeUpdate>,
    answers: mpsc::Sender<SubscribeRequest>,
    /// Slot of a replay of which nothing came yet.
    replay: Option<u64>,
}

impl Subscription {
    /// The stream of requests, which begins with `first`, and where to put further ones.
    pub(super) fn requests(
        first: SubscribeRequest,
    ) -> (mpsc::Sender<SubscribeRequest>, impl Stream<Item = SubscribeRequest>) {
        let (answers, mut waiting) = mpsc::channel(WAITING_REQUESTS);
        let mut first = Some(first);
        let requests = futures::stream::poll_fn(move |context| match first.take() {
            Some(request) => std::task::Poll::Ready(Some(request)),
            None => waiting.poll_recv(context),
        });
        (answers, requests)
    }

    pub(super) fn new(
        endpoint: String,
        updates: Streaming<SubscribeUpdate>,
        answers: mpsc::Sender<SubscribeRequest>,
        replay: Option<u64>,
    ) -> Self {
        Self {
            endpoint,
            updates,
            answers,
            replay,
        }
    }

    /// The next transaction or block. Must not be dropped half-way and called again: an answer to a ping may be lost.
    pub(super) async fn next(&mut self) -> Result<Update, StreamError> {
        loop {
            let message = self.updates.message().await;
            let update = message.map_err(|status| StreamError::status(&self.endpoint, &status, self.replay))?;
            let update = update.ok_or_else(|| StreamError::Ended {
                endpoint: self.endpoint.clone(),
            })?;
            match update.update_oneof {
                Some(UpdateOneof::Transaction(transaction)) => {
                    self.replay = None;
                    return Ok(Update::Transaction(Box::new(transaction)));
                }
                Some(UpdateOneof::BlockMeta(meta)) => {
                    self.replay = None;
                    return Ok(Update::Block(Box::new(meta)));
                }
                Some(UpdateOneof::Slot(slot)) => self.check(slot.slot, slot.status)?,
                Some(UpdateOneof::Ping(_)) => self.answer().await?,
                // A pong, a kind that this version of the protocol does not know, or one that was not asked for.
                _ => {}
            }
        }
    }

    /// A server that ignores the commitment would give us blocks that may still be dropped.
    fn check(&self, slot: u64, status: i32) -> Result<(), StreamError> {
        if status == SlotStatus::SlotFinalized as i32 {
            return Ok(());
        }
        Err(StreamError::Commitment {
            endpoint: self.endpoint.clone(),
            slot,
            status,
        })
    }

    async fn answer(&self) -> Result<(), StreamError> {
        let sent = tokio::time::timeout(ANSWER_LIMIT, self.answers.send(ping())).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(StreamError::Ended {
                endpoint: self.endpoint.clone(),
            }),
            Err(_) => Err(StreamError::Deaf {
                endpoint: self.endpoint.clone(),
            }),
        }
    }
}
