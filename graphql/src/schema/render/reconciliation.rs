//! The chain's number beside the reported one, and their difference. Never an average.

use async_graphql::SimpleObject;

use super::connection::{Connection, ListArgs, Opened};
use super::settlements::text;
use crate::read::render::{ReconciliationFilter, ReconciliationRow};
use crate::schema::definitions::RECONCILIATION;
use crate::schema::error::ApiError;
use crate::schema::evidence::{Evidence, words};
use crate::schema::scalars::Decimal;
use crate::schema::scope::Api;

words! {
    /// What is compared.
    ReconciliationMeasure {
        /// RENDER burned out of burn wallets in the epoch.
        Burned = "burned",
        /// RENDER paid for work.
        WorkPaid = "work_paid",
        /// RENDER paid for being available.
        AvailabilityPaid = "availability_paid",
        /// RENDER due for work, beside what was paid.
        WorkDue = "work_due",
    }
}

/// One measure of one epoch: both numbers and the difference. Amounts are whole tokens, exact.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Reconciliation")]
pub(crate) struct Reconciliation {
    /// The network it is about.
    network: String,
    /// The weekly epoch.
    epoch: u32,
    /// What is compared; null for a word that this version does not know.
    measure: Option<ReconciliationMeasure>,
    /// What the chain says; null where it is not indexed.
    onchain: Option<Decimal>,
    /// How we know it.
    onchain_evidence: Evidence,
    /// What somebody reported; null where nobody did.
    reported: Option<Decimal>,
    /// How we know it.
    reported_evidence: Evidence,
    /// Who reported it.
    source: Option<String>,
    /// `onchain` less `reported`; null where one of them is.
    difference: Option<Decimal>,
    /// Why the two may differ, or why one is missing.
    reason: Option<String>,
    /// The unit of the three numbers.
    unit: &'static str,
}

impl Reconciliation {
    fn new(network: &str, row: ReconciliationRow) -> Self {
        Self {
            network: network.to_owned(),
            epoch: row.epoch,
            measure: ReconciliationMeasure::of(&row.measure_name),
            onchain: row.onchain.map(Decimal),
            onchain_evidence: Evidence::Derived,
            reported: row.reported.map(Decimal),
            reported_evidence: Evidence::OffchainReported,
            source: text(row.source_name),
            difference: row.difference.map(Decimal),
            reason: text(row.reason),
            unit: "RENDER",
        }
    }
}

/// Reads one page.
pub(crate) async fn resolve(
    api: &Api,
    list: ListArgs<'_>,
    epoch: Option<u32>,
    measure: Option<ReconciliationMeasure>,
) -> Result<Connection<Reconciliation>, ApiError> {
    let filter = ReconciliationFilter {
        epoch,
        measure: measure.map(ReconciliationMeasure::word).unwrap_or_default().to_owned(),
    };
    let opened = Opened::<(u32, String, String)>::open(api, &list).await?;
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
            let key = (row.epoch, row.measure_name.clone(), row.source_name.clone());
            (key, Reconciliation::new(network, row))
        })
        .collect();
    Ok(opened.page(nodes, total, decimals, &RECONCILIATION))
}
