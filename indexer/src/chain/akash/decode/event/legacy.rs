//! Events before v1.0.0: one type `akash.v1`, told apart by `module` and `action`, all values plain.

use super::{Attributes, FieldError};
use crate::chain::akash::decode::text;
use crate::chain::akash::model::{BidId, DecCoin, DeploymentId, EventBody, GroupId, OrderId};

pub(super) fn body(attributes: &Attributes<'_, '_>) -> Result<EventBody, FieldError> {
    let module = attributes.first("module").unwrap_or_default();
    let action = attributes.first("action").unwrap_or_default();
    Ok(match (module, action) {
        ("deployment", "deployment-created") => EventBody::DeploymentCreated {
            id: deployment(attributes)?,
            hash: hash(attributes)?,
        },
        ("deployment", "deployment-updated") => EventBody::DeploymentUpdated {
            id: deployment(attributes)?,
            hash: hash(attributes)?,
        },
        ("deployment", "deployment-closed") => EventBody::DeploymentClosed {
            id: deployment(attributes)?,
        },
        ("deployment", "group-closed") => EventBody::GroupClosed { id: group(attributes)? },
        ("deployment", "group-paused") => EventBody::GroupPaused { id: group(attributes)? },
        ("deployment", "group-started") => EventBody::GroupStarted { id: group(attributes)? },
        ("market", "order-created") => EventBody::OrderCreated { id: order(attributes)? },
        ("market", "order-closed") => EventBody::OrderClosed { id: order(attributes)? },
        ("market", "bid-created") => EventBody::BidCreated {
            id: bid(attributes)?,
            price: price(attributes)?,
        },
        ("market", "bid-closed") => EventBody::BidClosed { id: bid(attributes)? },
        ("market", "lease-created") => EventBody::LeaseCreated {
            id: bid(attributes)?,
            price: price(attributes)?,
        },
        ("market", "lease-closed") => EventBody::LeaseClosed {
            id: bid(attributes)?,
            reason: String::new(),
        },
        ("provider", "provider-created") => EventBody::ProviderCreated {
            owner: owner(attributes)?,
        },
        ("provider", "provider-updated") => EventBody::ProviderUpdated {
            owner: owner(attributes)?,
        },
        ("provider", "provider-deleted") => EventBody::ProviderDeleted {
            owner: owner(attributes)?,
        },
        ("audit", "audit-trusted-auditor-created") => EventBody::AuditSigned {
            owner: owner(attributes)?,
            auditor: attributes.need("auditor")?.to_owned(),
        },
        ("audit", "audit-trusted-auditor-deleted") => EventBody::AuditDeleted {
            owner: owner(attributes)?,
            auditor: attributes.need("auditor")?.to_owned(),
        },
        _ => attributes.unknown("akash.v1"),
    })
}

fn owner(attributes: &Attributes<'_, '_>) -> Result<String, FieldError> {
    Ok(attributes.need("owner")?.to_owned())
}

fn deployment(attributes: &Attributes<'_, '_>) -> Result<DeploymentId, FieldError> {
    Ok(DeploymentId {
        owner: owner(attributes)?,
        dseq: text::unsigned("dseq", attributes.need("dseq")?)?,
    })
}

fn group(attributes: &Attributes<'_, '_>) -> Result<GroupId, FieldError> {
    let gseq = text::unsigned32("gseq", attributes.need("gseq")?)?;
    Ok(GroupId {
        deployment: deployment(attributes)?,
        gseq,
    })
}

fn order(attributes: &Attributes<'_, '_>) -> Result<OrderId, FieldError> {
    Ok(OrderId {
        group: group(attributes)?,
        oseq: text::unsigned32("oseq", attributes.need("oseq")?)?,
    })
}

fn bid(attributes: &Attributes<'_, '_>) -> Result<BidId, FieldError> {
    Ok(BidId {
        order: order(attributes)?,
        provider: attributes.need("provider")?.to_owned(),
        bseq: 0,
    })
}

fn price(attributes: &Attributes<'_, '_>) -> Result<DecCoin, FieldError> {
    text::dec_coin(
        "price-amount",
        attributes.need("price-denom")?,
        attributes.need("price-amount")?,
    )
}

fn hash(attributes: &Attributes<'_, '_>) -> Result<Vec<u8>, FieldError> {
    let version = attributes.need("version")?;
    hex::decode(version).map_err(|_| FieldError::invalid("version", "hex", version))
}
