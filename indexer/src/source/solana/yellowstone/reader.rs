//! Keeps a stream open: subscribe, read, and after an end a pause that grows.

use std::collections::HashSet;

use tokio::time::Instant;

use super::backoff::Backoff;
use super::endpoint::{Client, Replay};
use super::error::StreamError;
use super::inflow::{Gate, Inflow};
use super::status::{StreamState, count};
use super::subscription::{Subscription, Update};

/// Slots before the durable one from which a replay is asked for, so that its links can be proved.
const REPLAY_OVERLAP_SLOTS: u64 = 32;

/// Reads the stream until the future is dropped. `followed` is asked anew for each subscription.
pub(super) async fn read(inflow: &Inflow, followed: impl Fn() -> Vec<String>) {
    let limits = &inflow.config.limits;
    let mut backoff = Backoff::new(limits.first_pause, limits.longest_pause);
    loop {
        inflow.counters.entered(StreamState::Connecting);
        let mut session = Session::new(inflow, followed());
        let error = session.run().await;
        // Whoever sends what cannot be is not asked again at once, however many good blocks came before.
        if session.progressed && !matches!(error, StreamError::Malformed { .. }) {
            backoff.reset();
        }
        inflow.counters.broke(&error);
        tracing::warn!(endpoint = inflow.name, %error, "stream ended, the RPC goes on alone");
        // Also a failed first attempt ends the waiting for it.
        inflow.set_gate(Gate::Open);
        let pause = if error.needs_a_person() {
            backoff.longest()
        } else {
            backoff.pause()
        };
        tokio::time::sleep(pause).await;
    }
}

/// One connection.
struct Session<'a> {
    inflow: &'a Inflow,
    addresses: Vec<String>,
    followed: HashSet<String>,
    /// Whether a block came that was not known.
    progressed: bool,
}

impl<'a> Session<'a> {
    fn new(inflow: &'a Inflow, addresses: Vec<String>) -> Self {
        Self {
            inflow,
            followed: addresses.iter().cloned().collect(),
            addresses,
            progressed: false,
        }
    }

    /// Runs until the stream ends, and says why it did.
    async fn run(&mut self) -> StreamError {
        match self.read().await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn read(&mut self) -> Result<std::convert::Infallible, StreamError> {
        let mut client = Client::connect(&self.inflow.config).await?;
        let tells_v1 = client.tells_v1().await?;
        let mut from_slot = self.replay_from(&mut client).await?;
        loop {
            let ended = match self.subscribe(&mut client, from_slot).await {
                Ok(subscription) => self.follow(subscription, tells_v1).await,
                Err(error) => Err(error),
            };
            match ended {
                // Once, and without replay: whoever asks again for what is gone asks for ever.
                Err(StreamError::NoReplay { .. }) if from_slot.is_some() => from_slot = None,
                ended => return ended,
            }
        }
    }

    /// The slot to replay from: a little before what is known, as far as the server says that it can.
    async fn replay_from(&self, client: &mut Client) -> Result<Option<u64>, StreamError> {
        let streamed = self.inflow.buffer().head();
        let Some(known) = streamed.or(self.inflow.config.durable_slot) else {
            return Ok(None);
        };
        let wanted = known.saturating_sub(REPLAY_OVERLAP_SLOTS);
        Ok(match client.replay().await? {
            Replay::Unknown => Some(wanted),
            Replay::Nothing => None,
            Replay::From(first) => Some(wanted.max(first)),
        })
    }

    async fn subscribe(&self, client: &mut Client, from_slot: Option<u64>) -> Result<Subscription, StreamError> {
        let subscription = client.subscribe(&self.addresses, from_slot).await?;
        count(&self.inflow.counters.subscriptions);
        self.inflow.set_gate(Gate::Open);
        Ok(subscription)
    }

    async fn follow(
        &mut self,
        mut subscription: Subscription,
        tells_v1: bool,
    ) -> Result<std::convert::Infallible, StreamError> {
        let silence = self.inflow.config.limits.silence;
        let mut deadline = Instant::now() + silence;
        loop {
            let next = tokio::time::timeout_at(deadline, subscription.next()).await;
            let update = next.map_err(|_| StreamError::Silent {
                endpoint: self.inflow.name.clone(),
                after: silence,
            })??;
            match update {
                Update::Block(block) => {
                    if self.inflow.block(&block)? {
                        self.progressed = true;
                        deadline = Instant::now() + silence;
                    }
                }
                Update::Transaction(transaction) => {
                    let before = Instant::now();
                    self.inflow.transaction(&transaction, &self.followed, tells_v1).await?;
                    // The time in which we did not read is ours, not the server's.
                    deadline += before.elapsed();
                }
            }
        }
    }
}
