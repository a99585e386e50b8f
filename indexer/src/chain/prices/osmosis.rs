//! Time-weighted average prices of Osmosis' pools, one or several in a chain.
//!
//! `ArithmeticTwapToNow` averages from a start up to the node's newest block. It does not say which block that is, so
//! the node's own status is asked beside it: its time is when the price was made, and a node that lags shows.

use super::tick::{Source, Status, Tick, quoted, shown};
use crate::chain::akash::dec::{Dec, ONE};
use crate::chain::exact;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One pool of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// Number of the pool.
    pub pool: u64,
    /// Denomination whose price is asked.
    pub base: String,
    /// Denomination in which it is given.
    pub quote: String,
    /// For people, such as `AKT/OSMO`.
    pub name: String,
}

/// A price as the product of the prices of pools. Both denominations of each pool must have as many decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What it is a price of.
    pub asset: String,
    /// What the last pool gives it in.
    pub quote: String,
    /// The pools, in order.
    pub legs: Vec<Leg>,
}

/// `/cosmos/base/node/v1beta1/status`, as far as it is read.
#[derive(Deserialize)]
struct NodeStatus {
    height: String,
    timestamp: String,
}

/// `/osmosis/twap/v1beta1/ArithmeticTwapToNow`.
#[derive(Deserialize)]
struct Twap {
    arithmetic_twap: String,
}

/// What the answers say.
struct Read {
    height: u64,
    at_ms: i64,
    price: Dec,
    /// Which pool's price is below zero.
    negative: Option<String>,
}

impl Route {
    fn instrument(&self) -> String {
        let legs = self.legs.iter().map(|leg| format!("pool {} {}", leg.pool, leg.name));
        legs.collect::<Vec<_>>().join(" × ")
    }

    /// The tick of a source that did not answer.
    pub(super) fn refused(&self, reason: String) -> Tick {
        let source = Source::OsmosisTwap;
        Tick::refused(&self.asset, &self.quote, source, self.instrument(), reason)
    }

    /// The tick of this route, not judged yet. `bodies`: the node's status, then the answer of each pool.
    pub(super) fn tick(&self, bodies: &[String]) -> Tick {
        match self.read(bodies) {
            Ok(read) => {
                let mut tick = Tick {
                    price: Some(read.price),
                    published_at_ms: Some(read.at_ms),
                    source_height: read.height,
                    status: Status::Ok,
                    ..self.refused(String::new())
                };
                if let Some(negative) = read.negative {
                    tick.find(Status::Negative, &negative);
                }
                tick
            }
            Err(reason) => self.refused(reason),
        }
    }

    fn read(&self, bodies: &[String]) -> Result<Read, String> {
        let (status, pools) = bodies.split_first().ok_or("nothing was answered")?;
        let (height, at_ms) = node(status)?;
        if pools.len() != self.legs.len() || pools.is_empty() {
            return Err(format!(
                "{} pools were answered, {} asked for",
                pools.len(),
                self.legs.len()
            ));
        }
        let mut price = Dec::from_scaled(ONE);
        let mut negative = None;
        for (leg, body) in self.legs.iter().zip(pools) {
            let twap = twap(leg, body)?;
            // The product of two prices below zero would look like a good one.
            if twap.is_negative() {
                negative = Some(format!("pool {} answers {}", leg.pool, shown(twap)));
            }
            price = price
                .mul(twap)
                .map_err(|_| format!("pool {}: the product is out of range", leg.pool))?;
        }
        Ok(Read {
            height,
            at_ms,
            price,
            negative,
        })
    }
}

fn node(body: &str) -> Result<(u64, i64), String> {
    let wrong = |why: String| format!("the node's status cannot be read: {why}");
    let status: NodeStatus = serde_json::from_str(body).map_err(|error| wrong(error.to_string()))?;
    let height = status.height.parse().map_err(|_| wrong(quoted(&status.height)))?;
    let time = OffsetDateTime::parse(&status.timestamp, &Rfc3339).map_err(|_| wrong(quoted(&status.timestamp)))?;
    let ms = i64::try_from(time.unix_timestamp_nanos() / 1_000_000).map_err(|_| wrong("its time".to_owned()))?;
    Ok((height, ms))
}

fn twap(leg: &Leg, body: &str) -> Result<Dec, String> {
    let read: Twap =
        serde_json::from_str(body).map_err(|error| format!("pool {}: the answer cannot be read: {error}", leg.pool))?;
    exact::decimal(&read.arithmetic_twap)
        .ok_or_else(|| format!("pool {}: {} is no price", leg.pool, quoted(&read.arithmetic_twap)))
}
