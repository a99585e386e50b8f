//! Google's Cloud Billing Catalog: a page of `https://cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus`.
//!
//! A GPU is billed there by itself; the processors and the memory of the machine around it are other SKUs. Every row says so.

use super::place::Place;
use super::{ListError, ListKind, PriceList, ReferencePrice, dollars, skus};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use time::Date;

const URL: &str = "https://cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus";
const NOTE: &str = "The GPU alone: processors and memory of its machine are billed beside it.";
/// Billionths of a dollar.
const MAX_NANOS: i64 = 999_999_999;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    #[serde(borrow)]
    skus: Vec<&'a RawValue>,
    #[serde(default)]
    next_page_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sku {
    #[serde(default)]
    sku_id: String,
    #[serde(default)]
    description: String,
    category: Category,
    #[serde(default)]
    service_regions: Vec<String>,
    #[serde(default)]
    pricing_info: Vec<Pricing>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Category {
    #[serde(default)]
    resource_group: String,
    #[serde(default)]
    usage_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pricing {
    pricing_expression: Expression,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expression {
    #[serde(default)]
    usage_unit: String,
    #[serde(default)]
    tiered_rates: Vec<Rate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rate {
    unit_price: Money,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Money {
    #[serde(default)]
    currency_code: String,
    #[serde(default)]
    units: String,
    #[serde(default)]
    nanos: i64,
}

pub(super) fn read(document: &str, fetched: Date) -> Result<PriceList, ListError> {
    let page: Page<'_> = serde_json::from_str(document)?;
    let mut list = PriceList {
        kind: ListKind::GcpSkus,
        rows: Vec::new(),
        skipped: BTreeMap::new(),
        next: Some(page.next_page_token).filter(|token| !token.is_empty()),
    };
    for (index, raw) in page.skus.into_iter().enumerate() {
        let place = Place {
            document,
            entry: raw.get(),
            path: format!("skus[{index}]"),
        };
        let sku: Sku = serde_json::from_str(raw.get()).map_err(|error| place.wrong("sku", error.to_string()))?;
        match skus::gcp(&sku.description).filter(|_| sku.category.resource_group == "GPU") {
            Some(gpu) => list.rows.extend(rows(&sku, gpu, fetched, &place)?),
            None => *list.skipped.entry("other_product").or_default() += 1,
        }
        if list.rows.len() > super::MAX_ROWS {
            return Err(ListError::TooManyRows);
        }
    }
    Ok(list)
}

/// A row for each region of a SKU.
fn rows(
    sku: &Sku,
    (gpu, gpu_memory): (&str, &str),
    fetched: Date,
    place: &Place<'_>,
) -> Result<Vec<ReferencePrice>, ListError> {
    let price_model = match sku.category.usage_type.as_str() {
        "OnDemand" => "on_demand",
        "Preemptible" => "spot",
        "Commit1Yr" => "reserved_1yr",
        "Commit3Yr" => "reserved_3yr",
        other => {
            return Err(place.wrong(
                "category.usageType",
                format!("{:?} is no known kind of price", cut(other)),
            ));
        }
    };
    let [pricing] = sku.pricing_info.as_slice() else {
        let prices = sku.pricing_info.len();
        return Err(place.wrong("pricingInfo", format!("{prices} prices, where one holds")));
    };
    let expression = &pricing.pricing_expression;
    if expression.usage_unit != "h" {
        let unit = cut(&expression.usage_unit);
        return Err(place.wrong(
            "pricingInfo[0].pricingExpression.usageUnit",
            format!("{unit:?} is not an hour"),
        ));
    }
    let [rate] = expression.tiered_rates.as_slice() else {
        let rates = expression.tiered_rates.len();
        return Err(place.wrong(
            "pricingInfo[0].pricingExpression.tieredRates",
            format!("{rates} rates, where one holds"),
        ));
    };
    let field = "pricingInfo[0].pricingExpression.tieredRates[0].unitPrice";
    let price = money(&rate.unit_price).map_err(|why| place.wrong(field, why))?;
    let price = dollars(&price).map_err(|why| place.wrong(field, why))?;
    if sku.service_regions.is_empty() {
        return Err(place.wrong("serviceRegions", "there is none"));
    }
    let region = |region: &String| ReferencePrice {
        provider: "gcp".to_owned(),
        sku: cut(&sku.sku_id),
        gpu: gpu.to_owned(),
        gpu_memory: gpu_memory.to_owned(),
        gpus: 1,
        region: cut(region),
        price_model: price_model.to_owned(),
        usd_per_hour: price,
        usd_per_gpu_hour: price,
        as_of: fetched,
        source_name: "Google Cloud Billing Catalog".to_owned(),
        source_url: URL.to_owned(),
        source_kind: "official_list".to_owned(),
        note: format!("{}. {NOTE}", cut(&sku.description)),
    };
    Ok(sku.service_regions.iter().map(region).collect())
}

/// Units and billionths as one decimal.
fn money(money: &Money) -> Result<String, String> {
    if money.currency_code != "USD" {
        return Err(format!("{:?} is not USD", cut(&money.currency_code)));
    }
    let units = if money.units.is_empty() {
        "0"
    } else {
        money.units.as_str()
    };
    if money.nanos < 0 || units.starts_with('-') {
        return Err("the price is below zero".to_owned());
    }
    if money.nanos > MAX_NANOS || units.is_empty() || !units.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{:?} and {} billionths are no amount", cut(units), money.nanos));
    }
    Ok(format!("{units}.{:09}", money.nanos))
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
