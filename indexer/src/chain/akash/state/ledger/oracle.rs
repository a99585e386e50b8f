//! Prices of the oracle (v2.0.0+), their retention, the aggregate and its health.
//!
//! v2.0 keys a price by the height that stored it, so a second one of the same source in a block
//! replaces the first; nothing is pruned. v2.1 keys it by the feeder's time and a number within the
//! block (shared by all sources of a pair), and prunes at the end of an epoch. The upgrade to v2.1.0
//! wipes the store, sources, aggregate and health included.

use super::fields::{self, Fields};
use super::params::OracleParams;
use super::start::OracleStart;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::state::output::{ObjectKey, StateOutput};
use crate::chain::akash::state::pairs;
use std::collections::{BTreeMap, BTreeSet};

/// Identity of a stored price, in the order of the chain's store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PriceId {
    /// Number of the source, from 1.
    pub source: u32,
    /// Asset, such as `akt`.
    pub denom: String,
    /// Base, such as `usd`.
    pub base_denom: String,
    /// Feeder's time, nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// v2.1+: number within the block, from 0. v2.0: the height that stored the price.
    pub sequence: u64,
}

impl PriceId {
    /// The price that a key names.
    pub(super) fn of_key(key: &ObjectKey) -> Option<Self> {
        let ObjectKey::OraclePrice {
            source,
            denom,
            base_denom,
            time_ns,
            sequence,
        } = key
        else {
            return None;
        };
        Some(Self {
            source: *source,
            denom: denom.clone(),
            base_denom: base_denom.clone(),
            time_ns: *time_ns,
            sequence: *sequence,
        })
    }

    fn key(&self) -> ObjectKey {
        ObjectKey::OraclePrice {
            source: self.source,
            denom: self.denom.clone(),
            base_denom: self.base_denom.clone(),
            time_ns: self.time_ns,
            sequence: self.sequence,
        }
    }
}

/// Aggregate and health of a priced asset.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PriceStatus {
    /// Median of the stored aggregate.
    pub median: Option<Dec>,
    /// Time-weighted average of the stored aggregate.
    pub twap: Option<Dec>,
    /// Whether the price may be used.
    pub healthy: bool,
}

/// Oracle state.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Oracle {
    /// Parameters as far as they are known.
    params: OracleParams,
    /// Numbers of the sources by address.
    sources: BTreeMap<String, u32>,
    #[serde(with = "pairs")]
    prices: BTreeMap<PriceId, Dec>,
    status: BTreeMap<String, PriceStatus>,
    /// Next number by pair within the running block.
    #[serde(with = "pairs")]
    next_sequence: BTreeMap<(String, String), u64>,
    /// Pairs of the sources that count as feeding; those of a removed source are not pruned.
    feeding: BTreeSet<(u32, String, String)>,
}

impl Oracle {
    /// From the `oracle` part of a genesis.
    pub(super) fn from_genesis(module: &Fields) -> Result<Self, String> {
        if !fields::list(module, "prices")?.is_empty() {
            return Err("the oracle of the genesis holds prices: they cannot be read yet".to_owned());
        }
        let mut oracle = Self::default();
        let params = OracleParams::from_json(fields::object(module, "params")?)?;
        oracle.set_params(params);
        Ok(oracle)
    }

    /// As a node answered it: the sources of today feed whatever pairs they have prices of.
    pub(super) fn started(start: OracleStart) -> Self {
        let numbers: BTreeSet<u32> = start.sources.values().copied().collect();
        let fed = start.prices.keys().filter(|id| numbers.contains(&id.source));
        Self {
            feeding: fed
                .map(|id| (id.source, id.denom.clone(), id.base_denom.clone()))
                .collect(),
            params: start.params,
            sources: start.sources,
            prices: start.prices,
            status: start.status,
            next_sequence: BTreeMap::new(),
        }
    }

    /// Whether a price is older than its retention and the longest wait for the end of an epoch.
    pub(super) fn has_overdue(&self, now_ns: i64) -> bool {
        const LONGEST_EPOCH_NS: i64 = 7 * 86_400 * 1_000_000_000;
        let wait = match self.params.prune_epoch.as_str() {
            "minute" => 60_000_000_000,
            "hour" => 3_600_000_000_000,
            "day" => 86_400_000_000_000,
            _ => LONGEST_EPOCH_NS,
        };
        let cutoff = now_ns
            .saturating_sub(self.params.price_retention_ns)
            .saturating_sub(wait);
        self.prices.keys().any(|id| id.time_ns < cutoff)
    }

    /// New parameters: each source not seen before gets the next number; a removed one stops feeding.
    pub(super) fn set_params(&mut self, params: OracleParams) {
        for source in &params.sources {
            self.number_of(source);
        }
        for removed in self
            .params
            .sources
            .iter()
            .filter(|source| !params.sources.contains(source))
        {
            if let Some(number) = self.sources.get(removed) {
                self.feeding.retain(|(source, _, _)| source != number);
            }
        }
        self.params = params;
    }

    /// All stored prices in the order of their ids.
    pub fn prices(&self) -> impl Iterator<Item = (&PriceId, Dec)> {
        self.prices.iter().map(|(id, price)| (id, *price))
    }

    /// A stored price.
    pub fn price(&self, id: &PriceId) -> Option<Dec> {
        self.prices.get(id).copied()
    }

    /// Aggregate and health by asset.
    pub fn status(&self, denom: &str) -> Option<&PriceStatus> {
        self.status.get(denom)
    }

    /// Begins a block.
    pub(super) fn begin_block(&mut self) {
        self.next_sequence.clear();
    }

    /// The upgrade to v2.1.0 wipes the store. Its handler sets parameters that no block shows: the
    /// defaults of that version stand in for them.
    pub(super) fn wipe(&mut self, out: &mut StateOutput) {
        self.prices.keys().for_each(|id| out.mark(id.key()));
        self.status
            .keys()
            .for_each(|denom| out.mark(ObjectKey::OracleStatus(denom.clone())));
        *self = Self::default();
    }

    /// The end of an epoch: prices at or before now minus the retention go, the oldest of each source
    /// first, at most as many as the parameters allow.
    pub(super) fn epoch_ended(&mut self, epoch: &str, now_ns: i64, out: &mut StateOutput) {
        if epoch != self.params.prune_epoch {
            return;
        }
        let cutoff = now_ns.saturating_sub(self.params.price_retention_ns);
        let feeds = |id: &&PriceId| {
            self.feeding
                .contains(&(id.source, id.denom.clone(), id.base_denom.clone()))
        };
        let old = self.prices.keys().filter(|id| id.time_ns <= cutoff).filter(feeds);
        let limit = usize::try_from(self.params.max_prune_per_epoch).unwrap_or(0);
        for id in old.take(limit).cloned().collect::<Vec<_>>() {
            out.mark(id.key());
            self.prices.remove(&id);
        }
    }

    /// An event of the module; `version` is that of its package, 1 or 2.
    pub(super) fn event(
        &mut self,
        (version, name): (u32, &str),
        event: &Fields,
        height: u64,
        out: &mut StateOutput,
    ) -> Result<(), String> {
        match name {
            "EventPriceData" if version == 1 => self.store_v1(event, height, out),
            "EventPriceData" => self.store_v2(event, out),
            "EventAggregatedPrice" => {
                let price = fields::object(event, "price")?;
                let (median, twap) = (fields::dec(price, "median_price")?, fields::dec(price, "twap")?);
                let status = self.status_mut(fields::text(price, "denom")?, out);
                (status.median, status.twap) = (Some(median), Some(twap));
                Ok(())
            }
            "EventPriceRecovered" | "EventPriceStaled" => {
                let denom = fields::text(fields::object(event, "id")?, "denom")?;
                self.status_mut(denom, out).healthy = name == "EventPriceRecovered";
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Marks everything, for the first block after a genesis.
    pub(super) fn mark_all(&self, out: &mut StateOutput) {
        self.prices.keys().for_each(|id| out.mark(id.key()));
        self.status
            .keys()
            .for_each(|denom| out.mark(ObjectKey::OracleStatus(denom.clone())));
    }

    fn status_mut(&mut self, denom: &str, out: &mut StateOutput) -> &mut PriceStatus {
        out.mark(ObjectKey::OracleStatus(denom.to_owned()));
        self.status.entry(denom.to_owned()).or_default()
    }

    /// The number of a source. One that no parameter named (an upgrade handler set it) gets the next.
    fn number_of(&mut self, source: &str) -> u32 {
        let next = self
            .sources
            .values()
            .max()
            .map_or(1, |highest| highest.saturating_add(1));
        *self.sources.entry(source.to_owned()).or_insert(next)
    }

    fn store_v1(&mut self, event: &Fields, height: u64, out: &mut StateOutput) -> Result<(), String> {
        let data = fields::object(event, "data")?;
        let id = self.price_id(event, fields::time_ns(data, "timestamp")?, Some(height))?;
        let (lowest, highest) = (
            PriceId {
                time_ns: i64::MIN,
                ..id.clone()
            },
            PriceId {
                time_ns: i64::MAX,
                ..id.clone()
            },
        );
        let replaced = self
            .prices
            .range(lowest..=highest)
            .find(|(other, _)| other.sequence == height);
        if let Some(other) = replaced.map(|(other, _)| other.clone()) {
            out.mark(other.key());
            self.prices.remove(&other);
        }
        self.store(id, fields::dec(data, "price")?, out);
        Ok(())
    }

    fn store_v2(&mut self, event: &Fields, out: &mut StateOutput) -> Result<(), String> {
        let id = self.price_id(event, fields::time_ns(event, "timestamp")?, None)?;
        self.store(id, fields::dec(event, "price")?, out);
        Ok(())
    }

    fn store(&mut self, id: PriceId, price: Dec, out: &mut StateOutput) {
        out.mark(id.key());
        self.feeding
            .insert((id.source, id.denom.clone(), id.base_denom.clone()));
        self.prices.insert(id, price);
    }

    fn price_id(&mut self, event: &Fields, time_ns: i64, height: Option<u64>) -> Result<PriceId, String> {
        let pair = fields::object(event, "id")?;
        let denom = fields::text(pair, "denom")?.to_owned();
        let base_denom = fields::text(pair, "base_denom")?.to_owned();
        let next = self
            .next_sequence
            .entry((denom.clone(), base_denom.clone()))
            .or_default();
        let sequence = height.unwrap_or(*next);
        *next += 1;
        let source = self.number_of(fields::text(event, "source")?);
        Ok(PriceId {
            source,
            denom,
            base_denom,
            time_ns,
            sequence,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn feed(oracle: &mut Oracle, source: &str, seconds: u32, price: &str) {
        let event = json!({"id": {"denom": "akt", "base_denom": "usd"}, "source": source, "price": price,
            "timestamp": format!("2026-01-01T00:00:{seconds:02}Z")});
        let event = event.as_object().unwrap();
        oracle
            .event((2, "EventPriceData"), event, 7, &mut StateOutput::default())
            .unwrap();
    }

    fn start_ns() -> i64 {
        let event = json!({"t": "2026-01-01T00:00:00Z"});
        fields::time_ns(event.as_object().unwrap(), "t").unwrap()
    }

    #[test]
    fn two_prices_of_one_block_are_numbered_across_sources() {
        let mut oracle = Oracle::default();
        feed(&mut oracle, "a", 1, "1");
        feed(&mut oracle, "b", 1, "2");
        oracle.begin_block();
        feed(&mut oracle, "a", 2, "3");
        let ids: Vec<_> = oracle.prices().map(|(id, _)| (id.source, id.sequence)).collect();
        assert_eq!(ids, [(1, 0), (1, 0), (2, 1)]);
    }

    #[test]
    fn an_epoch_prunes_the_oldest_up_to_the_limit_and_leaves_the_young() {
        let mut oracle = Oracle::default();
        oracle.set_params(OracleParams {
            price_retention_ns: 10_000_000_000,
            prune_epoch: "minute".to_owned(),
            max_prune_per_epoch: 2,
            sources: vec!["a".to_owned()],
        });
        for seconds in [1, 2, 3, 15] {
            oracle.begin_block();
            feed(&mut oracle, "a", seconds, "1");
        }
        let now = start_ns() + 20_000_000_000;
        let mut out = StateOutput::default();
        oracle.epoch_ended("hour", now, &mut out);
        assert_eq!(oracle.prices().count(), 4);
        oracle.epoch_ended("minute", now, &mut out);
        assert_eq!((oracle.prices().count(), out.changed().count()), (2, 2));
        oracle.epoch_ended("minute", now, &mut out);
        assert_eq!(oracle.prices().count(), 1);
    }

    #[test]
    fn a_price_as_old_as_the_retention_goes_and_a_removed_source_keeps_its_own_until_it_feeds_again() {
        let params = |sources: &[&str]| OracleParams {
            price_retention_ns: 10_000_000_000,
            prune_epoch: "minute".to_owned(),
            max_prune_per_epoch: 100,
            sources: sources.iter().map(|source| (*source).to_owned()).collect(),
        };
        let mut oracle = Oracle::default();
        oracle.set_params(params(&["b", "a"]));
        for source in ["a", "b"] {
            feed(&mut oracle, source, 10, "1");
            feed(&mut oracle, source, 11, "1");
        }
        let left = |oracle: &Oracle| oracle.prices().map(|(id, _)| id.source).collect::<Vec<_>>();
        let now = start_ns() + 20_000_000_000;
        oracle.set_params(params(&["a"]));
        oracle.epoch_ended("minute", now, &mut StateOutput::default());
        assert_eq!(
            left(&oracle),
            [1, 1, 2],
            "source 1 is `b`, the first that was named; of `a` the second stays"
        );
        oracle.set_params(params(&["a", "b"]));
        oracle.epoch_ended("minute", now, &mut StateOutput::default());
        assert_eq!(left(&oracle), [1, 1, 2]);
        feed(&mut oracle, "b", 19, "1");
        oracle.epoch_ended("minute", now, &mut StateOutput::default());
        assert_eq!(left(&oracle), [1, 1, 2]);
    }

    #[test]
    fn in_v2_0_a_second_price_of_a_block_replaces_the_first() {
        let mut oracle = Oracle::default();
        for (seconds, price, height) in [(1, "1", 5), (2, "2", 5), (2, "3", 6)] {
            let event = json!({"id": {"denom": "akt", "base_denom": "usd"}, "source": "a",
                "data": {"price": price, "timestamp": format!("2026-01-01T00:00:{seconds:02}Z")}});
            let event = event.as_object().unwrap();
            oracle
                .event((1, "EventPriceData"), event, height, &mut StateOutput::default())
                .unwrap();
        }
        let prices: Vec<_> = oracle
            .prices()
            .map(|(id, price)| (id.sequence, price.trunc()))
            .collect();
        assert_eq!(prices, [(5, 2), (6, 3)]);
    }
}
