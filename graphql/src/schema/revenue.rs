//! Lease payouts over time.

use async_graphql::SimpleObject;

use super::definitions::REVENUE;
use super::error::ApiError;
use super::scalars::BigInt;
use super::scope::Api;
use super::series::{Frame, PointHead, SeriesArgs, SeriesHead};
use crate::read::series::{RevenueSums, revenue_sums};

/// Lease payouts over time.
#[derive(Debug, SimpleObject)]
#[graphql(name = "RevenueSeries")]
pub(crate) struct RevenueSeries {
    #[graphql(flatten)]
    head: SeriesHead,
    /// Sums over the whole range, one entry per denomination.
    totals: Vec<DenomRevenue>,
    /// One point per bucket, oldest first, without holes.
    points: Vec<RevenuePoint>,
}

/// Lease payouts of one bucket.
#[derive(Debug, SimpleObject)]
#[graphql(name = "RevenuePoint")]
pub(crate) struct RevenuePoint {
    #[graphql(flatten)]
    head: PointHead,
    /// One entry for each denomination that occurs in the series, zero where it was not paid in this bucket; null
    /// outside what is indexed.
    totals: Option<Vec<DenomRevenue>>,
    /// How many payouts the bucket holds.
    sample_size: u64,
}

/// Sums of one denomination, exact, in base units.
#[derive(Debug, SimpleObject)]
#[graphql(name = "DenomRevenue")]
pub(crate) struct DenomRevenue {
    /// The denomination of the amounts.
    denom: String,
    /// What left escrow for leases: `takeFee` + `net`.
    gross: BigInt,
    /// The protocol's share.
    take_fee: BigInt,
    /// What providers received.
    net: BigInt,
    /// How many payouts were summed.
    payouts: u64,
}

fn entries(sums: RevenueSums) -> Vec<DenomRevenue> {
    sums.into_iter()
        .map(|(denom, sum)| DenomRevenue {
            denom,
            gross: sum.gross.into(),
            take_fee: sum.take_fee.into(),
            net: sum.net.into(),
            payouts: sum.payouts,
        })
        .collect()
}

fn payouts(sums: &RevenueSums) -> u64 {
    sums.values().map(|sum| sum.payouts).sum()
}

impl RevenueSeries {
    /// Reads and sums the series.
    pub(crate) async fn resolve(api: &Api, args: SeriesArgs<'_>) -> Result<Self, ApiError> {
        let frame = Frame::resolve(api, &args).await?;
        let rows = api
            .reader
            .revenue(&frame.scope.network.name, frame.scope.plan, &frame.buckets);
        let (blocks, rows) = futures::try_join!(frame.blocks(api), rows)?;
        let (sums, totals) = revenue_sums(&frame.buckets, &rows)?;
        let points = frame
            .heads(&blocks, true)
            .zip(sums)
            .map(|((known, head), sums)| RevenuePoint {
                head,
                sample_size: payouts(&sums),
                totals: known.then(|| entries(sums)),
            })
            .collect();
        let head = frame.head(&REVENUE, payouts(&totals), frame.scope.flow_meta());
        Ok(Self {
            head,
            totals: entries(totals),
            points,
        })
    }
}
