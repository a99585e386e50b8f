//! Typed events of Akash (v1.0.0 and later): each field is an attribute whose value is its JSON.

use super::{Attributes, FieldError, kinds};
use crate::chain::akash::decode::text;
use crate::chain::akash::decode::wire::Text;
use crate::chain::akash::model::{BidId, DecCoin, DeploymentId, EventBody, GroupId, OrderId};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::fmt;

/// Nothing where the type is not one of ours, or of a version that this decoder does not know.
pub(super) fn body(kind: &str, attributes: &Attributes<'_, '_>) -> Result<Option<EventBody>, FieldError> {
    let id = || attributes.json::<Id<'_>>("id");
    Ok(Some(match kind {
        "akash.deployment.v1.EventDeploymentCreated" => EventBody::DeploymentCreated {
            id: id()?.deployment()?,
            hash: attributes.bytes("hash")?,
        },
        "akash.deployment.v1.EventDeploymentUpdated" => EventBody::DeploymentUpdated {
            id: id()?.deployment()?,
            hash: attributes.bytes("hash")?,
        },
        "akash.deployment.v1.EventDeploymentClosed" => EventBody::DeploymentClosed {
            id: id()?.deployment()?,
        },
        "akash.deployment.v1.EventGroupStarted" => EventBody::GroupStarted { id: id()?.group()? },
        "akash.deployment.v1.EventGroupPaused" => EventBody::GroupPaused { id: id()?.group()? },
        "akash.deployment.v1.EventGroupClosed" => EventBody::GroupClosed { id: id()?.group()? },
        "akash.market.v1.EventOrderCreated" => EventBody::OrderCreated { id: id()?.order()? },
        "akash.market.v1.EventOrderClosed" => EventBody::OrderClosed { id: id()?.order()? },
        "akash.market.v1.EventBidCreated" => EventBody::BidCreated {
            id: id()?.bid()?,
            price: price(attributes)?,
        },
        "akash.market.v1.EventBidClosed" => EventBody::BidClosed { id: id()?.bid()? },
        "akash.market.v1.EventLeaseCreated" => EventBody::LeaseCreated {
            id: id()?.bid()?,
            price: price(attributes)?,
        },
        "akash.market.v1.EventLeaseClosed" => EventBody::LeaseClosed {
            id: id()?.bid()?,
            reason: reason(attributes)?,
        },
        "akash.market.v1.EventLeaseReclaimStarted" => EventBody::LeaseReclaimStarted {
            id: id()?.bid()?,
            reason: reason(attributes)?,
            deadline_unix_s: attributes.signed("deadline")?,
        },
        "akash.provider.v1beta4.EventProviderCreated" => EventBody::ProviderCreated {
            owner: attributes.string("owner")?,
        },
        "akash.provider.v1beta4.EventProviderUpdated" => EventBody::ProviderUpdated {
            owner: attributes.string("owner")?,
        },
        "akash.provider.v1beta4.EventProviderDeleted" => EventBody::ProviderDeleted {
            owner: attributes.string("owner")?,
        },
        "akash.audit.v1.EventTrustedAuditorCreated" => EventBody::AuditSigned {
            owner: attributes.string("owner")?,
            auditor: attributes.string("auditor")?,
        },
        "akash.audit.v1.EventTrustedAuditorDeleted" => EventBody::AuditDeleted {
            owner: attributes.string("owner")?,
            auditor: attributes.string("auditor")?,
        },
        _ => {
            let kept = kinds::kept(kind);
            return Ok(kept.map(|(package, name)| EventBody::Typed {
                package,
                name: name.to_owned(),
                fields: attributes.fields(),
            }));
        }
    }))
}

/// Any of the ids; 64-bit numbers come as text, smaller ones as numbers.
#[derive(Deserialize)]
struct Id<'a> {
    #[serde(borrow)]
    owner: Text<'a>,
    dseq: Number,
    gseq: Option<u32>,
    oseq: Option<u32>,
    #[serde(borrow)]
    provider: Option<Text<'a>>,
    bseq: Option<u32>,
}

/// A whole number, written as a number or as digits in a string.
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an unsigned 64-bit number")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number))
            }
            fn visit_str<E: de::Error>(self, digits: &str) -> Result<Number, E> {
                text::unsigned("number", digits).map(Number).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(NumberVisitor)
    }
}

impl Id<'_> {
    fn deployment(&self) -> Result<DeploymentId, FieldError> {
        Ok(DeploymentId {
            owner: self.owner.to_string(),
            dseq: self.dseq.0,
        })
    }

    fn group(&self) -> Result<GroupId, FieldError> {
        Ok(GroupId {
            deployment: self.deployment()?,
            gseq: self.gseq.ok_or(FieldError::Missing("gseq"))?,
        })
    }

    fn order(&self) -> Result<OrderId, FieldError> {
        Ok(OrderId {
            group: self.group()?,
            oseq: self.oseq.ok_or(FieldError::Missing("oseq"))?,
        })
    }

    fn bid(&self) -> Result<BidId, FieldError> {
        let provider = self
            .provider
            .as_ref()
            .ok_or(FieldError::Missing("provider"))?
            .to_string();
        Ok(BidId {
            order: self.order()?,
            provider,
            bseq: self.bseq.unwrap_or(0),
        })
    }
}

#[derive(Deserialize)]
struct Price<'a> {
    #[serde(borrow)]
    denom: Text<'a>,
    amount: Text<'a>,
}

fn price(attributes: &Attributes<'_, '_>) -> Result<DecCoin, FieldError> {
    let price: Price<'_> = attributes.json("price")?;
    text::dec_coin("price", &price.denom, &price.amount)
}

/// The enum's name; a number that the enum lacks comes as a JSON number.
fn reason(attributes: &Attributes<'_, '_>) -> Result<String, FieldError> {
    attributes.string("reason")
}
