//! Events that a chain emits once at most: seen twice in a block, the node's answer is damaged.
//!
//! CometBFT commits to results without their events (`last_results_hash`), so no hash tells. But an id is
//! created once for all time, and inflation is minted once a block. Events that may rightly come twice, such as transfers, are not judged here: the settlement audit
//! of the state machine compares them with what it computed.

use super::DecodeError;
use crate::chain::akash::model::{BidId, Block, DeploymentId, Event, EventBody, LeaseId, OrderId};
use std::collections::HashSet;

/// What must not come twice.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Once<'a> {
    Mint,
    Created(Object<'a>),
}

/// An object that is created once.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Object<'a> {
    Deployment(&'a DeploymentId),
    Order(&'a OrderId),
    Bid(&'a BidId),
    Lease(&'a LeaseId),
    Provider(&'a str),
}

/// Refuses a block in which one of them comes twice.
pub(super) fn check(block: &Block) -> Result<(), DecodeError> {
    let in_txs = block.txs.iter().flat_map(|tx| &tx.events);
    let mut seen = HashSet::new();
    for event in block.events.iter().chain(in_txs) {
        let fresh = once(event).is_none_or(|key| seen.insert(key));
        if !fresh {
            return Err(DecodeError::DuplicateEvent {
                height: block.header.height,
                event_index: event.event_index,
                what: name(&event.body),
            });
        }
    }
    Ok(())
}

fn once(event: &Event) -> Option<Once<'_>> {
    Some(match &event.body {
        EventBody::Mint { .. } => Once::Mint,
        EventBody::DeploymentCreated { id, .. } => Once::Created(Object::Deployment(id)),
        EventBody::OrderCreated { id } => Once::Created(Object::Order(id)),
        EventBody::BidCreated { id, .. } => Once::Created(Object::Bid(id)),
        EventBody::LeaseCreated { id, .. } => Once::Created(Object::Lease(id)),
        EventBody::ProviderCreated { owner } => Once::Created(Object::Provider(owner)),
        _ => return None,
    })
}

fn name(body: &EventBody) -> &'static str {
    match body {
        EventBody::Mint { .. } => "the inflation of the block",
        _ => "the creation of an object",
    }
}
