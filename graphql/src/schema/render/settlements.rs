//! Settlements: burns out of burn wallets.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::address;
use super::connection::{Connection, ListArgs, Opened};
use super::events::TimeRange;
use crate::read::render::{EventKey, SettlementFilter, SettlementRow};
use crate::schema::definitions::SETTLEMENTS;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::scalars::{BigInt, moment};
use crate::schema::scope::Api;

/// A burn out of a burn wallet: a batch of settled jobs. Which jobs, whose and when they ran is not on chain.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Settlement")]
pub(crate) struct Settlement {
    /// The network it is on.
    network: String,
    /// The transaction's signature, base58.
    signature: String,
    /// The slot of the burn.
    slot: u64,
    /// The time of that slot. The jobs ran before it, by an unknown time.
    time: OffsetDateTime,
    /// Position of the transaction in its block; null where the source does not tell.
    tx_index: Option<u32>,
    /// Index of the top-level instruction.
    outer: i32,
    /// Index of the inner instruction; −1: none.
    inner: i32,
    /// Index within a batch instruction; −1: none.
    batch: i32,
    /// What was burned, in base units.
    amount: BigInt,
    /// An amount of 10 to this power is one token.
    decimals: u8,
    /// The token account that it was burned out of.
    burn_account: String,
    /// The owner of that account: the burn wallet.
    burn_wallet: String,
    /// The memos of the transaction, joined by a line feed; null when it has none.
    memo: Option<String>,
    /// Who authorised it; null where the instruction names nobody.
    authority: Option<String>,
    /// The instruction: `burn` or `burnChecked`.
    instruction: String,
    /// Whether a program made the instruction.
    via_cpi: bool,
    /// Whether it is part of a batch instruction.
    via_batch: bool,
    /// The weekly epoch in which it was burned; null outside the table of epochs.
    epoch: Option<u32>,
    /// How we know it.
    evidence: Option<Evidence>,
}

/// A text that may be absent.
pub(super) fn text(value: String) -> Option<String> {
    (!value.is_empty()).then_some(value)
}

impl Settlement {
    fn new(network: &str, row: SettlementRow) -> Self {
        Self {
            network: network.to_owned(),
            signature: row.signature,
            slot: row.slot,
            time: moment(row.time_ms),
            tx_index: row.tx_index,
            outer: row.outer,
            inner: row.inner,
            batch: row.batch,
            amount: row.amount.into(),
            decimals: row.decimals,
            burn_account: row.burn_account,
            burn_wallet: row.burn_wallet,
            memo: text(row.memo),
            authority: text(row.authority),
            instruction: row.instruction_name,
            via_cpi: row.via_cpi != 0,
            via_batch: row.via_batch != 0,
            epoch: row.epoch,
            evidence: Evidence::of(&row.evidence_word),
        }
    }
}

/// The filters of a list of settlements.
pub(crate) struct SettlementsArgs {
    pub(crate) range: TimeRange,
    pub(crate) burn_wallet: Option<String>,
    pub(crate) epoch: Option<u32>,
}

/// Reads one page.
pub(crate) async fn resolve(
    api: &Api,
    list: ListArgs<'_>,
    args: SettlementsArgs,
) -> Result<Connection<Settlement>, ApiError> {
    let (from_ms, to_ms) = args.range.millis()?;
    let wallet = args.burn_wallet.map(|text| address::account("burnWallet", &text));
    let filter = SettlementFilter {
        burn_wallet: wallet.transpose()?.unwrap_or_default(),
        epoch: args.epoch,
        from_ms,
        to_ms,
    };
    let opened = Opened::<EventKey>::open(api, &list).await?;
    let (network, slot) = (opened.network(), opened.slot());
    let (rows, total, decimals) = futures::try_join!(
        api.reader
            .page(network, slot, &filter, opened.after.as_ref(), opened.limit()),
        api.reader.count(network, slot, &filter),
        api.reader.decimals(network, slot),
    )?;
    let nodes = rows
        .into_iter()
        .map(|row| (row.key(), Settlement::new(network, row)))
        .collect();
    Ok(opened.page(nodes, total, decimals, &SETTLEMENTS))
}
