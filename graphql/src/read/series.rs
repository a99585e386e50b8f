//! Rows of the time series, and the pure folds that turn them into one value per bucket.

use std::collections::{BTreeMap, BTreeSet};

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use super::bucket::Buckets;
use super::coverage::{Plan, Source};
use super::{ReadError, Reader};

/// The part of time that a series knows: from the first block of its run to the block of its `as_of`, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// Time of the first block of the run.
    pub(crate) from_ms: i64,
    /// Time of the block as of which the answer holds.
    pub(crate) to_ms: i64,
    /// True when nothing happened before `from_ms`, because the chain began there.
    pub(crate) from_genesis: bool,
}

impl Known {
    /// True when the bucket `[start, end)` (seconds) overlaps what is known.
    pub(crate) fn touches(&self, start: i64, end: i64) -> bool {
        end.saturating_mul(1000) > self.from_ms && start.saturating_mul(1000) <= self.to_ms
    }

    /// True when nothing of the bucket `[start, end)` (seconds) is missing.
    pub(crate) fn holds(&self, start: i64, end: i64) -> bool {
        self.touches(start, end)
            && (self.from_genesis || start.saturating_mul(1000) >= self.from_ms)
            && end.saturating_mul(1000) <= self.to_ms
    }
}

/// The blocks of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Row, Deserialize)]
pub(crate) struct BucketBlocks {
    pub(crate) bucket: i64,
    pub(crate) blocks: u64,
    pub(crate) first_height: u64,
    pub(crate) last_height: u64,
}

/// Leases opened and closed in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Row, Deserialize)]
pub(crate) struct LeaseChanges {
    pub(crate) bucket: i64,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    pub(crate) gpus_opened: u64,
    pub(crate) gpus_closed: u64,
}

/// What changed for one provider in one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub(crate) struct ProviderChanges {
    pub(crate) bucket: i64,
    pub(crate) provider: String,
    pub(crate) leases: i64,
    pub(crate) registered: i64,
}

/// Payouts of one denomination in one bucket, in base units as text.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub(crate) struct RevenueRow {
    pub(crate) bucket: i64,
    pub(crate) denom: String,
    pub(crate) gross: String,
    pub(crate) take_fee: String,
    pub(crate) net: String,
    pub(crate) payouts: u64,
}

/// Running counts of leases at the end of a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LeaseLevel {
    pub(crate) active: i64,
    pub(crate) gpus: i64,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    /// Leases that were active at some moment of the bucket.
    pub(crate) seen: i64,
}

/// Sums up changes: one level per bucket; what lies before the first bucket is the base.
pub(crate) fn lease_levels(buckets: &Buckets, changes: &[LeaseChanges]) -> Vec<LeaseLevel> {
    let by_bucket: BTreeMap<i64, &LeaseChanges> = changes.iter().map(|c| (c.bucket, c)).collect();
    let mut level = LeaseLevel::default();
    for change in by_bucket.range(..buckets.from()).map(|(_, c)| c) {
        level = step_leases(level, change);
    }
    buckets
        .spans()
        .map(|(start, _)| {
            let nothing = LeaseChanges {
                bucket: start,
                opened: 0,
                closed: 0,
                gpus_opened: 0,
                gpus_closed: 0,
            };
            level = step_leases(level, by_bucket.get(&start).copied().unwrap_or(&nothing));
            level
        })
        .collect()
}

fn step_leases(before: LeaseLevel, change: &LeaseChanges) -> LeaseLevel {
    let net = |plus: u64, minus: u64| plus.cast_signed().wrapping_sub(minus.cast_signed());
    LeaseLevel {
        active: before.active.saturating_add(net(change.opened, change.closed)),
        gpus: before.gpus.saturating_add(net(change.gpus_opened, change.gpus_closed)),
        opened: change.opened,
        closed: change.closed,
        seen: before.active.saturating_add(change.opened.cast_signed()),
    }
}

/// Counts of providers at the end of a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ProviderLevel {
    /// Providers with at least one active lease.
    pub(crate) leased: i64,
    /// Providers that are registered.
    pub(crate) registered: i64,
}

/// Sums up changes per provider: one level per bucket.
pub(crate) fn provider_levels(buckets: &Buckets, changes: &[ProviderChanges]) -> Vec<ProviderLevel> {
    let mut sorted: Vec<&ProviderChanges> = changes.iter().collect();
    sorted.sort_by_key(|change| change.bucket);
    let mut rest = sorted.into_iter().peekable();
    let mut leases: BTreeMap<&str, i64> = BTreeMap::new();
    let mut level = ProviderLevel::default();
    buckets
        .spans()
        .map(|(start, _)| {
            while let Some(change) = rest.next_if(|change| change.bucket <= start) {
                let held = leases.entry(&change.provider).or_default();
                let had = *held > 0;
                *held += change.leases;
                level.leased += i64::from(*held > 0) - i64::from(had);
                level.registered += change.registered;
            }
            level
        })
        .collect()
}

/// Sums of one denomination, in base units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RevenueSum {
    pub(crate) gross: u128,
    pub(crate) take_fee: u128,
    pub(crate) net: u128,
    pub(crate) payouts: u64,
}

impl RevenueSum {
    fn add(self, row: &RevenueRow) -> Option<Self> {
        let plus = |sum: u128, text: &str| sum.checked_add(text.parse().ok()?);
        Some(Self {
            gross: plus(self.gross, &row.gross)?,
            take_fee: plus(self.take_fee, &row.take_fee)?,
            net: plus(self.net, &row.net)?,
            payouts: self.payouts.checked_add(row.payouts)?,
        })
    }
}

/// Sums per denomination, by name.
pub(crate) type RevenueSums = BTreeMap<String, RevenueSum>;

/// One map of sums per bucket, and the totals. Every denomination that occurs anywhere has an entry (zero or more)
/// in every bucket, so that a chart has no holes where there was simply no payout.
pub(crate) fn revenue_sums(
    buckets: &Buckets,
    rows: &[RevenueRow],
) -> Result<(Vec<RevenueSums>, RevenueSums), ReadError> {
    let denoms: BTreeSet<&str> = rows.iter().map(|row| row.denom.as_str()).collect();
    let zero: RevenueSums = denoms
        .iter()
        .map(|denom| ((*denom).to_owned(), RevenueSum::default()))
        .collect();
    let starts: Vec<i64> = buckets.spans().map(|(start, _)| start).collect();
    let mut sums = vec![zero.clone(); starts.len()];
    let mut totals = zero;
    for row in rows {
        let Ok(index) = starts.binary_search(&row.bucket) else {
            continue;
        };
        for map in [&mut sums[index], &mut totals] {
            let sum = map.entry(row.denom.clone()).or_default();
            *sum = sum
                .add(row)
                .ok_or(ReadError::Corrupt("a sum of payouts exceeds 128 bits"))?;
        }
    }
    Ok((sums, totals))
}

impl Reader {
    pub(super) fn bucketed(&self, sql: &'static str, network: &str, buckets: &Buckets) -> Query {
        let (step, origin) = buckets.interval.grid().unwrap_or((1, 0));
        self.query(sql, network)
            .param("month", u8::from(buckets.interval.grid().is_none()))
            .param("step", step)
            .param("origin", origin)
            .param("from", buckets.from())
            .param("to", buckets.to())
    }

    /// The blocks of each bucket, within the heights of the plan.
    pub(crate) async fn bucket_blocks(
        &self,
        network: &str,
        plan: Plan,
        buckets: &Buckets,
    ) -> Result<Vec<BucketBlocks>, ReadError> {
        let query = self
            .bucketed(include_str!("../../sql/bucket_blocks.sql"), network, buckets)
            .param("low", plan.low)
            .param("high", plan.as_of);
        Self::all(query).await
    }

    /// Leases opened and closed per bucket.
    pub(crate) async fn lease_changes(
        &self,
        network: &str,
        plan: Plan,
        buckets: &Buckets,
    ) -> Result<Vec<LeaseChanges>, ReadError> {
        let query = match plan.source {
            Source::State => self.bucketed(include_str!("../../sql/lease_changes_state.sql"), network, buckets),
            Source::Facts => self
                .bucketed(include_str!("../../sql/lease_changes_facts.sql"), network, buckets)
                .param("low", plan.low),
        };
        Self::all(query.param("as_of", plan.as_of)).await
    }

    /// Lease and registration changes per bucket and provider; only the state stage knows them.
    pub(crate) async fn provider_changes(
        &self,
        network: &str,
        plan: Plan,
        buckets: &Buckets,
    ) -> Result<Vec<ProviderChanges>, ReadError> {
        let sql = include_str!("../../sql/provider_changes_state.sql");
        Self::all(self.bucketed(sql, network, buckets).param("as_of", plan.as_of)).await
    }

    /// Payouts per bucket and denomination.
    pub(crate) async fn revenue(
        &self,
        network: &str,
        plan: Plan,
        buckets: &Buckets,
    ) -> Result<Vec<RevenueRow>, ReadError> {
        let sql = match plan.source {
            Source::State => include_str!("../../sql/revenue_state.sql"),
            Source::Facts => include_str!("../../sql/revenue_facts.sql"),
        };
        let query = self
            .bucketed(sql, network, buckets)
            .param("low", plan.low)
            .param("as_of", plan.as_of);
        Self::all(query).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::read::bucket::Interval;

    fn three_minutes() -> Buckets {
        Buckets::covering(Interval::Minute, 60, 240).unwrap()
    }

    #[test]
    fn active_leases_carry_over_and_obey_the_invariant() {
        let change = |bucket, opened, closed| LeaseChanges {
            bucket,
            opened,
            closed,
            gpus_opened: 8 * opened,
            gpus_closed: 8 * closed,
        };
        let levels = lease_levels(
            &three_minutes(),
            &[change(59, 5, 2), change(60, 1, 0), change(180, 0, 4)],
        );
        assert_eq!(levels.iter().map(|l| l.active).collect::<Vec<_>>(), [4, 4, 0]);
        assert_eq!(levels.iter().map(|l| l.gpus).collect::<Vec<_>>(), [32, 32, 0]);
        assert_eq!(levels.iter().map(|l| l.seen).collect::<Vec<_>>(), [4, 4, 4]);
        let opened: i64 = levels
            .iter()
            .map(|l| l.opened.cast_signed() - l.closed.cast_signed())
            .sum();
        assert_eq!(levels[2].active - 3, opened);
    }

    #[test]
    fn a_provider_counts_once_however_many_leases_it_holds() {
        let change = |bucket, provider: &str, leases, registered| ProviderChanges {
            bucket,
            provider: provider.to_owned(),
            leases,
            registered,
        };
        let levels = provider_levels(
            &three_minutes(),
            &[
                change(59, "a", 0, 1),
                change(60, "a", 2, 0),
                change(60, "b", 1, 1),
                change(120, "a", -1, 0),
                change(180, "b", -1, -1),
            ],
        );
        assert_eq!(levels.iter().map(|l| l.leased).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(levels.iter().map(|l| l.registered).collect::<Vec<_>>(), [2, 2, 1]);
    }

    #[test]
    fn sums_beyond_64_bits_are_exact_and_beyond_128_bits_refused() {
        let row = |bucket, gross: &str| RevenueRow {
            bucket,
            denom: "uakt".into(),
            gross: gross.into(),
            take_fee: "1".into(),
            net: "2".into(),
            payouts: 1,
        };
        let (sums, totals) = revenue_sums(&three_minutes(), &[row(60, "18446744073709551616"), row(180, "5")]).unwrap();
        assert_eq!(sums[1]["uakt"], RevenueSum::default());
        assert_eq!(
            totals["uakt"],
            RevenueSum {
                gross: 18_446_744_073_709_551_621,
                take_fee: 2,
                net: 4,
                payouts: 2
            }
        );
        let most = u128::MAX.to_string();
        assert!(revenue_sums(&three_minutes(), &[row(60, &most), row(120, "1")]).is_err());
    }

    #[test]
    fn a_bucket_is_known_only_where_blocks_are() {
        let known = Known {
            from_ms: 90_000,
            to_ms: 200_000,
            from_genesis: false,
        };
        assert!(!known.touches(0, 60) && known.touches(60, 120) && known.touches(180, 240) && !known.touches(240, 300));
        assert!(!known.holds(60, 120) && known.holds(120, 180) && !known.holds(180, 240));
        assert!(
            Known {
                from_genesis: true,
                ..known
            }
            .holds(60, 120)
        );
    }
}
