//! Dated prices of clouds: the seed at every start, and official lists by `gridproof import`.

use crate::exit::Failure;
use crate::house::House;
use gridproof_indexer::chain::akash::dec::Dec;
use gridproof_indexer::chain::prices::reference::{self, ListError, ListKind, PriceList, ReferencePrice};
use gridproof_store::client::ClickHouse;
use gridproof_store::reference::{ReferenceError, ReferencePriceRow, store_reference_prices};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use time::macros::datetime;

/// Document of the rows that are built in.
const SEED: &str = "seed";
/// `loaded_at` of the rows that are built in, so that each start writes the same bytes, which the engine takes once.
const SEED_LOADED: OffsetDateTime = datetime!(2026-11-23 00:00 UTC);
/// Bytes that tell what a file is.
const HEAD_BYTES: u64 = 4096;
/// Read from the disk at once.
const BUFFER_BYTES: usize = 1 << 20;

/// A list that was read.
pub(crate) struct Reading {
    file: PathBuf,
    list: PriceList,
    sha256: String,
}

/// What was loaded from one file.
#[derive(Debug, Serialize)]
pub(crate) struct Loaded {
    pub(crate) file: PathBuf,
    pub(crate) kind: ListKind,
    /// Rows written.
    pub(crate) rows: usize,
    /// Entries that were passed over, by the reason.
    pub(crate) skipped: BTreeMap<&'static str, u64>,
    /// Where the list goes on, if it says that it does: that page is not loaded yet.
    pub(crate) next_page: Option<String>,
    pub(crate) sha256: String,
}

/// Writes the rows that every installation begins with; a second time changes nothing.
pub(crate) async fn seed(client: &ClickHouse) -> Result<(), Failure> {
    let list = reference::seed().map_err(|error| Failure::Internal(error.into()))?;
    let rows = rows(&list, SEED, SEED_LOADED);
    store_reference_prices(client, &rows).await.map_err(failure)
}

/// Whether a file is a price list, by its first bytes.
pub(crate) fn is_list(file: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    std::fs::File::open(file)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(reference::is_list(&head))
}

/// Reads a list of any size. `fetched` is when it was fetched.
pub(crate) fn read(file: &Path, fetched: OffsetDateTime) -> Result<Reading, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::data(format!("{}: {error}", file.display()));
    let open = std::fs::File::open(file).map_err(|error| wrong(&error))?;
    let mut hashing = Hashing {
        inner: open,
        hash: Sha256::new(),
    };
    let read = reference::read(BufReader::with_capacity(BUFFER_BYTES, &mut hashing), fetched.date());
    let list = read.map_err(|error: ListError| wrong(&error))?;
    // What is left behind the end of the list is part of the document, too.
    std::io::copy(&mut hashing, &mut std::io::sink()).map_err(|error| wrong(&error))?;
    Ok(Reading {
        file: file.to_owned(),
        list,
        sha256: hex::encode(hashing.hash.finalize()),
    })
}

/// Writes the rows of a list.
pub(crate) async fn load(house: &House, reading: Reading) -> Result<Loaded, Failure> {
    let rows = rows(&reading.list, &reading.sha256, OffsetDateTime::now_utc());
    store_reference_prices(&house.clickhouse, &rows)
        .await
        .map_err(failure)?;
    Ok(Loaded {
        file: reading.file,
        kind: reading.list.kind,
        rows: rows.len(),
        skipped: reading.list.skipped,
        next_page: reading.list.next,
        sha256: reading.sha256,
    })
}

fn failure(error: ReferenceError) -> Failure {
    match error {
        ReferenceError::Client { .. } => Failure::Upstream(error.into()),
        error => Failure::Internal(error.into()),
    }
}

fn rows(list: &PriceList, document: &str, loaded: OffsetDateTime) -> Vec<ReferencePriceRow> {
    let loaded_at = i64::try_from(loaded.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
    list.rows.iter().map(|price| row(price, document, loaded_at)).collect()
}

fn row(price: &ReferencePrice, document: &str, loaded_at: i64) -> ReferencePriceRow {
    let days = price.as_of.to_julian_day() - OffsetDateTime::UNIX_EPOCH.date().to_julian_day();
    ReferencePriceRow {
        row_id: price.row_id(),
        provider: price.provider.clone(),
        sku: price.sku.clone(),
        gpu: price.gpu.clone(),
        gpu_memory: price.gpu_memory.clone(),
        gpus: price.gpus,
        region: price.region.clone(),
        price_model: price.price_model.clone(),
        usd_per_hour: Dec::scaled(price.usd_per_hour),
        usd_per_gpu_hour: Dec::scaled(price.usd_per_gpu_hour),
        as_of: u16::try_from(days).unwrap_or(0),
        source_name: price.source_name.clone(),
        source_url: price.source_url.clone(),
        source_kind: price.source_kind.clone(),
        note: price.note.clone(),
        document: document.to_owned(),
        loaded_at,
    }
}

/// Hashes what passes.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}
