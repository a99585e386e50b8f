//! A state that begins in the middle of a chain: what the answers of a node leave to be derived, and a row for each
//! object.

use super::escrow::{AccountId, AccountState, Escrow, Scope};
use super::ledger::{Ledger, LedgerStart};
use super::market::{BidState, DeploymentState, Market};
use super::output::{ObjectKey, StateOutput, Stranded};
use super::rows::StrandedDepositRow;
use super::upgrades::{UACT, UAKT, price_denom};
use super::{ChainRules, Place, State};
use crate::chain::akash::accrual::Accrual;
use crate::chain::akash::model::{BidId, Coin, DeploymentId, OrderId, Version};
use gridproof_store::batch::{Batch, Identity};
use gridproof_store::row_binary::EncodeError;
use std::collections::{BTreeMap, BTreeSet};

/// The objects of one height.
#[derive(Debug)]
pub(in crate::chain::akash) struct StateStart {
    /// Versions of the chain.
    pub(in crate::chain::akash) rules: ChainRules,
    /// The height.
    pub(in crate::chain::akash) height: u64,
    /// Market; hardware, stranded deposits and waiting deployments are derived.
    pub(in crate::chain::akash) market: Market,
    /// Escrow.
    pub(in crate::chain::akash) escrow: Escrow,
    /// Everything else.
    pub(in crate::chain::akash) ledger: LedgerStart,
}

impl State {
    /// The state that goes on from these objects.
    pub(in crate::chain::akash) fn started(start: StateStart) -> Self {
        let bme_halted = start.ledger.bme.halted;
        let mut state = Self {
            rules: start.rules,
            height: start.height,
            market: start.market,
            escrow: start.escrow,
            ledger: Ledger::started(start.ledger),
            bme_halted,
            accrual: None,
        };
        state.market.stranded = stranded(&state.market, &state.escrow);
        state.market.waiting = state.waiting();
        state.resolve_all_hardware();
        // Numbers that leave the range stop the first step, which tries again and says so.
        state.accrual = Accrual::begun_with(&state).ok();
        state
    }

    /// Deployments that v2.0.0 still has to reprice: older than the upgrade, in uakt, and active when it ran. Those that
    /// closed since then, with their account, stay on the chain's list to no effect, and are left out here.
    fn waiting(&self) -> BTreeSet<DeploymentId> {
        if self.version() != Version::V2_0 {
            return BTreeSet::new();
        }
        let upgrades = self.rules.upgrades.iter();
        let Some(ran_at) = upgrades
            .filter(|(version, _)| *version == Version::V2_0)
            .map(|(_, at)| *at)
            .next()
        else {
            return BTreeSet::new();
        };
        let deployments = self.market.deployments.iter().filter(|(id, deployment)| {
            let account = self.escrow.accounts.get(&AccountId::of_deployment(id));
            let unfinished = account.filter(|account| account.state != AccountState::Closed);
            // The prices of a closed group stay in uakt; the line of uact shows that its account was repriced.
            let unfinished = unfinished.filter(|account| !account.transferred.iter().any(|line| line.denom == UACT));
            // One that ran dry while it waited was settled then; one from before was not active any more.
            let was_active = deployment.state == DeploymentState::Active
                || unfinished.is_some_and(|account| account.settled_at >= ran_at);
            deployment.created_at < ran_at
                && unfinished.is_some()
                && was_active
                && price_denom(&self.market, id).as_deref() == Some(UAKT)
        });
        deployments.map(|(id, _)| id.clone()).collect()
    }

    /// Writes a row for every object, in key order, and for every deposit that lies stranded.
    pub(in crate::chain::akash) fn write_start(&self, time_ms: i64, batch: &mut Batch) -> Result<(), EncodeError> {
        let mut next = 0_i32;
        let mut identity = || {
            let event_index = next;
            next = next.saturating_add(1);
            Identity {
                height: self.height,
                block_time_ms: time_ms,
                tx_index: Identity::SNAPSHOT,
                msg_index: -1,
                event_index,
            }
        };
        let (market, escrow) = (&self.market, &self.escrow);
        let keys = market.deployments.keys().cloned().map(ObjectKey::Deployment);
        let keys = keys.chain(market.groups.keys().cloned().map(ObjectKey::Group));
        let keys = keys.chain(market.orders.keys().cloned().map(ObjectKey::Order));
        let keys = keys.chain(market.bids.keys().cloned().map(ObjectKey::Bid));
        let keys = keys.chain(market.leases.keys().cloned().map(ObjectKey::Lease));
        let keys = keys.chain(escrow.accounts.keys().cloned().map(ObjectKey::EscrowAccount));
        for key in keys.chain(escrow.payments.keys().cloned().map(ObjectKey::EscrowPayment)) {
            self.push_object(&key, &identity(), batch)?;
        }
        let mut rest = StateOutput::default();
        self.ledger.mark_all(&mut rest);
        let funded = escrow.accounts.keys().filter(|id| id.scope == Scope::Deployment);
        funded.for_each(|id| rest.mark(ObjectKey::EscrowFunding(id.clone())));
        let denoms = self.accrual.iter().flat_map(|books| books.spending.keys());
        denoms.for_each(|denom| rest.mark(ObjectKey::AccruedSpend(denom.clone())));
        for key in rest.changed() {
            self.push_object(key, &identity(), batch)?;
        }
        for (bid, deposit) in &market.stranded {
            let begun = Stranded {
                place: Place::End,
                bid: bid.clone(),
                deposit: deposit.clone(),
                released: false,
            };
            batch.push(&identity(), &StrandedDepositRow::from(&begun))?;
        }
        Ok(())
    }
}

/// Deposits of losing bids that the chain left open: an order gets one lease, and takes no bid afterwards, so whatever is
/// open beside a lease has lost.
fn stranded(market: &Market, escrow: &Escrow) -> BTreeMap<BidId, Coin> {
    let leased: BTreeSet<&OrderId> = market.leases.keys().map(|lease| &lease.order).collect();
    let open = market.bids.iter().filter(|(_, bid)| bid.state == BidState::Open);
    let lost = open.filter(|(id, _)| leased.contains(&id.order));
    let deposit = |(id, _): (&BidId, _)| {
        let account = escrow.accounts.get(&AccountId::of_bid(id));
        let funds = account
            .filter(|account| account.state == AccountState::Open)?
            .funds
            .first()?;
        let deposit = Coin {
            denom: funds.denom.clone(),
            amount: funds.amount.trunc(),
        };
        Some((id.clone(), deposit))
    };
    lost.filter_map(deposit).collect()
}
