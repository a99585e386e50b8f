//! v1.0.0: accounts and payments take their new shape one to one; leases gain a close reason.

use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{DecCoin, GroupSpec, Resources};
use crate::chain::akash::state::escrow::{Account, FundingSource, Source};
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::Machine;
use crate::chain::akash::state::market::{LeaseState, reason};

/// The name that every volume gets.
const VOLUME: &str = "default";

impl Machine<'_> {
    pub(super) fn upgrade_v1_0_0(&mut self) -> Result<(), Halt> {
        let accounts: Vec<_> = self.escrow.accounts.keys().cloned().collect();
        for id in accounts {
            let account = migrated(self.account(&id)?)?;
            self.put_account(&id, account);
        }
        self.rename_volumes()?;
        let leases: Vec<_> = self.market.leases.keys().cloned().collect();
        for id in leases {
            let mut lease = self.lease(&id)?;
            lease.reason_in_state = Some(match lease.state {
                LeaseState::Closed => reason::UNSPECIFIED,
                LeaseState::InsufficientFunds => reason::INSUFFICIENT_FUNDS,
                LeaseState::Active | LeaseState::Reclaiming => reason::INVALID,
            });
            self.put_lease(&id, lease);
        }
        Ok(())
    }

    /// The migration of the resources forgets the names of volumes and numbers the lines anew.
    fn rename_volumes(&mut self) -> Result<(), Halt> {
        let groups: Vec<_> = self.market.groups.keys().cloned().collect();
        for id in groups {
            let mut group = self.group(&id)?;
            migrate_spec(&mut group.spec);
            self.put_group(&id, group);
        }
        let orders: Vec<_> = self.market.orders.keys().cloned().collect();
        for id in orders {
            let mut order = self.order(&id)?;
            migrate_spec(&mut order.spec);
            self.put_order(&id, order);
        }
        let bids: Vec<_> = self.market.bids.keys().cloned().collect();
        for id in bids {
            let mut bid = self.bid(&id)?;
            bid.resources_offer
                .iter_mut()
                .for_each(|offer| rename(&mut offer.resources));
            self.put_bid(&id, bid);
        }
        Ok(())
    }
}

fn migrate_spec(spec: &mut GroupSpec) {
    for (id, unit) in (1..).zip(&mut spec.resources) {
        unit.resources.id = id;
        rename(&mut unit.resources);
    }
}

fn rename(resources: &mut Resources) {
    for volume in &mut resources.storage {
        VOLUME.clone_into(&mut volume.name);
    }
}

/// The depositor's part becomes a grant, the owner's a deposit of its own; both without a height.
fn migrated(mut account: Account) -> Result<Account, Halt> {
    let Some(legacy) = account.legacy.take() else {
        return Ok(account);
    };
    let coin = |amount| DecCoin {
        denom: legacy.denom.clone(),
        amount,
    };
    account.funds = vec![coin(legacy.balance.add(legacy.funds)?)];
    account.transferred = vec![coin(legacy.transferred)];
    let parts = [
        (&legacy.depositor, FundingSource::Grant, legacy.funds),
        (&account.owner, FundingSource::Balance, legacy.balance),
    ];
    let held = parts.into_iter().filter(|(_, _, amount)| *amount > Dec::ZERO);
    account.deposits = held
        .map(|(owner, source, amount)| Source {
            owner: owner.clone(),
            height: 0,
            source,
            balance: coin(amount),
        })
        .collect();
    Ok(account)
}
