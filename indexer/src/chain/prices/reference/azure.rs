//! Azure Retail Prices: a page of `https://prices.azure.com/api/retail/prices`.
//!
//! A reservation's `retailPrice` is that of its whole term although its unit says an hour; it is divided by the hours of
//! the term, 8,760 a year.

use super::place::Place;
use super::{ListError, ListKind, PriceList, ReferencePrice, dollars, per_gpu, skus};
use crate::chain::akash::dec::Dec;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use time::Date;

const HOURS_A_YEAR: i128 = 8_760;
const URL: &str = "https://prices.azure.com/api/retail/prices";

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(rename = "BillingCurrency")]
    currency: String,
    #[serde(rename = "Items", borrow)]
    items: Vec<&'a RawValue>,
    #[serde(rename = "NextPageLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(default)]
    arm_sku_name: String,
    #[serde(default)]
    arm_region_name: String,
    #[serde(default)]
    sku_name: String,
    #[serde(default)]
    product_name: String,
    #[serde(default)]
    unit_of_measure: String,
    #[serde(default)]
    currency_code: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    reservation_term: Option<String>,
    #[serde(borrow)]
    retail_price: Option<&'a RawValue>,
}

pub(super) fn read(document: &str, fetched: Date) -> Result<PriceList, ListError> {
    let page: Page<'_> = serde_json::from_str(document)?;
    if page.currency != "USD" {
        return Err(ListError::Row {
            line: 1,
            field: "BillingCurrency".to_owned(),
            why: format!("prices in {:?}; ask for currencyCode='USD'", cut(&page.currency)),
        });
    }
    let mut list = PriceList {
        kind: ListKind::AzureRetailPrices,
        rows: Vec::new(),
        skipped: BTreeMap::new(),
        next: page.next.filter(|link| !link.is_empty()),
    };
    for (index, raw) in page.items.into_iter().enumerate() {
        let place = Place {
            document,
            entry: raw.get(),
            path: format!("Items[{index}]"),
        };
        let item: Item<'_> = serde_json::from_str(raw.get()).map_err(|error| place.wrong("item", error.to_string()))?;
        match row(&item, fetched, &place)? {
            Ok(row) => list.rows.push(row),
            Err(skipped) => *list.skipped.entry(skipped).or_default() += 1,
        }
    }
    Ok(list)
}

fn row(item: &Item<'_>, fetched: Date, place: &Place<'_>) -> Result<Result<ReferencePrice, &'static str>, ListError> {
    let Some(machine) = skus::azure(&item.arm_sku_name) else {
        return Ok(Err("other_machine"));
    };
    if item.product_name.contains("Windows") {
        return Ok(Err("windows"));
    }
    if item.kind == "DevTestConsumption" {
        return Ok(Err("dev_test"));
    }
    if item.currency_code != "USD" {
        return Err(place.wrong("currencyCode", format!("{:?} is not USD", cut(&item.currency_code))));
    }
    if item.unit_of_measure != "1 Hour" {
        let unit = cut(&item.unit_of_measure);
        return Err(place.wrong("unitOfMeasure", format!("{unit:?} is not \"1 Hour\"")));
    }
    let price = item.retail_price.map_or("(none)", RawValue::get);
    let price = dollars(price).map_err(|why| place.wrong("retailPrice", why))?;
    let (price_model, usd_per_hour, note) = model(item, price, place)?;
    if item.arm_region_name.is_empty() {
        return Err(place.wrong("armRegionName", "there is none"));
    }
    Ok(Ok(ReferencePrice {
        provider: "azure".to_owned(),
        sku: machine.sku.to_owned(),
        gpu: machine.gpu.to_owned(),
        gpu_memory: machine.gpu_memory.to_owned(),
        gpus: machine.gpus,
        region: cut(&item.arm_region_name),
        price_model,
        usd_per_hour,
        usd_per_gpu_hour: per_gpu(usd_per_hour, machine.gpus).map_err(|why| place.wrong("retailPrice", why))?,
        as_of: fetched,
        source_name: "Azure Retail Prices".to_owned(),
        source_url: URL.to_owned(),
        source_kind: "official_list".to_owned(),
        note,
    }))
}

/// The price model, the price of an hour, and what to note.
fn model(item: &Item<'_>, price: Dec, place: &Place<'_>) -> Result<(String, Dec, String), ListError> {
    let plain = |model: &str| Ok((model.to_owned(), price, String::new()));
    match item.kind.as_str() {
        "Consumption" if item.sku_name.contains("Spot") => plain("spot"),
        "Consumption" if item.sku_name.contains("Low Priority") => plain("low_priority"),
        "Consumption" => plain("on_demand"),
        "Reservation" => {
            let term = item.reservation_term.as_deref().unwrap_or_default();
            let years = match term {
                "1 Year" => 1,
                "3 Years" => 3,
                "5 Years" => 5,
                other => return Err(place.wrong("reservationTerm", format!("{:?} is no known term", cut(other)))),
            };
            let hours = Dec::from_units(HOURS_A_YEAR * years);
            let hourly = hours.and_then(|hours| price.quo(hours));
            let hourly = hourly.map_err(|error| place.wrong("retailPrice", error.to_string()))?;
            let note = format!("{price} dollars for the whole term, divided by its hours (8,760 a year).");
            Ok((format!("reserved_{years}yr"), hourly, note))
        }
        other => Err(place.wrong("type", format!("{:?} is no known kind of price", cut(other)))),
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
