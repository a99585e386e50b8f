//! The clock of the `epochs` module (v2.0.0+): it decides when old prices are pruned.
//!
//! Its events name no epoch, so the clock is computed from the genesis (or the upgrade block, or what a node answered) and the
//! header times, by the chain's rule: an epoch ends in the first block whose time is after start plus
//! duration; the next starts where it ended, at most one per block.

use super::fields::{self, Fields};
use super::start::EpochStart;
use crate::chain::akash::model::Version;
use crate::chain::akash::state::audit::Audit;
use std::collections::BTreeMap;

const SECOND_NS: i64 = 1_000_000_000;

/// Names and lengths in seconds that the v2.0.0 upgrade creates.
const DEFAULTS: [(&str, i64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("week", 604_800)];

/// One epoch.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Epoch {
    /// Start of the count; absent: the time at which the module begins.
    start_ns: Option<i64>,
    duration_ns: i64,
    /// Start of the running epoch, once the count has begun.
    current_start_ns: Option<i64>,
}

/// All epochs by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Epochs {
    by_name: BTreeMap<String, Epoch>,
    /// The state began in mid-chain and nobody said how the clock stands: nothing ends.
    #[serde(default)]
    unknown: bool,
    /// That was reported.
    #[serde(default)]
    reported: bool,
}

impl Epochs {
    /// From the `epochs` part of a genesis; `genesis_ns` is the start of those that name none.
    pub(super) fn from_genesis(module: &Fields, genesis_ns: Option<i64>) -> Result<Self, String> {
        let mut epochs = Self::default();
        for item in fields::list(module, "epochs")? {
            let item = item.as_object().ok_or("an epoch is no object")?;
            let counting = item.get("epoch_counting_started").and_then(|value| value.as_bool());
            let current = (counting == Some(true)).then(|| fields::time_ns(item, "current_epoch_start_time"));
            let epoch = Epoch {
                // The zero time of year 1 does not fit nanoseconds: it means "the genesis".
                start_ns: fields::time_ns(item, "start_time").ok().or(genesis_ns),
                duration_ns: fields::duration_ns(item, "duration")?,
                current_start_ns: current.transpose()?,
            };
            epochs.by_name.insert(fields::text(item, "id")?.to_owned(), epoch);
        }
        Ok(epochs)
    }

    /// As a node answered them. Before v2.0.0 there are none yet: its upgrade makes them.
    pub(super) fn started(epochs: Option<Vec<EpochStart>>, version: Version) -> Self {
        let unknown = epochs.is_none() && version >= Version::V2_0;
        let entry = |epoch: EpochStart| {
            let stored = Epoch {
                start_ns: epoch.start_ns,
                duration_ns: epoch.duration_ns,
                current_start_ns: epoch.current_start_ns,
            };
            (epoch.name, stored)
        };
        Self {
            by_name: epochs.unwrap_or_default().into_iter().map(entry).collect(),
            unknown,
            reported: false,
        }
    }

    /// Whether it matters, and was not said yet, that the clock is not known.
    pub(super) const fn are_unknown(&self) -> bool {
        self.unknown && !self.reported
    }

    /// The finding that old prices stay, once.
    pub(super) fn report(&mut self) -> Audit {
        self.reported = true;
        Audit {
            subject: "epochs",
            expected: "old oracle prices are pruned at the end of an epoch".to_owned(),
            observed: "the snapshot did not say how the epochs stand (akash.epochs.v1beta1.Query/EpochInfos), so old \
                       prices stay: take a new snapshot"
                .to_owned(),
            ok: false,
        }
    }

    /// As the v2.0.0 upgrade makes them.
    pub(super) fn created_at(upgrade_ns: i64) -> Self {
        let epoch = |(name, seconds): &(&str, i64)| {
            let epoch = Epoch {
                start_ns: Some(upgrade_ns),
                duration_ns: seconds * SECOND_NS,
                current_start_ns: None,
            };
            ((*name).to_owned(), epoch)
        };
        Self {
            by_name: DEFAULTS.iter().map(epoch).collect(),
            ..Self::default()
        }
    }

    /// Begins a block; the names of the epochs that end in it, in order.
    pub(super) fn begin_block(&mut self, now_ns: i64) -> Vec<String> {
        let mut ended = Vec::new();
        for (name, epoch) in &mut self.by_name {
            let start = epoch.start_ns.unwrap_or(now_ns);
            match epoch.current_start_ns {
                _ if now_ns < start => {}
                None => epoch.current_start_ns = Some(start),
                Some(current) => {
                    let end = current.saturating_add(epoch.duration_ns);
                    if now_ns > end {
                        epoch.current_start_ns = Some(end);
                        ended.push(name.clone());
                    }
                }
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_ends_in_the_first_block_after_its_length_and_one_at_a_time() {
        let mut epochs = Epochs::created_at(0);
        let minute = |epochs: &mut Epochs, seconds: i64| epochs.begin_block(seconds * SECOND_NS);
        assert!(minute(&mut epochs, 0).is_empty());
        assert!(minute(&mut epochs, 60).is_empty());
        assert_eq!(minute(&mut epochs, 61), ["minute"]);
        assert!(minute(&mut epochs, 120).is_empty());
        assert_eq!(minute(&mut epochs, 300), ["minute"]);
        assert_eq!(minute(&mut epochs, 301), ["minute"]);
    }
}
