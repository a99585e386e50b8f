//! The network's price of a GPU hour beside what clouds ask.

use async_graphql::SimpleObject;

use super::filter;
use super::reference::ReferencePrice;
use crate::read::prices::{DiscountFilter, DiscountRow, ReferenceRow};
use crate::schema::definitions::HYPERSCALER_DISCOUNT;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::scalars::Decimal;
use crate::schema::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};

/// Comparisons in one answer.
const MAX_COMPARISONS: usize = 500;

/// One comparison: one price of the network, one row of a cloud.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "HyperscalerComparison")]
pub(crate) struct HyperscalerComparison {
    /// Denomination of the leases.
    denom: String,
    /// What turned it into dollars: `uact_at_par` (a million uact is a dollar), or the source of AKT's price.
    price_source: String,
    /// The instrument of that source; empty: none.
    price_instrument: String,
    /// Median over the running leases, US dollars for one GPU and hour.
    network_usd_per_gpu_hour: Decimal,
    /// How many leases that rests on.
    sample_size: u64,
    /// Over how many blocks their duration was measured.
    measured_blocks: u64,
    /// How long those took together, in milliseconds.
    measured_ms: i64,
    /// The cloud's price, with its row and its age at the block.
    reference: ReferencePrice,
    /// The network's price divided by the cloud's: 0.2 is 80 % cheaper.
    ratio: Decimal,
}

/// The network's price of a model beside every dated price of a cloud that was asked for.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "HyperscalerDiscount")]
pub(crate) struct HyperscalerDiscount {
    /// The network.
    network: String,
    /// The model.
    gpu_model: String,
    /// What the comparisons mean.
    definition: &'static str,
    /// The unit of the ratios.
    unit: &'static str,
    /// How we know them.
    evidence: Evidence,
    /// The block as of which they hold.
    as_of: BlockRef,
    /// How far the network's price can be trusted.
    meta: AnswerMeta,
    /// The comparisons, newest reference first; empty where nobody leases the model. Narrow the filters where there are more
    /// than 500.
    comparisons: Vec<HyperscalerComparison>,
    /// How many comparisons there are.
    sample_size: u64,
}

impl From<DiscountRow> for HyperscalerComparison {
    fn from(row: DiscountRow) -> Self {
        Self {
            denom: row.denom_name,
            price_source: row.price_source_name,
            price_instrument: row.price_instrument_name,
            network_usd_per_gpu_hour: Decimal(row.network_text),
            sample_size: row.sample,
            measured_blocks: row.block_count,
            measured_ms: row.block_span_ms,
            ratio: Decimal(row.ratio_text),
            reference: ReferenceRow {
                row_name: row.row_name,
                provider_name: row.provider_name,
                sku_name: row.sku_name,
                gpu_name: row.gpu_name,
                gpu_memory_text: row.gpu_memory_text,
                gpu_count: row.gpu_count,
                region_name: row.region_name,
                model: row.model,
                hour_text: row.hour_text,
                gpu_hour_text: row.gpu_hour_text,
                as_of_day: row.as_of_day,
                age_days: row.age_days,
                source: row.source,
                url: row.url,
                kind: row.kind,
                note_text: row.note_text,
            }
            .into(),
        }
    }
}

/// What is compared.
pub(super) struct DiscountArgs {
    pub(super) network: String,
    pub(super) gpu_model: String,
    pub(super) provider: Option<String>,
    pub(super) price_model: Option<String>,
    pub(super) row_id: Option<String>,
    pub(super) price_source: Option<String>,
    pub(super) asked: Asked,
}

/// Compares.
pub(super) async fn resolve(api: &Api, args: DiscountArgs) -> Result<HyperscalerDiscount, ApiError> {
    let scope = Scope::resolve_state(api, &args.network, "hyperscalerDiscount", args.asked).await?;
    let wanted = DiscountFilter {
        gpu: filter("gpuModel", Some(args.gpu_model))?.to_ascii_lowercase(),
        provider: filter("provider", args.provider)?,
        price_model: filter("priceModel", args.price_model)?,
        row_id: filter("rowId", args.row_id)?,
        price_source: filter("priceSource", args.price_source)?,
    };
    let rows = api
        .reader
        .discounts(&scope.network.name, scope.plan.as_of, &wanted)
        .await?;
    if rows.len() > MAX_COMPARISONS {
        return Err(ApiError::BadInput(format!(
            "there are more than {MAX_COMPARISONS} comparisons; give `provider`, `priceModel`, `priceSource` or `rowId`"
        )));
    }
    let comparisons: Vec<HyperscalerComparison> = rows.into_iter().map(HyperscalerComparison::from).collect();
    Ok(HyperscalerDiscount {
        network: scope.network.name.clone(),
        gpu_model: wanted.gpu,
        definition: HYPERSCALER_DISCOUNT.text,
        unit: HYPERSCALER_DISCOUNT.unit,
        evidence: HYPERSCALER_DISCOUNT.evidence,
        as_of: scope.as_of,
        meta: scope.level_meta(),
        sample_size: comparisons.len() as u64,
        comparisons,
    })
}
