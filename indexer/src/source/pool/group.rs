//! The endpoints of one chain, and what they have in common: which answered last, and how far the chain is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::client::Client;
use super::endpoint::{Endpoint, EndpointStatus};
use crate::source::FetchError;

/// How a group behaves.
#[derive(Clone, Debug)]
pub(in crate::source) struct GroupRules {
    /// What errors call the chain.
    pub(in crate::source) chain_id: String,
    /// Requests in flight at one endpoint, at most.
    pub(in crate::source) max_in_flight: u32,
    /// How long a request is tried while no endpoint answers anything, before it is given up.
    pub(in crate::source) patience: Duration,
    /// How far one endpoint may be ahead of all others and be believed, in blocks.
    pub(in crate::source) max_lead: u64,
}

/// Endpoints behind one face: requests go to the better ones, and the head is what they agree on.
#[derive(Debug)]
pub(in crate::source) struct Group<C> {
    pub(in crate::source) rules: GroupRules,
    pub(in crate::source) members: Vec<Arc<Endpoint<C>>>,
    pub(super) changed: Arc<Notify>,
    head: watch::Sender<u64>,
    agreed: Mutex<Option<(u64, Instant)>>,
    answered: Mutex<Option<Instant>>,
}

impl<C: Client> Group<C> {
    /// A group over clients. Nothing is sent yet.
    ///
    /// # Errors
    /// There is no client.
    pub(in crate::source) fn new(rules: GroupRules, clients: Vec<C>) -> Result<Self, FetchError> {
        if clients.is_empty() {
            return Err(FetchError::Exhausted {
                what: rules.chain_id,
                attempts: Vec::new(),
            });
        }
        let changed = Arc::new(Notify::new());
        let member = |(index, client)| Arc::new(Endpoint::new(index, client, rules.max_in_flight, changed.clone()));
        Ok(Self {
            members: clients.into_iter().enumerate().map(member).collect(),
            rules,
            changed,
            head: watch::Sender::new(0),
            agreed: Mutex::default(),
            answered: Mutex::default(),
        })
    }

    /// State of each endpoint, in the configured order.
    pub(in crate::source) fn status(&self) -> Vec<EndpointStatus> {
        self.members.iter().map(|e| e.snapshot()).collect()
    }

    /// Follows the head; 0 until one is known.
    pub(in crate::source) fn heads(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// When a request that began at `start` is given up, if nothing is answered until then.
    pub(super) fn deadline(&self, start: Instant) -> Instant {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.map_or(start, |at| at.max(start)) + self.rules.patience
    }

    pub(super) fn answered(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn agreed_since(&self) -> Option<(u64, Instant)> {
        *self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_agreed(&self, height: u64, since: Instant) {
        *self.agreed.lock().unwrap_or_else(PoisonError::into_inner) = Some((height, since));
    }

    pub(super) fn head_seen(&self) -> u64 {
        *self.head.borrow()
    }

    pub(super) fn raise_head(&self, height: u64) {
        self.head.send_if_modified(|head| {
            let higher = height > *head;
            *head = height.max(*head);
            higher
        });
    }
}
