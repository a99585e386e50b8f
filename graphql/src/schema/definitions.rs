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
pub(crate) const ALL: [(&str, &Definition); 21] = [
    ("activeLeases", &ACTIVE_LEASES),
    ("activeProviders", &ACTIVE_PROVIDERS),
    ("revenue", &REVENUE),
    ("accruedSpend", &ACCRUED_SPEND),
    ("leases", &LEASES),
    ("providers (Akash)", &PROVIDERS),
    ("providers (Render)", &RECIPIENTS),
    ("provider.inventory", &INVENTORY),
    ("provider.gpus", &GPUS),
    ("provider.uptime", &UPTIME),
    ("provider.checks", &CHECKS),
    ("settlements", &SETTLEMENTS),
    ("workPeriods", &WORK_PERIODS),
    ("renderEpochs", &RENDER_EPOCHS),
    ("burnReconciliation", &RECONCILIATION),
    ("tokenEvents", &TOKEN_EVENTS),
    ("balance", &BALANCE),
    ("audits", &AUDITS),
    ("prices", &PRICES),
    ("referencePrices", &REFERENCE_PRICES),
    ("hyperscalerDiscount", &HYPERSCALER_DISCOUNT),
];

/// Active leases over time.
pub(crate) const ACTIVE_LEASES: Definition = Definition {
    text: "Leases that exist at the end of the bucket: created at or before it and not closed at or before it, whoever \
           closed them and why. A lease whose reclamation has begun still runs and counts. Leases whose funds are used \
           up count until the chain closes them. The last bucket ends at the newest block.",
    unit: "leases",
    sample: "leases that were active at some moment of the range",
    evidence: Evidence::Derived,
};

/// Providers over time.
pub(crate) const ACTIVE_PROVIDERS: Definition = Definition {
    text: "Providers that hold at least one active lease at the end of the bucket. Registered providers are those \
           on the chain's list, used or not. Both come from the chain alone: whether a provider's machines \
           answer is not part of them.",
    unit: "providers",
    sample: "providers that appear in the range",
    evidence: Evidence::Derived,
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
    evidence: Evidence::Derived,
};

/// Spending over time.
pub(crate) const ACCRUED_SPEND: Definition = Definition {
    text: "What the Akash Console counts as spent on leases: the prices of the leases that it holds to be funded, added up block \
           by block, by the denomination of the deployment. A bucket holds the sum at its last block less that at the block before \
           its first. It is an estimate from messages, for comparison with public dashboards; what providers received in the \
           bucket, by the ledger, stands beside it. Exact decimals; no conversion between denominations, none to dollars.",
    unit: "base units of the denomination (1,000,000 uakt = 1 AKT, 1,000,000 uact = 1 ACT)",
    sample: "leases that are counted at the end of a bucket, at most",
    evidence: Evidence::Derived,
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

/// Inventory of a provider.
pub(crate) const INVENTORY: Definition = Definition {
    text: "What the provider said last about its machines, up to the block asked for: sums over all of them. It is the \
           provider's word; nobody checked it. Written where it changes, at most once a minute.",
    unit: "thousandths of a core, bytes, cards",
    sample: "machines of the provider",
    evidence: Evidence::OffchainReported,
};

/// GPUs of a provider.
pub(crate) const GPUS: Definition = Definition {
    text: "Kinds of GPU of a provider: named by its attributes on the chain (advertised), counted in its status (inventory), \
           shown by a probe (measured). Where one side does not name memory or interface, it fits every kind of that model.",
    unit: "cards",
    sample: "cards of the provider",
    evidence: Evidence::OffchainReported,
};

/// Uptime of a provider.
pub(crate) const UPTIME: Definition = Definition {
    text: "Share of the known time of the last days in which the provider told its status when it was asked. What a check found \
           holds until the next check, at most twenty minutes; all other time is unknown, and neither up nor down. The days \
           end with the newest check of any provider or the newest block, whichever is later. A provider counts as offline \
           when an attempt and three retries after 1, 2 and 4 seconds failed.",
    unit: "share of the known time",
    sample: "checks in the days",
    evidence: Evidence::OffchainReported,
};

/// Checks of a provider.
pub(crate) const CHECKS: Definition = Definition {
    text: "Looks at the provider by this indexer, from where it stands: when, and what came of it. At least one per ten minutes \
           while the indexer runs.",
    unit: "checks",
    sample: "checks",
    evidence: Evidence::OffchainReported,
};

/// Lists of Render's providers.
pub(crate) const RECIPIENTS: Definition = Definition {
    text: "Owners of token accounts that a payout wallet paid up to the slot asked for, by the first weekly epoch in which \
           they were paid, newest first. An owner is neither a node nor a person: operators spread their nodes over several \
           wallets. What nodes they run is not on chain.",
    unit: "recipients",
    sample: "owners that were ever paid",
    evidence: Evidence::Derived,
};

/// Lists of settlements.
pub(crate) const SETTLEMENTS: Definition = Definition {
    text: "Burns of the token out of burn wallets, by the roles that the watched accounts had in that slot: each settles a \
           batch of jobs. Failed transactions and burns by anybody else are not among them. When the jobs ran, for whom and \
           at what price is not on chain, and the fee that is taken before the burn is not, either.",
    unit: "settlements",
    sample: "burns that the filters select",
    evidence: Evidence::Derived,
};

/// Lists of work periods.
pub(crate) const WORK_PERIODS: Definition = Definition {
    text: "What one owner was paid in one weekly epoch out of payout wallets, by class. Payouts come late: what they pay for \
           is the epoch that a memo names, else the last one that had ended when they were made, and is told beside it.",
    unit: "work periods",
    sample: "pairs of owner and epoch that the filters select",
    evidence: Evidence::Derived,
};

/// Lists of epochs.
pub(crate) const RENDER_EPOCHS: Definition = Definition {
    text: "Weekly epochs with the sums of what was burned, minted and paid, by class and exact. An epoch is complete when all \
           of its slots are indexed, and final when the next one has ended too, for burns arrive late. New recipients were \
           never paid before; lost ones were paid in the epoch before and not in this one.",
    unit: "epochs",
    sample: "epochs that have begun",
    evidence: Evidence::Derived,
};

/// Lists of reconciliations.
pub(crate) const RECONCILIATION: Definition = Definition {
    text: "Per weekly epoch and measure, what the chain says beside what somebody reported, and the first less the second. \
           Neither is corrected by the other and they are never averaged; where one is missing the difference is null and a \
           reason is given.",
    unit: "comparisons",
    sample: "comparisons that the filters select",
    evidence: Evidence::OffchainReported,
};

/// Lists of movements.
pub(crate) const TOKEN_EVENTS: Definition = Definition {
    text: "What successful transactions did to the token: mints, burns, transfers, changes of authority, closed accounts, and \
           changes of a balance that no decoded instruction explains. Amounts and accounts are the chain's own; class and \
           epoch are given by rules that are kept as data.",
    unit: "movements",
    sample: "movements that the filters select",
    evidence: Evidence::Onchain,
};

/// The balance of an account.
pub(crate) const BALANCE: Definition = Definition {
    text: "The balance of a token account after the newest transaction up to the slot asked for that listed it.",
    unit: "base units of the token",
    sample: "changes of the balance",
    evidence: Evidence::Onchain,
};

/// The audits.
pub(crate) const AUDITS: Definition = Definition {
    text: "Supply: what was there before, plus all mints, less all burns, must equal the supply that a node answers at the same \
           slot, and in each slot the balances must change by what it minted less what it burned. Accounts: each balance of a \
           watched account must go on from the one before, the changes must sum up to it, and nodes must answer the same. \
           Unexplained: no balance may change by more or less than the decoded instructions say.",
    unit: "findings",
    sample: "answers of nodes, accounts, and transactions",
    evidence: Evidence::Derived,
};

/// Lists of prices.
pub(crate) const PRICES: Definition = Definition {
    text: "What each source said of an asset's price in each round, and what the chain's own oracle said in each block, with a verdict:            stale, zero, negative, absurd, crossed or refused prices stand as they were told, with the reason. No price is            corrected, averaged with another or put in another's place.",
    unit: "prices",
    sample: "prices that the filters select",
    evidence: Evidence::OffchainReported,
};

/// Lists of reference prices.
pub(crate) const REFERENCE_PRICES: Definition = Definition {
    text: "What clouds ask for machines with H100 and A100 GPUs, as dated rows with their source: the built-in ones, which contradict            each other, and those of official price lists that somebody imported. None is preferred.",
    unit: "prices",
    sample: "rows that the filters select",
    evidence: Evidence::OffchainReported,
};

/// Comparisons with clouds.
pub(crate) const HYPERSCALER_DISCOUNT: Definition = Definition {
    text: "The network's price of a GPU hour (the median of the running leases' price of one GPU for one block, times the blocks of an            hour as measured between the newest 10,000 block headers, in dollars by a named source) divided by one dated price of            a cloud for the same model. The network's price includes the CPU, memory and storage of the lease.",
    unit: "network's price divided by the cloud's",
    sample: "comparisons",
    evidence: Evidence::OffchainReported,
};
