//! Dated prices of clouds.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::{PriceConnection, cursor, filter, page};
use crate::read::prices::{ReferenceFilter, ReferencePlace, ReferenceRow};
use crate::schema::definitions::REFERENCE_PRICES;
use crate::schema::error::ApiError;
use crate::schema::page::size;
use crate::schema::scalars::{Decimal, millis};
use crate::schema::scope::Api;

/// Age from which a reference price is stale, in days.
const STALE_DAYS: i64 = 90;

/// What a cloud asks for a machine with GPUs, as somebody said it on a day. Rows contradict each other; none is preferred.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ReferencePrice")]
pub(crate) struct ReferencePrice {
    /// Stable: of what the row says.
    pub(super) row_id: String,
    /// `aws`, `gcp`, `azure`, or who else rents it out.
    pub(super) provider: String,
    /// The provider's name of the machine.
    pub(super) sku: String,
    /// Model of its GPUs.
    pub(super) gpu: String,
    /// Memory of each GPU; empty: not told.
    pub(super) gpu_memory: String,
    /// How many GPUs it has.
    pub(super) gpus: u32,
    /// Where; `unspecified`: not told.
    pub(super) region: String,
    /// `on_demand`, `spot`, `reserved_1yr`, `capacity_block`, …: never compare across them unknowingly.
    pub(super) price_model: String,
    /// US dollars an hour for the whole machine.
    pub(super) usd_per_hour: Decimal,
    /// US dollars an hour for one of its GPUs.
    pub(super) usd_per_gpu_hour: Decimal,
    /// Day for which it is said, YYYY-MM-DD; where only a month is known, its first day.
    pub(super) as_of: String,
    /// Days between that day and the moment of the answer (in a comparison: its block).
    pub(super) age_days: i64,
    /// True beyond 90 days.
    pub(super) stale: bool,
    /// What to be wary of, if anything.
    pub(super) warning: Option<String>,
    /// Who says so.
    pub(super) source_name: String,
    /// Where; empty: not on record.
    pub(super) source_url: String,
    /// `official_list`, `official_page`, `press`, `vendor_blog` or `unverified`.
    pub(super) source_kind: String,
    /// What else a reader must know.
    pub(super) note: String,
}

impl From<ReferenceRow> for ReferencePrice {
    fn from(row: ReferenceRow) -> Self {
        Self {
            stale: row.age_days > STALE_DAYS,
            warning: warning(row.age_days, &row.kind),
            row_id: row.row_name,
            provider: row.provider_name,
            sku: row.sku_name,
            gpu: row.gpu_name,
            gpu_memory: row.gpu_memory_text,
            gpus: row.gpu_count.into(),
            region: row.region_name,
            price_model: row.model,
            usd_per_hour: Decimal(row.hour_text),
            usd_per_gpu_hour: Decimal(row.gpu_hour_text),
            as_of: row.as_of_day,
            age_days: row.age_days,
            source_name: row.source,
            source_url: row.url,
            source_kind: row.kind,
            note: row.note_text,
        }
    }
}

fn warning(age_days: i64, kind: &str) -> Option<String> {
    let old =
        (age_days > STALE_DAYS).then(|| format!("{age_days} days old, more than {STALE_DAYS}: import a newer list"));
    let unsure = (kind == "unverified").then(|| "nobody has checked it".to_owned());
    let all: Vec<String> = old.into_iter().chain(unsure).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

const TAG: &str = "referencePrices1";

/// What the list is asked with.
pub(super) struct ReferenceArgs {
    pub(super) gpu: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) price_model: Option<String>,
    pub(super) region: Option<String>,
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
}

/// Reads one page.
pub(super) async fn resolve(api: &Api, args: ReferenceArgs) -> Result<PriceConnection<ReferencePrice>, ApiError> {
    let size = size(args.first)?;
    let after = cursor(TAG, args.after.as_deref())?.map(|[day, row_id]| ReferencePlace { day, row_id });
    let wanted = ReferenceFilter {
        gpu: filter("gpu", args.gpu)?.to_ascii_lowercase(),
        provider: filter("provider", args.provider)?,
        price_model: filter("priceModel", args.price_model)?,
        region: filter("region", args.region)?,
    };
    let now_ms = millis(OffsetDateTime::now_utc());
    let (rows, total) = futures::try_join!(
        api.reader
            .reference_prices(&wanted, now_ms, after.as_ref(), size.saturating_add(1)),
        api.reader.reference_price_count(&wanted),
    )?;
    let nodes = rows
        .into_iter()
        .map(|row| (vec![row.as_of_day.clone(), row.row_name.clone()], row.into()))
        .collect();
    Ok(page(TAG, size, nodes, total, &REFERENCE_PRICES))
}
