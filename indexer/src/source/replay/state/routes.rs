//! The query methods of Akash by version: their gateway path, and the file of a recording that holds their answer.
//!
//! A table of its own, not the client's: a number or a path that is wrong there must not be wrong here, too.

use super::book::Totals;

/// First and last minor version that has something, `(major, minor)`.
type Span = ((u32, u32), (u32, u32));

const LEGACY: Span = ((0, 0), (0, u32::MAX));
const TYPED: Span = ((1, 0), (u32::MAX, u32::MAX));
const TAKE: Span = ((1, 0), (1, u32::MAX));
const BME: Span = ((2, 0), (u32::MAX, u32::MAX));
const ORACLE_V1: Span = ((2, 0), (2, 0));
const ORACLE_V2: Span = ((2, 1), (u32::MAX, u32::MAX));
const ALWAYS: Span = ((0, 0), (u32::MAX, u32::MAX));

/// How an answer lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A body without pages.
    Whole,
    /// A list.
    List(&'static str, Totals),
    /// A list of which each answer is the part of one owner.
    ByOwner(&'static str),
}

/// A query method.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) file: &'static str,
    pub(super) method: &'static str,
    /// Path of the gateway; `{}` stands for the subject.
    pub(super) path: &'static str,
    pub(super) shape: Shape,
    span: Span,
}

impl Route {
    /// Whether a version of the node has it.
    pub(super) fn is_in(&self, version: (u32, u32)) -> bool {
        self.span.0 <= version && version <= self.span.1
    }
}

const fn route(file: &'static str, span: Span, method: &'static str, path: &'static str, shape: Shape) -> Route {
    Route {
        file,
        method,
        path,
        shape,
        span,
    }
}

const fn paged(items: &'static str) -> Shape {
    Shape::List(items, Totals::OfPage)
}

const fn listed(items: &'static str) -> Shape {
    Shape::List(items, Totals::OfList)
}

/// All of them.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &[
    route("deployments", LEGACY, "akash.deployment.v1beta3.Query/Deployments", "akash/deployment/v1beta3/deployments/list", paged("deployments")),
    route("orders", LEGACY, "akash.market.v1beta4.Query/Orders", "akash/market/v1beta4/orders/list", paged("orders")),
    route("bids", LEGACY, "akash.market.v1beta4.Query/Bids", "akash/market/v1beta4/bids/list", paged("bids")),
    route("leases", LEGACY, "akash.market.v1beta4.Query/Leases", "akash/market/v1beta4/leases/list", paged("leases")),
    route("providers", LEGACY, "akash.provider.v1beta3.Query/Providers", "akash/provider/v1beta3/providers", listed("providers")),
    route("audited_attributes", LEGACY, "akash.audit.v1beta3.Query/AllProvidersAttributes", "akash/audit/v1beta3/audit/attributes/list", listed("providers")),
    route("deployments", TYPED, "akash.deployment.v1beta4.Query/Deployments", "akash/deployment/v1beta4/deployments/list", paged("deployments")),
    route("orders", TYPED, "akash.market.v1beta5.Query/Orders", "akash/market/v1beta5/orders/list", paged("orders")),
    route("bids", TYPED, "akash.market.v1beta5.Query/Bids", "akash/market/v1beta5/bids/list", paged("bids")),
    route("leases", TYPED, "akash.market.v1beta5.Query/Leases", "akash/market/v1beta5/leases/list", paged("leases")),
    route("escrow_accounts", TYPED, "akash.escrow.v1.Query/Accounts", "akash/escrow/v1/types/accounts", paged("accounts")),
    route("escrow_payments", TYPED, "akash.escrow.v1.Query/Payments", "akash/escrow/v1/types/payments", paged("payments")),
    route("providers", TYPED, "akash.provider.v1beta4.Query/Providers", "akash/provider/v1beta4/providers", listed("providers")),
    route("audited_attributes", TYPED, "akash.audit.v1.Query/ProviderAttributes", "akash/audit/v1/audit/attributes/{}/list", Shape::ByOwner("providers")),
    route("deployment_params", TYPED, "akash.deployment.v1beta4.Query/Params", "akash/deployment/v1beta4/params", Shape::Whole),
    route("market_params", TYPED, "akash.market.v1beta5.Query/Params", "akash/market/v1beta5/params", Shape::Whole),
    route("take_params", TAKE, "akash.take.v1.Query/Params", "akash/take/v1/params", Shape::Whole),
    route("bme_params", BME, "akash.bme.v1.Query/Params", "akash/bme/v1/params", Shape::Whole),
    route("bme_vault", BME, "akash.bme.v1.Query/VaultState", "akash/bme/v1/vault", Shape::Whole),
    route("bme_status", BME, "akash.bme.v1.Query/Status", "akash/bme/v1/status", Shape::Whole),
    route("bme_ledger", BME, "akash.bme.v1.Query/LedgerRecords", "akash/bme/v1/ledger", listed("records")),
    route("oracle_prices", ORACLE_V1, "akash.oracle.v1.Query/Prices", "akash/oracle/v1/prices", listed("prices")),
    route("oracle_params", ORACLE_V1, "akash.oracle.v1.Query/Params", "akash/oracle/v1/params", Shape::Whole),
    route("oracle_prices", ORACLE_V2, "akash.oracle.v2.Query/Prices", "akash/oracle/v2/prices", listed("prices")),
    route("oracle_params", ORACLE_V2, "akash.oracle.v2.Query/Params", "akash/oracle/v2/params", Shape::Whole),
    route("oracle_aggregated_akt", ORACLE_V2, "akash.oracle.v2.Query/AggregatedPrice", "akash/oracle/v2/aggregated_price/{}", Shape::Whole),
    route("supply", ALWAYS, "cosmos.bank.v1beta1.Query/TotalSupply", "cosmos/bank/v1beta1/supply", listed("supply")),
    route("inflation", ALWAYS, "cosmos.mint.v1beta1.Query/Inflation", "cosmos/mint/v1beta1/inflation", Shape::Whole),
    route("annual_provisions", ALWAYS, "cosmos.mint.v1beta1.Query/AnnualProvisions", "cosmos/mint/v1beta1/annual_provisions", Shape::Whole),
    route("staking_pool", ALWAYS, "cosmos.staking.v1beta1.Query/Pool", "cosmos/staking/v1beta1/pool", Shape::Whole),
    route("community_pool", ALWAYS, "cosmos.distribution.v1beta1.Query/CommunityPool", "cosmos/distribution/v1beta1/community_pool", Shape::Whole),
];

/// The method and the subject of a gateway path, without a slash in front.
pub(super) fn of_path(path: &str) -> Option<(&'static Route, String)> {
    ROUTES.iter().find_map(|route| {
        let subject = match route.path.split_once("{}") {
            None => (path == route.path).then_some("")?,
            Some((before, after)) => path.strip_prefix(before)?.strip_suffix(after)?,
        };
        (!subject.contains('/')).then(|| (route, subject.to_owned()))
    })
}

/// `(major, minor)` of `v2.1.0-rc12`.
pub(super) fn version(name: &str) -> Option<(u32, u32)> {
    let mut parts = name.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_names_its_method_and_its_subject() {
        let (route, subject) = of_path("akash/audit/v1/audit/attributes/akash1abc/list").unwrap();
        assert_eq!(route.method, "akash.audit.v1.Query/ProviderAttributes");
        assert_eq!(subject, "akash1abc");
        let (route, subject) = of_path("akash/market/v1beta5/leases/list").unwrap();
        assert_eq!((route.file, subject.as_str()), ("leases", ""));
        assert!(of_path("akash/market/v1beta5/leases").is_none());
        assert!(of_path("akash/audit/v1/audit/attributes/a/b/list").is_none());
    }

    #[test]
    fn a_version_has_its_methods_alone() {
        let has = |version, method| ROUTES.iter().any(|r| r.method == method && r.is_in(version));
        let (old, take, new) = (
            version("v0.38.6").unwrap(),
            version("v1.2.2").unwrap(),
            version("v2.1.0-rc12").unwrap(),
        );
        assert!(has(old, "akash.market.v1beta4.Query/Leases") && !has(old, "akash.market.v1beta5.Query/Leases"));
        assert!(has(take, "akash.take.v1.Query/Params") && !has(take, "akash.bme.v1.Query/Status"));
        assert!(has(new, "akash.oracle.v2.Query/Prices") && !has(new, "akash.take.v1.Query/Params"));
    }
}
