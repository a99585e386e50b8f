//! What clouds ask for machines with GPUs, read from price lists. Pure: bytes in, rows out.
//!
//! A list is recognised by what is in it, never by its name:
//!
//! | list | recognised by | rows |
//! |---|---|---|
//! | AWS Price List of EC2, JSON of any size, read as a stream | `formatVersion`, `offerCode` | on demand; reserved without payment in advance |
//! | a page of Azure Retail Prices, JSON | `BillingCurrency` | on demand, spot, low priority, reserved |
//! | a page of SKUs of Google's Cloud Billing Catalog, JSON | `skus` | a GPU alone, without the machine around it |
//! | our own table, CSV | its header | as it stands |
//!
//! Every price is read from its decimal text. A row of ours that is not what it should be (another currency, another unit,
//! a price of zero or below, the same thing twice with two prices) stops the whole list with its line and field; rows of
//! other products are passed over and counted.

mod aws;
mod azure;
mod bounded;
mod gcp;
mod place;
mod seed;
mod skus;
#[cfg(test)]
mod tests;

pub use seed::seed;

use crate::chain::akash::dec::Dec;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use time::Date;

/// Largest list that is read as a whole; only AWS' is larger, and that is streamed.
const MAX_PAGE_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes that are enough to recognise a list.
const HEAD_BYTES: usize = 4096;
/// Rows of one list at most.
const MAX_ROWS: usize = 100_000;

/// What a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// AWS Price List, JSON.
    AwsPriceList,
    /// Azure Retail Prices, a page.
    AzureRetailPrices,
    /// Google Cloud Billing Catalog, a page of SKUs.
    GcpSkus,
    /// Our own table.
    PriceTable,
}

/// One dated price of one machine: a row of `reference_prices`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferencePrice {
    /// `aws`, `gcp`, `azure`, or who else.
    pub provider: String,
    /// The provider's name of the machine.
    pub sku: String,
    /// Model of its GPUs, in small letters, as deployments name it: `h100`.
    pub gpu: String,
    /// Memory of each, as deployments name it: `80Gi`; empty: not told.
    pub gpu_memory: String,
    /// How many it has.
    pub gpus: u16,
    /// Where; `unspecified`: not told.
    pub region: String,
    /// `on_demand`, `spot`, `reserved_1yr`, ….
    pub price_model: String,
    /// Of the whole machine.
    pub usd_per_hour: Dec,
    /// Of one of its GPUs, rounded half to even at the 18th place.
    pub usd_per_gpu_hour: Dec,
    /// Day for which it is said.
    pub as_of: Date,
    /// Who says so.
    pub source_name: String,
    /// Where; may be empty.
    pub source_url: String,
    /// What kind of source: `official_list`, `official_page`, `press`, `vendor_blog`, `unverified`.
    pub source_kind: String,
    /// What else a reader must know.
    pub note: String,
}

impl ReferencePrice {
    /// The row's id: of what it says, so that the same statement is the same row wherever it was read.
    pub fn row_id(&self) -> String {
        let parts = [
            self.provider.as_str(),
            &self.sku,
            &self.gpu,
            &self.gpu_memory,
            &self.gpus.to_string(),
            &self.region,
            &self.price_model,
            &self.usd_per_hour.to_string(),
            &self.as_of.to_string(),
            &self.source_name,
            &self.source_kind,
        ];
        let hash = Sha256::digest(parts.join("\u{1f}"));
        format!("{}-{}-{}", self.provider, self.gpu, hex::encode(&hash[..8]))
    }

    /// What two rows of one list may not differ in price about.
    fn subject(&self) -> [&str; 4] {
        [&self.sku, &self.region, &self.price_model, &self.gpu_memory]
    }
}

/// A list that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// What it is.
    pub kind: ListKind,
    /// Its rows of known GPUs.
    pub rows: Vec<ReferencePrice>,
    /// Entries that were passed over, by the reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Where the list says that it goes on: the link or token of the next page.
    pub next: Option<String>,
}

/// Why a list was refused. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It is none of those that are known.
    #[error(
        "it is no price list that can be read: neither AWS' price list of EC2, nor a page of Azure's retail prices, nor a \
         page of Google's SKUs, nor a table with the columns of hyperscaler_prices.csv"
    )]
    Unknown,
    /// It cannot be read at all.
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The JSON is broken, or an entry is not what it should be; the message has line and column.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// An entry is not what it should be.
    #[error("line {line}, {field}: {why}")]
    Row {
        /// Line of the document.
        line: usize,
        /// Which field of which entry.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// More bytes than such a list has.
    #[error("it has more than {MAX_PAGE_BYTES} bytes; give the pages as they were served, one file each")]
    TooLong,
    /// More rows than any list has.
    #[error("it has more than {MAX_ROWS} rows of known GPUs")]
    TooManyRows,
    /// Two prices for one thing.
    #[error(
        "{sku} in {region} ({price_model}) stands twice, for {one} and for {other} dollars an hour: which one holds?"
    )]
    Twice {
        /// The machine.
        sku: String,
        /// The region.
        region: String,
        /// The price model.
        price_model: String,
        /// One price.
        one: String,
        /// The other.
        other: String,
    },
    /// A list without any row of ours.
    #[error("it has no price of a known H100 or A100 machine, {skipped} other entries: is it the list that was meant?")]
    Nothing {
        /// Entries that were passed over.
        skipped: u64,
    },
}

/// Reads a list of any kind. `fetched` is the day on which it was fetched, for lists that do not say of which day they are.
pub fn read(mut list: impl BufRead, fetched: Date) -> Result<PriceList, ListError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    list.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let kind = recognise(&head).ok_or(ListError::Unknown)?;
    let whole = std::io::Cursor::new(head).chain(list);
    let read = match kind {
        ListKind::AwsPriceList => aws::read(whole)?,
        ListKind::AzureRetailPrices => azure::read(&page(whole)?, fetched)?,
        ListKind::GcpSkus => gcp::read(&page(whole)?, fetched)?,
        ListKind::PriceTable => seed::read(&page(whole)?)?,
    };
    checked(read)
}

/// Whether a document that begins so is a price list: so much can be told without reading it.
pub fn is_list(head: &[u8]) -> bool {
    recognise(head).is_some()
}

fn recognise(head: &[u8]) -> Option<ListKind> {
    let text = String::from_utf8_lossy(&head[..head.len().min(HEAD_BYTES)]);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with(seed::HEADER_START) {
        return Some(ListKind::PriceTable);
    }
    if !start.starts_with('{') {
        return None;
    }
    let has = |key: &str| start.contains(&format!("\"{key}\""));
    if has("formatVersion") && has("offerCode") {
        Some(ListKind::AwsPriceList)
    } else if has("BillingCurrency") {
        Some(ListKind::AzureRetailPrices)
    } else if has("skus") {
        Some(ListKind::GcpSkus)
    } else {
        None
    }
}

/// A whole page.
fn page(list: impl Read) -> Result<String, ListError> {
    let mut text = String::new();
    list.take(MAX_PAGE_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_PAGE_BYTES {
        true => Err(ListError::TooLong),
        false => Ok(text),
    }
}

/// Rows once each, none with two prices, at least one.
fn checked(mut list: PriceList) -> Result<PriceList, ListError> {
    if list.rows.len() > MAX_ROWS {
        return Err(ListError::TooManyRows);
    }
    // Our own table holds what different sources say, which do contradict each other.
    if list.kind != ListKind::PriceTable {
        list.rows.sort_by(|a, b| a.subject().cmp(&b.subject()));
        let twice = list
            .rows
            .windows(2)
            .find(|pair| pair[0].subject() == pair[1].subject() && pair[0].usd_per_hour != pair[1].usd_per_hour);
        if let Some([one, other]) = twice {
            return Err(ListError::Twice {
                sku: one.sku.clone(),
                region: one.region.clone(),
                price_model: one.price_model.clone(),
                one: one.usd_per_hour.to_string(),
                other: other.usd_per_hour.to_string(),
            });
        }
        list.rows.dedup_by(|a, b| a.subject() == b.subject());
    }
    if list.rows.is_empty() {
        let skipped = list.skipped.values().sum();
        return Err(ListError::Nothing { skipped });
    }
    Ok(list)
}

/// A positive price in dollars, or what is wrong with it.
fn dollars(text: &str) -> Result<Dec, String> {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
    let price =
        crate::chain::exact::decimal(text).ok_or_else(|| format!("`{shown}` is no price with at most 18 places"))?;
    if price.is_negative() {
        return Err(format!("the price {shown} is below zero"));
    }
    if price.is_zero() {
        return Err("the price is zero, which no machine with GPUs costs".to_owned());
    }
    Ok(price)
}

/// The price of one of `gpus` GPUs.
fn per_gpu(price: Dec, gpus: u16) -> Result<Dec, String> {
    Dec::from_units(gpus.into())
        .and_then(|gpus| price.quo(gpus))
        .map_err(|_| "a machine without GPUs".to_owned())
}
