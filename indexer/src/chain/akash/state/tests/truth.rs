//! A state in the words of the chain's REST answers, and those answers in one shape for all eras.

use crate::chain::akash::model::{BidId, DeploymentId, GroupId, OrderId};
use crate::chain::akash::resources::{group_spec_json, offer_json};
use crate::chain::akash::state::State;
use crate::chain::akash::state::escrow::{Account, AccountId, Payment, PaymentId};
use crate::chain::akash::state::market::Lease;
use crate::chain::akash::state::rows::json;
use crate::chain::akash::testing::path;
use base64::Engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Objects by kind and key.
pub(crate) type Objects = BTreeMap<String, Value>;

fn deployment_id(id: &DeploymentId) -> Value {
    json!({"owner": id.owner, "dseq": id.dseq.to_string()})
}

fn group_id(id: &GroupId) -> Value {
    let mut value = deployment_id(&id.deployment);
    value["gseq"] = json!(id.gseq);
    value
}

fn order_id(id: &OrderId) -> Value {
    let mut value = group_id(&id.group);
    value["oseq"] = json!(id.oseq);
    value
}

fn bid_id(id: &BidId, legacy: bool) -> Value {
    let mut value = order_id(&id.order);
    value["provider"] = json!(id.provider);
    if !legacy {
        value["bseq"] = json!(id.bseq);
    }
    value
}

fn key(kind: &str, id: &Value) -> String {
    let id = id.as_object().unwrap();
    let part = |name| {
        id.get(name)
            .map(|value: &Value| value.to_string().replace('"', ""))
            .unwrap_or_default()
    };
    let parts = ["owner", "dseq", "gseq", "oseq", "provider"].map(part);
    format!("{kind} {}", parts.join("/"))
}

/// What the state says, in the shape that the chain answers with at its version.
pub(crate) fn stated(state: &State, legacy: bool) -> Objects {
    let mut all = Objects::new();
    let base64 = base64::engine::general_purpose::STANDARD;
    let market = &state.market;
    for (id, deployment) in &market.deployments {
        let window = deployment
            .reclamation_min_window_s
            .map(|s| json!({"min_window": format!("{s}s")}));
        let value = json!({
            "state": deployment.state.name(),
            "hash": base64.encode(&deployment.hash),
            "created_at": deployment.created_at.to_string(),
            "reclamation": window,
        });
        all.insert(key("deployment", &deployment_id(id)), value);
    }
    for (id, group) in &market.groups {
        let created = group.created_at.to_string();
        let value = json!({"state": group.state.name(), "created_at": created, "spec": group_spec_json(&group.spec)});
        all.insert(key("group", &group_id(id)), value);
    }
    for (id, order) in &market.orders {
        let window = order
            .reclamation_min_window_s
            .map(|s| json!({"min_window": format!("{s}s")}));
        let value = json!({
            "state": order.state.name(),
            "created_at": order.created_at.to_string(),
            "spec": group_spec_json(&order.spec),
            "reclamation": window,
        });
        all.insert(key("order", &order_id(id)), value);
    }
    for (id, bid) in &market.bids {
        let value = json!({
            "state": bid.state.name(),
            "price": json::dec_coin(&bid.price),
            "created_at": bid.created_at.to_string(),
            "resources_offer": offer_json(&bid.resources_offer),
            "reclamation_window": bid.reclamation_window_s.map(|s| format!("{s}s")),
        });
        all.insert(key("bid", &bid_id(id, legacy)), value);
    }
    for (id, lease) in &market.leases {
        all.insert(key("lease", &bid_id(id, legacy)), lease_value(lease));
    }
    for (id, account) in &state.escrow.accounts {
        all.insert(
            format!("account {} {}", id.scope.name(), id.xid),
            account_value(id, account, legacy),
        );
    }
    for (id, payment) in &state.escrow.payments {
        all.insert(
            format!("payment {} {}", id.account, id.xid),
            payment_value(id, payment, legacy),
        );
    }
    all
}

fn lease_value(lease: &Lease) -> Value {
    let name = lease.reason_in_state.map(json::close_reason);
    json!({
        "state": lease.state.name(),
        "price": json::dec_coin(&lease.price),
        "created_at": lease.created_at.to_string(),
        "closed_on": lease.closed_on.to_string(),
        "reason": name,
        "reclamation": lease.reclamation.as_ref().map(json::reclamation),
    })
}

fn account_value(id: &AccountId, account: &Account, legacy: bool) -> Value {
    let scope = json!({"scope": id.scope.name(), "xid": id.xid});
    let settled = account.settled_at.to_string();
    if legacy {
        let money = account.legacy.as_ref().unwrap();
        let coin = |amount: crate::chain::akash::dec::Dec| json!({"denom": money.denom, "amount": amount.to_string()});
        return json!({
            "id": scope, "owner": account.owner, "state": account.state.name(), "settled_at": settled,
            "balance": coin(money.balance), "funds": coin(money.funds), "transferred": coin(money.transferred),
            "depositor": money.depositor,
        });
    }
    let [funds, transferred, deposits] = json::money(account);
    json!({"id": scope, "state": {
        "owner": account.owner, "state": account.state.name(), "settled_at": settled,
        "funds": funds, "transferred": transferred, "deposits": deposits,
    }})
}

fn payment_value(id: &PaymentId, payment: &Payment, legacy: bool) -> Value {
    let coin = |coin: &crate::chain::akash::model::DecCoin| json::dec_coin(coin);
    let withdrawn = json!({"denom": payment.withdrawn.denom, "amount": payment.withdrawn.amount.to_string()});
    let account = json!({"scope": "deployment", "xid": id.account});
    if legacy {
        return json!({
            "account_id": account, "payment_id": id.xid, "owner": payment.owner, "state": payment.state.name(),
            "rate": coin(&payment.rate), "balance": coin(&payment.balance), "withdrawn": withdrawn,
        });
    }
    json!({"id": {"aid": account, "xid": id.xid}, "state": {
        "owner": payment.owner, "state": payment.state.name(), "rate": coin(&payment.rate),
        "balance": coin(&payment.balance), "unsettled": coin(&payment.unsettled), "withdrawn": withdrawn,
    }})
}

fn file(recording: &str, height: u64, name: &str) -> Option<Vec<Value>> {
    let text = std::fs::read(path(recording, &format!("state/{height}/{name}.json"))).ok()?;
    Some(serde_json::from_slice(&text).unwrap())
}

fn either<'a>(value: &'a Value, names: [&str; 2]) -> &'a Value {
    value.get(names[0]).unwrap_or_else(|| &value[names[1]])
}

fn account_key(id: &Value) -> String {
    format!(
        "account {} {}",
        id["scope"].as_str().unwrap(),
        id["xid"].as_str().unwrap()
    )
}

/// Heights at which the chain was asked.
pub(crate) fn heights(recording: &str) -> Vec<u64> {
    let folders = std::fs::read_dir(path(recording, "state")).unwrap();
    let mut heights: Vec<u64> = folders
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap())
        .collect();
    heights.sort_unstable();
    heights
}

/// What the chain answered at a height, and whether in the shape of v0.38.
pub(crate) fn answered(recording: &str, height: u64) -> (Objects, bool) {
    let mut all = Objects::new();
    let mut legacy = false;
    for item in file(recording, height, "deployments").unwrap() {
        let deployment = &item["deployment"];
        legacy |= deployment.get("deployment_id").is_some();
        let value = json!({
            "state": deployment["state"], "hash": either(deployment, ["hash", "version"]),
            "created_at": deployment["created_at"], "reclamation": deployment["reclamation"],
        });
        all.insert(key("deployment", either(deployment, ["id", "deployment_id"])), value);
        for group in item["groups"].as_array().unwrap() {
            let value =
                json!({"state": group["state"], "created_at": group["created_at"], "spec": group["group_spec"]});
            all.insert(key("group", either(group, ["id", "group_id"])), value);
        }
        let account = &item["escrow_account"];
        all.insert(account_key(&account["id"]), account.clone());
    }
    for order in file(recording, height, "orders").unwrap() {
        let value = json!({
            "state": order["state"], "created_at": order["created_at"], "spec": order["spec"],
            "reclamation": order["reclamation"],
        });
        all.insert(key("order", either(&order, ["id", "order_id"])), value);
    }
    for item in file(recording, height, "bids").unwrap() {
        let bid = &item["bid"];
        let value = json!({
            "state": bid["state"], "price": bid["price"], "created_at": bid["created_at"],
            "resources_offer": bid["resources_offer"], "reclamation_window": bid["reclamation_window"],
        });
        all.insert(key("bid", either(bid, ["id", "bid_id"])), value);
        all.insert(
            account_key(&item["escrow_account"]["id"]),
            item["escrow_account"].clone(),
        );
    }
    for item in file(recording, height, "leases").unwrap() {
        let lease = &item["lease"];
        let value = json!({
            "state": lease["state"], "price": lease["price"], "created_at": lease["created_at"],
            "closed_on": lease["closed_on"], "reason": lease["reason"], "reclamation": lease["reclamation"],
        });
        all.insert(key("lease", either(lease, ["id", "lease_id"])), value);
        insert_payment(&mut all, &item["escrow_payment"]);
    }
    for account in file(recording, height, "escrow_accounts").unwrap_or_default() {
        all.insert(account_key(&account["id"]), account);
    }
    for payment in file(recording, height, "escrow_payments").unwrap_or_default() {
        insert_payment(&mut all, &payment);
    }
    (all, legacy)
}

fn insert_payment(all: &mut Objects, payment: &Value) {
    let (account, xid) = match payment.get("account_id") {
        Some(account) => (account, &payment["payment_id"]),
        None => (&payment["id"]["aid"], &payment["id"]["xid"]),
    };
    let key = format!("payment {} {}", account["xid"].as_str().unwrap(), xid.as_str().unwrap());
    all.insert(key, payment.clone());
}

/// Differences of two sets of objects, a line each.
pub(crate) fn differences(stated: &Objects, answered: &Objects) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, truth) in answered {
        match stated.get(key) {
            None => lines.push(format!("{key}: missing, the chain says {truth}")),
            Some(ours) if ours != truth => lines.push(format!("{key}:\n  ours  {ours}\n  chain {truth}")),
            Some(_) => {}
        }
    }
    let extra = stated.keys().filter(|key| !answered.contains_key(*key));
    lines.extend(extra.map(|key| format!("{key}: the chain has no such object")));
    lines
}
