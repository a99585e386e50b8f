//! Market and escrow from their views.

use super::read::{At, Reader};
use crate::audit::canon::{NONE, canonical};
use crate::audit::error::AuditError;
use crate::audit::keys;
use crate::audit::rows::{Bid, Deployment, EscrowAccount, EscrowDeposit, EscrowPayment, Group, Lease, Order};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Coin, DecCoin};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

type Read<T> = Result<BTreeMap<String, T>, AuditError>;

fn dec_coin(denom: &str, scaled: i128) -> DecCoin {
    DecCoin {
        denom: denom.to_owned(),
        amount: Dec::from_scaled(scaled),
    }
}

fn seconds(window: Option<u64>) -> Option<String> {
    Some(window.map_or_else(|| NONE.to_owned(), |seconds| seconds.to_string()))
}

#[derive(Row, Deserialize)]
struct DeploymentRow {
    owner: String,
    dseq: u64,
    state: String,
    hash: String,
    created_at: u64,
    reclamation_min_window_s: Option<u64>,
}

/// `deployments`.
pub(super) async fn deployments(reader: &Reader<'_>) -> Read<Deployment> {
    let query = ("deployments", include_str!("../sql/deployments.sql"));
    let object = |row: DeploymentRow, _: &At<'_>| {
        Ok(Deployment {
            state: row.state,
            hash: row.hash,
            created_at: row.created_at,
            reclamation_min_window: seconds(row.reclamation_min_window_s),
        })
    };
    let key = |row: &DeploymentRow| keys::deployment(&row.owner, row.dseq);
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct GroupRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    state: String,
    created_at: u64,
    spec: String,
}

/// `groups`.
pub(super) async fn groups(reader: &Reader<'_>) -> Read<Group> {
    let query = ("groups", include_str!("../sql/groups.sql"));
    let object = |row: GroupRow, at: &At<'_>| {
        Ok(Group {
            spec: canonical(&at.json("spec", &row.spec)?),
            state: row.state,
            created_at: row.created_at,
        })
    };
    let key = |row: &GroupRow| keys::join(&keys::deployment(&row.owner, row.dseq), row.gseq);
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct OrderRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    oseq: u32,
    state: String,
    created_at: u64,
    spec: String,
    reclamation_min_window_s: Option<u64>,
}

/// `orders`.
pub(super) async fn orders(reader: &Reader<'_>) -> Read<Order> {
    let query = ("orders", include_str!("../sql/orders.sql"));
    let object = |row: OrderRow, at: &At<'_>| {
        Ok(Order {
            spec: canonical(&at.json("spec", &row.spec)?),
            state: row.state,
            created_at: row.created_at,
            reclamation_min_window: seconds(row.reclamation_min_window_s),
        })
    };
    let key = |row: &OrderRow| keys::order(&row.owner, row.dseq, row.gseq, row.oseq);
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct BidRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    oseq: u32,
    provider: String,
    bseq: u32,
    state: String,
    price: i128,
    denom: String,
    created_at: u64,
    resources_offer: String,
    reclamation_window_s: Option<u64>,
}

/// `bids`.
pub(super) async fn bids(reader: &Reader<'_>) -> Read<Bid> {
    let query = ("bids", include_str!("../sql/bids.sql"));
    let object = |row: BidRow, at: &At<'_>| {
        Ok(Bid {
            resources_offer: canonical(&at.json("resources_offer", &row.resources_offer)?),
            price: dec_coin(&row.denom, row.price),
            state: row.state,
            created_at: row.created_at,
            reclamation_window: seconds(row.reclamation_window_s),
        })
    };
    let key = |row: &BidRow| {
        let order = keys::order(&row.owner, row.dseq, row.gseq, row.oseq);
        keys::bid(&order, &row.provider, row.bseq)
    };
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct LeaseRow {
    owner: String,
    dseq: u64,
    gseq: u32,
    oseq: u32,
    provider: String,
    bseq: u32,
    state: String,
    price: i128,
    denom: String,
    created_at: u64,
    closed_on: u64,
    reason_in_state: String,
    reclamation: String,
}

/// `leases`.
pub(super) async fn leases(reader: &Reader<'_>) -> Read<Lease> {
    let query = ("leases", include_str!("../sql/leases.sql"));
    let object = |row: LeaseRow, at: &At<'_>| {
        Ok(Lease {
            reclamation: Some(canonical(&at.json("reclamation", &row.reclamation)?)),
            price: dec_coin(&row.denom, row.price),
            state: row.state,
            created_at: row.created_at,
            closed_on: row.closed_on,
            reason: Some(row.reason_in_state),
        })
    };
    let key = |row: &LeaseRow| {
        let order = keys::order(&row.owner, row.dseq, row.gseq, row.oseq);
        keys::bid(&order, &row.provider, row.bseq)
    };
    reader.table(query, key, object).await
}

#[derive(Row, Deserialize)]
struct AccountRow {
    scope: String,
    xid: String,
    owner: String,
    state: String,
    settled_at: u64,
    funds: String,
    transferred: String,
    deposits: String,
}

/// `escrow_accounts` of one scope.
pub(super) async fn accounts(reader: &Reader<'_>, scope: &str) -> Read<EscrowAccount> {
    let query = ("escrow_accounts", include_str!("../sql/escrow_accounts.sql"));
    let object = |row: AccountRow, at: &At<'_>| {
        let account = EscrowAccount {
            funds: at.list("funds", &row.funds, |node| node.dec_coin())?,
            transferred: at.list("transferred", &row.transferred, |node| node.dec_coin())?,
            deposits: at.list("deposits", &row.deposits, EscrowDeposit::from_node)?,
            owner: row.owner,
            state: row.state,
            settled_at: row.settled_at,
        };
        Ok((row.scope, row.xid, account))
    };
    let key = |row: &AccountRow| format!("{} {}", row.scope, row.xid);
    let all = reader.table(query, key, object).await?;
    let of_scope = all.into_values().filter(|(of, _, _)| of == scope);
    Ok(of_scope.map(|(_, xid, account)| (xid, account)).collect())
}

#[derive(Row, Deserialize)]
struct PaymentRow {
    account_xid: String,
    xid: String,
    owner: String,
    state: String,
    denom: String,
    rate: i128,
    balance: i128,
    unsettled: i128,
    withdrawn: u128,
    withdrawn_denom: String,
}

/// `escrow_payments`.
pub(super) async fn payments(reader: &Reader<'_>) -> Read<EscrowPayment> {
    let query = ("escrow_payments", include_str!("../sql/escrow_payments.sql"));
    let object = |row: PaymentRow, at: &At<'_>| {
        Ok(EscrowPayment {
            rate: dec_coin(&row.denom, row.rate),
            balance: dec_coin(&row.denom, row.balance),
            unsettled: Some(dec_coin(&row.denom, row.unsettled)),
            withdrawn: Coin {
                amount: at.signed(row.withdrawn)?,
                denom: row.withdrawn_denom,
            },
            owner: row.owner,
            state: row.state,
        })
    };
    let key = |row: &PaymentRow| keys::join(&row.account_xid, &row.xid);
    reader.table(query, key, object).await
}
