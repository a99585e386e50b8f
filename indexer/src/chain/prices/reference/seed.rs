//! Our own table of prices, which also is the form in which people can add theirs.

use super::{ListError, ListKind, PriceList, ReferencePrice, dollars, per_gpu};
use serde::Deserialize;
use std::collections::BTreeMap;
use time::Date;
use time::macros::format_description;

/// The rows that every installation begins with.
const SEED: &str = include_str!("../../../../../migrations/reference/hyperscaler_prices.csv");
/// What the table begins with.
pub(super) const HEADER_START: &str = "provider,sku,gpu,";
/// Longest text of a field.
const MAX_FIELD_BYTES: usize = 1000;
/// What a source may be.
const KINDS: [&str; 5] = ["official_list", "official_page", "press", "vendor_blog", "unverified"];
/// GPUs that one machine may have.
const MAX_GPUS: u16 = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    provider: &'a str,
    sku: &'a str,
    gpu: &'a str,
    gpu_memory: &'a str,
    gpus: &'a str,
    region: &'a str,
    price_model: &'a str,
    usd_per_hour: &'a str,
    usd_per_gpu_hour: &'a str,
    as_of: &'a str,
    source_name: &'a str,
    source_url: &'a str,
    source_kind: &'a str,
    note: &'a str,
}

/// The rows that every installation begins with.
///
/// # Errors
/// Never for the table that is built in: a test reads it.
pub fn seed() -> Result<PriceList, ListError> {
    super::checked(read(SEED)?)
}

pub(super) fn read(table: &str) -> Result<PriceList, ListError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let broken = |error: &csv::Error| ListError::Row {
        line: error.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0)),
        field: "the row".to_owned(),
        why: error.to_string(),
    };
    let header = reader.headers().map_err(|error| broken(&error))?.clone();
    let mut record = csv::StringRecord::new();
    let mut rows = Vec::new();
    while reader.read_record(&mut record).map_err(|error| broken(&error))? {
        let line = record
            .position()
            .map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
        let wrong = |(field, why): (&str, String)| ListError::Row {
            line,
            field: field.to_owned(),
            why,
        };
        let read: Line<'_> = record
            .deserialize(Some(&header))
            .map_err(|error| wrong(("the row", error.to_string())))?;
        rows.push(row(&read).map_err(wrong)?);
        if rows.len() > super::MAX_ROWS {
            return Err(ListError::TooManyRows);
        }
    }
    Ok(PriceList {
        kind: ListKind::PriceTable,
        rows,
        skipped: BTreeMap::new(),
        next: None,
    })
}

fn row(line: &Line<'_>) -> Result<ReferencePrice, (&'static str, String)> {
    let gpus: u16 = line
        .gpus
        .parse()
        .ok()
        .filter(|gpus| (1..=MAX_GPUS).contains(gpus))
        .ok_or_else(|| {
            (
                "gpus",
                format!("`{}` is no number from 1 to {MAX_GPUS}", cut(line.gpus)),
            )
        })?;
    let (usd_per_hour, usd_per_gpu_hour) = prices(line, gpus)?;
    let day = format_description!("[year]-[month]-[day]");
    let as_of = Date::parse(line.as_of, day)
        .map_err(|_| ("as_of", format!("`{}` is no day such as 2026-03-01", cut(line.as_of))))?;
    if !KINDS.contains(&line.source_kind) {
        let why = format!("`{}` is none of {}", cut(line.source_kind), KINDS.join(", "));
        return Err(("source_kind", why));
    }
    if line.source_name.is_empty() && line.source_url.is_empty() {
        return Err((
            "source_name",
            "a price without a source: give its name or its address".into(),
        ));
    }
    Ok(ReferencePrice {
        provider: word("provider", line.provider)?,
        sku: text("sku", line.sku)?,
        gpu: word("gpu", line.gpu)?,
        gpu_memory: text("gpu_memory", line.gpu_memory)?,
        gpus,
        region: word("region", line.region)?,
        price_model: word("price_model", line.price_model)?,
        usd_per_hour,
        usd_per_gpu_hour,
        as_of,
        source_name: text("source_name", line.source_name)?,
        source_url: text("source_url", line.source_url)?,
        source_kind: line.source_kind.to_owned(),
        note: text("note", line.note)?,
    })
}

/// Both prices: where one is not told, it follows from the other; where both are, they must agree.
fn prices(
    line: &Line<'_>,
    gpus: u16,
) -> Result<(crate::chain::akash::dec::Dec, crate::chain::akash::dec::Dec), (&'static str, String)> {
    let whole = Some(line.usd_per_hour).filter(|text| !text.is_empty());
    let one = Some(line.usd_per_gpu_hour).filter(|text| !text.is_empty());
    let whole = whole.map(dollars).transpose().map_err(|why| ("usd_per_hour", why))?;
    let one = one.map(dollars).transpose().map_err(|why| ("usd_per_gpu_hour", why))?;
    match (whole, one) {
        (None, None) => Err(("usd_per_hour", "a row without a price".to_owned())),
        (None, Some(one)) => match one.mul_int(gpus.into()) {
            Ok(whole) => Ok((whole, one)),
            Err(_) => Err(("usd_per_gpu_hour", "the price is out of range".to_owned())),
        },
        (Some(whole), told) => {
            let one = per_gpu(whole, gpus).map_err(|why| ("gpus", why))?;
            match told.filter(|told| *told != one) {
                Some(told) => Err((
                    "usd_per_gpu_hour",
                    format!("{told} is not {whole} divided by {gpus}, which is {one}: leave one of them empty"),
                )),
                None => Ok((whole, one)),
            }
        }
    }
}

/// A text that may be empty.
fn text(field: &'static str, text: &str) -> Result<String, (&'static str, String)> {
    match text.len() > MAX_FIELD_BYTES || text.chars().any(char::is_control) {
        true => Err((field, format!("longer than {MAX_FIELD_BYTES} bytes, or not one line"))),
        false => Ok(text.to_owned()),
    }
}

/// A name of small letters, digits and some signs.
fn word(field: &'static str, word: &str) -> Result<String, (&'static str, String)> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    match (1..=64).contains(&word.len()) && word.chars().all(plain) {
        true => Ok(word.to_owned()),
        false => Err((
            field,
            format!("`{}` is not 1 to 64 of a-z, 0-9, `-`, `_`, `.`", cut(word)),
        )),
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
