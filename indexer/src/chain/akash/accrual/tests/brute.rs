//! A bookkeeper without any shortcut: every block it walks over all leases there ever were, and money is
//! used up one block after the other instead of by division.

use super::super::Spending;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Block, DeploymentId, EventBody, LeaseId, MessageBody};
use crate::chain::akash::state::tests::replay::replay;
use crate::chain::akash::state::{ObjectKey, State, StateOutput};
use crate::chain::akash::testing::RECORDINGS;
use std::collections::BTreeMap;

struct Tenancy {
    id: LeaseId,
    price: i128,
    closed: bool,
    gone_at: u64,
}

struct Purse {
    denom: String,
    money: i128,
    paid_until: u64,
    had_lease: bool,
}

#[derive(Default)]
struct Bookkeeper {
    purses: BTreeMap<DeploymentId, Purse>,
    tenancies: Vec<Tenancy>,
    prices: BTreeMap<LeaseId, i128>,
    sums: BTreeMap<String, i128>,
}

impl Bookkeeper {
    fn open_prices(&self, deployment: &DeploymentId) -> i128 {
        let own = |t: &&Tenancy| !t.closed && t.id.order.group.deployment == *deployment;
        self.tenancies.iter().filter(own).map(|t| t.price).sum()
    }

    fn each_open(&mut self, deployment: &DeploymentId, mut run: impl FnMut(&mut Tenancy)) {
        let own = |t: &&mut Tenancy| !t.closed && t.id.order.group.deployment == *deployment;
        self.tenancies.iter_mut().filter(own).for_each(&mut run);
    }

    /// Pays block after block; when a block cannot be paid in full, all is over.
    fn pay(&mut self, deployment: &DeploymentId, height: u64) {
        let rate = self.open_prices(deployment);
        let purse = self.purses.get_mut(deployment).unwrap();
        let mut broke = false;
        while purse.paid_until < height {
            purse.paid_until += 1;
            if rate > 0 && purse.had_lease && !broke {
                if purse.money < rate {
                    (purse.money, broke) = (0, true);
                } else {
                    purse.money -= rate;
                }
            }
        }
        purse.had_lease = true;
        if broke {
            self.each_open(deployment, |tenancy| tenancy.closed = true);
        }
    }

    /// Counts the blocks that the money pays for, a started one included.
    fn predict(&mut self, deployment: &DeploymentId) {
        let rate = self.open_prices(deployment);
        if rate == 0 {
            return;
        }
        let purse = &self.purses[deployment];
        let (mut money, mut height) = (purse.money, purse.paid_until);
        while money > 0 && height < purse.paid_until + 2_000_000 {
            money -= rate;
            height += 1;
        }
        self.each_open(deployment, |tenancy| tenancy.gone_at = height);
    }

    fn close(&mut self, id: &LeaseId, height: u64) {
        let deployment = &id.order.group.deployment;
        if self.tenancies.iter().any(|t| t.id == *id && !t.closed) {
            self.pay(deployment, height);
            self.each_open(deployment, |t| t.closed |= t.id == *id);
            self.predict(deployment);
        }
    }

    fn message(&mut self, body: &MessageBody, height: u64) {
        match body {
            MessageBody::CreateDeployment { id, deposit, .. } => {
                let purse = Purse {
                    denom: deposit.amount.denom.clone(),
                    money: Dec::from_units(deposit.amount.amount).unwrap().scaled(),
                    paid_until: height,
                    had_lease: false,
                };
                self.purses.insert(id.clone(), purse);
            }
            MessageBody::CreateBid { id, price, .. } => {
                self.prices.insert(id.clone(), price.amount.scaled());
            }
            MessageBody::CreateLease { id } => {
                let deployment = &id.order.group.deployment;
                self.pay(deployment, height);
                let (id, price) = (id.clone(), self.prices[id]);
                self.tenancies.push(Tenancy {
                    id: id.clone(),
                    price,
                    closed: false,
                    gone_at: 0,
                });
                self.predict(&id.order.group.deployment);
            }
            MessageBody::WithdrawLease { id } => self.pay(&id.order.group.deployment, height),
            MessageBody::CloseLease { id, .. } | MessageBody::CloseBid { id, .. } => self.close(id, height),
            MessageBody::CloseDeployment { id } => {
                self.pay(id, height);
                self.each_open(id, |tenancy| tenancy.closed = true);
            }
            MessageBody::DepositDeployment { id, amount, .. } => self.deposit(id, amount.amount),
            MessageBody::AccountDeposit {
                scope, xid, deposit, ..
            } => {
                let (owner, dseq) = xid.split_once('/').unwrap();
                let (owner, dseq) = (owner.to_owned(), dseq.split('/').next().unwrap().parse().unwrap());
                assert_eq!(*scope, 1, "no recording deposits into a bid's account");
                self.deposit(&DeploymentId { owner, dseq }, deposit.amount.amount);
            }
            _ => {}
        }
    }

    fn deposit(&mut self, id: &DeploymentId, amount: i128) {
        self.purses.get_mut(id).unwrap().money += Dec::from_units(amount).unwrap().scaled();
        self.predict(id);
    }

    fn block(&mut self, block: &Block) {
        let height = block.header.height;
        for tx in block.txs.iter().filter(|tx| tx.succeeded()) {
            tx.messages
                .iter()
                .for_each(|message| self.message(&message.body, height));
            for event in &tx.events {
                if let EventBody::LeaseClosed { id, .. } = &event.body {
                    self.each_open(&id.order.group.deployment, |t| t.closed |= t.id == *id);
                }
            }
        }
        for tenancy in self.tenancies.iter().filter(|t| !t.closed && t.gone_at > height) {
            let denom = &self.purses[&tenancy.id.order.group.deployment].denom;
            *self.sums.entry(denom.clone()).or_default() += tenancy.price;
        }
    }

    /// The one migration of the recordings: both conversions fall into block 362, at 0.9 uact for a uakt.
    fn migrate(&mut self) {
        let ninetieths = |amount: &mut i128| *amount = *amount / 10 * 9 + *amount % 10 * 9 / 10;
        let mut bids = std::mem::take(&mut self.prices);
        for (id, purse) in &mut self.purses {
            let was_akt = purse.denom == "uakt";
            if was_akt {
                ninetieths(&mut purse.money);
                let own = |t: &&mut Tenancy| t.id.order.group.deployment == *id;
                self.tenancies
                    .iter_mut()
                    .filter(own)
                    .for_each(|t| ninetieths(&mut t.price));
                let own = |(bid, _): &(&LeaseId, &mut i128)| bid.order.group.deployment == *id;
                bids.iter_mut().filter(own).for_each(|(_, price)| ninetieths(price));
            }
            "uact".clone_into(&mut purse.denom);
        }
        self.prices = bids;
    }
}

fn spent(state: &State) -> BTreeMap<String, i128> {
    let spending = state.accrual.as_ref().unwrap().spending.iter();
    spending
        .map(|(denom, sums)| (denom.clone(), sums.spent.scaled()))
        .collect()
}

#[test]
fn the_books_equal_those_of_a_bookkeeper_who_walks_every_block() {
    for recording in RECORDINGS {
        let mut keeper = Bookkeeper::default();
        let end = replay(recording, |state: &State, block: &Block, _: &StateOutput| {
            keeper.block(block);
            assert_eq!(spent(state), keeper.sums, "{recording} at {}", state.height);
            if (recording, state.height) == ("akash-gridlocal-all", 362) {
                keeper.migrate();
            }
        });
        assert!(spent(&end).values().all(|sum| *sum > 0), "{recording}");
    }
}

/// A reader has the rows only: the newest row at or below a height gives the sum at that height.
#[test]
fn a_row_at_each_change_of_the_rate_tells_every_height() {
    for recording in RECORDINGS {
        let mut rows: BTreeMap<String, (u64, Spending)> = BTreeMap::new();
        let mut written = 0;
        replay(recording, |state, _, out| {
            let spending = &state.accrual.as_ref().unwrap().spending;
            for key in out.changed() {
                if let ObjectKey::AccruedSpend(denom) = key {
                    rows.insert(denom.clone(), (state.height, spending[denom]));
                    written += 1;
                }
            }
            for (denom, now) in spending {
                let (height, row) = &rows[denom];
                let blocks = i128::from(state.height - height);
                let told = row.spent.add(row.running.rate.mul_int(blocks).unwrap()).unwrap();
                assert_eq!(told, now.spent, "{recording} {denom} at {}", state.height);
                assert_eq!(row.running, now.running, "{recording} {denom} at {}", state.height);
            }
        });
        assert!(written > 20, "{recording}: {written}");
    }
}
