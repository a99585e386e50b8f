//! Messages about bids, and the making of a lease.

use super::{Bid, BidState, GroupState, Hardware, Lease, LeaseState, OrderState, Reclamation, reason};
use crate::chain::akash::model::{BidId, Coin, OrderId, Version};
use crate::chain::akash::state::escrow::{AccountId, AccountState, PaymentId};
use crate::chain::akash::state::halt::{Halt, swallow};
use crate::chain::akash::state::machine::{Machine, bid_key, group_key, order_key};
use crate::chain::akash::state::output::Stranded;

/// The characters of bech32 in the order of their values.
const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

impl Machine<'_> {
    /// `MsgCreateBid`.
    pub(crate) fn create_bid(&mut self, id: &BidId, bid: Bid, deposit: &Coin) -> Result<(), Halt> {
        if self.order(&id.order)?.state != OrderState::Open {
            return Err(Halt::Refused(format!("order {} takes no bids", order_key(&id.order))));
        }
        if id.bseq != 0 || self.market.bids.contains_key(id) {
            return Err(Halt::Refused(format!(
                "bid {} exists already or has a number",
                bid_key(id)
            )));
        }
        self.announce("bid_created", bid_key(id), bid.price.amount.to_string());
        self.put_bid(id, bid);
        self.account_create(&AccountId::of_bid(id), &id.provider, None, deposit)
    }

    /// `MsgCloseBid`: an open bid is taken back; an active one takes its lease with it and pauses the group.
    pub(crate) fn close_bid(&mut self, id: &BidId, reason: i32) -> Result<(), Halt> {
        let bid = self.bid(id)?;
        if bid.state == BidState::Open {
            return self.on_bid_closed(id);
        }
        if bid.state != BidState::Active || self.lease(id)?.is_over() {
            return Err(Halt::Refused(format!("bid {} has no running lease", bid_key(id))));
        }
        self.set_group_paused(&id.order.group)?;
        self.on_lease_closed(id, LeaseState::Closed, reason)?;
        self.on_bid_closed(id)?;
        self.on_order_closed(&id.order)?;
        swallow(self.payment_close(&PaymentId::of_lease(id)))
    }

    /// `MsgCreateLease`: the payment begins, the other bids lose.
    pub(crate) fn create_lease(&mut self, id: &BidId) -> Result<(), Halt> {
        let (mut bid, mut order) = (self.bid(id)?, self.order(&id.order)?);
        let open = bid.state == BidState::Open && order.state == OrderState::Open;
        if !open || self.group(&id.order.group)?.state != GroupState::Open {
            return Err(Halt::Refused(format!(
                "bid, order or group of {} is not open",
                bid_key(id)
            )));
        }
        self.payment_create(&PaymentId::of_lease(id), &id.provider, &bid.price)?;
        self.announce("lease_created", bid_key(id), bid.price.amount.to_string());
        self.put_lease(id, self.new_lease(&bid));
        order.state = OrderState::Active;
        self.put_order(&id.order, order);
        bid.state = BidState::Active;
        self.put_bid(id, bid);
        self.lose_other_bids(&id.order)
    }

    fn new_lease(&self, bid: &Bid) -> Lease {
        let terms = |window_s| Reclamation {
            window_s,
            started_at: 0,
            deadline_unix_s: 0,
            reason: reason::INVALID,
        };
        Lease {
            state: LeaseState::Active,
            price: bid.price.clone(),
            created_at: self.block.height,
            created_time_ms: Some(self.block.time_unix_ms),
            closed_on: 0,
            reason: String::new(),
            reason_in_state: self.since(Version::V1_0).then_some(reason::INVALID),
            reclamation: bid.reclamation_window_s.map(terms),
            hardware: Hardware::default(),
        }
    }

    /// From v1.1.0 on the closing of a bid's account ends in an error after everything is stored, and
    /// the loop stops there: only the first losing bid gets its deposit back (akash.md 2.10.6).
    fn lose_other_bids(&mut self, order: &OrderId) -> Result<(), Halt> {
        for id in self.bids_in_store_order(order, BidState::Open) {
            let mut bid = self.bid(&id)?;
            bid.state = BidState::Lost;
            self.put_bid(&id, bid);
            match self.account_close(&AccountId::of_bid(&id)) {
                Err(Halt::Refused(_)) if self.since(Version::V1_1) => break,
                other => other?,
            }
        }
        self.note_stranded(order)
    }

    /// Bids of an order in one state, in the order of the store: by the address's bytes before v1.2.0, by
    /// its text from then on.
    pub(super) fn bids_in_store_order(&self, order: &OrderId, state: BidState) -> Vec<BidId> {
        let mut bids = self.market.bids_of(order, state);
        if !self.since(Version::V1_2) {
            bids.sort_by_cached_key(|bid| address_order(&bid.provider));
        }
        bids
    }

    fn note_stranded(&mut self, order: &OrderId) -> Result<(), Halt> {
        for bid in self.market.bids_of(order, BidState::Open) {
            let account = self.account(&AccountId::of_bid(&bid))?;
            let Some(funds) = account.funds.first().filter(|_| account.state == AccountState::Open) else {
                continue;
            };
            let deposit = Coin {
                denom: funds.denom.clone(),
                amount: funds.amount.trunc(),
            };
            self.market.stranded.insert(bid.clone(), deposit.clone());
            self.out.stranded.push(Stranded {
                place: self.place,
                bid,
                deposit,
                released: false,
            });
        }
        Ok(())
    }

    /// A bid closes and gets its deposit back; a lost or closed one is left alone.
    pub(crate) fn on_bid_closed(&mut self, id: &BidId) -> Result<(), Halt> {
        if self.set_bid_closed(id)? {
            swallow(self.account_close(&AccountId::of_bid(id)))?;
            self.announce("bid_closed", bid_key(id), String::new());
            self.release_stranded(id);
        }
        Ok(())
    }

    /// Moves a bid that is not over to `closed`; whether it was moved.
    fn set_bid_closed(&mut self, id: &BidId) -> Result<bool, Halt> {
        let mut bid = self.bid(id)?;
        if matches!(bid.state, BidState::Closed | BidState::Lost) {
            return Ok(false);
        }
        bid.state = BidState::Closed;
        self.put_bid(id, bid);
        Ok(true)
    }

    fn release_stranded(&mut self, id: &BidId) {
        if let Some(deposit) = self.market.stranded.remove(id) {
            self.out.stranded.push(Stranded {
                place: self.place,
                bid: id.clone(),
                deposit,
                released: true,
            });
        }
    }

    /// An order closes; a closed one is left alone.
    pub(crate) fn on_order_closed(&mut self, id: &OrderId) -> Result<(), Halt> {
        let mut order = self.order(id)?;
        if order.state != OrderState::Closed {
            order.state = OrderState::Closed;
            self.put_order(id, order);
            self.announce("order_closed", order_key(id), String::new());
        }
        Ok(())
    }

    /// `MsgCloseLease` by the tenant: the group goes on with a new order, if it is still open.
    pub(crate) fn close_lease(&mut self, id: &BidId) -> Result<(), Halt> {
        let (order, bid, lease) = (self.order(&id.order)?, self.bid(id)?, self.lease(id)?);
        if order.state != OrderState::Active || bid.state != BidState::Active || lease.is_over() {
            return Err(Halt::Refused(format!("lease {} is not running", bid_key(id))));
        }
        self.on_lease_closed(id, LeaseState::Closed, reason::OWNER)?;
        self.on_bid_closed(id)?;
        self.on_order_closed(&id.order)?;
        self.payment_close(&PaymentId::of_lease(id))?;
        let group = self.group(&id.order.group)?;
        if group.state != GroupState::Open {
            return Ok(());
        }
        let created = self.create_order(&id.order.group, group.spec, order.reclamation_min_window_s);
        created.map_err(|halt| match halt {
            Halt::Refused(what) => Halt::Refused(format!("{what}: group {}", group_key(&id.order.group))),
            other => other,
        })
    }
}

/// Sort key of an address by its raw bytes: the store before v1.2.0 writes their length first.
fn address_order(address: &str) -> (usize, Vec<u8>) {
    let data = address.rsplit_once('1').map_or(address, |(_, data)| data);
    let value = |c: u8| {
        BECH32
            .iter()
            .position(|known| *known == c)
            .and_then(|at| u8::try_from(at).ok())
    };
    (data.len(), data.bytes().map(|c| value(c).unwrap_or(u8::MAX)).collect())
}
