//! The rows of each reference table, as the migrations 0131 to 0134 create it.

use super::{ReferenceList, ReportedRow};
use clickhouse::Row;
use serde::{Deserialize, Serialize};

/// A watched account. Table `render_watch_accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct WatchAccountRow {
    /// Token account, or the mint where `role` is `mint`.
    pub address: String,
    /// Its owner; empty for the mint.
    pub owner: String,
    /// What it counts as.
    pub role: String,
    /// Part of the network that it belongs to; may be empty.
    pub subnet: String,
    /// A name for people.
    pub label: String,
    /// How the role is known.
    pub watch_evidence: String,
    /// First slot in which it counts.
    pub valid_from_slot: u64,
    /// Last slot in which it counts; `None`: it still does.
    pub valid_to_slot: Option<u64>,
}

impl ReferenceList for WatchAccountRow {
    const TABLE: &'static str = "render_watch_accounts";
}

/// An epoch. Table `render_epoch_boundaries`.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct EpochBoundaryRow {
    /// Number.
    pub epoch: u32,
    /// Begin, milliseconds since the Unix epoch.
    pub starts_at: i64,
    /// First moment that is no more part of it, milliseconds since the Unix epoch.
    pub ends_at: i64,
    /// First slot, where it is known.
    pub from_slot: Option<u64>,
    /// Last slot, where it is known.
    pub to_slot: Option<u64>,
    /// `reported`, `formula` or `recording`.
    pub basis: String,
}

impl ReferenceList for EpochBoundaryRow {
    const TABLE: &'static str = "render_epoch_boundaries";
}

/// What somebody reports of an epoch. Decimals are in 10⁻¹⁸ units. Table `offchain_render_epochs`.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ReportedEpochRow {
    /// `foundation` or `dune`.
    pub source: String,
    /// Number.
    pub epoch: u32,
    /// Begin as reported, milliseconds since the Unix epoch.
    pub starts_at: i64,
    /// End as reported, milliseconds since the Unix epoch.
    pub ends_at: i64,
    /// RENDER burned.
    pub burned: Option<i128>,
    /// What that was worth, US dollars.
    pub burned_usd: Option<i128>,
    /// The reporter's own unit of use, not a token.
    pub credits: Option<i128>,
    /// Wallets that were paid.
    pub wallets_paid: Option<u32>,
    /// RENDER paid for work.
    pub work_paid: Option<i128>,
    /// RENDER paid for availability.
    pub availability_paid: Option<i128>,
    /// When it was read, milliseconds since the Unix epoch.
    pub fetched_at: i64,
    /// SHA-256 of the document, hex.
    pub document: String,
    /// `offchain_reported`.
    pub evidence: String,
}

impl ReportedRow for ReportedEpochRow {
    const TABLE: &'static str = "offchain_render_epochs";
}

/// What somebody reports as due. Table `offchain_render_liabilities`.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ReportedLiabilityRow {
    /// `foundation`.
    pub source: String,
    /// Number of the period, per channel.
    pub epoch: u32,
    /// Such as `node_operator` or `availability`.
    pub channel: String,
    /// Begin as reported, milliseconds since the Unix epoch.
    pub starts_at: i64,
    /// End as reported, milliseconds since the Unix epoch.
    pub ends_at: i64,
    /// Base units due.
    pub amount_due: u64,
    /// Wallets that it is due to, as far as the report lists them.
    pub wallets: u32,
    /// When it was read, milliseconds since the Unix epoch.
    pub fetched_at: i64,
    /// SHA-256 of the document, hex.
    pub document: String,
    /// `offchain_reported`.
    pub evidence: String,
}

impl ReportedRow for ReportedLiabilityRow {
    const TABLE: &'static str = "offchain_render_liabilities";
}
