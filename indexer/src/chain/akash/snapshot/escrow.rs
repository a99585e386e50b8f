//! Escrow accounts and payments: listed by their own queries, and again inside deployments, bids and leases. Both must
//! say the same.

use super::error::SnapshotError;
use super::market::{address, height_of, need, state_of, twice};
use super::read::{Answers, Query, Spot};
use super::wire;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::decode::message::convert;
use crate::chain::akash::decode::{FieldError, text};
use crate::chain::akash::model::DecCoin;
use crate::chain::akash::proto;
use crate::chain::akash::state::escrow::{
    Account, AccountId, AccountState, Escrow, FundingSource, Payment, PaymentId, Scope, Source,
};

pub(super) const ACCOUNTS: Query = Query {
    method: "akash.escrow.v1.Query/Accounts",
    list: "accounts",
};
pub(super) const PAYMENTS: Query = Query {
    method: "akash.escrow.v1.Query/Payments",
    list: "payments",
};

/// What came with deployments, bids and leases.
#[derive(Debug, Default)]
pub(super) struct Escrowed {
    height: u64,
    found: Escrow,
}

impl Escrowed {
    pub(super) fn at(height: u64) -> Self {
        Self {
            height,
            found: Escrow::default(),
        }
    }

    /// The account inside the object at `key`, which must be `expected`.
    pub(super) fn add_account(
        &mut self,
        spot: &Spot,
        key: &str,
        expected: AccountId,
        read: impl FnOnce(u64) -> Result<(AccountId, Account), FieldError>,
    ) -> Result<(), SnapshotError> {
        let (id, account) = read(self.height).map_err(|error| spot.field(key, error))?;
        if id != expected {
            return Err(spot.unfit(key, format!("its account is {}", shown(&id))));
        }
        match self.found.accounts.insert(id, account) {
            None => Ok(()),
            Some(_) => Err(twice(spot, key)),
        }
    }

    /// The payment inside the lease at `key`, which must be `expected`.
    pub(super) fn add_payment(
        &mut self,
        spot: &Spot,
        key: &str,
        expected: PaymentId,
        read: impl FnOnce(u64) -> Result<(PaymentId, Payment), FieldError>,
    ) -> Result<(), SnapshotError> {
        let (id, payment) = read(self.height).map_err(|error| spot.field(key, error))?;
        if id != expected {
            return Err(spot.unfit(key, format!("its payment is {}/{}", id.account, id.xid)));
        }
        match self.found.payments.insert(id, payment) {
            None => Ok(()),
            Some(_) => Err(twice(spot, key)),
        }
    }

    /// Reads the lists and compares them with what came inside the objects.
    pub(super) fn confirm(mut self, answers: &Answers<'_>) -> Result<Escrow, SnapshotError> {
        answers.need(ACCOUNTS)?;
        answers.need(PAYMENTS)?;
        let mut listed = Escrow::default();
        answers.each(ACCOUNTS, |spot, entry: wire::Account| {
            let read = account(entry, self.height).map_err(|error| spot.field("", error))?;
            let key = shown(&read.0);
            let same = self.found.accounts.remove(&read.0);
            agree(
                spot,
                &key,
                same.as_ref(),
                &read.1,
                &listed.accounts.insert(read.0, read.1.clone()),
            )
        })?;
        answers.each(PAYMENTS, |spot, entry: wire::Payment| {
            let read = payment(entry).map_err(|error| spot.field("", error))?;
            let key = format!("{}/{}", read.0.account, read.0.xid);
            let same = self.found.payments.remove(&read.0);
            agree(
                spot,
                &key,
                same.as_ref(),
                &read.1,
                &listed.payments.insert(read.0, read.1.clone()),
            )
        })?;
        left_over(ACCOUNTS.method, self.found.accounts.keys().next().map(shown))?;
        let payment = self.found.payments.keys().next();
        left_over(PAYMENTS.method, payment.map(|id| format!("{}/{}", id.account, id.xid)))?;
        Ok(listed)
    }
}

fn agree<T: PartialEq>(
    spot: &Spot,
    key: &str,
    inside: Option<&T>,
    listed: &T,
    before: &Option<T>,
) -> Result<(), SnapshotError> {
    if before.is_some() {
        return Err(twice(spot, key));
    }
    match inside {
        Some(inside) if inside == listed => Ok(()),
        Some(_) => Err(spot.unfit(key, "the list of its owner shows it with other values")),
        None => Err(spot.unfit(key, "no deployment, bid or lease has it")),
    }
}

fn left_over(method: &'static str, missing: Option<String>) -> Result<(), SnapshotError> {
    match missing {
        None => Ok(()),
        Some(key) => Err(SnapshotError::Disagree {
            method,
            what: format!("{key} is not in the list, and its owner has it"),
        }),
    }
}

fn shown(id: &AccountId) -> String {
    format!("{}/{}", id.scope.name(), id.xid)
}

fn account_id(id: Option<proto::EscrowAccountId>) -> Result<AccountId, FieldError> {
    let id = need("id", id)?;
    let scope = match id.scope {
        1 => Scope::Deployment,
        2 => Scope::Bid,
        other => return Err(FieldError::invalid("id.scope", "deployment or bid", &other.to_string())),
    };
    Ok(AccountId { scope, xid: id.xid })
}

const STATES: [AccountState; 3] = [AccountState::Open, AccountState::Closed, AccountState::Overdrawn];

/// An account in either place.
pub(super) fn account(found: wire::Account, height: u64) -> Result<(AccountId, Account), FieldError> {
    let id = account_id(found.id)?;
    let state = need("state", found.state)?;
    address("state.owner", &state.owner)?;
    let funds = state.funds.into_iter().map(debt).collect::<Result<_, _>>()?;
    let transferred = state.transferred.into_iter();
    let deposits = state.deposits.into_iter();
    let account = Account {
        state: state_of(&STATES, state.state)?,
        settled_at: height_of("state.settled_at", state.settled_at, height)?,
        funds,
        transferred: transferred
            .map(|coin| convert::dec_coin("state.transferred", Some(coin)))
            .collect::<Result<_, _>>()?,
        deposits: deposits
            .map(|deposit| source(deposit, height))
            .collect::<Result<_, _>>()?,
        owner: state.owner,
        legacy: None,
    };
    Ok((id, account))
}

/// Funds, which may be below zero.
fn debt(coin: proto::DecCoin) -> Result<DecCoin, FieldError> {
    let field = "state.funds";
    let amount = Dec::from_wire(&coin.amount).map_err(|source| FieldError::Decimal { field, source })?;
    Ok(DecCoin {
        denom: text::denom(field, &coin.denom)?,
        amount,
    })
}

fn source(found: wire::Depositor, height: u64) -> Result<Source, FieldError> {
    address("state.deposits.owner", &found.owner)?;
    let source = match found.source {
        1 => FundingSource::Balance,
        2 => FundingSource::Grant,
        other => {
            let shown = other.to_string();
            return Err(FieldError::invalid("state.deposits.source", "balance or grant", &shown));
        }
    };
    Ok(Source {
        owner: found.owner,
        height: height_of("state.deposits.height", found.height, height)?,
        source,
        balance: convert::dec_coin("state.deposits.balance", found.balance)?,
    })
}

/// A payment in either place.
pub(super) fn payment(found: wire::Payment) -> Result<(PaymentId, Payment), FieldError> {
    let id = need("id", found.id)?;
    let account = account_id(id.aid)?;
    if account.scope != Scope::Deployment {
        return Err(FieldError::invalid("id.aid.scope", "deployment", account.scope.name()));
    }
    let state = need("state", found.state)?;
    address("state.owner", &state.owner)?;
    let payment = Payment {
        state: state_of(&STATES, state.state)?,
        rate: convert::dec_coin("state.rate", state.rate)?,
        balance: convert::dec_coin("state.balance", state.balance)?,
        unsettled: convert::dec_coin("state.unsettled", state.unsettled)?,
        withdrawn: convert::coin("state.withdrawn", state.withdrawn)?,
        owner: state.owner,
    };
    let id = PaymentId {
        account: account.xid,
        xid: id.xid,
    };
    Ok((id, payment))
}
