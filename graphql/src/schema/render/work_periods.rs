//! Work periods: what a recipient was paid in a weekly epoch.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::address;
use super::connection::{Connection, ListArgs, Opened};
use crate::read::render::{WorkPeriodFilter, WorkPeriodRow};
use crate::schema::definitions::WORK_PERIODS;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::scalars::{BigInt, moment};
use crate::schema::scope::Api;

/// What payout wallets paid, by class, in base units.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "PaidByClass")]
pub(crate) struct PaidByClass {
    /// For work.
    pub(crate) work: BigInt,
    /// For being available.
    pub(crate) availability: BigInt,
    /// To compute nodes.
    pub(crate) compute: BigInt,
    /// The sum of the three.
    pub(crate) total: BigInt,
    /// An amount of 10 to this power is one token; null before the first movement.
    pub(crate) decimals: Option<u8>,
}

/// "Wallet W was paid in epoch E": the nearest to a lease that is on chain. Neither a node nor a job.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "WorkPeriod")]
pub(crate) struct WorkPeriod {
    /// The network it is on.
    network: String,
    /// The weekly epoch in which it was paid.
    epoch: u32,
    /// When that epoch began.
    starts_at: OffsetDateTime,
    /// When it ended or will end (not part of it).
    ends_at: OffsetDateTime,
    /// The epochs that were paid for, as far as one can tell: what a memo says, else the last one that had ended.
    pays_for: Vec<u32>,
    /// The owner of the token account that was paid.
    recipient: String,
    /// What was paid.
    paid: PaidByClass,
    /// How many transfers that was.
    sample_size: u64,
    /// The time of the first of them.
    first_paid_at: OffsetDateTime,
    /// The time of the last of them.
    last_paid_at: OffsetDateTime,
    /// How we know it.
    evidence: Option<Evidence>,
}

impl WorkPeriod {
    fn new(network: &str, decimals: Option<u8>, row: WorkPeriodRow) -> Self {
        Self {
            network: network.to_owned(),
            epoch: row.epoch,
            starts_at: moment(row.starts_ms),
            ends_at: moment(row.ends_ms),
            pays_for: row.pays_for,
            recipient: row.recipient,
            paid: PaidByClass {
                work: BigInt(row.paid_work),
                availability: BigInt(row.paid_availability),
                compute: BigInt(row.paid_compute),
                total: BigInt(row.paid),
                decimals,
            },
            sample_size: row.payouts,
            first_paid_at: moment(row.first_paid_ms),
            last_paid_at: moment(row.last_paid_ms),
            evidence: Evidence::of(&row.evidence_word),
        }
    }
}

/// Reads one page.
pub(crate) async fn resolve(
    api: &Api,
    list: ListArgs<'_>,
    epoch: Option<u32>,
    recipient: Option<String>,
) -> Result<Connection<WorkPeriod>, ApiError> {
    let recipient = recipient.map(|text| address::account("recipient", &text));
    let filter = WorkPeriodFilter {
        epoch,
        recipient: recipient.transpose()?.unwrap_or_default(),
    };
    let opened = Opened::<(u32, String)>::open(api, &list).await?;
    let (network, slot) = (opened.network(), opened.slot());
    let (rows, total, decimals) = futures::try_join!(
        api.reader
            .page(network, slot, &filter, opened.after.as_ref(), opened.limit()),
        api.reader.count(network, slot, &filter),
        api.reader.decimals(network, slot),
    )?;
    let nodes = rows
        .into_iter()
        .map(|row| {
            (
                (row.epoch, row.recipient.clone()),
                WorkPeriod::new(network, decimals, row),
            )
        })
        .collect();
    Ok(opened.page(nodes, total, decimals, &WORK_PERIODS))
}
