//! Flags of the commands around Render's watch list and what others report.

use clap::{Args, Subcommand};
use gridproof_indexer::chain::render::watch::Role;
use std::path::PathBuf;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Name of the network that published documents are about.
const RENDER: &str = "render";

/// `gridproof import`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof import epoch-burn-stats-data.json
  gridproof import aws-ec2-index.json azure-page-*.json gcp-skus-*.json
  gridproof import --fetched-at 2025-10-31T00:00:00Z testdata/render-reported/*")]
pub(crate) struct Import {
    /// Documents: epochBurnStats and liabilityEpochs (JSON), tables of epochs and liabilities (CSV); price lists: AWS EC2's
    /// price list, pages of Azure's retail prices and of Google's SKUs (JSON), a table such as hyperscaler_prices.csv
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Network that the documents are about
    #[arg(long, default_value = RENDER)]
    pub(crate) network: String,
    /// When the documents were fetched [default: when each file was last written]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) fetched_at: Option<OffsetDateTime>,
}

/// `gridproof discover-payout-wallets`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof discover-payout-wallets --liability liability-epochs-data.json
  gridproof discover-payout-wallets --liability liability_epoch97.json --accept")]
pub(crate) struct Discover {
    /// What was due, with metadataBySolKey: one record, a list, or the publisher's envelope
    #[arg(long, value_name = "FILE")]
    pub(crate) liability: PathBuf,
    /// Network whose transfers are searched
    #[arg(long, default_value = RENDER)]
    pub(crate) network: String,
    /// Only the records of this epoch
    #[arg(long, value_name = "N")]
    pub(crate) epoch: Option<u32>,
    /// Search these transfers, a JSON object a line, instead of the indexed ones
    #[arg(long, value_name = "FILE")]
    pub(crate) transfers: Option<PathBuf>,
    /// Store what was found in the watch list, with the evidence
    #[arg(long)]
    pub(crate) accept: bool,
    /// With --accept: the slot from which the role counts [default: that of the first payment that matched]
    #[arg(long, value_name = "SLOT", requires = "accept")]
    pub(crate) from_slot: Option<u64>,
}

/// `gridproof watch`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Watch {
    /// Network whose watch list it is
    #[arg(long, default_value = RENDER, global = true)]
    pub(crate) network: String,
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: WatchAction,
}

/// Actions of `gridproof watch`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum WatchAction {
    /// Print the watch list: what is built in, and what was added
    #[command(after_help = "Example:
  gridproof watch list --json")]
    List,
    /// Add a token account; it counts at the next start
    #[command(after_help = "Example:
  gridproof watch add --role burn --address ACCOUNT --owner OWNER --subnet salad --evidence 'RNP-023' --from-slot 1")]
    Add(WatchAdd),
    /// Let a proposed entry count
    #[command(after_help = "Example:
  gridproof watch accept --address ACCOUNT --from-slot 402000000")]
    Accept(WatchEntry),
    /// End an entry: --last-slot is the last slot in which it counts
    #[command(after_help = "Example:
  gridproof watch retire --address ACCOUNT --from-slot 402000000 --last-slot 410000000")]
    Retire(WatchRetire),
}

/// `gridproof watch add`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(crate) struct WatchAdd {
    /// Token account, base58; capital and small letters differ
    #[arg(long)]
    pub(crate) address: String,
    /// Owner of the token account
    #[arg(long, default_value = "")]
    pub(crate) owner: String,
    /// What it counts as
    #[arg(long, value_parser = role)]
    pub(crate) role: Role,
    /// Part of the network that it belongs to
    #[arg(long, default_value = "")]
    pub(crate) subnet: String,
    /// A name for people
    #[arg(long, default_value = "")]
    pub(crate) label: String,
    /// How the role is known: a document, a transaction
    #[arg(long)]
    pub(crate) evidence: String,
    /// First slot in which it counts
    #[arg(long, value_name = "SLOT", default_value_t = 0)]
    pub(crate) from_slot: u64,
    /// Only propose it; `watch accept` lets it count
    #[arg(long)]
    pub(crate) propose: bool,
}

/// An entry of the watch list.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(crate) struct WatchEntry {
    /// Token account
    #[arg(long)]
    pub(crate) address: String,
    /// Its first slot, as `watch list` prints it
    #[arg(long, value_name = "SLOT", default_value_t = 0)]
    pub(crate) from_slot: u64,
}

/// `gridproof watch retire`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(crate) struct WatchRetire {
    /// Which entry.
    #[command(flatten)]
    pub(crate) entry: WatchEntry,
    /// Last slot in which it counts
    #[arg(long, value_name = "SLOT")]
    pub(crate) last_slot: u64,
}

/// A role of a token account.
fn role(text: &str) -> Result<Role, String> {
    let known = Role::ALL.into_iter().filter(|role| *role != Role::Mint);
    let names: Vec<&str> = known.clone().map(Role::name).collect();
    known
        .into_iter()
        .find(|role| role.name() == text)
        .ok_or_else(|| format!("`{text}` is no role: use one of {}", names.join(", ")))
}

/// A time such as `2025-10-31T00:00:00Z`.
fn time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| format!("`{text}` is no time: write it as 2025-10-31T00:00:00Z"))
}
