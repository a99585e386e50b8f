//! Which accounts pay the nodes: found in the payments themselves, where nobody publishes the addresses.
//!
//! A liability record names wallets and what each has a share of. In the fourteen days after the period's end, each wallet
//! should receive `share × amountDue`; whoever sent these amounts to most of the wallets is the channel's payout account.
//! Pure and exact: shares are fractions of integers, and amounts are compared by cross-multiplication.

mod basis;
mod refusal;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use basis::Basis;
pub use refusal::{Refusal, RefusedWallet, check_address};

use super::offchain::Liability;
use super::watch::Role;
use std::collections::{BTreeMap, BTreeSet};

/// How long after a period's end its payments may come (reference 1.5), seconds.
pub const WINDOW_S: i64 = 14 * 24 * 3600;
/// Fewer matches than this are no evidence, however few wallets there are.
pub const MIN_MATCHED: usize = 3;
/// At least half of the wallets must have been paid what the record says.
const MIN_SHARE: (usize, usize) = (1, 2);
/// The runner-up must stay below nine tenths of the winner, or nobody has won.
const TIE_SHARE: (usize, usize) = (9, 10);
/// Decimal places of a token amount in which a payment and its share must agree.
const AGREED_PLACES: u8 = 6;
/// Signatures that are kept as examples.
const EXAMPLES: usize = 3;

/// One transfer of the mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Slot.
    pub slot: u64,
    /// Time of its block, seconds since the Unix epoch.
    pub time_s: i64,
    /// Signature of the transaction.
    pub signature: String,
    /// Token account that paid.
    pub source_account: String,
    /// Its owner.
    pub source_owner: String,
    /// Token account that was paid.
    pub dest_account: String,
    /// Its owner.
    pub dest_owner: String,
    /// Base units.
    pub amount: u64,
}

/// An account that paid wallets what the record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Token account that paid.
    pub account: String,
    /// Its owner at the first of these payments.
    pub owner: String,
    /// Wallets that it paid the expected amount.
    pub matched: usize,
    /// Slot of the first of these payments.
    pub first_slot: u64,
    /// Slot of the last.
    pub last_slot: u64,
    /// Signatures of the first few.
    pub examples: Vec<String>,
}

/// What one record led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Number of the period.
    pub epoch: u32,
    /// What is paid for.
    pub channel: String,
    /// What the shares were taken from.
    pub basis: Basis,
    /// Wallets that could have been matched.
    pub total: usize,
    /// Wallets of the record that could not, each with the reason.
    pub refused: Vec<RefusedWallet>,
    /// Every account that paid at least one wallet its amount, best first.
    pub candidates: Vec<Candidate>,
    /// The role of the first candidate, or why there is none.
    pub outcome: Result<Role, Refusal>,
}

impl Finding {
    /// The payout account, where one was found.
    pub fn found(&self) -> Option<(Role, &Candidate)> {
        let role = self.outcome.as_ref().ok()?;
        self.candidates.first().map(|candidate| (*role, candidate))
    }
}

/// A payout account, over all records that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutWallet {
    /// What it pays for.
    pub role: Role,
    /// Token account.
    pub account: String,
    /// Its owner.
    pub owner: String,
    /// First period that it was seen to pay.
    pub first_seen_epoch: u32,
    /// Last period that it was seen to pay.
    pub last_seen_epoch: u32,
    /// Slot of the first payment that matched.
    pub first_slot: u64,
    /// Wallets matched, over all records.
    pub matched: usize,
    /// Wallets that could have been, over all records.
    pub total: usize,
    /// Channels whose records led to it.
    pub channels: BTreeSet<String>,
    /// Signatures of a few payments.
    pub examples: Vec<String>,
}

impl PayoutWallet {
    /// Matched wallets in ten thousandths of all, rounded down.
    pub fn match_basis_points(&self) -> usize {
        basis_points(self.matched, self.total)
    }

    /// The evidence as one line, as it is stored with the account.
    pub fn evidence(&self) -> String {
        let channels: Vec<&str> = self.channels.iter().map(String::as_str).collect();
        let points = self.match_basis_points();
        format!(
            "discovered: paid {} of {} wallets their share ({}.{:02} %) of {}, first in epoch {}, last in epoch {}; such as {}",
            self.matched,
            self.total,
            points / 100,
            points % 100,
            channels.join(" and "),
            self.first_seen_epoch,
            self.last_seen_epoch,
            self.examples.join(", ")
        )
    }
}

/// A share in ten thousandths, rounded down.
pub fn basis_points(part: usize, whole: usize) -> usize {
    part.saturating_mul(10_000).checked_div(whole).unwrap_or(0)
}

/// The role of whoever pays a channel, where nodes are paid by it.
pub fn role_of(channel: &str) -> Option<Role> {
    match channel {
        "node_operator" => Some(Role::PayoutWork),
        "availability" => Some(Role::PayoutAvailability),
        "open_compute" | "render_compute_network" | "render_compute_network_bonus" => Some(Role::PayoutCompute),
        _ => None,
    }
}

/// Looks for the account that paid what `record` says. `transfers` may hold anything; what is outside the window or goes to
/// other wallets is let be. `decimals`: of the mint.
pub fn discover(record: &Liability, decimals: u8, transfers: &[Transfer]) -> Finding {
    let refused = refused(record);
    let incoming = incoming(record, transfers);
    let tolerance = tolerance(decimals);
    let Matching { basis, total, matches } = basis::choose(record, &incoming, tolerance);
    let candidates = candidates(&matches);
    let outcome = match role_of(&record.channel) {
        None => Err(Refusal::NotNodes),
        Some(_) if refused.len() == record.wallets.len() => Err(Refusal::NoWallets { refused: refused.len() }),
        Some(role) => refusal::judge(&candidates, total).map(|()| role),
    };
    Finding {
        epoch: record.epoch,
        channel: record.channel.clone(),
        basis,
        total,
        refused,
        candidates,
        outcome,
    }
}

/// First and last second in which payments of a record may come.
pub fn window_s(record: &Liability) -> (i64, i64) {
    let end_s = record.ends_at_ms.div_euclid(1000);
    (end_s, end_s.saturating_add(WINDOW_S))
}

/// Base units by which a payment may differ from its share: a millionth of a token.
fn tolerance(decimals: u8) -> u64 {
    let places = u32::from(decimals.saturating_sub(AGREED_PLACES));
    if decimals < AGREED_PLACES {
        0
    } else {
        10_u64.saturating_pow(places)
    }
}

/// Joins what several records led to, by role and account: the first period it was seen in, and all matches.
pub fn merge(findings: &[Finding]) -> Vec<PayoutWallet> {
    let mut wallets: BTreeMap<(Role, &str), PayoutWallet> = BTreeMap::new();
    for finding in findings {
        let Some((role, candidate)) = finding.found() else {
            continue;
        };
        let wallet = wallets
            .entry((role, candidate.account.as_str()))
            .or_insert_with(|| PayoutWallet {
                role,
                account: candidate.account.clone(),
                owner: candidate.owner.clone(),
                first_seen_epoch: finding.epoch,
                last_seen_epoch: finding.epoch,
                first_slot: candidate.first_slot,
                matched: 0,
                total: 0,
                channels: BTreeSet::new(),
                examples: candidate.examples.clone(),
            });
        if candidate.first_slot < wallet.first_slot {
            wallet.owner.clone_from(&candidate.owner);
            wallet.examples.clone_from(&candidate.examples);
        }
        wallet.first_seen_epoch = wallet.first_seen_epoch.min(finding.epoch);
        wallet.last_seen_epoch = wallet.last_seen_epoch.max(finding.epoch);
        wallet.first_slot = wallet.first_slot.min(candidate.first_slot);
        wallet.matched += candidate.matched;
        wallet.total += finding.total;
        wallet.channels.insert(finding.channel.clone());
    }
    wallets.into_values().collect()
}

/// What a basis makes of the payments: which of them are what the record says.
struct Matching<'t> {
    basis: Basis,
    /// Wallets that could be matched.
    total: usize,
    /// Wallet (its place in the record) and payment.
    matches: Vec<(usize, &'t Transfer)>,
}

/// The wallets whose addresses are none, with the reason.
fn refused(record: &Liability) -> Vec<RefusedWallet> {
    let refused = |address: &String| {
        check_address(address).err().map(|reason| RefusedWallet {
            address: address.clone(),
            reason,
        })
    };
    record
        .wallets
        .iter()
        .filter_map(|wallet| refused(&wallet.address))
        .collect()
}

/// The transfers within the window to each wallet (by its place in the record), whether the record names owner or account.
fn incoming<'t>(record: &Liability, transfers: &'t [Transfer]) -> Vec<Vec<&'t Transfer>> {
    let usable = record.wallets.iter().enumerate();
    let places: BTreeMap<&str, usize> = usable
        .filter(|(_, wallet)| check_address(&wallet.address).is_ok())
        .map(|(index, wallet)| (wallet.address.as_str(), index))
        .collect();
    let (first, last) = window_s(record);
    let mut incoming = vec![Vec::new(); record.wallets.len()];
    for transfer in transfers
        .iter()
        .filter(|transfer| (first..=last).contains(&transfer.time_s))
    {
        let by_owner = places.get(transfer.dest_owner.as_str());
        if let Some(index) = by_owner.or_else(|| places.get(transfer.dest_account.as_str())) {
            incoming[*index].push(transfer);
        }
    }
    incoming
}

/// Everybody who paid a wallet its amount: most wallets first, then by address, so that the order is always the same.
fn candidates(matches: &[(usize, &Transfer)]) -> Vec<Candidate> {
    let mut by_account: BTreeMap<&str, Vec<(usize, &Transfer)>> = BTreeMap::new();
    for (wallet, transfer) in matches {
        by_account
            .entry(&transfer.source_account)
            .or_default()
            .push((*wallet, transfer));
    }
    let mut candidates: Vec<Candidate> = by_account
        .into_iter()
        .map(|(account, mut paid)| {
            paid.sort_by_key(|(_, transfer)| (transfer.slot, transfer.signature.as_str()));
            let wallets: BTreeSet<usize> = paid.iter().map(|(wallet, _)| *wallet).collect();
            let mut examples: Vec<String> = paid.iter().map(|(_, transfer)| transfer.signature.clone()).collect();
            examples.dedup();
            examples.truncate(EXAMPLES);
            let slot = |paid: Option<&(usize, &Transfer)>| paid.map_or(0, |(_, transfer)| transfer.slot);
            Candidate {
                account: account.to_owned(),
                owner: paid
                    .first()
                    .map_or_else(String::new, |(_, transfer)| transfer.source_owner.clone()),
                matched: wallets.len(),
                first_slot: slot(paid.first()),
                last_slot: slot(paid.last()),
                examples,
            }
        })
        .collect();
    candidates.sort_by(|a, b| b.matched.cmp(&a.matched).then_with(|| a.account.cmp(&b.account)));
    candidates
}
