//! A range of slots: every finalized transaction that names a followed address, as served.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::SolanaSource;
use super::body;
use super::counters::Counters;
use super::member::Member;
use super::rpc::{BlockDetail, Listed, SolanaRpc};
use crate::source::pool::Need;
use crate::source::{Defect, FetchError, RawSlot, RawTransaction, RawWindow};

impl<R: SolanaRpc> SolanaSource<R> {
    /// The slots of `from..=to` with a followed transaction, ascending, and always the last one, which carries the
    /// window.
    pub(super) async fn range(&self, from: u64, to: u64) -> Result<Vec<RawSlot>, FetchError> {
        if from > to {
            return Err(FetchError::Permanent {
                endpoint: self.config.network.clone(),
                reason: format!("{from} to {to} is not a range of slots"),
                source: None,
            });
        }
        let listed = self.union(from, to).await?;
        let fetches: Vec<_> = listed.values().map(|entry| self.transaction(entry)).collect();
        let fetched = stream::iter(fetches).buffered(self.config.parallel);
        let transactions: Vec<(u64, RawTransaction)> = fetched.try_collect().await?;
        let slots = group(transactions, self.window(from, to).await?);
        // Only now: a range that failed half-way is asked for again and finds its entries.
        for followed in &self.followed {
            followed.history.lock().await.release(from, to);
        }
        slots
    }

    /// What all followed addresses list, each transaction once.
    pub(super) async fn union(&self, from: u64, to: u64) -> Result<BTreeMap<String, Listed>, FetchError> {
        let walks: Vec<_> = self
            .followed
            .iter()
            .map(|followed| self.list(followed, from, to))
            .collect();
        let lists: Vec<Vec<Listed>> = stream::iter(walks).buffered(self.config.parallel).try_collect().await?;
        let mut union: BTreeMap<String, (Listed, &str)> = BTreeMap::new();
        for (followed, entries) in self.followed.iter().zip(lists) {
            for entry in entries {
                match union.entry(entry.signature.clone()) {
                    Entry::Vacant(vacant) => {
                        vacant.insert((entry, &followed.address));
                    }
                    Entry::Occupied(known) => {
                        let (known, of) = known.get();
                        same(known, of, &entry, &followed.address)?;
                    }
                }
            }
        }
        Ok(union
            .into_iter()
            .map(|(signature, (entry, _))| (signature, entry))
            .collect())
    }

    /// A listed transaction. It exists, so a node that does not have it is behind, and another is asked.
    pub(super) async fn transaction(&self, listed: &Listed) -> Result<(u64, RawTransaction), FetchError> {
        let need = Need::existing(
            format!("transaction {} of slot {}", listed.signature, listed.slot),
            listed.slot,
        );
        let ask = |member: Member<R>| async move {
            let endpoint = member.rpc.name();
            let Some(body) = member.rpc.transaction(&listed.signature).await? else {
                Counters::add(&self.counters.nulls, 1);
                return Err(FetchError::Behind {
                    endpoint: endpoint.to_owned(),
                    needed: listed.slot,
                    at: None,
                });
            };
            let time = body::check(listed, &body);
            let time = time.map_err(|odd| {
                let why = format!("{}: {odd}", listed.signature);
                FetchError::malformed(endpoint, listed.slot, Defect::Shape { why })
            })?;
            Ok((body, time))
        };
        let ((body, time), _) = self.group.request(&need, ask).await?;
        Counters::add(&self.counters.transactions, 1);
        self.dated(listed, body, time).await
    }

    /// A transaction with the time of its block: by its body, else by the block.
    async fn dated(
        &self,
        listed: &Listed,
        body: Bytes,
        time: Option<i64>,
    ) -> Result<(u64, RawTransaction), FetchError> {
        let time = match time {
            Some(time) => time,
            None => self.time_of(listed.slot).await?,
        };
        let transaction = RawTransaction {
            signature: listed.signature.clone(),
            block_time: time,
            tx_index: listed.tx_index,
            body,
        };
        Ok((listed.slot, transaction))
    }

    /// Time of a block that exists. An endpoint that knows none is passed over; where none does, it is an error: a time
    /// is never guessed.
    pub(super) async fn time_of(&self, slot: u64) -> Result<i64, FetchError> {
        let need = Need::existing(format!("the time of slot {slot}"), slot);
        let ask = |member: Member<R>| async move {
            if let Some(time) = member.rpc.block_time(slot).await? {
                return Ok(time);
            }
            let block = member.rpc.block(slot, BlockDetail::Links).await?;
            block.block_time.ok_or_else(|| {
                let why = "it has a block there and no time for it".to_owned();
                FetchError::malformed(member.rpc.name(), slot, Defect::Shape { why })
            })
        };
        Ok(self.group.request(&need, ask).await?.0)
    }

    pub(super) async fn window(&self, from: u64, to: u64) -> Result<RawWindow, FetchError> {
        Ok(RawWindow {
            from,
            to,
            block_time: self.time_at(to).await?,
            addresses: self.followed.iter().map(|f| f.address.clone()).collect(),
        })
    }

    /// Time of the block in a slot that may have none; `None` also where no node tells.
    async fn time_at(&self, slot: u64) -> Result<Option<i64>, FetchError> {
        let need = Need::height(format!("the time of slot {slot}"), slot);
        let ask = |member: Member<R>| async move { member.rpc.block_time(slot).await };
        match self.group.request(&need, ask).await {
            Ok((time, _)) => Ok(time),
            Err(error) if has_no_block(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether every endpoint says that it has no block in the slot.
fn has_no_block(error: &FetchError) -> bool {
    match error {
        FetchError::SlotSkipped { .. } | FetchError::NotYet { .. } | FetchError::Pruned { .. } => true,
        FetchError::Exhausted { attempts, .. } => {
            !attempts.is_empty() && attempts.iter().all(|a| has_no_block(&a.error))
        }
        _ => false,
    }
}

/// Two lists must tell the same of one transaction.
fn same(one: &Listed, of_one: &str, other: &Listed, of_other: &str) -> Result<(), FetchError> {
    if one.slot == other.slot && one.err == other.err {
        return Ok(());
    }
    let told = |entry: &Listed| format!("{} in slot {}, outcome {}", entry.signature, entry.slot, entry.err);
    Err(FetchError::Disagreement {
        height: one.slot.min(other.slot),
        first: format!("the list of {of_one}"),
        first_hash: told(one),
        second: format!("the list of {of_other}"),
        second_hash: told(other),
    })
}

/// Transactions by slot and signature. Those of one slot must agree on its time.
pub(super) fn group(transactions: Vec<(u64, RawTransaction)>, window: RawWindow) -> Result<Vec<RawSlot>, FetchError> {
    let mut slots: BTreeMap<u64, BTreeMap<String, RawTransaction>> = BTreeMap::from([(window.to, BTreeMap::new())]);
    for (slot, transaction) in transactions {
        let of_slot = slots.entry(slot).or_default();
        if let Some(other) = of_slot
            .values()
            .next()
            .filter(|other| other.block_time != transaction.block_time)
        {
            return Err(FetchError::Disagreement {
                height: slot,
                first: other.signature.clone(),
                first_hash: format!("time {}", other.block_time),
                second: transaction.signature.clone(),
                second_hash: format!("time {}", transaction.block_time),
            });
        }
        of_slot.insert(transaction.signature.clone(), transaction);
    }
    let as_json = serde_json::to_vec(&window).map_err(|e| FetchError::Permanent {
        endpoint: "the window".to_owned(),
        reason: "it cannot be written as JSON".to_owned(),
        source: Some(Box::new(e)),
    })?;
    let as_json = Bytes::from(as_json);
    let raw = |(slot, transactions): (u64, BTreeMap<String, RawTransaction>)| RawSlot {
        slot,
        window: (slot == window.to).then(|| as_json.clone()),
        transactions: transactions.into_values().collect(),
    };
    Ok(slots.into_iter().map(raw).collect())
}
