//! The always-on check of the machine: what it computed against what the block shows.
//!
//! Escrow emits no events of its own, so the bank's transfers out of the module account are the
//! witness of every payout and refund; market and deployment events are the witness of every state
//! change. A difference is a finding, never a panic: the first one names the rule that failed.

use super::flow::ESCROW;
use super::machine::{bid_key, deployment_key, group_key, order_key};
use super::market::reason;
use super::output::{Announced, Sent};
use crate::chain::akash::model::{Block, Event, EventBody};
use serde_json::json;
use std::collections::BTreeMap;

/// One comparison of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// What was compared: `transfers` (each block that pays or refunds) or `events` (only differences).
    pub subject: &'static str,
    /// JSON. Transfers: `{recipient: {denom: amount}}`. Events: a list of those that are missing.
    pub expected: String,
    /// JSON. Transfers: as above. Events: a list of those that nothing announced.
    pub observed: String,
    /// Whether they agree.
    pub ok: bool,
}

/// Amounts by receiver and denomination.
type Totals = BTreeMap<String, BTreeMap<String, i128>>;

/// Compares a block with what the machine says of it.
pub(crate) fn audit(block: &Block, sent: &[Sent], announced: &[Announced]) -> Vec<Audit> {
    let mut audits = Vec::new();
    audits.extend(audit_transfers(block, sent));
    audits.extend(audit_events(block, announced));
    audits
}

/// Events of the block and of its successful transactions.
fn events(block: &Block) -> impl Iterator<Item = &Event> {
    let txs = block.txs.iter().filter(|tx| tx.succeeded());
    block.events.iter().chain(txs.flat_map(|tx| &tx.events))
}

fn audit_transfers(block: &Block, sent: &[Sent]) -> Option<Audit> {
    let (mut expected, mut observed) = (Totals::new(), Totals::new());
    for one in sent {
        add(&mut expected, &one.recipient, &one.denom, one.amount);
    }
    for event in events(block) {
        let EventBody::Transfer {
            recipient,
            sender,
            amount,
        } = &event.body
        else {
            continue;
        };
        for coin in amount.iter().filter(|coin| sender == ESCROW && coin.amount != 0) {
            add(&mut observed, recipient, &coin.denom, coin.amount);
        }
    }
    let silent = expected.is_empty() && observed.is_empty();
    let ok = expected == observed;
    (!silent).then(|| Audit {
        subject: "transfers",
        expected: text(&expected),
        observed: text(&observed),
        ok,
    })
}

fn add(totals: &mut Totals, recipient: &str, denom: &str, amount: i128) {
    let sum = totals
        .entry(recipient.to_owned())
        .or_default()
        .entry(denom.to_owned())
        .or_default();
    *sum = sum.saturating_add(amount);
}

/// Amounts as text, as everywhere: JSON numbers do not hold them.
fn text(totals: &Totals) -> String {
    let denoms = |coins: &BTreeMap<String, i128>| -> BTreeMap<String, String> {
        coins
            .iter()
            .map(|(denom, amount)| (denom.clone(), amount.to_string()))
            .collect()
    };
    let totals: BTreeMap<&String, _> = totals.iter().map(|(to, coins)| (to, denoms(coins))).collect();
    json!(totals).to_string()
}

fn audit_events(block: &Block, announced: &[Announced]) -> Option<Audit> {
    let mut balance: BTreeMap<Announced, i64> = BTreeMap::new();
    for one in announced {
        *balance.entry(one.clone()).or_default() += 1;
    }
    for one in events(block).filter_map(witnessed) {
        *balance.entry(one).or_default() -= 1;
    }
    let list = |wanted: fn(i64) -> bool| -> Vec<String> {
        let found = balance.iter().filter(|(_, count)| wanted(**count));
        found
            .map(|(one, _)| format!("{} {} {}", one.kind, one.key, one.detail).trim_end().to_owned())
            .collect()
    };
    let (missing, unannounced) = (list(|count| count > 0), list(|count| count < 0));
    let differs = !missing.is_empty() || !unannounced.is_empty();
    let (expected, observed) = (json!(missing).to_string(), json!(unannounced).to_string());
    differs.then_some(Audit {
        subject: "events",
        expected,
        observed,
        ok: false,
    })
}

/// The event in the machine's words, where it is one that the machine announces.
fn witnessed(event: &Event) -> Option<Announced> {
    let none = String::new;
    let (kind, key, detail) = match &event.body {
        EventBody::DeploymentCreated { id, .. } => ("deployment_created", deployment_key(id), none()),
        EventBody::DeploymentUpdated { id, .. } => ("deployment_updated", deployment_key(id), none()),
        EventBody::DeploymentClosed { id } => ("deployment_closed", deployment_key(id), none()),
        EventBody::GroupStarted { id } => ("group_started", group_key(id), none()),
        EventBody::GroupPaused { id } => ("group_paused", group_key(id), none()),
        EventBody::GroupClosed { id } => ("group_closed", group_key(id), none()),
        EventBody::OrderCreated { id } => ("order_created", order_key(id), none()),
        EventBody::OrderClosed { id } => ("order_closed", order_key(id), none()),
        EventBody::BidCreated { id, price } => ("bid_created", bid_key(id), price.amount.to_string()),
        EventBody::BidClosed { id } => ("bid_closed", bid_key(id), none()),
        EventBody::LeaseCreated { id, price } => ("lease_created", bid_key(id), price.amount.to_string()),
        EventBody::LeaseClosed { id, reason } => ("lease_closed", bid_key(id), reason.clone()),
        EventBody::LeaseReclaimStarted {
            id,
            reason,
            deadline_unix_s,
        } => {
            let reason = reason.parse().map_or_else(|_| reason.clone(), reason::name);
            (
                "lease_reclaim_started",
                bid_key(id),
                format!("{reason} {deadline_unix_s}"),
            )
        }
        _ => return None,
    };
    Some(Announced { kind, key, detail })
}
