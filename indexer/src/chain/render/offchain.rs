//! Numbers that somebody published about Render: read exactly as they stand, stored beside the chain's, never mixed in.
//!
//! Pure: bytes in, rows out. A document is recognised by what is in it, never by its name:
//!
//! | document | rows | source |
//! |---|---|---|
//! | `epochBurnStats` of the Foundation's dashboard: JSON, in its envelope or the bare list | an epoch each | `foundation` |
//! | `liabilityEpochs` of the same: JSON, a list, an envelope or one record | an epoch and channel each | `foundation` |
//! | table of epochs with the payments that a public query saw: CSV | an epoch each | `dune` |
//! | table of liabilities: CSV | an epoch and channel each | `foundation` |
//!
//! Amounts are read from their decimal text: no number passes through a float. Keys and columns that are not known are
//! let be, for the publishers add some now and then; a known one that is not what it should be stops the document.

mod csv;
mod json;
pub mod liability;
mod number;
#[cfg(test)]
mod tests;

pub use liability::{Liability, Wallet};

use crate::chain::akash::dec::Dec;
use sha2::{Digest, Sha256};

/// Source of what the Render Foundation publishes.
pub const FOUNDATION: &str = "foundation";
/// Source of what a public query over the chain found.
pub const DUNE: &str = "dune";
/// Rows of `epochBurnStats` from this number on are not epochs: the publisher keeps other things there.
pub const FIRST_NON_EPOCH: u64 = 10_000;
/// No published document is longer than this.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;
/// No published document has more rows than this; thirty a week for sixty years are fewer.
const MAX_ROWS: usize = 100_000;
/// Longest name of a channel.
const MAX_CHANNEL_BYTES: usize = 64;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `epochBurnStats`, JSON.
    BurnStats,
    /// `liabilityEpochs`, JSON.
    Liabilities,
    /// Epochs with payments, CSV.
    EpochTable,
    /// Liabilities, CSV.
    LiabilityTable,
}

/// One reported epoch: a row of `offchain_render_epochs`. What the document does not say is absent, never zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEpoch {
    /// Who reported it.
    pub source: &'static str,
    /// Number of the epoch.
    pub epoch: u32,
    /// Its beginning, milliseconds since the Unix epoch.
    pub starts_at_ms: i64,
    /// Its end, milliseconds since the Unix epoch; not part of it.
    pub ends_at_ms: i64,
    /// RENDER burned.
    pub burned: Option<Dec>,
    /// The same in US dollars, at the publisher's prices.
    pub burned_usd: Option<Dec>,
    /// The publisher's `totalRenderUsed`, which is not RENDER: units that behave like a fiat amount.
    pub credits: Option<Dec>,
    /// Wallets that were paid.
    pub wallets_paid: Option<u32>,
    /// RENDER paid for work.
    pub work_paid: Option<Dec>,
    /// RENDER paid for availability.
    pub availability_paid: Option<Dec>,
}

/// One reported liability: a row of `offchain_render_liabilities`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedLiability {
    /// Who reported it.
    pub source: &'static str,
    /// Number of the period, which each channel counts for itself.
    pub epoch: u32,
    /// What is paid for, such as `node_operator`.
    pub channel: String,
    /// Beginning of the period, milliseconds since the Unix epoch.
    pub starts_at_ms: i64,
    /// Its end, milliseconds since the Unix epoch.
    pub ends_at_ms: i64,
    /// Base units due.
    pub amount_due: u64,
    /// Wallets that the document lists for it; 0: it lists none.
    pub wallets: u32,
}

/// A document that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// SHA-256 of its bytes, in hex: which document a row comes from.
    pub sha256: String,
    /// When it was made, where it says so, milliseconds since the Unix epoch.
    pub timestamp_ms: Option<i64>,
    /// Reported epochs, by number.
    pub epochs: Vec<ReportedEpoch>,
    /// Reported liabilities, by channel and number.
    pub liabilities: Vec<ReportedLiability>,
    /// Rows that are no epochs ([`FIRST_NON_EPOCH`]) and were left out.
    pub dropped: usize,
}

/// Why a document was refused. Nothing of it is used then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OffchainError {
    /// Longer than any published document.
    #[error("{bytes} bytes are more than the limit of {MAX_DOCUMENT_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More rows than any published document.
    #[error("more than {MAX_ROWS} rows")]
    TooManyRows,
    /// Neither of the known documents.
    #[error("{0}; known are epochBurnStats and liabilityEpochs (JSON) and the tables of epochs and liabilities (CSV)")]
    Unknown(String),
    /// A row is not what it should be.
    #[error("{place}: {what}")]
    Row {
        /// Which row, and which of its fields.
        place: String,
        /// What is wrong.
        what: String,
    },
}

impl OffchainError {
    fn row(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Row {
            place: place.into(),
            what: what.into(),
        }
    }
}

/// Reads a document of any known kind.
///
/// # Errors
/// The document is none of the known ones, or a value in it is not what it should be.
pub fn read(bytes: &[u8]) -> Result<Document, OffchainError> {
    let text = text(bytes)?;
    let (kind, read) = match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => json::read(text)?,
        Some(_) => csv::read(text)?,
        None => return Err(OffchainError::Unknown("the document is empty".to_owned())),
    };
    let Rows {
        timestamp_ms,
        mut epochs,
        mut liabilities,
        dropped,
    } = read;
    epochs.sort_by_key(|row| row.epoch);
    liabilities.sort_by(|a, b| (&a.channel, a.epoch).cmp(&(&b.channel, b.epoch)));
    refuse_doubles(&epochs, &liabilities)?;
    let sha256 = hex::encode(Sha256::digest(bytes));
    Ok(Document {
        kind,
        sha256,
        timestamp_ms,
        epochs,
        liabilities,
        dropped,
    })
}

/// What the readers of the forms give back.
#[derive(Default)]
struct Rows {
    timestamp_ms: Option<i64>,
    epochs: Vec<ReportedEpoch>,
    liabilities: Vec<ReportedLiability>,
    dropped: usize,
}

/// The text of a document of bounded length, without a byte order mark.
fn text(bytes: &[u8]) -> Result<&str, OffchainError> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(OffchainError::TooLong { bytes: bytes.len() });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| OffchainError::Unknown(format!("the document is not UTF-8 text: {error}")))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// A number that is there twice has no right answer.
fn refuse_doubles(epochs: &[ReportedEpoch], liabilities: &[ReportedLiability]) -> Result<(), OffchainError> {
    if let Some(pair) = epochs.windows(2).find(|pair| pair[0].epoch == pair[1].epoch) {
        return Err(OffchainError::row(
            format!("epoch {}", pair[0].epoch),
            "it is there twice",
        ));
    }
    let same = |pair: &&[ReportedLiability]| pair[0].channel == pair[1].channel && pair[0].epoch == pair[1].epoch;
    if let Some(pair) = liabilities.windows(2).find(same) {
        let place = format!("{} {}", pair[0].channel, pair[0].epoch);
        return Err(OffchainError::row(place, "it is there twice"));
    }
    Ok(())
}

/// Checks that a period does not end before it begins.
fn period(place: &str, starts_at_ms: i64, ends_at_ms: i64) -> Result<(), OffchainError> {
    if starts_at_ms < ends_at_ms {
        return Ok(());
    }
    Err(OffchainError::row(place, "it ends before it begins"))
}

/// A channel's name: short and printable.
fn channel(place: &str, name: &str) -> Result<String, OffchainError> {
    let fine = !name.is_empty() && name.len() <= MAX_CHANNEL_BYTES && name.bytes().all(|byte| byte.is_ascii_graphic());
    if fine {
        return Ok(name.to_owned());
    }
    let shown: String = name
        .chars()
        .take(MAX_CHANNEL_BYTES)
        .flat_map(char::escape_debug)
        .collect();
    Err(OffchainError::row(place, format!("`{shown}` is no name of a channel")))
}
