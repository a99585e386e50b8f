//! Table `render_transactions`: one row per transaction that names a followed address, failed ones included.

use super::ONCHAIN;
use super::view::{View, count};
use crate::chain::render::classify::Class;
use crate::chain::render::explain::Kind;
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct TransactionRow {
    /// 1: it failed, and has no other rows.
    pub failed: u8,
    /// Why, as compact JSON; empty: it did not.
    pub error: String,
    /// Fee, lamports.
    pub fee: u64,
    /// Who paid it.
    pub fee_payer: String,
    /// −1 legacy, 0, 1.
    pub version: i8,
    /// The one class of its movements; `mixed`: several; `none`: nothing of the mint moved; `failed`. An unexplained
    /// difference beside a movement leaves its class; alone it is `unknown`.
    pub class: String,
    /// All memos, joined by a line feed.
    pub memo: String,
    /// Rows in `render_token_events`, without unexplained differences.
    pub events: u32,
    /// Unexplained differences.
    pub unexplained: u32,
    /// Rows in `render_unknown_instructions`.
    pub unknown_instructions: u32,
    /// Compute units, where the node says.
    pub compute_units: Option<u64>,
    /// `onchain`; the class is derived.
    pub evidence: String,
}

impl TableRow for TransactionRow {
    const TABLE: &'static str = "render_transactions";
}

/// The row of a transaction.
pub(super) fn row(view: &View<'_>) -> TransactionRow {
    let transaction = view.transaction;
    let unexplained = view
        .events()
        .filter(|(event, _)| event.kind == Kind::UnexplainedDelta)
        .count();
    TransactionRow {
        failed: u8::from(transaction.error.is_some()),
        error: transaction.error.clone().unwrap_or_default(),
        fee: transaction.fee,
        fee_payer: transaction.fee_payer().to_owned(),
        version: transaction.version.number(),
        class: class(view).to_owned(),
        memo: view.memo.clone(),
        events: count(view.meanings.len() - unexplained),
        unexplained: count(unexplained),
        unknown_instructions: count(view.explained.unknown.len()),
        compute_units: transaction.compute_units,
        evidence: ONCHAIN.to_owned(),
    }
}

fn class(view: &View<'_>) -> &'static str {
    if view.transaction.error.is_some() {
        return "failed";
    }
    let (unexplained, ordered): (Vec<_>, Vec<_>) = view
        .events()
        .partition(|(event, _)| event.kind == Kind::UnexplainedDelta);
    let classes: BTreeSet<Class> = ordered.iter().filter_map(|(_, meaning)| meaning.class).collect();
    match (classes.len(), classes.first()) {
        (1, Some(class)) => class.name(),
        (0, _) if unexplained.is_empty() => "none",
        (0, _) => Class::Unknown.name(),
        _ => "mixed",
    }
}
