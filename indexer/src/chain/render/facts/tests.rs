//! Rows against what recordings meant and what their nodes answered.
#![allow(clippy::unwrap_used)]

mod labels;
mod meaning;
mod pitfalls;
mod rpc;
mod schema;
mod sums;

use super::view::View;
use super::{
    BalanceChangeRow, TokenEventRow, TransactionRow, UnknownInstructionRow, balance_changes, token_events,
    transactions, unknown_instructions,
};
use crate::chain::render::RenderRules;
use crate::chain::render::model::Transaction;
use crate::chain::render::testing::{body, rules, slots};

/// The rows of one transaction.
struct Rows {
    transaction: TransactionRow,
    events: Vec<TokenEventRow>,
    changes: Vec<BalanceChangeRow>,
    unknown: Vec<UnknownInstructionRow>,
}

fn rows(rules: &RenderRules, slot: u64, transaction: &Transaction) -> Rows {
    let view = View::new(rules, slot, transaction).unwrap();
    Rows {
        transaction: transactions::row(&view),
        events: token_events::rows(&view).map(|(_, row)| row).collect(),
        changes: balance_changes::rows(&view).map(|(_, row)| row).collect(),
        unknown: unknown_instructions::rows(&view).map(|(_, row)| row).collect(),
    }
}

/// The rows of a made-up body, under rules that watch an account of each role.
fn rows_of(body: &body::Body) -> Rows {
    rows(&body::rules_of_names(), body::SLOT, &body.transaction())
}

/// The rows of all transactions of a recording, with their slots.
fn rows_of_recording(recording: &str) -> Vec<(u64, Rows)> {
    let rules = rules(recording);
    let slots = slots(recording);
    let all = slots
        .iter()
        .flat_map(|slot| slot.transactions.iter().map(|one| (slot.slot, one)));
    all.map(|(slot, transaction)| (slot, rows(&rules, slot, transaction)))
        .collect()
}
