//! The oracle: parameters, stored prices, aggregate and health (v2.0.0+).
//!
//! No query tells which number a source has. The chain numbers sources in the order in which parameters first named
//! them, so as long as no price carries a higher number than there are sources, the order of the parameters is that
//! order. Otherwise sources were replaced: a single one of today has the number of the newest price.

use super::error::SnapshotError;
use super::ledger::nanoseconds;
use super::market::{address, height_of, need, twice};
use super::read::{Answers, Query};
use super::wire;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::decode::{FieldError, text};
use crate::chain::akash::model::Version;
use crate::chain::akash::state::ledger::{OracleParams, OracleStart, PriceId, PriceStatus};
use crate::source::Encoding;
use std::collections::BTreeMap;

const PARAMS: [Query; 2] = [
    Query {
        method: "akash.oracle.v1.Query/Params",
        list: "",
    },
    Query {
        method: "akash.oracle.v2.Query/Params",
        list: "",
    },
];
const PRICES: [Query; 2] = [
    Query {
        method: "akash.oracle.v1.Query/Prices",
        list: "prices",
    },
    Query {
        method: "akash.oracle.v2.Query/Prices",
        list: "prices",
    },
];
const AGGREGATED: [Query; 2] = [
    Query {
        method: "akash.oracle.v1.Query/AggregatedPrice",
        list: "",
    },
    Query {
        method: "akash.oracle.v2.Query/AggregatedPrice",
        list: "",
    },
];

/// The longest name of an asset.
const ASSET_MAX_BYTES: usize = 128;

/// Reads the oracle.
pub(super) fn read(answers: &Answers<'_>) -> Result<OracleStart, SnapshotError> {
    let of_version = |queries: [Query; 2]| queries[usize::from(answers.version >= Version::V2_1)];
    let (params, prices, aggregated) = (of_version(PARAMS), of_version(PRICES), of_version(AGGREGATED));
    answers.need(params)?;
    answers.need(prices)?;
    if answers.version < Version::V2_1 {
        refuse_wire_form(answers, [params, prices, aggregated])?;
    }
    let mut start = OracleStart::default();
    answers.single(params, |spot, found: wire::OracleAnswer| {
        let found = need("params", found.params).and_then(read_params);
        start.params = found.map_err(|error| spot.field("params", error))?;
        Ok(())
    })?;
    answers.each(prices, |spot, found: wire::Price| {
        let read = price(answers.version, answers.raw.height, found);
        let (id, price) = read.map_err(|error| spot.field("", error))?;
        let key = format!(
            "{}/{}/{}/{}/{}",
            id.source, id.denom, id.base_denom, id.time_ns, id.sequence
        );
        match start.prices.insert(id, price) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &key)),
        }
    })?;
    answers.single(aggregated, |spot, found: wire::AggregateAnswer| {
        let read = status(found).map_err(|error| spot.field("aggregate", error))?;
        let Some((denom, status)) = read else { return Ok(()) };
        match start.status.insert(denom.clone(), status) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &denom)),
        }
    })?;
    start.sources = numbers(&start, prices.method)?;
    Ok(start)
}

/// The layout of v2.0's messages has not been read; its JSON has.
fn refuse_wire_form(answers: &Answers<'_>, queries: [Query; 3]) -> Result<(), SnapshotError> {
    let of_oracle = |method: &str| queries.iter().any(|query| query.method == method);
    let found = answers.raw.answers.iter();
    let mut wired = found.filter(|answer| of_oracle(&answer.method) && answer.encoding == Encoding::Proto);
    match wired.next() {
        None => Ok(()),
        Some(answer) => Err(SnapshotError::Page {
            at: super::error::PageAt::of(answer),
            what: "the protobuf form of the v2.0 oracle cannot be read: ask the REST gateway".to_owned(),
        }),
    }
}

fn read_params(found: wire::OracleParams) -> Result<OracleParams, FieldError> {
    for (number, source) in found.sources.iter().enumerate() {
        address("params.sources", source)?;
        if found.sources.iter().take(number).any(|other| other == source) {
            return Err(FieldError::invalid("params.sources", "each source once", source));
        }
    }
    let Some(retention) = found.price_retention else {
        return Ok(OracleParams {
            sources: found.sources,
            ..OracleParams::default()
        });
    };
    Ok(OracleParams {
        sources: found.sources,
        price_retention_ns: nanoseconds("params.price_retention", retention.seconds, retention.nanos)?,
        prune_epoch: found.prune_epoch,
        max_prune_per_epoch: found.max_prune_per_epoch,
    })
}

fn asset(field: &'static str, name: String) -> Result<String, FieldError> {
    if name.is_empty() || name.len() > ASSET_MAX_BYTES || name.contains('/') {
        return Err(FieldError::invalid(field, "the name of an asset", &name));
    }
    Ok(name)
}

/// v2.0 keys a price by height and keeps the time in its state; v2.1 keys it by time and sequence.
fn price(version: Version, height: u64, found: wire::Price) -> Result<(PriceId, Dec), FieldError> {
    let (id, state) = (need("id", found.id)?, need("state", found.state)?);
    let (time, sequence) = if version >= Version::V2_1 {
        (need("id.timestamp", id.timestamp)?, id.sequence)
    } else {
        let stored = height_of("id.height", id.height, height)?;
        (need("state.timestamp", state.timestamp)?, stored)
    };
    if id.source == 0 {
        return Err(FieldError::invalid("id.source", "a number from one on", "0"));
    }
    let price = PriceId {
        source: id.source,
        denom: asset("id.denom", id.denom)?,
        base_denom: asset("id.base_denom", id.base_denom)?,
        time_ns: nanoseconds("id.timestamp", time.seconds, time.nanos)?,
        sequence,
    };
    Ok((price, text::decimal_wire("state.price", &state.price)?))
}

/// Nothing is stored of an asset that never had a price.
fn status(found: wire::AggregateAnswer) -> Result<Option<(String, PriceStatus)>, FieldError> {
    let healthy = found.price_health.as_ref().is_some_and(|health| health.is_healthy);
    let Some(aggregate) = found.aggregated_price.filter(|aggregate| !aggregate.denom.is_empty()) else {
        let named = found
            .price_health
            .map(|health| health.denom)
            .filter(|denom| !denom.is_empty());
        let bare = |denom| {
            let status = PriceStatus {
                healthy,
                ..PriceStatus::default()
            };
            (denom, status)
        };
        return Ok(named.map(bare));
    };
    let status = PriceStatus {
        median: Some(text::decimal_wire(
            "aggregated_price.median_price",
            &aggregate.median_price,
        )?),
        twap: Some(text::decimal_wire("aggregated_price.twap", &aggregate.twap)?),
        healthy,
    };
    Ok(Some((asset("aggregated_price.denom", aggregate.denom)?, status)))
}

/// Numbers of the sources that the parameters name (see the head of this file).
fn numbers(start: &OracleStart, method: &'static str) -> Result<BTreeMap<String, u32>, SnapshotError> {
    let sources = &start.params.sources;
    let highest = start.prices.keys().map(|id| id.source).max().unwrap_or(0);
    if usize::try_from(highest).is_ok_and(|highest| highest <= sources.len()) {
        return Ok(sources.iter().cloned().zip(1..).collect());
    }
    let newest = start.prices.keys().max_by_key(|id| id.time_ns);
    match (sources.as_slice(), newest) {
        ([only], Some(newest)) => Ok(BTreeMap::from([(only.clone(), newest.source)])),
        _ => Err(SnapshotError::Disagree {
            method,
            what: format!(
                "a price is of source {highest}, the parameters name {}: which number each has cannot be told",
                sources.len()
            ),
        }),
    }
}
