//! Weekly epochs: burned against paid.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::connection::{Connection, ListArgs, Opened};
use super::settlements::text;
use super::work_periods::PaidByClass;
use crate::read::render::EpochRow;
use crate::schema::definitions::RENDER_EPOCHS;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::scalars::{BigInt, Decimal, moment};
use crate::schema::scope::Api;

/// A weekly epoch with its sums by class. Amounts are base units.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "RenderEpoch")]
pub(crate) struct RenderEpoch {
    /// The network it is on.
    network: String,
    /// Its number; epoch 1 is the first.
    epoch: u32,
    /// When it began.
    starts_at: OffsetDateTime,
    /// When it ended or will end (not part of it).
    ends_at: OffsetDateTime,
    /// True when every slot of the epoch is indexed.
    complete: bool,
    /// True when the next epoch has ended too: burns arrive late, so an epoch that just ended may still grow.
    is_final: bool,
    /// Burned out of burn wallets: what users paid, less the fee that is taken before the burn.
    burned: BigInt,
    /// Burned by anybody else: no revenue.
    other_burned: BigInt,
    /// What `burned` was worth at the times of the burns, in US dollars; null where no price is known.
    burned_usd_at_burn: Option<Decimal>,
    /// Where that price comes from; null with it.
    price_source: Option<String>,
    /// Minted by the emission schedule, in advance: no income of nodes.
    minted_emission: BigInt,
    /// Minted for the upgrade from the older token.
    minted_upgrade: BigInt,
    /// Paid into burn wallets.
    job_payments: BigInt,
    /// Paid to recipients in this epoch.
    paid: PaidByClass,
    /// Paid out of the grants' wallet.
    grants: BigInt,
    /// Moved between the treasury and the wallets that it fills.
    treasury: BigInt,
    /// Moved to and from places where tokens are bought and sold.
    market: BigInt,
    /// Moved in ways that the rules cannot tell.
    unknown: BigInt,
    /// How many owners were paid.
    recipients: u64,
    /// How many of them had never been paid before, as far as the past is indexed.
    new_recipients: u64,
    /// How many that were paid in the epoch before were not paid in this one; null until the epoch is complete, for they
    /// may still be paid.
    lost_recipients: Option<u64>,
    /// How many burns `burned` sums.
    settlements: u64,
    /// The sample size of this epoch: its settlements and its recipients.
    sample_size: u64,
    /// An amount of 10 to this power is one token; null before the first movement.
    decimals: Option<u8>,
    /// How we know it.
    evidence: Evidence,
}

impl RenderEpoch {
    fn new(network: &str, decimals: Option<u8>, row: EpochRow) -> Self {
        Self {
            network: network.to_owned(),
            epoch: row.epoch,
            starts_at: moment(row.starts_ms),
            ends_at: moment(row.ends_ms),
            complete: row.is_complete != 0,
            is_final: row.is_final != 0,
            burned: BigInt(row.burned),
            other_burned: BigInt(row.other_burned),
            price_source: row.burned_usd.as_ref().and_then(|_| text(row.usd_source)),
            burned_usd_at_burn: row.burned_usd.map(Decimal),
            minted_emission: BigInt(row.minted_emission),
            minted_upgrade: BigInt(row.minted_upgrade),
            job_payments: BigInt(row.job_payments),
            paid: PaidByClass {
                work: BigInt(row.paid_work),
                availability: BigInt(row.paid_availability),
                compute: BigInt(row.paid_compute),
                total: BigInt(row.paid),
                decimals,
            },
            grants: BigInt(row.grants),
            treasury: BigInt(row.treasury),
            market: BigInt(row.market),
            unknown: BigInt(row.unknown),
            recipients: row.recipients,
            new_recipients: row.new_recipients,
            lost_recipients: (row.is_complete != 0).then_some(row.lost_recipients),
            settlements: row.settlements,
            sample_size: row.settlements.saturating_add(row.recipients),
            decimals,
            evidence: Evidence::Derived,
        }
    }
}

/// Reads one page.
pub(crate) async fn resolve(api: &Api, list: ListArgs<'_>) -> Result<Connection<RenderEpoch>, ApiError> {
    let opened = Opened::<u32>::open(api, &list).await?;
    let (network, slot) = (opened.network(), opened.slot());
    let (rows, total, decimals) = futures::try_join!(
        api.reader.epochs(network, slot, opened.after, opened.limit()),
        api.reader.epoch_count(network, slot),
        api.reader.decimals(network, slot),
    )?;
    let nodes = rows
        .into_iter()
        .map(|row| (row.epoch, RenderEpoch::new(network, decimals, row)))
        .collect();
    Ok(opened.page(nodes, total, decimals, &RENDER_EPOCHS))
}
