//! What a wallet should have received, as far as a record tells.

use super::{Matching, Transfer};
use crate::chain::akash::dec::Dec;
use crate::chain::render::offchain::Liability;
use ruint::aliases::U256;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The measure by which work is shared out.
const WORK_MEASURE: &str = "obhUsed";
/// The channel that is shared out by work.
const WORK_CHANNEL: &str = "node_operator";
/// Payments of one run follow each other within this time, seconds; the next period's come days later.
const RUN_GAP_S: i64 = 24 * 3600;

/// What the shares were taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Each wallet's part of a number that the record has for the wallets.
    Share {
        /// Name of the number, such as `obhUsed`.
        measure: String,
    },
    /// The record lists wallets without numbers: all payments of one run together must make the amount due.
    Total,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { measure } => write!(f, "share of {}", measure.escape_debug()),
            Self::Total => f.write_str("sum of a run"),
        }
    }
}

/// The basis that the record allows: work by `obhUsed`; another channel by whichever of its numbers the payments agree
/// with best; a record without numbers by the sum.
pub(super) fn choose<'t>(record: &Liability, incoming: &[Vec<&'t Transfer>], tolerance: u64) -> Matching<'t> {
    let mut measures: BTreeSet<&str> = BTreeSet::new();
    if record.channel == WORK_CHANNEL {
        measures.insert(WORK_MEASURE);
    } else {
        let all = record.wallets.iter().flat_map(|wallet| &wallet.measures);
        measures.extend(all.map(|(name, _)| name.as_str()));
    }
    let by_share = measures
        .into_iter()
        .map(|measure| share(record, measure, incoming, tolerance));
    // The first of the best: a later measure wins only where it matches more.
    let best = by_share.reduce(|best, next| {
        if next.matches.len() > best.matches.len() {
            next
        } else {
            best
        }
    });
    best.unwrap_or_else(|| total(record, incoming, tolerance))
}

/// `amount = measure / Σ measure × amountDue`, to within `tolerance`. Wallets whose part is no more than the tolerance
/// cannot be told from dust and are not counted.
fn share<'t>(record: &Liability, measure: &str, incoming: &[Vec<&'t Transfer>], tolerance: u64) -> Matching<'t> {
    let scaled = |value: Option<Dec>| U256::from(value.map_or(0, Dec::scaled).unsigned_abs());
    let weights: Vec<U256> = record
        .wallets
        .iter()
        .map(|wallet| scaled(wallet.measure(measure)))
        .collect();
    let whole = weights
        .iter()
        .fold(U256::ZERO, |sum, weight| sum.saturating_add(*weight));
    let (due, slack) = (
        U256::from(record.amount_due),
        U256::from(tolerance).saturating_mul(whole),
    );
    let (mut total, mut matches) = (0, Vec::new());
    for (wallet, (weight, paid)) in weights.iter().zip(incoming).enumerate() {
        let expected = weight.saturating_mul(due);
        let usable = super::check_address(&record.wallets[wallet].address).is_ok();
        if !usable || expected <= slack {
            continue;
        }
        total += 1;
        let fits =
            |transfer: &&&Transfer| U256::from(transfer.amount).saturating_mul(whole).abs_diff(expected) <= slack;
        matches.extend(paid.iter().filter(fits).map(|transfer| (wallet, *transfer)));
    }
    Matching {
        basis: Basis::Share {
            measure: measure.to_owned(),
        },
        total,
        matches,
    }
}

/// One sender's payments to listed wallets, in runs; a run whose sum is the amount due is what the record says.
fn total<'t>(record: &Liability, incoming: &[Vec<&'t Transfer>], tolerance: u64) -> Matching<'t> {
    let mut by_sender: BTreeMap<&str, Vec<(usize, &'t Transfer)>> = BTreeMap::new();
    for (wallet, paid) in incoming.iter().enumerate() {
        for transfer in paid {
            by_sender
                .entry(&transfer.source_account)
                .or_default()
                .push((wallet, transfer));
        }
    }
    let mut matches = Vec::new();
    for mut paid in by_sender.into_values() {
        paid.sort_by_key(|(_, transfer)| transfer.time_s);
        let runs = paid.chunk_by(|(_, a), (_, b)| b.time_s.saturating_sub(a.time_s) <= RUN_GAP_S);
        for run in runs {
            let sum: u128 = run.iter().map(|(_, transfer)| u128::from(transfer.amount)).sum();
            let slack = u128::from(tolerance) * run.len() as u128;
            if sum.abs_diff(u128::from(record.amount_due)) <= slack {
                matches.extend_from_slice(run);
            }
        }
    }
    let usable = |address: &str| super::check_address(address).is_ok();
    Matching {
        basis: Basis::Total,
        total: record.wallets.iter().filter(|wallet| usable(&wallet.address)).count(),
        matches,
    }
}
