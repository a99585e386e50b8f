//! Rows of what the incumbent counts as spent.

use crate::chain::akash::accrual::Accrual;
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::Serialize;

/// Row of `accrued_spend`; decimals scaled by 10^18.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct AccruedSpendRow {
    denom: String,
    since: u64,
    rate: i128,
    spent: i128,
    active_leases: u64,
    cpu_milli: u64,
    memory_bytes: u64,
    storage_bytes: u64,
    gpu_units: u64,
    removed: u8,
}

impl TableRow for AccruedSpendRow {
    const TABLE: &'static str = "accrued_spend";
}

impl AccruedSpendRow {
    /// The sums at the end of the height, or that there are none.
    pub(super) fn of(denom: &str, books: Option<&Accrual>) -> Self {
        let key = Self {
            denom: denom.to_owned(),
            removed: 1,
            ..Self::default()
        };
        let found = books.and_then(|books| Some((books.since, books.spending.get(denom)?)));
        let Some((since, spending)) = found else { return key };
        let (running, resources) = (spending.running, spending.running.resources);
        Self {
            since,
            rate: running.rate.scaled(),
            spent: spending.spent.scaled(),
            active_leases: running.leases,
            cpu_milli: resources.cpu_milli,
            memory_bytes: resources.memory_bytes,
            storage_bytes: resources.storage_bytes,
            gpu_units: resources.gpu_units,
            removed: 0,
            ..key
        }
    }
}
