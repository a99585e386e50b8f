//! `gridproof import`: what others report of Render, and the price lists of clouds, beside the chain's own rows and never
//! mixed with them.

use crate::args::Import;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::output;
use crate::reference_prices;
use anyhow::Context;
use gridproof_indexer::chain::akash::dec::Dec;
use gridproof_indexer::chain::render::offchain::{
    self, Document, Kind, MAX_DOCUMENT_BYTES, ReportedEpoch, ReportedLiability,
};
use gridproof_store::reference::{ReferenceError, ReportedEpochRow, ReportedLiabilityRow, store_reported};
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// Evidence of every row that is imported.
const EVIDENCE: &str = "offchain_reported";

/// What was loaded from one file.
#[derive(Debug, Serialize)]
struct Loaded {
    file: PathBuf,
    kind: Kind,
    /// Rows written, epochs and liabilities together.
    rows: usize,
    first_epoch: Option<u32>,
    last_epoch: Option<u32>,
    /// Rows left out, for they are no epochs.
    dropped: usize,
    /// When the file was fetched, milliseconds since the Unix epoch: as told, else when it was last written.
    fetched_at_ms: i64,
    sha256: String,
}

/// A file that was read and recognised.
struct Reading {
    file: PathBuf,
    document: Document,
    fetched_at_ms: i64,
}

/// Reads every file before the first row is written: a set with a wrong file changes nothing.
pub(crate) async fn run(config: &Config, args: Import, json: bool) -> Outcome {
    let readings = read_all(&args)?;
    let house = House::open_for_reading(config).await?;
    let loaded = load_all(&house, &args.network, readings).await;
    house.close().await;
    let (reports, lists) = loaded?;
    if json {
        return match (reports.is_empty(), lists.is_empty()) {
            (_, true) => output::json(&reports),
            (true, false) => output::json(&lists),
            (false, false) => output::json(&Both { reports, lists }),
        };
    }
    if !reports.is_empty() {
        output::text_line(&text(&args.network, &reports))?;
    }
    lists.iter().try_for_each(|list| output::text_line(&list_text(list)))
}

/// Files of both kinds, for `--json`.
#[derive(Debug, Serialize)]
struct Both {
    reports: Vec<Loaded>,
    lists: Vec<reference_prices::Loaded>,
}

/// Files that were read: what others report of Render, and price lists of clouds.
struct Readings {
    reports: Vec<Reading>,
    lists: Vec<reference_prices::Reading>,
}

fn read_all(args: &Import) -> Result<Readings, Failure> {
    let (mut reports, mut lists) = (Vec::new(), Vec::new());
    for file in &args.files {
        let is_list = reference_prices::is_list(file)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())))?;
        match is_list {
            true => {
                let fetched = args.fetched_at.map_or_else(|| written(file), Ok)?;
                lists.push(reference_prices::read(file, fetched)?);
            }
            false => reports.push(read(file, args.fetched_at)?),
        }
    }
    Ok(Readings { reports, lists })
}

async fn load_all(
    house: &House,
    network: &str,
    readings: Readings,
) -> Result<(Vec<Loaded>, Vec<reference_prices::Loaded>), Failure> {
    let reports = load(house, network, readings.reports).await?;
    let mut lists = Vec::new();
    for list in readings.lists {
        lists.push(reference_prices::load(house, list).await?);
    }
    Ok((reports, lists))
}

/// A price list as a line.
fn list_text(list: &reference_prices::Loaded) -> String {
    let skipped: Vec<String> = list
        .skipped
        .iter()
        .map(|(why, count)| format!("{count} {why}"))
        .collect();
    let next = list.next_page.as_ref().map_or_else(String::new, |next| {
        format!("; the list goes on, fetch and import its next page, too: {next}")
    });
    format!(
        "imported {} prices of H100 and A100 machines from {}; passed over: {}{next}; SHA-256 {}",
        list.rows,
        list.file.display(),
        if skipped.is_empty() {
            "nothing".to_owned()
        } else {
            skipped.join(", ")
        },
        list.sha256
    )
}

fn read(file: &Path, fetched_at: Option<OffsetDateTime>) -> Result<Reading, Failure> {
    let bytes = bounded(file).map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())))?;
    let document = offchain::read(&bytes).map_err(|error| Failure::data(format!("{}: {error}", file.display())))?;
    let fetched_at_ms = match fetched_at {
        Some(time) => milliseconds(time),
        None => milliseconds(written(file)?),
    };
    Ok(Reading {
        file: file.to_owned(),
        document,
        fetched_at_ms,
    })
}

/// A file's bytes, but never more than the longest document.
pub(super) fn bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_DOCUMENT_BYTES as u64 + 1;
    std::fs::File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn written(file: &Path) -> Result<OffsetDateTime, Failure> {
    let metadata = std::fs::metadata(file).with_context(|| format!("cannot look at {}", file.display()))?;
    let modified = metadata.modified().with_context(|| {
        format!(
            "cannot tell when {} was written; say it with --fetched-at",
            file.display()
        )
    })?;
    Ok(modified.into())
}

fn milliseconds(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

async fn load(house: &House, network: &str, readings: Vec<Reading>) -> Result<Vec<Loaded>, Failure> {
    house.migrate().await?;
    let mut loaded = Vec::new();
    for reading in readings {
        let epochs: Vec<ReportedEpochRow> = reading.document.epochs.iter().map(|row| epoch(row, &reading)).collect();
        let due: Vec<ReportedLiabilityRow> = reading
            .document
            .liabilities
            .iter()
            .map(|row| liability(row, &reading))
            .collect();
        store_reported(&house.clickhouse, network, &epochs)
            .await
            .map_err(failure)?;
        store_reported(&house.clickhouse, network, &due)
            .await
            .map_err(failure)?;
        let numbers = epochs
            .iter()
            .map(|row| row.epoch)
            .chain(due.iter().map(|row| row.epoch));
        loaded.push(Loaded {
            rows: epochs.len() + due.len(),
            first_epoch: numbers.clone().min(),
            last_epoch: numbers.max(),
            kind: reading.document.kind,
            dropped: reading.document.dropped,
            fetched_at_ms: reading.fetched_at_ms,
            sha256: reading.document.sha256,
            file: reading.file,
        });
    }
    Ok(loaded)
}

fn failure(error: ReferenceError) -> Failure {
    match error {
        ReferenceError::Client { .. } => Failure::Upstream(error.into()),
        error => Failure::Internal(error.into()),
    }
}

fn epoch(row: &ReportedEpoch, reading: &Reading) -> ReportedEpochRow {
    ReportedEpochRow {
        source: row.source.to_owned(),
        epoch: row.epoch,
        starts_at: row.starts_at_ms,
        ends_at: row.ends_at_ms,
        burned: row.burned.map(Dec::scaled),
        burned_usd: row.burned_usd.map(Dec::scaled),
        credits: row.credits.map(Dec::scaled),
        wallets_paid: row.wallets_paid,
        work_paid: row.work_paid.map(Dec::scaled),
        availability_paid: row.availability_paid.map(Dec::scaled),
        fetched_at: reading.fetched_at_ms,
        document: reading.document.sha256.clone(),
        evidence: EVIDENCE.to_owned(),
    }
}

fn liability(row: &ReportedLiability, reading: &Reading) -> ReportedLiabilityRow {
    ReportedLiabilityRow {
        source: row.source.to_owned(),
        epoch: row.epoch,
        channel: row.channel.clone(),
        starts_at: row.starts_at_ms,
        ends_at: row.ends_at_ms,
        amount_due: row.amount_due,
        wallets: row.wallets,
        fetched_at: reading.fetched_at_ms,
        document: reading.document.sha256.clone(),
        evidence: EVIDENCE.to_owned(),
    }
}

fn text(network: &str, loaded: &[Loaded]) -> String {
    let number = |epoch: Option<u32>| epoch.map_or_else(|| "-".to_owned(), |epoch| epoch.to_string());
    let row = |one: &Loaded| {
        vec![
            one.file.display().to_string(),
            match one.kind {
                Kind::BurnStats => "epochBurnStats",
                Kind::Liabilities => "liabilityEpochs",
                Kind::EpochTable => "table of epochs",
                Kind::LiabilityTable => "table of liabilities",
            }
            .to_owned(),
            format!("{} rows", one.rows),
            format!("epochs {} to {}", number(one.first_epoch), number(one.last_epoch)),
            format!("{} dropped", one.dropped),
            format!("SHA-256 {}", one.sha256),
        ]
    };
    let rows: Vec<Vec<String>> = loaded.iter().map(row).collect();
    format!("imported into {network} as {EVIDENCE}\n{}", output::columns(&rows))
}
