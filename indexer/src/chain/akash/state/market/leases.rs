//! Messages about leases, and their closing.

use super::{LeaseState, reason};
use crate::chain::akash::model::{BidId, Version};
use crate::chain::akash::state::escrow::PaymentId;
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::{Machine, bid_key};

impl Machine<'_> {
    /// `MsgWithdrawLease`.
    pub(crate) fn withdraw_lease(&mut self, id: &BidId) -> Result<(), Halt> {
        self.lease(id)?;
        self.payment_withdraw(&PaymentId::of_lease(id))
    }

    /// `MsgLeaseStartReclaim` (v2.1.0+): the window begins; the lease goes on paying.
    pub(crate) fn start_reclaim(&mut self, id: &BidId, reason: i32) -> Result<(), Halt> {
        let mut lease = self.lease(id)?;
        let fresh = lease.reclamation.as_mut().filter(|terms| terms.started_at == 0);
        let Some(terms) = fresh.filter(|_| lease.state == LeaseState::Active) else {
            return Err(Halt::Refused(format!("lease {} cannot be reclaimed", bid_key(id))));
        };
        let window_s = i64::try_from(terms.window_s).unwrap_or(i64::MAX);
        terms.started_at = self.block.height;
        terms.deadline_unix_s = self.block.time_unix_s.saturating_add(window_s);
        terms.reason = reason;
        let detail = format!("{} {}", reason::name(reason), terms.deadline_unix_s);
        lease.state = LeaseState::Reclaiming;
        self.put_lease(id, lease);
        self.announce("lease_reclaim_started", bid_key(id), detail);
        Ok(())
    }

    /// A lease closes once. The reason is stored from v1.2.0 on; the event says it from v1.0.0 on.
    pub(crate) fn on_lease_closed(&mut self, id: &BidId, state: LeaseState, reason: i32) -> Result<(), Halt> {
        let mut lease = self.lease(id)?;
        if lease.is_over() {
            return Ok(());
        }
        lease.state = state;
        lease.closed_on = self.block.height;
        if self.since(Version::V1_0) {
            lease.reason = reason::name(reason);
        }
        if self.since(Version::V1_2) {
            lease.reason_in_state = Some(reason);
        }
        self.announce("lease_closed", bid_key(id), lease.reason.clone());
        self.put_lease(id, lease);
        Ok(())
    }
}
