//! What the incumbent counts as spent: prices of leases that it holds to be running, added up block by block.
//!
//! This is the algorithm of the Akash Console's indexer (akash.md 2.4), which dashboards show as spending. It
//! is an estimate from messages and knows nothing of the chain's settlement; what escrow really paid is
//! `lease_payouts`. Two things differ from the original on purpose: amounts are exact decimals (there:
//! floating point), and the sums follow each change at once (there: only blocks with some message types
//! refresh them). Where the original would stop with an error, an object that is not known is left alone.

mod account;
mod migrate;
#[cfg(test)]
mod tests;

use super::dec::{Dec, DecError};
use super::model::{BidId, Block, DeploymentId, EventBody, LeaseId, MessageBody, Tx};
use super::resources::Totals;
use super::state::StateOutput;
use super::state::escrow::{AccountId, AccountState};
use super::state::market::{DeploymentState, Lease, Market};
use super::state::{Place, State, pairs};
use account::{Account, OpenLease};
use migrate::Migration;
use std::collections::BTreeMap;

/// Counts and sums of the leases that are held to be running, of one denomination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Running {
    /// Sum of the prices per block.
    pub rate: Dec,
    /// Leases.
    pub leases: u64,
    /// Their resources.
    pub resources: Totals,
}

/// Spending in one denomination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Spending {
    /// Spent up to and including the height of the state.
    pub spent: Dec,
    /// What runs after that height; its rate is added with each further block.
    pub running: Running,
}

/// The incumbent's books at the end of a height.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Accrual {
    /// Height whose end the books begin with; 0 is the genesis. Nothing before is in the sums.
    pub since: u64,
    /// Spending by denomination.
    pub spending: BTreeMap<String, Spending>,
    #[serde(with = "pairs")]
    accounts: BTreeMap<DeploymentId, Account>,
    migration: Migration,
    /// First height at which a running lease falls out without a message.
    next_close: Option<u64>,
}

impl Accrual {
    /// Books that begin with what a state holds: balances as the chain settled them last. The original cannot
    /// begin so; it needs every block from the genesis on.
    pub fn begun_with(state: &State) -> Result<Self, DecError> {
        let mut books = Self {
            since: state.height,
            migration: Migration::at(state),
            ..Self::default()
        };
        let leases = state.market.leases.iter().filter(|(_, lease)| !lease.is_over());
        for (id, lease) in leases {
            let deployment = &id.order.group.deployment;
            let account = books.accounts.entry(deployment.clone());
            let account = account.or_insert_with(|| opened(state, deployment));
            account.leases.insert(id.clone(), OpenLease::of(lease, state.height));
        }
        for account in books.accounts.values_mut() {
            account.predict(account.rate()?)?;
        }
        books.sum_up(state.height)?;
        Ok(books)
    }

    /// Takes a block in, after the market did. The denominations whose rate, counts or sums changed.
    pub fn step(&mut self, block: &Block, market: &Market, out: &StateOutput) -> Result<Vec<String>, DecError> {
        let height = block.header.height;
        let before: BTreeMap<String, Running> = self.running();
        let mut touched = false;
        for tx in block.txs.iter().filter(|tx| tx.succeeded()) {
            touched |= self.transaction(tx, height, market, out)?;
        }
        if touched || self.next_close.is_some_and(|close| close <= height) {
            self.sum_up(height)?;
        }
        for spending in self.spending.values_mut() {
            spending.spent = spending.spent.add(spending.running.rate)?;
        }
        // The original converts after it has counted the block.
        if self.convert(block)? {
            self.sum_up(height)?;
        }
        let changed = self.spending.iter();
        let changed = changed.filter(|(denom, now)| before.get(*denom) != Some(&now.running));
        Ok(changed.map(|(denom, _)| denom.clone()).collect())
    }

    fn running(&self) -> BTreeMap<String, Running> {
        let running = self.spending.iter();
        running.map(|(denom, now)| (denom.clone(), now.running)).collect()
    }

    /// Runs the messages of a transaction, then closes what its events say is closed. Whether any lease was
    /// affected.
    fn transaction(&mut self, tx: &Tx, height: u64, market: &Market, out: &StateOutput) -> Result<bool, DecError> {
        let mut touched = false;
        for message in &tx.messages {
            touched |= self.message(&message.body, height, market, out)?;
        }
        for event in &tx.events {
            if let EventBody::LeaseClosed { id, .. } = &event.body {
                touched |= self.forget(id);
            }
        }
        for event in &tx.events {
            if let EventBody::DeploymentClosed { id } = &event.body {
                self.drop_closed(id, market);
            }
        }
        Ok(touched)
    }

    fn message(
        &mut self,
        body: &MessageBody,
        height: u64,
        market: &Market,
        out: &StateOutput,
    ) -> Result<bool, DecError> {
        match body {
            MessageBody::CreateDeployment { id, deposit, .. } => {
                let account = Account::new(&deposit.amount.denom, Dec::from_units(deposit.amount.amount)?);
                self.accounts.insert(id.clone(), account);
                return Ok(false);
            }
            MessageBody::CreateLease { id } => {
                if let Some(lease) = market.leases.get(id) {
                    self.create(id, lease, height, market, out)?;
                }
            }
            MessageBody::CloseDeployment { id } => {
                if let Some(account) = self.accounts.get_mut(id) {
                    account.settle(height)?;
                    account.leases.clear();
                }
                self.drop_closed(id, market);
            }
            MessageBody::CloseLease { id, .. } | MessageBody::CloseBid { id, .. } => self.close(id, height)?,
            MessageBody::WithdrawLease { id } => {
                if let Some(account) = self.accounts.get_mut(&id.order.group.deployment) {
                    account.settle(height)?;
                }
            }
            MessageBody::DepositDeployment { id, amount, .. } => self.deposit(id, amount.amount)?,
            MessageBody::AccountDeposit {
                scope: 1, xid, deposit, ..
            } => {
                if let Some(id) = deployment_named(xid) {
                    self.deposit(&id, deposit.amount.amount)?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn create(
        &mut self,
        id: &BidId,
        lease: &Lease,
        height: u64,
        market: &Market,
        out: &StateOutput,
    ) -> Result<(), DecError> {
        let Some(account) = self.accounts.get_mut(&id.order.group.deployment) else {
            return Ok(());
        };
        account.settle(height)?;
        // The end of the block may have repriced the lease already; the books do that on their own.
        let mut at_end = out.repriced.iter().filter(|repriced| repriced.place == Place::End);
        let repriced = at_end.find(|repriced| repriced.lease == *id);
        let price = repriced.map_or(lease.price.amount, |repriced| repriced.old.amount);
        let order = market.orders.get(&id.order);
        let lease = OpenLease {
            price,
            created_at: height,
            predicted_close: height,
            resources: order.map(|order| Totals::of_group(&order.spec)).unwrap_or_default(),
        };
        account.leases.insert(id.clone(), lease);
        account.predict(account.rate()?)
    }

    /// A lease ends by message: its account is settled first. A bid that never became a lease is not here.
    fn close(&mut self, id: &LeaseId, height: u64) -> Result<(), DecError> {
        let Some(account) = self.accounts.get_mut(&id.order.group.deployment) else {
            return Ok(());
        };
        if !account.leases.contains_key(id) {
            return Ok(());
        }
        account.settle(height)?;
        account.leases.remove(id);
        account.predict(account.rate()?)
    }

    fn deposit(&mut self, id: &DeploymentId, amount: i128) -> Result<(), DecError> {
        let Some(account) = self.accounts.get_mut(id) else {
            return Ok(());
        };
        // Whatever the denomination: the original adds the number.
        account.balance = account.balance.add(Dec::from_units(amount)?)?;
        account.predict(account.rate()?)
    }

    /// A lease ends by event alone: its account is not settled, and the other leases' heights stay.
    fn forget(&mut self, id: &LeaseId) -> bool {
        let account = self.accounts.get_mut(&id.order.group.deployment);
        account.is_some_and(|account| account.leases.remove(id).is_some())
    }

    /// A deployment that is over on the chain and has no lease left here never comes back.
    fn drop_closed(&mut self, id: &DeploymentId, market: &Market) {
        let over = market
            .deployments
            .get(id)
            .is_none_or(|deployment| deployment.state == DeploymentState::Closed);
        if over && self.accounts.get(id).is_some_and(|account| account.leases.is_empty()) {
            self.accounts.remove(id);
        }
    }

    /// Counts the leases whose predicted close is above the height.
    fn sum_up(&mut self, height: u64) -> Result<(), DecError> {
        for spending in self.spending.values_mut() {
            spending.running = Running::default();
        }
        self.next_close = None;
        for account in self.accounts.values() {
            for lease in account.leases.values().filter(|lease| lease.predicted_close > height) {
                let running = &mut self.spending.entry(account.denom.clone()).or_default().running;
                running.rate = running.rate.add(lease.price)?;
                running.leases += 1;
                running.resources = running.resources.and(lease.resources);
                let close = self.next_close.unwrap_or(u64::MAX).min(lease.predicted_close);
                self.next_close = Some(close);
            }
        }
        Ok(())
    }
}

/// The books of a deployment as a state has them.
fn opened(state: &State, id: &DeploymentId) -> Account {
    let id = AccountId::of_deployment(id);
    let funding = state.funding(&id);
    let open = state
        .escrow
        .accounts
        .get(&id)
        .is_some_and(|account| account.state == AccountState::Open);
    let Some(funding) = funding.filter(|_| open) else {
        return Account::default();
    };
    let mut account = Account::new(&funding.denom, funding.available);
    account.settled_at = Some(funding.settled_at);
    account
}

fn deployment_named(xid: &str) -> Option<DeploymentId> {
    let (owner, dseq) = xid.split_once('/')?;
    Some(DeploymentId {
        owner: owner.to_owned(),
        dseq: dseq.parse().ok()?,
    })
}
