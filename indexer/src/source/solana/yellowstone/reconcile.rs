//! One range: what the RPC lists, with the bodies that the stream has already brought.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::buffer::Streamed;
use super::inflow::Inflow;
use super::links::SlotFact;
use super::status::{add, count};
use super::truth::{Listing, Truth};
use crate::source::solana::Listed;
use crate::source::{Class, FetchError, RawSlot, RawTransaction};

/// A range under way.
pub(super) struct Range<'a, S> {
    pub(super) rpc: &'a S,
    pub(super) inflow: &'a Inflow,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// What of a listing the stream has brought, and what the RPC is asked for.
#[derive(Default)]
struct Shares {
    /// With the time of the block, where the stream told it.
    streamed: Vec<(Listed, Arc<Streamed>, Option<i64>)>,
    asked: Vec<Listed>,
    /// Positions of transactions that the stream has but not for certain.
    positions: HashMap<String, u32>,
    missed: u64,
    doubtful: u64,
}

impl<S: Truth> Range<'_, S> {
    /// Fetches the range. What the stream has and the RPC does not list is waited for; the error after that names both.
    pub(super) async fn fetch(&self) -> Result<Vec<RawSlot>, FetchError> {
        let deadline = Instant::now() + self.inflow.config.limits.confirm;
        loop {
            let listing = self.listing(deadline).await?;
            let shares = self.share_out(&listing)?;
            let (saved, missed, doubtful) = (shares.streamed.len() as u64, shares.missed, shares.doubtful);
            let bodies = self.bodies(shares).await?;
            let slots = self.rpc.slots(&listing, bodies)?;
            self.rpc.forget(self.from, self.to).await;
            // The stream may have brought more of the range meanwhile: then the listing is too old for it.
            if !self.done(&listing) {
                continue;
            }
            add(&self.inflow.counters.saved, saved);
            add(&self.inflow.counters.missed, missed);
            add(&self.inflow.counters.doubtful, doubtful);
            return Ok(slots);
        }
    }

    /// Ends the range, unless the stream has something in it that the listing lacks.
    fn done(&self, listing: &Listing) -> bool {
        let mut buffer = self.inflow.buffer();
        let complete = unconfirmed(listing, &buffer.range(self.from, self.to)).is_none();
        if complete {
            buffer.done(self.from, self.to);
        }
        complete
    }

    /// A listing that has everything that the stream has.
    async fn listing(&self, deadline: Instant) -> Result<Listing, FetchError> {
        loop {
            let late = Instant::now() >= deadline;
            match self.rpc.list(self.from, self.to).await {
                Ok(listing) => {
                    let streamed = self.inflow.buffer().range(self.from, self.to);
                    match unconfirmed(&listing, &streamed) {
                        None => return Ok(listing),
                        Some(alone) if late => return Err(self.unconfirmed_error(&alone)),
                        Some(_) => {}
                    }
                }
                // The stream announced a slot that the RPC's nodes have not finalized yet.
                Err(error) if !late && self.was_announced() && may_pass(&error) => {}
                Err(error) => return Err(error),
            }
            self.rpc.forget(self.from, self.to).await;
            tokio::time::sleep(self.inflow.config.limits.confirm_pause).await;
        }
    }

    fn was_announced(&self) -> bool {
        *self.inflow.announced().borrow() >= self.to
    }

    fn share_out(&self, listing: &Listing) -> Result<Shares, FetchError> {
        let buffer = self.inflow.buffer();
        let waiting: HashMap<String, Arc<Streamed>> = buffer
            .range(self.from, self.to)
            .into_iter()
            .map(|streamed| (streamed.transaction.signature.clone(), streamed))
            .collect();
        let mut shares = Shares::default();
        for listed in &listing.transactions {
            let Some(streamed) = waiting.get(&listed.signature) else {
                shares.missed += u64::from(buffer.covers(listed.slot));
                shares.asked.push(listed.clone());
                continue;
            };
            let time = time_of(buffer.fact(listed.slot));
            let known = &streamed.transaction;
            if listed.slot != known.slot || listed.err.is_null() != known.err.is_null() {
                return Err(self.contradiction(listed, streamed, listed.block_time, time));
            }
            // Both failed, but it is not said in the same words: the RPC's count.
            if streamed.transaction.doubt.is_some() || streamed.transaction.err != listed.err {
                shares.doubtful += 1;
                shares
                    .positions
                    .insert(listed.signature.clone(), streamed.transaction.index);
                shares.asked.push(listed.clone());
            } else {
                shares.streamed.push((listed.clone(), streamed.clone(), time));
            }
        }
        Ok(shares)
    }

    async fn bodies(&self, shares: Shares) -> Result<Vec<RawTransaction>, FetchError> {
        let mut bodies = if shares.asked.is_empty() {
            Vec::new()
        } else {
            self.rpc.bodies(shares.asked).await?
        };
        for body in &mut bodies {
            let position = shares.positions.get(&body.signature).copied();
            body.tx_index = body.tx_index.or(position);
        }
        let mut times: HashMap<u64, i64> = HashMap::new();
        for (listed, streamed, told) in shares.streamed {
            let block_time = match times.get(&listed.slot) {
                Some(time) => *time,
                None => self.block_time(&listed, &streamed, told).await?,
            };
            times.insert(listed.slot, block_time);
            bodies.push(RawTransaction {
                body: streamed.transaction.body(block_time),
                tx_index: Some(streamed.transaction.index),
                signature: listed.signature,
                block_time,
            });
        }
        Ok(bodies)
    }

    /// The time of a transaction's block, as its body at the RPC would tell it. The list's is no match for it: nodes list
    /// times that are a second off those of the block. Where the two differ, the block at the RPC decides.
    async fn block_time(&self, listed: &Listed, streamed: &Streamed, told: Option<i64>) -> Result<i64, FetchError> {
        match (told, listed.block_time) {
            (Some(told), None) => return Ok(told),
            (Some(told), Some(of_list)) if told == of_list => return Ok(told),
            _ => {}
        }
        let time = self.rpc.block_time(listed.slot).await?;
        if told.is_none_or(|told| told == time) {
            return Ok(time);
        }
        Err(self.contradiction(listed, streamed, Some(time), told))
    }

    /// Both must say the same of a transaction; which one is right, nobody here can tell.
    fn contradiction(
        &self,
        listed: &Listed,
        streamed: &Streamed,
        rpc_time: Option<i64>,
        stream_time: Option<i64>,
    ) -> FetchError {
        let transaction = &streamed.transaction;
        let say = |slot: u64, err: &serde_json::Value, time: Option<i64>| {
            let time = time.map_or("no time".to_owned(), |time| format!("time {time}"));
            let outcome = if err.is_null() { "succeeded" } else { "failed" };
            format!("transaction {} {outcome} in slot {slot} with {time}", listed.signature)
        };
        count(&self.inflow.counters.conflicts);
        FetchError::Disagreement {
            height: listed.slot,
            first: self.rpc.name(),
            first_hash: say(listed.slot, &listed.err, rpc_time),
            second: self.inflow.name.clone(),
            second_hash: say(transaction.slot, &transaction.err, stream_time),
        }
    }

    fn unconfirmed_error(&self, alone: &Streamed) -> FetchError {
        count(&self.inflow.counters.conflicts);
        let transaction = &alone.transaction;
        FetchError::Disagreement {
            height: transaction.slot,
            first: self.inflow.name.clone(),
            first_hash: format!("transaction {} is finalized", transaction.signature),
            second: self.rpc.name(),
            second_hash: format!("nothing of it for {:?}", self.inflow.config.limits.confirm),
        }
    }
}

fn may_pass(error: &FetchError) -> bool {
    matches!(error.class(), Class::Wait | Class::Retry)
}

fn time_of(fact: SlotFact) -> Option<i64> {
    match fact {
        SlotFact::Block(time) => time,
        SlotFact::Skipped | SlotFact::Unknown => None,
    }
}

/// A streamed transaction that names an address of the listing, and that the listing lacks.
fn unconfirmed(listing: &Listing, streamed: &[Arc<Streamed>]) -> Option<Arc<Streamed>> {
    let listed: std::collections::HashSet<&str> = listing.transactions.iter().map(|t| t.signature.as_str()).collect();
    let asked = |streamed: &Streamed| {
        streamed
            .transaction
            .named
            .iter()
            .any(|a| listing.window.addresses.contains(a))
    };
    let alone = |s: &&Arc<Streamed>| !listed.contains(s.transaction.signature.as_str()) && asked(s);
    streamed.iter().find(alone).cloned()
}
