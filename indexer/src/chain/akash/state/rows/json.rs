//! Compound values as the chain's REST interface prints them, in compact canonical JSON.

use crate::chain::akash::model::{
    Attribute, DecCoin, Endpoint, GroupSpec, ResourceOffer, ResourceUnit, Resources, Storage,
};
use crate::chain::akash::state::escrow::{Account, FundingSource, Source};
use crate::chain::akash::state::market::{Reclamation, reason};
use serde_json::{Value, json};

fn attributes(list: &[Attribute]) -> Value {
    list.iter()
        .map(|one| json!({"key": one.key, "value": one.value}))
        .collect()
}

fn dec_coin(coin: &DecCoin) -> Value {
    json!({"denom": coin.denom, "amount": coin.amount.to_string()})
}

fn storage(volume: &Storage) -> Value {
    json!({
        "name": volume.name,
        "quantity": {"val": volume.bytes.to_string()},
        "attributes": attributes(&volume.attributes),
    })
}

fn endpoint(endpoint: &Endpoint) -> Value {
    let kind = match endpoint.kind {
        0 => json!("SHARED_HTTP"),
        1 => json!("RANDOM_PORT"),
        2 => json!("LEASED_IP"),
        other => json!(other),
    };
    json!({"kind": kind, "sequence_number": endpoint.sequence_number})
}

fn resources(resources: &Resources) -> Value {
    json!({
        "id": resources.id,
        "cpu": {
            "units": {"val": resources.cpu_milli.to_string()},
            "attributes": attributes(&resources.cpu_attributes),
        },
        "memory": {
            "quantity": {"val": resources.memory_bytes.to_string()},
            "attributes": attributes(&resources.memory_attributes),
        },
        "storage": resources.storage.iter().map(storage).collect::<Value>(),
        "gpu": {
            "units": {"val": resources.gpu_units.to_string()},
            "attributes": attributes(&resources.gpu_attributes),
        },
        "endpoints": resources.endpoints.iter().map(endpoint).collect::<Value>(),
    })
}

fn unit(unit: &ResourceUnit) -> Value {
    json!({"resource": resources(&unit.resources), "count": unit.count, "price": dec_coin(&unit.price)})
}

/// A group's or order's spec.
pub fn spec(spec: &GroupSpec) -> Value {
    json!({
        "name": spec.name,
        "requirements": {
            "signed_by": {"all_of": spec.signed_by_all_of, "any_of": spec.signed_by_any_of},
            "attributes": attributes(&spec.attributes),
        },
        "resources": spec.resources.iter().map(unit).collect::<Value>(),
    })
}

/// What a provider offers with a bid; the prices that the chain keeps with it are not known here.
pub fn offers(offers: &[ResourceOffer]) -> Value {
    let one = |offer: &ResourceOffer| json!({"resources": resources(&offer.resources), "count": offer.count});
    offers.iter().map(one).collect()
}

/// Reclamation terms of a lease.
pub fn reclamation(terms: &Reclamation) -> Value {
    let reason = match reason::name(terms.reason) {
        digits if digits.parse::<i32>().is_ok() => json!(terms.reason),
        name => json!(name),
    };
    json!({
        "window": format!("{}s", terms.window_s),
        "started_at": terms.started_at.to_string(),
        "deadline": terms.deadline_unix_s.to_string(),
        "reason": reason,
    })
}

/// Coins with 18 places.
pub fn coins(coins: &[DecCoin]) -> Value {
    coins.iter().map(dec_coin).collect()
}

fn source(source: &Source) -> Value {
    json!({
        "owner": source.owner,
        "height": source.height.to_string(),
        "source": source.source.name(),
        "balance": dec_coin(&source.balance),
    })
}

/// `funds`, `transferred` and `deposits` of an account.
///
/// Before v1.0.0 an account has another shape: it is written as v1.0.0 took it over, with the
/// depositor's part as a grant and the owner's as a balance, both listed even when zero.
pub fn money(account: &Account) -> [Value; 3] {
    let Some(legacy) = &account.legacy else {
        let deposits = account.deposits.iter().map(source).collect();
        return [coins(&account.funds), coins(&account.transferred), deposits];
    };
    let coin = |amount| DecCoin {
        denom: legacy.denom.clone(),
        amount,
    };
    let part = |owner: &String, kind, amount| {
        source(&Source {
            owner: owner.clone(),
            height: 0,
            source: kind,
            balance: coin(amount),
        })
    };
    let total = legacy.balance.add(legacy.funds).unwrap_or(legacy.balance);
    let deposits = vec![
        part(&legacy.depositor, FundingSource::Grant, legacy.funds),
        part(&account.owner, FundingSource::Balance, legacy.balance),
    ];
    [
        coins(&[coin(total)]),
        coins(&[coin(legacy.transferred)]),
        Value::Array(deposits),
    ]
}
