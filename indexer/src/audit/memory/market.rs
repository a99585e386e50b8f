//! Market and escrow.

use crate::audit::canon::{NONE, canonical};
use crate::audit::keys;
use crate::audit::rows::{Bid, Deployment, EscrowAccount, EscrowDeposit, EscrowPayment, Group, Lease, Order};
use crate::audit::snapshot::Snapshot;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{BidId, DecCoin, OrderId};
use crate::chain::akash::resources::{group_spec_json, offer_json};
use crate::chain::akash::state::escrow::{Account, Escrow, LegacyFunds, Payment, Scope, Source};
use crate::chain::akash::state::market::{self, Market, reason};
use crate::chain::akash::state::rows::json;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Fills the sections of market and escrow.
pub(super) fn fill(snapshot: &mut Snapshot, market: &Market, escrow: &Escrow) {
    let deployments = market.deployments.iter();
    let deployments = deployments.map(|(id, object)| (keys::deployment(&id.owner, id.dseq), deployment(object)));
    snapshot.deployments = Some(deployments.collect());
    let groups = market.groups.iter().map(|(id, object)| {
        let key = keys::join(&keys::deployment(&id.deployment.owner, id.deployment.dseq), id.gseq);
        (key, group(object))
    });
    snapshot.groups = Some(groups.collect());
    snapshot.orders = Some(
        market
            .orders
            .iter()
            .map(|(id, object)| (order_key(id), order(object)))
            .collect(),
    );
    snapshot.bids = Some(
        market
            .bids
            .iter()
            .map(|(id, object)| (bid_key(id), bid(object)))
            .collect(),
    );
    snapshot.leases = Some(
        market
            .leases
            .iter()
            .map(|(id, object)| (bid_key(id), lease(object)))
            .collect(),
    );
    let of_scope = |scope: Scope| {
        let accounts = escrow.accounts.iter().filter(move |(id, _)| id.scope == scope);
        accounts.map(|(id, object)| (id.xid.clone(), account(object))).collect()
    };
    snapshot.deployment_accounts = Some(of_scope(Scope::Deployment));
    snapshot.bid_accounts = Some(of_scope(Scope::Bid));
    let payments = escrow.payments.iter();
    let payments = payments.map(|(id, object)| (keys::join(&id.account, &id.xid), payment(object)));
    snapshot.escrow_payments = Some(payments.collect());
}

fn order_key(id: &OrderId) -> String {
    let deployment = &id.group.deployment;
    keys::order(&deployment.owner, deployment.dseq, id.group.gseq, id.oseq)
}

fn bid_key(id: &BidId) -> String {
    keys::bid(&order_key(&id.order), &id.provider, id.bseq)
}

fn window(seconds: Option<u64>) -> Option<String> {
    Some(seconds.map_or_else(|| NONE.to_owned(), |seconds| seconds.to_string()))
}

fn deployment(object: &market::Deployment) -> Deployment {
    Deployment {
        state: object.state.name().to_owned(),
        hash: STANDARD.encode(&object.hash),
        created_at: object.created_at,
        reclamation_min_window: window(object.reclamation_min_window_s),
    }
}

fn group(object: &market::Group) -> Group {
    Group {
        state: object.state.name().to_owned(),
        created_at: object.created_at,
        spec: canonical(&group_spec_json(&object.spec)),
    }
}

fn order(object: &market::Order) -> Order {
    Order {
        state: object.state.name().to_owned(),
        created_at: object.created_at,
        spec: canonical(&group_spec_json(&object.spec)),
        reclamation_min_window: window(object.reclamation_min_window_s),
    }
}

fn bid(object: &market::Bid) -> Bid {
    Bid {
        state: object.state.name().to_owned(),
        price: object.price.clone(),
        created_at: object.created_at,
        resources_offer: canonical(&offer_json(&object.resources_offer)),
        reclamation_window: window(object.reclamation_window_s),
    }
}

fn lease(object: &market::Lease) -> Lease {
    let reclamation = object
        .reclamation
        .as_ref()
        .map(|terms| canonical(&json::reclamation(terms)));
    Lease {
        state: object.state.name().to_owned(),
        price: object.price.clone(),
        created_at: object.created_at,
        closed_on: object.closed_on,
        reason: object.reason_in_state.map(reason::name),
        reclamation: Some(reclamation.unwrap_or_else(|| NONE.to_owned())),
    }
}

fn account(object: &Account) -> EscrowAccount {
    let plain = EscrowAccount {
        owner: object.owner.clone(),
        state: object.state.name().to_owned(),
        settled_at: object.settled_at,
        funds: object.funds.clone(),
        transferred: object.transferred.clone(),
        deposits: object.deposits.iter().map(deposit).collect(),
    };
    match &object.legacy {
        Some(legacy) => legacy_money(plain, legacy),
        None => plain,
    }
}

fn deposit(source: &Source) -> EscrowDeposit {
    EscrowDeposit {
        owner: source.owner.clone(),
        height: source.height,
        source: source.source.name().to_owned(),
        balance: source.balance.clone(),
    }
}

/// Money before v1.0.0 in the normal form. A sum out of range cannot be: both parts are checked amounts
/// of one supply; it shows as the balance alone, and so as a difference.
fn legacy_money(plain: EscrowAccount, legacy: &LegacyFunds) -> EscrowAccount {
    let coin = |amount: Dec| DecCoin {
        denom: legacy.denom.clone(),
        amount,
    };
    let part = |owner: &str, source: &str, amount: Dec| EscrowDeposit {
        owner: owner.to_owned(),
        height: 0,
        source: source.to_owned(),
        balance: coin(amount),
    };
    let mut deposits = vec![
        part(&legacy.depositor, "grant", legacy.funds),
        part(&plain.owner, "balance", legacy.balance),
    ];
    deposits.retain(|deposit| deposit.balance.amount > Dec::ZERO);
    EscrowAccount {
        funds: vec![coin(legacy.balance.add(legacy.funds).unwrap_or(legacy.balance))],
        transferred: vec![coin(legacy.transferred)],
        deposits,
        ..plain
    }
}

fn payment(object: &Payment) -> EscrowPayment {
    EscrowPayment {
        owner: object.owner.clone(),
        state: object.state.name().to_owned(),
        rate: object.rate.clone(),
        balance: object.balance.clone(),
        unsettled: Some(object.unsettled.clone()),
        withdrawn: object.withdrawn.clone(),
    }
}
