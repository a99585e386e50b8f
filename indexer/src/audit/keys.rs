//! Keys of compared objects as text.

use std::fmt::Display;

/// An attribute, quoted: a `=` or a comma within a key or a value cannot look like another list.
pub(super) fn attribute(key: &str, value: &str) -> String {
    format!("{key:?}={value:?}")
}

/// `owner/dseq`.
pub(super) fn deployment(owner: &str, dseq: u64) -> String {
    format!("{owner}/{dseq}")
}

/// One more part.
pub(super) fn join(key: &str, part: impl Display) -> String {
    format!("{key}/{part}")
}

/// `owner/dseq/gseq/oseq`.
pub(super) fn order(owner: &str, dseq: u64, gseq: u32, oseq: u32) -> String {
    format!("{owner}/{dseq}/{gseq}/{oseq}")
}

/// A bid or lease of an order.
pub(super) fn bid(order: &str, provider: &str, bseq: u32) -> String {
    format!("{order}/{provider}/{bseq}")
}

/// An audit.
pub(super) fn audit(owner: &str, auditor: &str) -> String {
    format!("{owner}/{auditor}")
}

/// A ledger record.
pub(super) fn record(denom: &str, to_denom: &str, source: &str, height: u64, sequence: u64) -> String {
    format!("{denom}/{to_denom}/{source}/{height}/{sequence}")
}

/// A stored price; the time is in nanoseconds since the Unix epoch.
pub(super) fn price(source: u32, denom: &str, base_denom: &str, time_ns: i64, sequence: u64) -> String {
    format!("{source}/{denom}/{base_denom}/{time_ns}/{sequence}")
}
