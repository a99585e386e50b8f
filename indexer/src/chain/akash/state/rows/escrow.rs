//! Rows of escrow accounts and payments.

use super::json;
use crate::chain::akash::state::escrow::{Account, AccountId, Payment, PaymentId};
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::Serialize;

/// Row of `escrow_accounts`; the lists are JSON as the chain's REST interface prints them.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct EscrowAccountRow {
    scope: &'static str,
    xid: String,
    owner: String,
    state: &'static str,
    settled_at: u64,
    funds: String,
    transferred: String,
    deposits: String,
    removed: u8,
}

impl TableRow for EscrowAccountRow {
    const TABLE: &'static str = "escrow_accounts";
}

impl EscrowAccountRow {
    /// The object as it is now, or that it is gone.
    pub(super) fn of(id: &AccountId, object: Option<&Account>) -> Self {
        let key = Self {
            scope: id.scope.name(),
            xid: id.xid.clone(),
            removed: 1,
            ..Self::default()
        };
        let Some(account) = object else { return key };
        let [funds, transferred, deposits] = json::money(account).map(|list| list.to_string());
        Self {
            owner: account.owner.clone(),
            state: account.state.name(),
            settled_at: account.settled_at,
            funds,
            transferred,
            deposits,
            removed: 0,
            ..key
        }
    }
}

/// Row of `escrow_payments`; decimals scaled by 10^18. `withdrawn` is never below zero.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct EscrowPaymentRow {
    account_xid: String,
    xid: String,
    owner: String,
    state: &'static str,
    denom: String,
    rate: i128,
    balance: i128,
    unsettled: i128,
    withdrawn: u128,
    withdrawn_denom: String,
    removed: u8,
}

impl TableRow for EscrowPaymentRow {
    const TABLE: &'static str = "escrow_payments";
}

impl EscrowPaymentRow {
    pub(super) fn of(id: &PaymentId, object: Option<&Payment>) -> Self {
        let key = Self {
            account_xid: id.account.clone(),
            xid: id.xid.clone(),
            removed: 1,
            ..Self::default()
        };
        let Some(payment) = object else { return key };
        Self {
            owner: payment.owner.clone(),
            state: payment.state.name(),
            denom: payment.rate.denom.clone(),
            rate: payment.rate.amount.scaled(),
            balance: payment.balance.amount.scaled(),
            unsettled: payment.unsettled.amount.scaled(),
            withdrawn: payment.withdrawn.amount.unsigned_abs(),
            withdrawn_denom: payment.withdrawn.denom.clone(),
            removed: 0,
            ..key
        }
    }
}
