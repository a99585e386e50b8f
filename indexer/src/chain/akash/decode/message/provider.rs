//! Messages of the provider and audit modules; their layout is the same in every version.

use super::{FieldError, TypeName, convert};
use crate::chain::akash::model::{MessageBody, ProviderRecord};
use crate::chain::akash::proto::{
    MsgDeleteProvider, MsgDeleteProviderAttributes, MsgProvider, MsgSignProviderAttributes,
};
use prost::Message as _;

const VERSIONS: [&str; 5] = ["v1beta1", "v1beta2", "v1beta3", "v1beta4", "v1"];

pub(super) fn body(name: TypeName<'_>, value: &[u8]) -> Result<Option<MessageBody>, FieldError> {
    if !VERSIONS.contains(&name.version) {
        return Ok(None);
    }
    Ok(Some(match (name.module, name.name) {
        ("akash.provider", "MsgCreateProvider") => MessageBody::CreateProvider(record(value)?),
        ("akash.provider", "MsgUpdateProvider") => MessageBody::UpdateProvider(record(value)?),
        ("akash.provider", "MsgDeleteProvider") => MessageBody::DeleteProvider {
            owner: MsgDeleteProvider::decode(value)?.owner,
        },
        ("akash.audit", "MsgSignProviderAttributes") => {
            let message = MsgSignProviderAttributes::decode(value)?;
            let attributes = convert::attributes(message.attributes);
            MessageBody::SignAttributes {
                owner: message.owner,
                auditor: message.auditor,
                attributes,
            }
        }
        ("akash.audit", "MsgDeleteProviderAttributes") => {
            let message = MsgDeleteProviderAttributes::decode(value)?;
            MessageBody::DeleteAttributes {
                owner: message.owner,
                auditor: message.auditor,
                keys: message.keys,
            }
        }
        _ => return Ok(None),
    }))
}

fn record(value: &[u8]) -> Result<ProviderRecord, FieldError> {
    let message = MsgProvider::decode(value)?;
    let info = message.info.unwrap_or_default();
    Ok(ProviderRecord {
        owner: message.owner,
        host_uri: message.host_uri,
        attributes: convert::attributes(message.attributes),
        email: info.email,
        website: info.website,
    })
}
