//! Protobuf parts to model parts.

use super::FieldError;
use crate::chain::akash::decode::text;
use crate::chain::akash::model::{
    Attribute, BidId, Coin, DecCoin, DeploymentId, Deposit, DepositSource, Endpoint, GroupId, GroupSpec, OrderId,
    ResourceOffer, ResourceUnit, Resources, Storage,
};
use crate::chain::akash::proto;

/// A part that must be there.
pub(in crate::chain::akash) fn need<T>(field: &'static str, part: Option<T>) -> Result<T, FieldError> {
    part.ok_or(FieldError::Missing(field))
}

pub(in crate::chain::akash) fn deployment_id(id: Option<proto::DeploymentId>) -> Result<DeploymentId, FieldError> {
    let id = need("id", id)?;
    Ok(DeploymentId {
        owner: id.owner,
        dseq: id.dseq,
    })
}

pub(in crate::chain::akash) fn group_id(id: Option<proto::GroupId>) -> Result<GroupId, FieldError> {
    let id = need("id", id)?;
    Ok(GroupId {
        deployment: DeploymentId {
            owner: id.owner,
            dseq: id.dseq,
        },
        gseq: id.gseq,
    })
}

pub(in crate::chain::akash) fn order_id(id: Option<proto::OrderId>) -> Result<OrderId, FieldError> {
    let id = need("order", id)?;
    let deployment = DeploymentId {
        owner: id.owner,
        dseq: id.dseq,
    };
    Ok(OrderId {
        group: GroupId {
            deployment,
            gseq: id.gseq,
        },
        oseq: id.oseq,
    })
}

pub(in crate::chain::akash) fn bid_id(id: Option<proto::BidId>) -> Result<BidId, FieldError> {
    let id = need("id", id)?;
    let deployment = DeploymentId {
        owner: id.owner,
        dseq: id.dseq,
    };
    let order = OrderId {
        group: GroupId {
            deployment,
            gseq: id.gseq,
        },
        oseq: id.oseq,
    };
    Ok(BidId {
        order,
        provider: id.provider,
        bseq: id.bseq,
    })
}

pub(in crate::chain::akash) fn coin(field: &'static str, coin: Option<proto::Coin>) -> Result<Coin, FieldError> {
    let coin = need(field, coin)?;
    Ok(Coin {
        denom: text::denom(field, &coin.denom)?,
        amount: text::amount(field, &coin.amount)?,
    })
}

pub(in crate::chain::akash) fn dec_coin(
    field: &'static str,
    coin: Option<proto::DecCoin>,
) -> Result<DecCoin, FieldError> {
    let coin = need(field, coin)?;
    Ok(DecCoin {
        denom: text::denom(field, &coin.denom)?,
        amount: text::decimal_wire(field, &coin.amount)?,
    })
}

pub(in crate::chain::akash) fn deposit(deposit: Option<proto::Deposit>) -> Result<Deposit, FieldError> {
    let deposit = need("deposit", deposit)?;
    let source = |number| match number {
        1 => DepositSource::Balance,
        2 => DepositSource::Grant,
        other => DepositSource::Other(other),
    };
    Ok(Deposit {
        amount: coin("deposit", deposit.amount)?,
        sources: deposit.sources.into_iter().map(source).collect(),
        depositor: None,
    })
}

/// The deposit of messages before v1.0.0.
pub(in crate::chain::akash) fn legacy_deposit(
    amount: Option<proto::Coin>,
    depositor: String,
) -> Result<Deposit, FieldError> {
    let depositor = (!depositor.is_empty()).then_some(depositor);
    Ok(Deposit {
        amount: coin("deposit", amount)?,
        sources: Vec::new(),
        depositor,
    })
}

/// Whole seconds of a duration; the chain accepts no negative one.
pub(in crate::chain::akash) fn seconds(
    field: &'static str,
    duration: Option<proto::Duration>,
) -> Result<Option<u64>, FieldError> {
    let whole = |duration: proto::Duration| {
        u64::try_from(duration.seconds)
            .map_err(|_| FieldError::invalid(field, "a duration from zero on", &duration.seconds.to_string()))
    };
    duration.map(whole).transpose()
}

pub(in crate::chain::akash) fn attributes(attributes: Vec<proto::Attribute>) -> Vec<Attribute> {
    attributes
        .into_iter()
        .map(|attribute| Attribute {
            key: attribute.key,
            value: attribute.value,
        })
        .collect()
}

/// Decimal digits in ASCII; absent means zero.
fn resource_value(field: &'static str, value: Option<proto::ResourceValue>) -> Result<u64, FieldError> {
    let Some(value) = value.filter(|value| !value.val.is_empty()) else {
        return Ok(0);
    };
    let digits =
        std::str::from_utf8(&value.val).map_err(|_| FieldError::invalid(field, "decimal digits", "(bytes)"))?;
    text::unsigned(field, digits)
}

fn quantity(field: &'static str, part: Option<proto::Quantity>) -> Result<(u64, Vec<Attribute>), FieldError> {
    let part = part.unwrap_or_default();
    Ok((resource_value(field, part.value)?, attributes(part.attributes)))
}

fn storage(storage: proto::Storage) -> Result<Storage, FieldError> {
    Ok(Storage {
        name: storage.name,
        bytes: resource_value("storage", storage.quantity)?,
        attributes: attributes(storage.attributes),
    })
}

pub(in crate::chain::akash) fn resources(resources: Option<proto::Resources>) -> Result<Resources, FieldError> {
    let resources = need("resources", resources)?;
    let (cpu_milli, cpu_attributes) = quantity("cpu", resources.cpu)?;
    let (memory_bytes, memory_attributes) = quantity("memory", resources.memory)?;
    let (gpu_units, gpu_attributes) = quantity("gpu", resources.gpu)?;
    let endpoint = |endpoint: proto::Endpoint| Endpoint {
        kind: endpoint.kind,
        sequence_number: endpoint.sequence_number,
    };
    Ok(Resources {
        id: resources.id,
        cpu_milli,
        cpu_attributes,
        memory_bytes,
        memory_attributes,
        storage: resources.storage.into_iter().map(storage).collect::<Result<_, _>>()?,
        gpu_units,
        gpu_attributes,
        endpoints: resources.endpoints.into_iter().map(endpoint).collect(),
    })
}

pub(in crate::chain::akash) fn group_spec(spec: proto::GroupSpec) -> Result<GroupSpec, FieldError> {
    let requirements = spec.requirements.unwrap_or_default();
    let signed_by = requirements.signed_by.unwrap_or_default();
    let unit = |unit: proto::ResourceUnit| -> Result<ResourceUnit, FieldError> {
        Ok(ResourceUnit {
            resources: resources(unit.resource)?,
            count: unit.count,
            price: dec_coin("price", unit.price)?,
        })
    };
    Ok(GroupSpec {
        name: spec.name,
        signed_by_all_of: signed_by.all_of,
        signed_by_any_of: signed_by.any_of,
        attributes: attributes(requirements.attributes),
        resources: spec.resources.into_iter().map(unit).collect::<Result<_, _>>()?,
    })
}

pub(in crate::chain::akash) fn offers(offers: Vec<proto::ResourceOffer>) -> Result<Vec<ResourceOffer>, FieldError> {
    let offer = |offer: proto::ResourceOffer| -> Result<ResourceOffer, FieldError> {
        Ok(ResourceOffer {
            resources: resources(offer.resources)?,
            count: offer.count,
        })
    };
    offers.into_iter().map(offer).collect()
}
