//! Table `render_token_events`: what happened to the mint, one row each.

use super::ONCHAIN;
use super::view::View;
use crate::chain::render::classify::Meaning;
use crate::chain::render::explain::{Event, Kind, Place};
use crate::chain::render::payout::pays_for;
use crate::chain::render::watch::Role;
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::{Deserialize, Serialize};

/// An event. Columns that a kind does not have are empty.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct TokenEventRow {
    /// `mint`, `burn`, `transfer`, `set_authority`, `close`, `unexplained_delta`.
    pub kind: String,
    /// Name of the instruction, `transferChecked`; empty for `unexplained_delta`.
    pub instruction: String,
    /// `spl-token`, `token-2022`; empty for `unexplained_delta`.
    pub program: String,
    /// The mint; empty for a movement whose mint nothing tells.
    pub mint: String,
    /// Who lost tokens. Of `set_authority` and `close`: the account, or the mint, that is meant.
    pub source_account: String,
    /// Its owner then.
    pub source_owner: String,
    /// Who gained tokens. Of `close`: who got the lamports.
    pub dest_account: String,
    /// Its owner then.
    pub dest_owner: String,
    /// Who ordered it.
    pub authority: String,
    /// Members of a multisig who signed.
    pub signers: Vec<String>,
    /// Base units.
    pub amount: u64,
    /// −1 for an unexplained loss (the account is the source), else 1 (of an unexplained gain it is the destination).
    pub sign: i8,
    /// Of the mint.
    pub decimals: u8,
    /// Of `set_authority`: which right.
    pub authority_type: String,
    /// Of `set_authority`: who has it now; empty: nobody.
    pub new_authority: String,
    /// 1: called by a program.
    pub via_cpi: u8,
    /// 1: part of a Batch.
    pub via_batch: u8,
    /// −1 legacy, 0, 1.
    pub tx_version: i8,
    /// All memos of the transaction.
    pub memo: String,
    /// Role of the source in this slot; empty: not watched.
    pub source_role: String,
    /// Role of the destination in this slot.
    pub dest_role: String,
    /// What it means; empty where nothing moved.
    pub class: String,
    /// The rule that says so.
    pub class_rule: String,
    /// The epoch in which it happened.
    pub epoch: Option<u32>,
    /// The epoch that a payout pays for.
    pub epoch_guess: Option<u32>,
    /// `memo`, `default`; empty: no payout.
    pub epoch_guess_by: String,
    /// `onchain`; class and epochs are derived.
    pub evidence: String,
}

impl TableRow for TokenEventRow {
    const TABLE: &'static str = "render_token_events";
}

/// The rows of a transaction.
pub(super) fn rows(view: &View<'_>) -> impl Iterator<Item = (Place, TokenEventRow)> {
    view.events()
        .map(move |(event, meaning)| (event.place, row(view, event, meaning)))
}

fn row(view: &View<'_>, event: &Event, meaning: &Meaning) -> TokenEventRow {
    let role = |role: Option<Role>| role.map_or("", Role::name).to_owned();
    let is_payout = event.kind == Kind::Transfer && meaning.class.is_some_and(|class| class.is_payout());
    let pays_for = is_payout
        .then(|| pays_for(&view.rules.epochs, &view.memo, view.slot, view.transaction.block_time))
        .flatten();
    TokenEventRow {
        kind: event.kind.name().to_owned(),
        instruction: event.instruction.to_owned(),
        program: event.program.map_or("", |program| program.name()).to_owned(),
        mint: event.mint.clone(),
        source_account: event.source.account.clone(),
        source_owner: event.source.owner.clone(),
        dest_account: event.dest.account.clone(),
        dest_owner: event.dest.owner.clone(),
        authority: event.authority.clone(),
        signers: event.signers.clone(),
        amount: event.amount,
        sign: event.sign,
        decimals: view.rules.watch.decimals,
        authority_type: event.authority_type.clone(),
        new_authority: event.new_authority.clone(),
        via_cpi: u8::from(event.via_cpi()),
        via_batch: u8::from(event.via_batch()),
        tx_version: view.transaction.version.number(),
        memo: view.memo.clone(),
        source_role: role(meaning.source),
        dest_role: role(meaning.dest),
        class: meaning.class.map_or("", |class| class.name()).to_owned(),
        class_rule: meaning.rule.to_owned(),
        epoch: view.epoch,
        epoch_guess: pays_for.map(|(epoch, _)| epoch),
        epoch_guess_by: pays_for.map_or("", |(_, by)| by.name()).to_owned(),
        evidence: ONCHAIN.to_owned(),
    }
}
