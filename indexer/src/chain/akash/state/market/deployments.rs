//! Messages about deployments and groups, and the creation of orders.

use super::{Deployment, DeploymentState, Group, GroupState, Order, OrderState};
use crate::chain::akash::model::{DeploymentId, Deposit, GroupId, GroupSpec, OrderId};
use crate::chain::akash::state::escrow::AccountId;
use crate::chain::akash::state::halt::Halt;
use crate::chain::akash::state::machine::{Machine, deployment_key, group_key, order_key};

impl Machine<'_> {
    /// `MsgCreateDeployment`: groups with numbers from 1, an open order for each, the account.
    pub(crate) fn create_deployment(
        &mut self,
        id: &DeploymentId,
        groups: &[GroupSpec],
        hash: &[u8],
        deposit: &Deposit,
        reclamation_min_window_s: Option<u64>,
    ) -> Result<(), Halt> {
        if self.market.deployments.contains_key(id) {
            return Err(Halt::Refused(format!(
                "deployment {} exists already",
                deployment_key(id)
            )));
        }
        let created_at = self.block.height;
        let state = DeploymentState::Active;
        self.put_deployment(
            id,
            Deployment {
                state,
                hash: hash.to_vec(),
                created_at,
                reclamation_min_window_s,
            },
        );
        self.announce("deployment_created", deployment_key(id), String::new());
        for (gseq, spec) in (1..).zip(groups) {
            let group_id = GroupId {
                deployment: id.clone(),
                gseq,
            };
            self.put_group(
                &group_id,
                Group {
                    state: GroupState::Open,
                    spec: spec.clone(),
                    created_at,
                },
            );
            self.create_order(&group_id, spec.clone(), reclamation_min_window_s)?;
        }
        let depositor = deposit.depositor.as_deref().filter(|depositor| !depositor.is_empty());
        self.account_create(&AccountId::of_deployment(id), &id.owner, depositor, &deposit.amount)
    }

    /// `MsgUpdateDeployment`: the manifest hash.
    pub(crate) fn update_deployment(&mut self, id: &DeploymentId, hash: &[u8]) -> Result<(), Halt> {
        let mut deployment = self.active_deployment(id)?;
        deployment.hash = hash.to_vec();
        self.put_deployment(id, deployment);
        self.announce("deployment_updated", deployment_key(id), String::new());
        Ok(())
    }

    /// `MsgCloseDeployment`: the account is closed, the hooks do the rest.
    pub(crate) fn close_deployment(&mut self, id: &DeploymentId) -> Result<(), Halt> {
        self.active_deployment(id)?;
        self.account_close(&AccountId::of_deployment(id))
    }

    fn active_deployment(&self, id: &DeploymentId) -> Result<Deployment, Halt> {
        let deployment = self.deployment(id)?;
        if deployment.state != DeploymentState::Active {
            return Err(Halt::Refused(format!("deployment {} is closed", deployment_key(id))));
        }
        Ok(deployment)
    }

    /// `MsgCloseGroup`.
    pub(crate) fn close_group(&mut self, id: &GroupId) -> Result<(), Halt> {
        if self.group(id)?.state == GroupState::Closed {
            return Err(Halt::Refused(format!("group {} is closed already", group_key(id))));
        }
        self.set_group_closed(id, GroupState::Closed)?;
        self.on_group_closed(id, GroupState::Closed)
    }

    /// `MsgPauseGroup`.
    pub(crate) fn pause_group(&mut self, id: &GroupId) -> Result<(), Halt> {
        if matches!(self.group(id)?.state, GroupState::Closed | GroupState::Paused) {
            return Err(Halt::Refused(format!("group {} cannot be paused", group_key(id))));
        }
        self.set_group_paused(id)?;
        self.on_group_closed(id, GroupState::Paused)
    }

    /// `MsgStartGroup`: open again, with a new order.
    pub(crate) fn start_group(&mut self, id: &GroupId) -> Result<(), Halt> {
        let mut group = self.group(id)?;
        if matches!(group.state, GroupState::Closed | GroupState::Open) {
            return Err(Halt::Refused(format!("group {} cannot be started", group_key(id))));
        }
        group.state = GroupState::Open;
        let spec = group.spec.clone();
        self.put_group(id, group);
        self.announce("group_started", group_key(id), String::new());
        let reclamation = self.deployment(&id.deployment)?.reclamation_min_window_s;
        self.create_order(id, spec, reclamation)
    }

    /// Pauses a group, whatever its state.
    pub(crate) fn set_group_paused(&mut self, id: &GroupId) -> Result<(), Halt> {
        let mut group = self.group(id)?;
        group.state = GroupState::Paused;
        self.put_group(id, group);
        self.announce("group_paused", group_key(id), String::new());
        Ok(())
    }

    /// Closes a group for good, or for want of money.
    pub(crate) fn set_group_closed(&mut self, id: &GroupId, state: GroupState) -> Result<(), Halt> {
        let mut group = self.group(id)?;
        group.state = state;
        self.put_group(id, group);
        self.announce("group_closed", group_key(id), String::new());
        Ok(())
    }

    /// A new open order; refused while the group has one that is not closed.
    pub(crate) fn create_order(
        &mut self,
        id: &GroupId,
        spec: GroupSpec,
        reclamation_min_window_s: Option<u64>,
    ) -> Result<(), Halt> {
        for state in [OrderState::Active, OrderState::Open] {
            if !self.market.orders_of(id, state).is_empty() {
                return Err(Halt::Refused(format!("group {} still has an order", group_key(id))));
            }
        }
        let closed = self.market.orders_of(id, OrderState::Closed).len();
        let oseq = u32::try_from(closed + 1).map_err(|_| Halt::Impossible("too many orders in a group".into()))?;
        let order_id = OrderId {
            group: id.clone(),
            oseq,
        };
        let created_at = self.block.height;
        self.announce("order_created", order_key(&order_id), String::new());
        self.put_order(
            &order_id,
            Order {
                state: OrderState::Open,
                spec,
                created_at,
                reclamation_min_window_s,
            },
        );
        Ok(())
    }
}
