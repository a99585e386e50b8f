//! What the incumbent counts as spent, over time, beside what providers received.

use async_graphql::SimpleObject;
use std::collections::BTreeMap;

use super::definitions::ACCRUED_SPEND;
use super::error::ApiError;
use super::scalars::{BigInt, Decimal};
use super::scope::Api;
use super::series::{Frame, PointHead, SeriesArgs, SeriesHead};
use crate::read::coverage::Source;
use crate::read::series::{RevenueSums, revenue_sums};
use crate::read::spending::SpendRow;

/// What the Akash Console counts as spent, over time, beside what providers received.
#[derive(Debug, SimpleObject)]
#[graphql(name = "AccruedSpendSeries")]
pub(crate) struct AccruedSpendSeries {
    #[graphql(flatten)]
    head: SeriesHead,
    /// Height with whose end the count began; 0 is the genesis. Null while nothing is counted.
    since: Option<u64>,
    /// One point per bucket, oldest first, without holes.
    points: Vec<AccruedSpendPoint>,
}

/// Spending of one bucket.
#[derive(Debug, SimpleObject)]
#[graphql(name = "AccruedSpendPoint")]
pub(crate) struct AccruedSpendPoint {
    #[graphql(flatten)]
    head: PointHead,
    /// One entry for each denomination; null outside what is indexed, and where the state stage is missing.
    totals: Option<Vec<DenomSpend>>,
    /// How many leases are counted at the end of the bucket.
    sample_size: u64,
}

/// Spending in one denomination, exact, in base units.
#[derive(Debug, SimpleObject)]
#[graphql(name = "DenomSpend")]
pub(crate) struct DenomSpend {
    /// The denomination of the amounts.
    denom: String,
    /// Counted as spent in the bucket: the sum at its last block less that at the block before its first.
    spent: Decimal,
    /// Counted as spent since `since`, up to the bucket's last block.
    spent_total: Decimal,
    /// What each further block adds, at the bucket's last block.
    rate: Decimal,
    /// Leases that are counted at the bucket's last block.
    active_leases: u64,
    /// What providers received in the bucket, by the ledger (`revenue { net }`).
    received: BigInt,
}

impl AccruedSpendSeries {
    /// Reads the series. The books need every block in order, so events alone give no value.
    pub(crate) async fn resolve(api: &Api, args: SeriesArgs<'_>) -> Result<Self, ApiError> {
        let frame = Frame::resolve(api, &args).await?;
        let from_state = frame.scope.plan.source == Source::State;
        let (network, plan) = (&frame.scope.network.name, frame.scope.plan);
        let rows = async {
            if from_state {
                let spending = api.reader.accrued_spend(network, plan, &frame.buckets);
                futures::try_join!(spending, api.reader.revenue(network, plan, &frame.buckets))
            } else {
                Ok((Vec::new(), Vec::new()))
            }
        };
        let (blocks, (rows, revenue)) = futures::try_join!(frame.blocks(api), rows)?;
        let (received, _) = revenue_sums(&frame.buckets, &revenue)?;
        let mut by_bucket: BTreeMap<i64, Vec<&SpendRow>> = BTreeMap::new();
        for row in &rows {
            by_bucket.entry(row.bucket).or_default().push(row);
        }
        let starts = frame.buckets.spans().map(|(start, _)| start);
        let points = frame.heads(&blocks, from_state).zip(starts).zip(received);
        let points = points.map(|(((known, head), start), received)| {
            let rows = by_bucket.get(&start).map(Vec::as_slice).unwrap_or_default();
            AccruedSpendPoint {
                head,
                sample_size: rows.iter().map(|row| row.active_leases).sum(),
                totals: (known && from_state).then(|| entries(rows, &received)),
            }
        });
        let points: Vec<_> = points.collect();
        let sample = points.iter().map(|point| point.sample_size).max().unwrap_or(0);
        Ok(Self {
            head: frame.head(&ACCRUED_SPEND, sample, frame.scope.level_meta()),
            since: rows.iter().map(|row| row.since).max(),
            points,
        })
    }
}

fn entries(rows: &[&SpendRow], received: &RevenueSums) -> Vec<DenomSpend> {
    let entry = |row: &&SpendRow| DenomSpend {
        denom: row.denom.clone(),
        spent: Decimal(row.spent.clone()),
        spent_total: Decimal(row.spent_total.clone()),
        rate: Decimal(row.rate.clone()),
        active_leases: row.active_leases,
        received: received.get(&row.denom).map_or(0, |sum| sum.net).into(),
    };
    rows.iter().map(entry).collect()
}
