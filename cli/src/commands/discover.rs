//! `gridproof discover-payout-wallets`: who pays the nodes, found in the payments themselves.

use super::{import, watch};
use crate::args::Discover;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::output;
use gridproof_indexer::audit::render::{read_decimals, read_transfers};
use gridproof_indexer::chain::render::discover::{self, Finding, PayoutWallet, Transfer, basis_points};
use gridproof_indexer::chain::render::offchain::{Liability, liability};
use gridproof_indexer::chain::render::watch::WatchSet;
use gridproof_store::state_db::{WatchStatus, WatchedAccount};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// Candidates of a record that are printed.
const SHOWN_CANDIDATES: usize = 3;

/// What was found, for `--json`.
#[derive(Debug, Serialize)]
struct Report {
    network: String,
    /// Each record that was looked into.
    records: Vec<Record>,
    /// The payout accounts, over all records.
    wallets: Vec<Wallet>,
    /// Whether they were stored in the watch list.
    accepted: bool,
}

#[derive(Debug, Serialize)]
struct Record {
    epoch: u32,
    channel: String,
    basis: String,
    /// Wallets that could have been matched.
    total: usize,
    /// Wallets whose addresses are none, with the reason.
    refused: Vec<discover::RefusedWallet>,
    candidates: Vec<Candidate>,
    /// Why nobody was named; absent where the first candidate was.
    refusal: Option<String>,
}

#[derive(Debug, Serialize)]
struct Candidate {
    account: String,
    owner: String,
    matched: usize,
    match_ratio: String,
    first_slot: u64,
    last_slot: u64,
    examples: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Wallet {
    role: &'static str,
    account: String,
    owner: String,
    first_seen_epoch: u32,
    last_seen_epoch: u32,
    first_slot: u64,
    matched: usize,
    total: usize,
    match_ratio: String,
    evidence: String,
}

/// A transfer in a file: one JSON object a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    slot: u64,
    /// Seconds since the Unix epoch.
    block_time: i64,
    signature: String,
    source_account: String,
    #[serde(default)]
    source_owner: String,
    dest_account: String,
    dest_owner: String,
    /// Base units, as text: numbers of JSON may have gone through a float.
    amount: String,
}

/// Looks into every record of the document; exits 65 where nobody could be named at all.
pub(crate) async fn run(config: &Config, args: Discover, json: bool) -> Outcome {
    let records = records(&args.liability, args.epoch)?;
    let (transfers, decimals) = match &args.transfers {
        Some(file) => (from_file(file)?, None),
        None => from_index(config, &args.network, &records).await?,
    };
    let decimals = decimals.unwrap_or(WatchSet::mainnet().decimals);
    let findings: Vec<Finding> = records
        .iter()
        .map(|record| discover::discover(record, decimals, &transfers))
        .collect();
    let wallets = discover::merge(&findings);
    if args.accept && !wallets.is_empty() {
        accept(config, &args, &wallets).await?;
    }
    let report = Report {
        network: args.network.clone(),
        records: findings.iter().map(record).collect(),
        accepted: args.accept && !wallets.is_empty(),
        wallets: wallets.iter().map(wallet).collect(),
    };
    match json {
        true => output::json(&report)?,
        false => output::text_line(&text(&report))?,
    }
    if wallets.is_empty() {
        return Err(Failure::data(format!(
            "no payout account could be named from {}; the reasons are above",
            args.liability.display()
        )));
    }
    Ok(())
}

/// The records of a document, of one epoch where one is asked for.
fn records(file: &Path, epoch: Option<u32>) -> Result<Vec<Liability>, Failure> {
    let shown = file.display();
    let bytes = import::bounded(file).map_err(|error| Failure::usage(format!("cannot read {shown}: {error}")))?;
    let mut records = liability::read(&bytes).map_err(|error| Failure::data(format!("{shown}: {error}")))?;
    records.retain(|record| epoch.is_none_or(|epoch| record.epoch == epoch));
    if records.is_empty() {
        let wanted = epoch.map_or_else(String::new, |epoch| format!(" of epoch {epoch}"));
        return Err(Failure::usage(format!("{shown} has no record{wanted}")));
    }
    Ok(records)
}

fn from_file(file: &Path) -> Result<Vec<Transfer>, Failure> {
    let shown = file.display();
    let bytes = import::bounded(file).map_err(|error| Failure::usage(format!("cannot read {shown}: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::data(format!("{shown} is not UTF-8 text")))?;
    let lines = (1_usize..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let wrong = |what: String| Failure::data(format!("{shown}, line {number}: {what}"));
            let line: Line = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            let amount = line.amount.parse();
            Ok(Transfer {
                slot: line.slot,
                time_s: line.block_time,
                signature: line.signature,
                source_account: line.source_account,
                source_owner: line.source_owner,
                dest_account: line.dest_account,
                dest_owner: line.dest_owner,
                amount: amount.map_err(|_| wrong("amount is no whole number of base units".to_owned()))?,
            })
        })
        .collect()
}

/// The indexed transfers to the wallets of the records, within the records' windows, and the mint's decimals.
async fn from_index(
    config: &Config,
    network: &str,
    records: &[Liability],
) -> Result<(Vec<Transfer>, Option<u8>), Failure> {
    let house = House::open_for_reading(config).await?;
    let found = read(&house, network, records).await;
    house.close().await;
    found
}

async fn read(house: &House, network: &str, records: &[Liability]) -> Result<(Vec<Transfer>, Option<u8>), Failure> {
    house.migrate().await?;
    let upstream = |error: gridproof_indexer::audit::AuditError| Failure::Upstream(error.into());
    let wallets: BTreeSet<&str> = records
        .iter()
        .flat_map(|record| &record.wallets)
        .map(|wallet| wallet.address.as_str())
        .collect();
    let client = house.clickhouse.raw();
    let mut transfers = Vec::new();
    for window in spans(records) {
        transfers.extend(
            read_transfers(client, network, window, &wallets)
                .await
                .map_err(upstream)?,
        );
    }
    let decimals = read_decimals(client, network).await.map_err(upstream)?;
    Ok((transfers, decimals))
}

/// The windows of the records, joined where they overlap, so that no transfer is read twice.
fn spans(records: &[Liability]) -> Vec<(i64, i64)> {
    let mut windows: Vec<(i64, i64)> = records.iter().map(discover::window_s).collect();
    windows.sort_unstable();
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for (from, to) in windows {
        match spans.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => spans.push((from, to)),
        }
    }
    spans
}

/// Stores what was found, unless the watch list has the account in that role already.
async fn accept(config: &Config, args: &Discover, wallets: &[PayoutWallet]) -> Outcome {
    let state_db = watch::open(config).await?;
    let mut outcome = Ok(());
    for wallet in wallets {
        let entry = entry(wallet, args.from_slot);
        let known = match state_db.watched_accounts(&args.network).await {
            Ok(known) => known,
            Err(error) => {
                outcome = Err(watch::failure(error));
                break;
            }
        };
        let stands = |known: &WatchedAccount| {
            known.address == entry.address
                && known.role == entry.role
                && known.status == WatchStatus::Accepted
                && known.valid_from_slot <= entry.valid_from_slot
        };
        if known.iter().any(|(known, _)| stands(known)) {
            continue;
        }
        if let Err(error) = state_db.add_watched_account(&args.network, &entry).await {
            outcome = Err(watch::failure(error));
            break;
        }
    }
    state_db.close().await;
    outcome
}

fn entry(wallet: &PayoutWallet, from_slot: Option<u64>) -> WatchedAccount {
    WatchedAccount {
        address: wallet.account.clone(),
        owner: wallet.owner.clone(),
        role: wallet.role.name().to_owned(),
        subnet: String::new(),
        label: format!("{} (discovered)", wallet.role.name()),
        evidence: wallet.evidence(),
        valid_from_slot: from_slot.unwrap_or(wallet.first_slot),
        valid_to_slot: None,
        status: WatchStatus::Accepted,
        match_ratio: Some(ratio(wallet.matched, wallet.total)),
        first_seen_epoch: Some(wallet.first_seen_epoch),
    }
}

/// A share with four places, cut and not rounded: `0.9876`.
fn ratio(part: usize, whole: usize) -> String {
    let points = basis_points(part, whole);
    format!("{}.{:04}", points / 10_000, points % 10_000)
}

fn record(finding: &Finding) -> Record {
    let candidate = |one: &discover::Candidate| Candidate {
        account: one.account.clone(),
        owner: one.owner.clone(),
        matched: one.matched,
        match_ratio: ratio(one.matched, finding.total),
        first_slot: one.first_slot,
        last_slot: one.last_slot,
        examples: one.examples.clone(),
    };
    Record {
        epoch: finding.epoch,
        channel: finding.channel.clone(),
        basis: finding.basis.to_string(),
        total: finding.total,
        refused: finding.refused.clone(),
        candidates: finding
            .candidates
            .iter()
            .take(SHOWN_CANDIDATES)
            .map(candidate)
            .collect(),
        refusal: finding.outcome.as_ref().err().map(ToString::to_string),
    }
}

fn wallet(wallet: &PayoutWallet) -> Wallet {
    Wallet {
        role: wallet.role.name(),
        account: wallet.account.clone(),
        owner: wallet.owner.clone(),
        first_seen_epoch: wallet.first_seen_epoch,
        last_seen_epoch: wallet.last_seen_epoch,
        first_slot: wallet.first_slot,
        matched: wallet.matched,
        total: wallet.total,
        match_ratio: ratio(wallet.matched, wallet.total),
        evidence: wallet.evidence(),
    }
}

fn text(report: &Report) -> String {
    let mut rows = vec![row(
        ["epoch", "channel", "by", "best sender", "matched", "ratio"].map(str::to_owned)
    )];
    let mut notes = Vec::new();
    for record in &report.records {
        let best = record.candidates.first();
        rows.push(row([
            record.epoch.to_string(),
            record.channel.clone(),
            record.basis.clone(),
            best.map_or_else(|| "-".to_owned(), |best| best.account.clone()),
            format!("{} of {}", best.map_or(0, |best| best.matched), record.total),
            best.map_or_else(|| "-".to_owned(), |best| best.match_ratio.clone()),
        ]));
        let name = format!("epoch {}, {}", record.epoch, record.channel);
        notes.extend(
            record
                .refusal
                .iter()
                .map(|why| format!("{name}: nobody is named: {why}")),
        );
        let refused = record.refused.iter();
        notes.extend(
            refused.map(|one| format!("{name}: wallet {} refused: {}", one.address.escape_debug(), one.reason)),
        );
    }
    let mut lines = vec![output::columns(&rows)];
    lines.extend(notes);
    for wallet in &report.wallets {
        lines.push(format!("{} {} (owner {})", wallet.role, wallet.account, wallet.owner));
        lines.push(format!("  {}", wallet.evidence));
    }
    if report.accepted {
        lines.push(format!(
            "stored in the watch list of {}; see `gridproof watch list`",
            report.network
        ));
    } else if !report.wallets.is_empty() {
        lines.push("nothing was stored; --accept does".to_owned());
    }
    lines.join("\n")
}

fn row<const N: usize>(cells: [String; N]) -> Vec<String> {
    cells.to_vec()
}
