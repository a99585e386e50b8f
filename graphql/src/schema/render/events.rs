//! Movements of the token, as the instructions and the balances tell them.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::address;
use super::connection::{Connection, ListArgs, Opened};
use super::settlements::text;
use crate::read::render::{EventFilter, EventPlace, EventRow};
use crate::schema::definitions::TOKEN_EVENTS;
use crate::schema::error::ApiError;
use crate::schema::evidence::{Evidence, words};
use crate::schema::scalars::{BigInt, millis, moment};
use crate::schema::scope::Api;

words! {
    /// What a movement of the token is for, by rules over the roles of the accounts at its ends.
    TokenClass {
        /// Into a burn wallet: a payment for jobs, not yet burned.
        JobPayment = "job_payment",
        /// Burned out of a burn wallet: a batch of settled jobs.
        JobBurn = "job_burn",
        /// Burned by anybody else: no revenue.
        OtherBurn = "other_burn",
        /// Minted by the emission schedule, in advance: no income of nodes.
        EmissionMint = "emission_mint",
        /// Minted for the upgrade from the older token.
        UpgradeMint = "upgrade_mint",
        /// Paid to a node for work.
        NodeWorkReward = "node_work_reward",
        /// Paid to a node for being available.
        AvailabilityReward = "availability_reward",
        /// Paid to a compute node.
        ComputeReward = "compute_reward",
        /// Out of the grants' wallet.
        Grant = "grant",
        /// Between the treasury and the wallets that it fills.
        Treasury = "treasury",
        /// To or from a place where tokens are bought and sold.
        Market = "market",
        /// The rules cannot tell.
        Unknown = "unknown",
    }
}

words! {
    /// What happened to the token.
    TokenEventKind {
        /// New tokens.
        Mint = "mint",
        /// Tokens destroyed.
        Burn = "burn",
        /// Tokens moved between accounts.
        Transfer = "transfer",
        /// An authority of an account or of the mint changed.
        SetAuthority = "set_authority",
        /// A token account was closed.
        Close = "close",
        /// A balance changed and no decoded instruction says why.
        UnexplainedDelta = "unexplained_delta",
    }
}

/// A range of time; each end may be open.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimeRange {
    pub(crate) from: Option<OffsetDateTime>,
    pub(crate) to: Option<OffsetDateTime>,
}

impl TimeRange {
    /// The ends in milliseconds since the epoch, or why there is no such range.
    pub(crate) fn millis(self) -> Result<(Option<i64>, Option<i64>), ApiError> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err(ApiError::BadInput("`from` must be before `to`".into()));
        }
        Ok((self.from.map(millis), self.to.map(millis)))
    }
}

/// One movement of the token.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "TokenEvent")]
pub(crate) struct TokenEvent {
    /// The network it is on.
    network: String,
    /// The transaction's signature, base58.
    signature: String,
    /// The slot.
    slot: u64,
    /// The time of that slot.
    time: OffsetDateTime,
    /// Position of the transaction in its block; null where the source does not tell.
    tx_index: Option<u32>,
    /// Index of the top-level instruction; −1 where no instruction explains the change.
    outer: i32,
    /// Index of the inner instruction; −1: none.
    inner: i32,
    /// Index within a batch instruction; −1: none.
    batch: i32,
    /// What happened; null for a word that this version does not know.
    kind: Option<TokenEventKind>,
    /// The instruction, for example `transferChecked`; null where no instruction explains the change.
    instruction: Option<String>,
    /// The token program: `spl-token` or `token-2022`.
    program: String,
    /// The token account that lost; null when there is none.
    source_account: Option<String>,
    /// Its owner at the time.
    source_owner: Option<String>,
    /// The token account that gained; null when there is none.
    dest_account: Option<String>,
    /// Its owner at the time.
    dest_owner: Option<String>,
    /// Who authorised it; null where the instruction names nobody.
    authority: Option<String>,
    /// The signers of a multisig authority.
    signers: Vec<String>,
    /// How much, in base units, never negative: `sign` tells the direction.
    amount: BigInt,
    /// −1 for an unexplained loss, else 1.
    sign: i32,
    /// An amount of 10 to this power is one token.
    decimals: u8,
    /// Which authority was set; null unless one was.
    authority_type: Option<String>,
    /// The new authority; null unless one was set.
    new_authority: Option<String>,
    /// Whether a program made the instruction.
    via_cpi: bool,
    /// Whether it is part of a batch instruction.
    via_batch: bool,
    /// Version of the transaction: −1 legacy, 0, 1.
    tx_version: i32,
    /// The memos of the transaction, joined by a line feed; null when it has none.
    memo: Option<String>,
    /// The role of the source account then; null where it is not watched.
    source_role: Option<String>,
    /// The role of the destination account then; null where it is not watched.
    dest_role: Option<String>,
    /// Its class; null for a word that this version does not know.
    class: Option<TokenClass>,
    /// The rule that gave the class.
    class_rule: Option<String>,
    /// The weekly epoch in which it happened; null outside the table of epochs.
    epoch: Option<u32>,
    /// Which epoch a payout pays for, as far as one can guess.
    epoch_guess: Option<u32>,
    /// How that was guessed: `memo`, `default`.
    epoch_guess_by: Option<String>,
    /// How we know it.
    evidence: Option<Evidence>,
}

impl TokenEvent {
    fn new(network: &str, row: EventRow) -> Self {
        Self {
            network: network.to_owned(),
            signature: row.signature,
            slot: row.slot,
            time: moment(row.time_ms),
            tx_index: row.tx_index,
            outer: row.outer,
            inner: row.inner,
            batch: row.batch,
            kind: TokenEventKind::of(&row.event_kind),
            instruction: text(row.instruction_name),
            program: row.program_name,
            source_account: text(row.source_account),
            source_owner: text(row.source_owner),
            dest_account: text(row.dest_account),
            dest_owner: text(row.dest_owner),
            authority: text(row.authority),
            signers: row.signers,
            amount: row.amount.into(),
            sign: row.sign.into(),
            decimals: row.decimals,
            authority_type: text(row.authority_kind),
            new_authority: text(row.new_authority),
            via_cpi: row.via_cpi != 0,
            via_batch: row.via_batch != 0,
            tx_version: row.tx_version.into(),
            memo: text(row.memo),
            source_role: text(row.source_role_name),
            dest_role: text(row.dest_role_name),
            class: TokenClass::of(&row.class_name),
            class_rule: text(row.class_rule_name),
            epoch: row.epoch,
            epoch_guess: row.epoch_guess,
            epoch_guess_by: text(row.epoch_guess_basis),
            evidence: Evidence::of(&row.evidence_word),
        }
    }
}

/// The filters of a list of movements.
pub(crate) struct EventsArgs {
    pub(crate) class: Option<TokenClass>,
    pub(crate) kind: Option<TokenEventKind>,
    pub(crate) account: Option<String>,
    pub(crate) signature: Option<String>,
    pub(crate) range: TimeRange,
}

impl EventsArgs {
    fn filter(self) -> Result<EventFilter, ApiError> {
        let (from_ms, to_ms) = self.range.millis()?;
        let account = self.account.map(|text| address::account("account", &text));
        let signature = self.signature.map(|text| address::signature("signature", &text));
        Ok(EventFilter {
            class: self.class.map(TokenClass::word).unwrap_or_default().to_owned(),
            kind: self.kind.map(TokenEventKind::word).unwrap_or_default().to_owned(),
            account: account.transpose()?.unwrap_or_default(),
            signature: signature.transpose()?.unwrap_or_default(),
            from_ms,
            to_ms,
        })
    }
}

/// Reads one page.
pub(crate) async fn resolve(
    api: &Api,
    list: ListArgs<'_>,
    args: EventsArgs,
) -> Result<Connection<TokenEvent>, ApiError> {
    let filter = args.filter()?;
    let opened = Opened::<EventPlace>::open(api, &list).await?;
    let (network, slot) = (opened.network(), opened.slot());
    let (rows, total, decimals) = futures::try_join!(
        api.reader
            .page(network, slot, &filter, opened.after.as_ref(), opened.limit()),
        api.reader.count(network, slot, &filter),
        api.reader.decimals(network, slot),
    )?;
    let nodes = rows
        .into_iter()
        .map(|row| (row.place(), TokenEvent::new(network, row)))
        .collect();
    Ok(opened.page(nodes, total, decimals, &TOKEN_EVENTS))
}
