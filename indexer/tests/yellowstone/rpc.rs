//! The RPC source of the recording: it knows every transaction, and counts what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gridproof_indexer::source::solana::Listed;
use gridproof_indexer::source::solana::yellowstone::{Listing, Truth};
use gridproof_indexer::source::{EndpointStatus, FetchError, Head, RawSlot, RawTransaction, RawWindow, Source};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::mock::Journal;
use super::world::World;

pub(crate) const NAME: &str = "https://rpc.example.org";

pub(crate) struct Rpc {
    pub(crate) world: Arc<World>,
    pub(crate) journal: Journal,
    pub(crate) head: watch::Sender<u64>,
    /// Signatures that this node does not list yet.
    pub(crate) hidden: Mutex<BTreeSet<String>>,
    /// Whether lists tell times.
    pub(crate) lists_times: bool,
    /// Seconds by which lists are behind the times of blocks.
    pub(crate) lists_late_s: i64,
    pub(crate) bodies: AtomicU64,
    pub(crate) times: AtomicU64,
    pub(crate) lists: watch::Sender<u64>,
}

impl Rpc {
    pub(crate) fn new(world: Arc<World>, journal: Journal) -> Self {
        Self {
            head: watch::Sender::new(world.head()),
            world,
            journal,
            hidden: Mutex::default(),
            lists_times: true,
            lists_late_s: 0,
            bodies: AtomicU64::new(0),
            times: AtomicU64::new(0),
            lists: watch::Sender::new(0),
        }
    }

    pub(crate) fn asked_bodies(&self) -> u64 {
        self.bodies.load(Ordering::Relaxed)
    }

    fn note(&self, what: String) {
        self.journal.lock().expect("journal").push(what);
    }
}

impl Source for Rpc {
    type Raw = RawSlot;

    async fn head(&self) -> Result<Head, FetchError> {
        Ok(Head {
            height: *self.head.borrow(),
            floor: 0,
        })
    }

    async fn fetch_range_after(&self, from: u64, to: u64, _: Option<&str>) -> Result<Vec<RawSlot>, FetchError> {
        let listing = self.list(from, to).await?;
        let bodies = self.bodies(listing.transactions.clone()).await?;
        self.slots(&listing, bodies)
    }

    fn heads(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    async fn follow(self: Arc<Self>, stop: CancellationToken) {
        self.note("follow".to_owned());
        stop.cancelled().await;
    }

    async fn genesis(&self) -> Result<Option<Bytes>, FetchError> {
        Ok(None)
    }

    fn endpoints(&self) -> Vec<EndpointStatus> {
        Vec::new()
    }
}

impl Truth for Rpc {
    async fn list(&self, from: u64, to: u64) -> Result<Listing, FetchError> {
        self.note(format!("list {from}..={to}"));
        self.lists.send_modify(|n| *n += 1);
        let head = *self.head.borrow();
        if to > head {
            return Err(FetchError::NotYet {
                endpoint: NAME.to_owned(),
                height: to,
                tip: Some(head),
            });
        }
        let hidden = self.hidden.lock().expect("hidden");
        let there = self.world.transactions.iter().filter(|t| (from..=to).contains(&t.slot));
        let mut transactions: Vec<Listed> = there
            .filter(|t| !hidden.contains(&t.signature))
            .map(|t| Listed {
                signature: t.signature.clone(),
                slot: t.slot,
                block_time: self.lists_times.then_some(t.block_time - self.lists_late_s),
                err: t.json["meta"]["err"].clone(),
                tx_index: None,
            })
            .collect();
        transactions.sort_by(|a, b| (a.slot, &a.signature).cmp(&(b.slot, &b.signature)));
        let window = RawWindow {
            from,
            to,
            block_time: self
                .world
                .transactions
                .iter()
                .find(|t| t.slot == to)
                .map(|t| t.block_time),
            addresses: self.world.followed.clone(),
        };
        Ok(Listing { window, transactions })
    }

    async fn bodies(&self, listed: Vec<Listed>) -> Result<Vec<RawTransaction>, FetchError> {
        self.bodies.fetch_add(listed.len() as u64, Ordering::Relaxed);
        let body = |one: Listed| {
            let recorded = self
                .world
                .transactions
                .iter()
                .find(|t| t.signature == one.signature)
                .expect("listed");
            RawTransaction {
                signature: one.signature,
                block_time: recorded.block_time,
                tx_index: None,
                body: recorded.json.to_string().into(),
            }
        };
        Ok(listed.into_iter().map(body).collect())
    }

    fn slots(&self, listing: &Listing, bodies: Vec<RawTransaction>) -> Result<Vec<RawSlot>, FetchError> {
        let slot_of: BTreeMap<&str, u64> = listing
            .transactions
            .iter()
            .map(|t| (t.signature.as_str(), t.slot))
            .collect();
        let mut slots: BTreeMap<u64, Vec<RawTransaction>> = BTreeMap::from([(listing.window.to, Vec::new())]);
        for body in bodies {
            slots.entry(slot_of[body.signature.as_str()]).or_default().push(body);
        }
        let window: Bytes = serde_json::to_vec(&listing.window).expect("JSON").into();
        let raw = |(slot, mut transactions): (u64, Vec<RawTransaction>)| {
            transactions.sort_by(|a, b| a.signature.cmp(&b.signature));
            RawSlot {
                slot,
                window: (slot == listing.window.to).then(|| window.clone()),
                transactions,
            }
        };
        Ok(slots.into_iter().map(raw).collect())
    }

    async fn forget(&self, from: u64, to: u64) {
        self.note(format!("forget {from}..={to}"));
    }

    async fn block_time(&self, slot: u64) -> Result<i64, FetchError> {
        self.times.fetch_add(1, Ordering::Relaxed);
        let there = self.world.transactions.iter().find(|t| t.slot == slot);
        Ok(there.expect("a slot of the recording").block_time)
    }

    fn followed(&self) -> Vec<String> {
        self.world.followed.clone()
    }

    fn name(&self) -> String {
        NAME.to_owned()
    }
}
