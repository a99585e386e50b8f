//! Compound values as the chain's REST interface prints them, in compact canonical JSON.

use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::DecCoin;
use crate::chain::akash::state::escrow::{Account, FundingSource, Source};
use crate::chain::akash::state::market::{Reclamation, reason};
use serde_json::{Value, json};

pub use crate::chain::akash::resources::{group_spec_json as spec, offer_json as offers};

/// A coin with 18 places.
pub fn dec_coin(coin: &DecCoin) -> Value {
    json!({"denom": coin.denom, "amount": coin.amount.to_string()})
}

/// A close reason: its name, or the number itself where the enum lacks it.
pub fn close_reason(number: i32) -> Value {
    match reason::name(number) {
        digits if digits.parse::<i32>().is_ok() => json!(number),
        name => json!(name),
    }
}

/// Reclamation terms of a lease.
pub fn reclamation(terms: &Reclamation) -> Value {
    json!({
        "window": format!("{}s", terms.window_s),
        "started_at": terms.started_at.to_string(),
        "deadline": terms.deadline_unix_s.to_string(),
        "reason": close_reason(terms.reason),
    })
}

fn coins(coins: &[DecCoin]) -> Value {
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
/// Before v1.0.0 an account has another shape. It is written as v1.0.0 takes it over: the depositor's
/// part as a grant, the owner's as a balance, both without a height, and only what is above zero.
pub fn money(account: &Account) -> [Value; 3] {
    let Some(legacy) = &account.legacy else {
        let deposits = account.deposits.iter().map(source).collect();
        return [coins(&account.funds), coins(&account.transferred), deposits];
    };
    let coin = |amount| DecCoin {
        denom: legacy.denom.clone(),
        amount,
    };
    let parts = [
        (&legacy.depositor, FundingSource::Grant, legacy.funds),
        (&account.owner, FundingSource::Balance, legacy.balance),
    ];
    let held = parts.into_iter().filter(|(_, _, amount)| *amount > Dec::ZERO);
    let deposits = held.map(|(owner, kind, amount)| {
        source(&Source {
            owner: owner.clone(),
            height: 0,
            source: kind,
            balance: coin(amount),
        })
    });
    let total = legacy.balance.add(legacy.funds).unwrap_or(legacy.balance);
    [
        coins(&[coin(total)]),
        coins(&[coin(legacy.transferred)]),
        deposits.collect(),
    ]
}
