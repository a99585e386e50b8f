//! Price lists of the form in which they are served, with made-up prices, good and hostile.
#![allow(clippy::unwrap_used)]

mod aws;
mod azure;
mod gcp;
mod memory;
mod table;

use super::{ListError, PriceList, read};
use time::macros::date;

/// The list, fetched on a day.
fn list(text: &str) -> Result<PriceList, ListError> {
    read(text.as_bytes(), date!(2026 - 11 - 20))
}

/// Rows in brief.
fn brief(list: &PriceList) -> Vec<String> {
    let row = |row: &super::ReferencePrice| {
        format!(
            "{} {} {} {} x{} {} {} {} {}",
            row.provider,
            row.sku,
            row.gpu,
            row.gpu_memory,
            row.gpus,
            row.region,
            row.price_model,
            plain(row.usd_per_hour),
            plain(row.usd_per_gpu_hour)
        )
    };
    list.rows.iter().map(row).collect()
}

fn plain(price: crate::chain::akash::dec::Dec) -> String {
    price.to_string().trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[track_caller]
fn refused(text: &str, parts: &[&str]) {
    let said = list(text).unwrap_err().to_string();
    for part in parts {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn what_is_no_price_list_is_not_recognised() {
    for text in ["", "{}", "[]", "hello", "{\"data\":[]}", "provider;sku"] {
        assert!(matches!(list(text), Err(ListError::Unknown)), "{text}");
        assert!(!super::is_list(text.as_bytes()));
    }
}
