//! Answers of the deployment and market modules to their objects.

use super::error::SnapshotError;
use super::escrow::{Escrowed, account, payment};
use super::read::{Answers, Query, Spot};
use super::wire;
use crate::chain::akash::decode::FieldError;
use crate::chain::akash::decode::message::convert;
use crate::chain::akash::model::{BidId, DeploymentId};
use crate::chain::akash::proto;
use crate::chain::akash::state::escrow::{AccountId, PaymentId};
use crate::chain::akash::state::market::{
    Bid, BidState, Deployment, DeploymentState, Group, GroupState, Hardware, Lease, LeaseState, Market, Order,
    OrderState, Reclamation,
};
use crate::chain::akash::state::{bid_key, deployment_key, group_key, order_key};

pub(super) const DEPLOYMENTS: Query = Query {
    method: "akash.deployment.v1beta4.Query/Deployments",
    list: "deployments",
};
pub(super) const ORDERS: Query = Query {
    method: "akash.market.v1beta5.Query/Orders",
    list: "orders",
};
pub(super) const BIDS: Query = Query {
    method: "akash.market.v1beta5.Query/Bids",
    list: "bids",
};
pub(super) const LEASES: Query = Query {
    method: "akash.market.v1beta5.Query/Leases",
    list: "leases",
};

/// Longest address. Bech32 allows 90 characters; module accounts have longer ones than people.
const ADDRESS_MAX_BYTES: usize = 128;

/// Reads the market, parents before children. Accounts and payments that come with the objects go to `escrowed`.
pub(super) fn read(answers: &Answers<'_>, escrowed: &mut Escrowed) -> Result<Market, SnapshotError> {
    for query in [DEPLOYMENTS, ORDERS, BIDS, LEASES] {
        answers.need(query)?;
    }
    let mut reader = Reader {
        height: answers.raw.height,
        market: Market::default(),
        escrowed,
    };
    answers.each(DEPLOYMENTS, |spot, entry| reader.deployment(spot, entry))?;
    answers.each(ORDERS, |spot, order| reader.order(spot, order))?;
    answers.each(BIDS, |spot, entry| reader.bid(spot, entry))?;
    answers.each(LEASES, |spot, entry| reader.lease(spot, entry))?;
    Ok(reader.market)
}

struct Reader<'a> {
    height: u64,
    market: Market,
    escrowed: &'a mut Escrowed,
}

impl Reader<'_> {
    fn deployment(&mut self, spot: &Spot, entry: wire::DeploymentEntry) -> Result<(), SnapshotError> {
        let found = need("deployment", entry.deployment).map_err(|error| spot.field("", error))?;
        let id = convert::deployment_id(found.id.clone())
            .and_then(checked_deployment)
            .map_err(|error| spot.field("", error))?;
        let key = deployment_key(&id);
        let deployment = deployment(found, self.height).map_err(|error| spot.field(&key, error))?;
        if self.market.deployments.insert(id.clone(), deployment).is_some() {
            return Err(twice(spot, &key));
        }
        for group in entry.groups {
            self.group(spot, &id, group)?;
        }
        self.escrowed
            .add_account(spot, &key, AccountId::of_deployment(&id), |height| {
                account(need("escrow_account", entry.escrow_account)?, height)
            })
    }

    fn group(&mut self, spot: &Spot, of: &DeploymentId, found: wire::Group) -> Result<(), SnapshotError> {
        let id = convert::group_id(found.id.clone()).map_err(|error| spot.field(&deployment_key(of), error))?;
        let key = group_key(&id);
        if id.deployment != *of || id.gseq == 0 {
            return Err(spot.unfit(&key, format!("it is listed as a group of {}", deployment_key(of))));
        }
        let group = group(found, self.height).map_err(|error| spot.field(&key, error))?;
        match self.market.groups.insert(id, group) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &key)),
        }
    }

    fn order(&mut self, spot: &Spot, found: wire::Order) -> Result<(), SnapshotError> {
        let id = convert::order_id(found.id.clone()).map_err(|error| spot.field("", error))?;
        let key = order_key(&id);
        if !self.market.groups.contains_key(&id.group) {
            return Err(orphan(spot, &key, "group", &group_key(&id.group)));
        }
        let order = order(found, self.height).map_err(|error| spot.field(&key, error))?;
        match self.market.orders.insert(id, order) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &key)),
        }
    }

    fn bid(&mut self, spot: &Spot, entry: wire::BidEntry) -> Result<(), SnapshotError> {
        let found = need("bid", entry.bid).map_err(|error| spot.field("", error))?;
        let id = convert::bid_id(found.id.clone())
            .and_then(checked_bid)
            .map_err(|error| spot.field("", error))?;
        let key = bid_key(&id);
        if !self.market.orders.contains_key(&id.order) {
            return Err(orphan(spot, &key, "order", &order_key(&id.order)));
        }
        let bid = bid(found, self.height).map_err(|error| spot.field(&key, error))?;
        if self.market.bids.insert(id.clone(), bid).is_some() {
            return Err(twice(spot, &key));
        }
        self.escrowed.add_account(spot, &key, AccountId::of_bid(&id), |height| {
            account(need("escrow_account", entry.escrow_account)?, height)
        })
    }

    fn lease(&mut self, spot: &Spot, entry: wire::LeaseEntry) -> Result<(), SnapshotError> {
        let found = need("lease", entry.lease).map_err(|error| spot.field("", error))?;
        let id = convert::bid_id(found.id.clone())
            .and_then(checked_bid)
            .map_err(|error| spot.field("", error))?;
        let key = bid_key(&id);
        if !self.market.bids.contains_key(&id) {
            return Err(orphan(spot, &key, "bid", &key));
        }
        let lease = lease(found, self.height).map_err(|error| spot.field(&key, error))?;
        if self.market.leases.insert(id.clone(), lease).is_some() {
            return Err(twice(spot, &key));
        }
        self.escrowed.add_payment(spot, &key, PaymentId::of_lease(&id), |_| {
            payment(need("escrow_payment", entry.escrow_payment)?)
        })
    }
}

pub(super) fn twice(spot: &Spot, key: &str) -> SnapshotError {
    spot.unfit(key, "it comes twice")
}

fn orphan(spot: &Spot, key: &str, kind: &str, parent: &str) -> SnapshotError {
    spot.unfit(key, format!("its {kind} {parent} is not in the answers"))
}

pub(super) fn need<T>(field: &'static str, part: Option<T>) -> Result<T, FieldError> {
    convert::need(field, part)
}

/// An address: it becomes part of keys, so it may hold nothing that separates their parts.
pub(super) fn address(field: &'static str, text: &str) -> Result<(), FieldError> {
    let fine = !text.is_empty() && text.len() <= ADDRESS_MAX_BYTES;
    if fine
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    {
        return Ok(());
    }
    Err(FieldError::invalid(field, "an address", text))
}

/// A height that the state may hold: none after its own.
pub(super) fn height_of(field: &'static str, number: i64, height: u64) -> Result<u64, FieldError> {
    let found = u64::try_from(number).ok().filter(|found| *found <= height);
    found.ok_or_else(|| FieldError::invalid(field, "a height up to that of the state", &number.to_string()))
}

/// A state number that this build knows; an unknown one decides how an object goes on, so it cannot be kept.
pub(super) fn state_of<T: Copy>(known: &[T], number: i32) -> Result<T, FieldError> {
    let place = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    let found = place.and_then(|index| known.get(index)).copied();
    found.ok_or_else(|| FieldError::invalid("state", "a known state", &number.to_string()))
}

fn checked_deployment(id: DeploymentId) -> Result<DeploymentId, FieldError> {
    address("owner", &id.owner)?;
    Ok(id)
}

fn checked_bid(id: BidId) -> Result<BidId, FieldError> {
    address("provider", &id.provider)?;
    Ok(id)
}

fn min_window(terms: Option<proto::DeploymentReclamation>) -> Result<Option<u64>, FieldError> {
    match terms {
        Some(terms) => convert::seconds("reclamation.min_window", terms.min_window),
        None => Ok(None),
    }
}

fn deployment(found: wire::Deployment, height: u64) -> Result<Deployment, FieldError> {
    Ok(Deployment {
        state: state_of(&[DeploymentState::Active, DeploymentState::Closed], found.state)?,
        hash: found.hash,
        created_at: height_of("created_at", found.created_at, height)?,
        reclamation_min_window_s: min_window(found.reclamation)?,
    })
}

fn group(found: wire::Group, height: u64) -> Result<Group, FieldError> {
    let states = [
        GroupState::Open,
        GroupState::Paused,
        GroupState::InsufficientFunds,
        GroupState::Closed,
    ];
    Ok(Group {
        state: state_of(&states, found.state)?,
        spec: convert::group_spec(need("group_spec", found.group_spec)?)?,
        created_at: height_of("created_at", found.created_at, height)?,
    })
}

fn order(found: wire::Order, height: u64) -> Result<Order, FieldError> {
    Ok(Order {
        state: state_of(&[OrderState::Open, OrderState::Active, OrderState::Closed], found.state)?,
        spec: convert::group_spec(need("spec", found.spec)?)?,
        created_at: height_of("created_at", found.created_at, height)?,
        reclamation_min_window_s: min_window(found.reclamation)?,
    })
}

fn bid(found: wire::Bid, height: u64) -> Result<Bid, FieldError> {
    let states = [BidState::Open, BidState::Active, BidState::Lost, BidState::Closed];
    Ok(Bid {
        state: state_of(&states, found.state)?,
        price: convert::dec_coin("price", found.price)?,
        created_at: height_of("created_at", found.created_at, height)?,
        resources_offer: convert::offers(found.resources_offer)?,
        reclamation_window_s: convert::seconds("reclamation_window", found.reclamation_window)?,
    })
}

/// `created_time_ms` and `reason` are not part of a chain's state; the hardware is resolved when all is known.
fn lease(found: wire::Lease, height: u64) -> Result<Lease, FieldError> {
    let states = [
        LeaseState::Active,
        LeaseState::InsufficientFunds,
        LeaseState::Closed,
        LeaseState::Reclaiming,
    ];
    let state = state_of(&states, found.state)?;
    let closed_on = height_of("closed_on", found.closed_on, height)?;
    let over = matches!(state, LeaseState::Closed | LeaseState::InsufficientFunds);
    if over != (closed_on > 0) {
        let expected = "a height just where the lease is over";
        return Err(FieldError::invalid("closed_on", expected, &closed_on.to_string()));
    }
    Ok(Lease {
        state,
        price: convert::dec_coin("price", found.price)?,
        created_at: height_of("created_at", found.created_at, height)?,
        created_time_ms: None,
        closed_on,
        reason: String::new(),
        reason_in_state: Some(found.reason),
        reclamation: found.reclamation.map(|terms| reclamation(terms, height)).transpose()?,
        hardware: Hardware::default(),
    })
}

fn reclamation(terms: wire::Reclamation, height: u64) -> Result<Reclamation, FieldError> {
    Ok(Reclamation {
        window_s: need(
            "reclamation.window",
            convert::seconds("reclamation.window", terms.window)?,
        )?,
        started_at: height_of("reclamation.started_at", terms.started_at, height)?,
        deadline_unix_s: terms.deadline,
        reason: terms.reason,
    })
}
