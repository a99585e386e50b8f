//! Messages of the deployment module.

use super::{FieldError, TypeName, convert};
use crate::chain::akash::model::{GroupSpec, MessageBody};
use crate::chain::akash::proto::{
    self, MsgCloseDeployment, MsgCreateDeployment, MsgCreateDeploymentV1Beta3, MsgDepositDeployment, MsgGroup,
    MsgUpdateDeployment,
};
use prost::Message as _;

/// Versions whose ids, and so all messages that hold little else, have the same layout.
const VERSIONS: [&str; 4] = ["v1beta1", "v1beta2", "v1beta3", "v1beta4"];

pub(super) fn body(name: TypeName<'_>, value: &[u8]) -> Result<Option<MessageBody>, FieldError> {
    if !VERSIONS.contains(&name.version) {
        return Ok(None);
    }
    Ok(Some(match (name.name, name.version) {
        ("MsgCreateDeployment", "v1beta4") => create(MsgCreateDeployment::decode(value)?)?,
        ("MsgCreateDeployment", "v1beta3") => create_v1beta3(MsgCreateDeploymentV1Beta3::decode(value)?)?,
        ("MsgUpdateDeployment", _) => {
            let message = MsgUpdateDeployment::decode(value)?;
            MessageBody::UpdateDeployment {
                id: convert::deployment_id(message.id)?,
                hash: message.hash,
            }
        }
        ("MsgCloseDeployment", _) => MessageBody::CloseDeployment {
            id: convert::deployment_id(MsgCloseDeployment::decode(value)?.id)?,
        },
        ("MsgDepositDeployment", _) => deposit(MsgDepositDeployment::decode(value)?)?,
        ("MsgCloseGroup", _) => MessageBody::CloseGroup {
            id: convert::group_id(MsgGroup::decode(value)?.id)?,
        },
        ("MsgPauseGroup", _) => MessageBody::PauseGroup {
            id: convert::group_id(MsgGroup::decode(value)?.id)?,
        },
        ("MsgStartGroup", _) => MessageBody::StartGroup {
            id: convert::group_id(MsgGroup::decode(value)?.id)?,
        },
        _ => return Ok(None),
    }))
}

fn groups(groups: Vec<proto::GroupSpec>) -> Result<Vec<GroupSpec>, FieldError> {
    groups.into_iter().map(convert::group_spec).collect()
}

fn create(message: MsgCreateDeployment) -> Result<MessageBody, FieldError> {
    let min_window = message.reclamation.and_then(|reclamation| reclamation.min_window);
    Ok(MessageBody::CreateDeployment {
        id: convert::deployment_id(message.id)?,
        groups: groups(message.groups)?,
        hash: message.hash,
        deposit: convert::deposit(message.deposit)?,
        reclamation_min_window_s: convert::seconds("reclamation.min_window", min_window)?,
    })
}

fn create_v1beta3(message: MsgCreateDeploymentV1Beta3) -> Result<MessageBody, FieldError> {
    Ok(MessageBody::CreateDeployment {
        id: convert::deployment_id(message.id)?,
        groups: groups(message.groups)?,
        hash: message.version,
        deposit: convert::legacy_deposit(message.deposit, message.depositor)?,
        reclamation_min_window_s: None,
    })
}

fn deposit(message: MsgDepositDeployment) -> Result<MessageBody, FieldError> {
    let id = convert::deployment_id(message.id)?;
    // v1beta1 has no depositor: the owner pays.
    let depositor = if message.depositor.is_empty() {
        id.owner.clone()
    } else {
        message.depositor
    };
    Ok(MessageBody::DepositDeployment {
        id,
        amount: convert::coin("amount", message.amount)?,
        depositor,
    })
}
