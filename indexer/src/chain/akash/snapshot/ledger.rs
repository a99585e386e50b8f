//! Answers of all other modules to the parts of the ledger.

use super::error::SnapshotError;
use super::market::{address, height_of, need, twice};
use super::read::{Answers, Query, Spot};
use super::{bme, gov, oracle, wire};
use crate::chain::akash::decode::FieldError;
use crate::chain::akash::decode::message::convert;
use crate::chain::akash::model::{Attribute, Coin, ProviderRecord, Version};
use crate::chain::akash::proto;
use crate::chain::akash::state::ledger::{AuditId, BME_ACCOUNT, EpochStart, LedgerStart, TakeParams};
use std::collections::BTreeMap;

pub(super) const PROVIDERS: Query = Query {
    method: "akash.provider.v1beta4.Query/Providers",
    list: "providers",
};
/// Asked once per provider; one without audits answers an error and has no page. (`AllProvidersAttributes` answers
/// garbage from v1.0.0 on.)
pub(super) const AUDITS: Query = Query {
    method: "akash.audit.v1.Query/ProviderAttributes",
    list: "providers",
};
pub(super) const SUPPLY: Query = Query {
    method: "cosmos.bank.v1beta1.Query/TotalSupply",
    list: "supply",
};
/// Of [`BME_ACCOUNT`], where it was asked before the module is: coins that it holds already.
pub(super) const BALANCES: Query = Query {
    method: "cosmos.bank.v1beta1.Query/AllBalances",
    list: "balances",
};
pub(super) const TAKE: Query = Query {
    method: "akash.take.v1.Query/Params",
    list: "",
};
pub(super) const EPOCHS: Query = Query {
    method: "akash.epochs.v1beta1.Query/EpochInfos",
    list: "epochs",
};

/// Reads the ledger. Which queries there are goes by the version in force.
pub(super) fn read(answers: &Answers<'_>) -> Result<LedgerStart, SnapshotError> {
    let version = answers.version;
    answers.need(PROVIDERS)?;
    answers.need(SUPPLY)?;
    let supply = supply(answers)?;
    let bme = match version >= Version::V2_0 {
        true => bme::read(answers, &supply)?,
        false => bme::before(balances(answers)?),
    };
    Ok(LedgerStart {
        version,
        providers: providers(answers)?,
        audits: audits(answers)?,
        take: take(answers)?,
        oracle: match version >= Version::V2_0 {
            true => Some(oracle::read(answers)?),
            false => None,
        },
        epochs: epochs(answers)?,
        open_proposals: gov::read(answers)?,
        supply,
        bme,
    })
}

fn providers(answers: &Answers<'_>) -> Result<BTreeMap<String, ProviderRecord>, SnapshotError> {
    let mut providers = BTreeMap::new();
    answers.each(PROVIDERS, |spot, found: proto::MsgProvider| {
        address("owner", &found.owner).map_err(|error| spot.field("", error))?;
        let info = found.info.unwrap_or_default();
        let record = ProviderRecord {
            owner: found.owner,
            host_uri: found.host_uri,
            attributes: convert::attributes(found.attributes),
            email: info.email,
            website: info.website,
        };
        let owner = record.owner.clone();
        match providers.insert(owner.clone(), record) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &owner)),
        }
    })?;
    Ok(providers)
}

fn audits(answers: &Answers<'_>) -> Result<BTreeMap<AuditId, Vec<Attribute>>, SnapshotError> {
    let mut audits = BTreeMap::new();
    answers.each(AUDITS, |spot, found: wire::AuditedProvider| {
        let named = address("owner", &found.owner).and_then(|()| address("auditor", &found.auditor));
        named.map_err(|error| spot.field("", error))?;
        let key = format!("{}/{}", found.owner, found.auditor);
        if !spot.at.subject.is_empty() && spot.at.subject != found.owner {
            return Err(spot.unfit(&key, "it is of another provider than the one asked about"));
        }
        let id = AuditId {
            owner: found.owner,
            auditor: found.auditor,
        };
        match audits.insert(id, convert::attributes(found.attributes)) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &key)),
        }
    })?;
    Ok(audits)
}

/// Coins by denomination, each once.
fn coins(answers: &Answers<'_>, query: Query) -> Result<BTreeMap<String, i128>, SnapshotError> {
    let mut coins = BTreeMap::new();
    answers.each(query, |spot, found: proto::Coin| {
        let coin = convert::coin("coin", Some(found)).map_err(|error| spot.field("", error))?;
        match coins.insert(coin.denom.clone(), coin.amount) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &coin.denom)),
        }
    })?;
    Ok(coins)
}

fn supply(answers: &Answers<'_>) -> Result<BTreeMap<String, i128>, SnapshotError> {
    let mut supply = coins(answers, SUPPLY)?;
    supply.retain(|_, amount| *amount != 0);
    Ok(supply)
}

fn balances(answers: &Answers<'_>) -> Result<BTreeMap<String, i128>, SnapshotError> {
    let mut asked = answers.raw.pages(BALANCES.method);
    if let Some(other) = asked.find(|answer| answer.subject != BME_ACCOUNT) {
        return Err(SnapshotError::Disagree {
            method: BALANCES.method,
            what: format!("it was asked about {:?}, only {BME_ACCOUNT} is of use", other.subject),
        });
    }
    coins(answers, BALANCES)
}

/// The take is gone from v2.0.0 on.
fn take(answers: &Answers<'_>) -> Result<Option<TakeParams>, SnapshotError> {
    if answers.version >= Version::V2_0 {
        return Ok(None);
    }
    answers.need(TAKE)?;
    let mut take = None;
    answers.single(TAKE, |spot, found: wire::TakeAnswer| {
        let params = need("params", found.params).map_err(|error| spot.field("", error))?;
        let mut rates = BTreeMap::new();
        for rate in params.denom_take_rates {
            percent("denom_take_rates.rate", rate.rate).map_err(|error| spot.field(&rate.denom, error))?;
            if rates.insert(rate.denom.clone(), rate.rate).is_some() {
                return Err(twice(spot, &rate.denom));
            }
        }
        let default_rate = params.default_take_rate;
        percent("default_take_rate", default_rate).map_err(|error| spot.field("", error))?;
        match take.replace(TakeParams { rates, default_rate }) {
            None => Ok(()),
            Some(_) => Err(twice(spot, "params")),
        }
    })?;
    Ok(take)
}

fn percent(field: &'static str, rate: u32) -> Result<(), FieldError> {
    match rate {
        0..=100 => Ok(()),
        _ => Err(FieldError::invalid(field, "a percentage", &rate.to_string())),
    }
}

/// The clock of the epochs, where it was asked. Its events name no epoch, so it cannot be learned from blocks.
fn epochs(answers: &Answers<'_>) -> Result<Option<Vec<EpochStart>>, SnapshotError> {
    if !answers.has(EPOCHS) || answers.version < Version::V2_0 {
        return Ok(None);
    }
    let mut epochs: Vec<EpochStart> = Vec::new();
    answers.each(EPOCHS, |spot, found: wire::Epoch| {
        let name = found.id.clone();
        let epoch = epoch(found).map_err(|error| spot.field(&name, error))?;
        if epochs.iter().any(|other| other.name == epoch.name) {
            return Err(twice(spot, &name));
        }
        epochs.push(epoch);
        Ok(())
    })?;
    Ok(Some(epochs))
}

fn epoch(found: wire::Epoch) -> Result<EpochStart, FieldError> {
    if found.id.is_empty() || found.id.len() > 64 {
        return Err(FieldError::invalid("id", "a name of an epoch", &found.id));
    }
    let length = need("duration", found.duration)?;
    let duration_ns = nanoseconds("duration", length.seconds, length.nanos)?;
    if duration_ns <= 0 {
        return Err(FieldError::invalid("duration", "above zero", &duration_ns.to_string()));
    }
    let time = |field, at: Option<proto::Timestamp>| match at {
        Some(at) => nanoseconds(field, at.seconds, at.nanos).map(Some),
        None => Ok(None),
    };
    let current = match found.epoch_counting_started {
        true => {
            let at = time("current_epoch_start_time", found.current_epoch_start_time)?;
            Some(need("current_epoch_start_time", at)?)
        }
        false => None,
    };
    Ok(EpochStart {
        name: found.id,
        // The zero time of year 1 does not fit nanoseconds: it means "at once".
        start_ns: time("start_time", found.start_time).ok().flatten(),
        duration_ns,
        current_start_ns: current,
    })
}

/// Seconds and nanoseconds as nanoseconds, where they fit 64 bits.
pub(super) fn nanoseconds(field: &'static str, seconds: i64, nanos: i32) -> Result<i64, FieldError> {
    let whole = seconds.checked_mul(1_000_000_000);
    let sum = whole.and_then(|whole| whole.checked_add(i64::from(nanos)));
    sum.ok_or_else(|| FieldError::invalid(field, "a time of this age", &seconds.to_string()))
}

/// A height of the ledger as an unsigned number.
pub(super) fn ledger_height(spot: &Spot, key: &str, number: i64, height: u64) -> Result<u64, SnapshotError> {
    height_of("id.height", number, height).map_err(|error| spot.field(key, error))
}

/// Coins of one field, each denomination once.
pub(super) fn totals(field: &'static str, found: Vec<proto::Coin>) -> Result<BTreeMap<String, i128>, FieldError> {
    let mut totals = BTreeMap::new();
    for coin in found {
        let Coin { denom, amount } = convert::coin(field, Some(coin))?;
        if totals.insert(denom.clone(), amount).is_some() {
            return Err(FieldError::invalid(field, "each denomination once", &denom));
        }
    }
    Ok(totals)
}
