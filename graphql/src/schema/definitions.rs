//! What each metric means. One text per metric, shown by the API and by the page.

use super::evidence::Evidence;

/// A metric's meaning.
pub(crate) struct Definition {
    /// What it is and how it is computed.
    pub(crate) text: &'static str,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What its sample size counts.
    pub(crate) sample: &'static str,
    /// How we know it.
    pub(crate) evidence: Evidence,
}

/// Every definition with the field of the API that it explains.
pub(crate) const ALL: [(&str, &Definition); 5] = [
    ("activeLeases", &ACTIVE_LEASES),
    ("activeProviders", &ACTIVE_PROVIDERS),
    ("revenue", &REVENUE),
    ("leases", &LEASES),
    ("providers", &PROVIDERS),
];

/// Active leases over time.
pub(crate) const ACTIVE_LEASES: Definition = Definition {
    text: "Leases that exist at the end of the bucket: created at or before it and not closed at or before it, whoever \
           closed them and why. A lease whose reclamation has begun still runs and counts. Leases whose funds are used \
           up count until the chain closes them. The last bucket ends at the newest block.",
    unit: "leases",
    sample: "leases that were active at some moment of the range",
    evidence: Evidence::Onchain,
};

/// Providers over time.
pub(crate) const ACTIVE_PROVIDERS: Definition = Definition {
    text: "Providers that hold at least one active lease at the end of the bucket. Registered providers are those \
           on the chain's list, used or not. Both come from the chain alone: whether a provider's machines \
           answer is not part of them.",
    unit: "providers",
    sample: "providers that appear in the range",
    evidence: Evidence::Onchain,
};

/// Revenue over time.
pub(crate) const REVENUE: Definition = Definition {
    text: "What tenants' escrow accounts paid out for leases in the bucket, by denomination, at the block that moved \
           the money. Gross is what left escrow (fees), the take fee is the protocol's share (revenue in the sense of \
           protocol income; none since v2.0.0), net is what providers received (supply-side fees). \
           gross = takeFee + net. Deposits, refunds and migrations are not revenue. No conversion between \
           denominations.",
    unit: "base units of the denomination (1,000,000 uakt = 1 AKT, 1,000,000 uact = 1 ACT)",
    sample: "payouts in the range",
    evidence: Evidence::Onchain,
};

/// Lists of leases.
pub(crate) const LEASES: Definition = Definition {
    text: "Leases as the chain's own store has them at the end of the block asked for, newest first. The price is per block.",
    unit: "leases",
    sample: "leases that the filters select",
    evidence: Evidence::Onchain,
};

/// Lists of providers.
pub(crate) const PROVIDERS: Definition = Definition {
    text: "Providers on the chain's list at the end of the block asked for, newest first, with the leases they held then. \
           Attributes are the provider's own claims; auditedBy names who signed some of them.",
    unit: "providers",
    sample: "providers on the list",
    evidence: Evidence::Onchain,
};
