//! Table `render_balance_changes`: each token account of the mint that a transaction's balances list.

use super::ONCHAIN;
use super::view::View;
use crate::chain::render::explain::{Change, Place};
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::{Deserialize, Serialize};

/// A token account before and after a transaction. A failed transaction has none: whether its node lists balances varies.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct BalanceChangeRow {
    /// The account.
    pub account: String,
    /// Its owner after; before, where it is gone.
    pub owner: String,
    /// Its owner before; after, where it is new.
    pub owner_before: String,
    /// Base units before.
    pub pre: u64,
    /// Base units after.
    pub post: u64,
    /// 1: it is new.
    pub created: u8,
    /// 1: it is gone.
    pub closed: u8,
    /// 1: all its movements are followed, so that they add up to its balance.
    pub watched: u8,
    /// Its role in this slot, by its owner after; empty: none.
    pub role: String,
    /// `onchain`.
    pub evidence: String,
}

impl TableRow for BalanceChangeRow {
    const TABLE: &'static str = "render_balance_changes";
}

/// The rows of a transaction.
pub(super) fn rows(view: &View<'_>) -> impl Iterator<Item = (Place, BalanceChangeRow)> {
    view.explained
        .changes
        .iter()
        .map(move |change| (Place::WHOLE, row(view, change)))
}

fn row(view: &View<'_>, change: &Change) -> BalanceChangeRow {
    let watch = &view.rules.watch;
    let role = watch.role_at(&change.account, &change.owner, view.slot);
    BalanceChangeRow {
        account: change.account.clone(),
        owner: change.owner.clone(),
        owner_before: change.owner_before.clone(),
        pre: change.pre,
        post: change.post,
        created: u8::from(change.created),
        closed: u8::from(change.closed),
        watched: u8::from(watch.follows(&change.account)),
        role: role.map_or("", |watched| watched.role.name()).to_owned(),
        evidence: ONCHAIN.to_owned(),
    }
}
