//! What a kind of network does not have on its chain: the fields that are null there, each with the reason.
//!
//! One table decides both what a field answers and what `networks { notOnChain }` lists, so that the two agree.

use async_graphql::{ComplexObject, SimpleObject};

use super::error::ApiError;
use crate::state::{Kind, NetworkDescriptor};

/// A field of this API that is null on a network, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
#[graphql(name = "NotOnChain")]
pub(crate) struct NotOnChain {
    /// The field: of the query, or `Type.field`.
    field: &'static str,
    /// Why there is no answer, and what to ask instead.
    reason: &'static str,
}

const RENDER_LEASES: &str = "Render has no on-chain leases: jobs are agreed, run and priced off chain, and only movements of the RENDER token are on \
     Solana; ask settlements and workPeriods";
const RENDER_GPUS: &str =
    "Render does not put GPUs on chain: neither model, hours, utilisation nor node is named there";
const RENDER_PROVIDER: &str = "Render has no register of providers: a provider is the owner of a token account that a payout wallet paid, and nothing \
     else about it is on chain";

/// Why nothing is observed of Render's providers.
pub(crate) const RENDER_STATUS: &str = "Render's nodes have no public status: what they have and whether they run is known to their operators and OTOY only";

/// What Render lacks.
const RENDER: &[(&str, &str)] = &[
    ("leases", RENDER_LEASES),
    ("lease", RENDER_LEASES),
    ("activeLeases", RENDER_LEASES),
    (
        "activeProviders",
        "Render has no providers that hold leases at a moment: payments arrive once per weekly epoch; ask providers and the \
         recipients of renderEpochs",
    ),
    (
        "revenue",
        "Render has no payouts of leases: what its users paid shows as RENDER burned out of burn wallets, and the fee that is \
         taken before the burn is not on chain; ask settlements and the burned of renderEpochs",
    ),
    ("hyperscalerDiscount", RENDER_GPUS),
    ("accruedSpend", RENDER_LEASES),
    ("Provider.hostUri", RENDER_PROVIDER),
    ("Provider.email", RENDER_PROVIDER),
    ("Provider.website", RENDER_PROVIDER),
    ("Provider.createdHeight", RENDER_PROVIDER),
    ("Provider.attributes", RENDER_PROVIDER),
    ("Provider.auditedBy", RENDER_PROVIDER),
    ("Provider.activeLeases", RENDER_LEASES),
    ("Provider.leasedGpus", RENDER_GPUS),
    ("Provider.inventory", RENDER_STATUS),
    ("Provider.gpus", RENDER_STATUS),
    ("Provider.uptime", RENDER_STATUS),
    ("Provider.checks", RENDER_STATUS),
];

const AKASH_BURNS: &str = "Akash settles each lease out of its escrow account, not by burns in batches; ask revenue";
const AKASH_PERIODS: &str = "Akash pays providers lease by lease, not by weekly epoch; ask revenue and leases";
const AKASH_TOKEN: &str =
    "Akash's index holds leases and escrow, not every movement of a token; ask revenue, and the metric token_supply";

/// What Akash lacks.
const AKASH: &[(&str, &str)] = &[
    ("settlements", AKASH_BURNS),
    ("burnReconciliation", AKASH_BURNS),
    ("workPeriods", AKASH_PERIODS),
    ("renderEpochs", AKASH_PERIODS),
    ("tokenEvents", AKASH_TOKEN),
    ("balance", AKASH_TOKEN),
    ("audits", AKASH_TOKEN),
    ("Provider.firstPaidEpoch", AKASH_PERIODS),
    ("Provider.lastPaidEpoch", AKASH_PERIODS),
    ("Provider.epochsPaid", AKASH_PERIODS),
    ("Provider.paid", AKASH_PERIODS),
    ("Provider.payouts", AKASH_PERIODS),
    ("Provider.accounts", AKASH_PERIODS),
];

fn table(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Akash => AKASH,
        Kind::Render => RENDER,
    }
}

/// Refuses `field` on a network whose kind does not have it.
pub(crate) fn check(network: &NetworkDescriptor, field: &'static str) -> Result<Kind, ApiError> {
    let kind = Kind::of(&network.kind).ok_or_else(|| ApiError::UnknownKind {
        network: network.name.clone(),
    })?;
    match table(kind).iter().find(|(known, _)| *known == field) {
        None => Ok(kind),
        Some((_, reason)) => Err(ApiError::NotOnChain {
            network: network.name.clone(),
            field,
            reason,
        }),
    }
}

#[ComplexObject]
impl NetworkDescriptor {
    /// The fields of this API that are null on this network, because its chain has no such thing, each with the reason.
    async fn not_on_chain(&self) -> Vec<NotOnChain> {
        let rows = Kind::of(&self.kind).map_or(&[][..], table);
        rows.iter()
            .map(|&(field, reason)| NotOnChain { field, reason })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    /// `Type.field` and `Query.field` of each object in the committed schema.
    fn fields() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut kind = String::new();
        for line in crate::sdl().lines() {
            if let Some(rest) = line.strip_prefix("type ") {
                kind = rest.split_whitespace().next().unwrap().to_owned();
            } else if let Some((field, _)) = line.trim().split_once([':', '(']) {
                found.insert(format!("{kind}.{field}"));
            }
        }
        found
    }

    #[test]
    fn every_field_that_is_said_to_be_missing_is_a_field_of_this_api() {
        let fields = fields();
        for (field, reason) in AKASH.iter().chain(RENDER) {
            let full = if field.contains('.') {
                (*field).to_owned()
            } else {
                format!("Query.{field}")
            };
            assert!(fields.contains(&full), "{full}");
            assert!(reason.len() > 40 && !reason.contains("  "), "{field}: {reason}");
        }
    }

    #[test]
    fn no_field_is_missing_on_every_kind_of_network() {
        for (field, _) in RENDER {
            assert!(
                AKASH.iter().all(|(other, _)| other != field),
                "{field} could never answer"
            );
        }
    }
}
