//! The root of the schema.

use async_graphql::{Context, ID, Interface, MergedObject, Object};
use time::OffsetDateTime;

use super::active::{ActiveLeasesSeries, ActiveProvidersSeries};
use super::error::{ApiError, nullable};
use super::ids;
use super::leases::{Lease, LeaseConnection, LeaseState, LeasesArgs};
use super::metric::{self, MetricAnswer, MetricInfo};
use super::prices::PriceQuery;
use super::providers::{Provider, ProviderConnection};
use super::render::RenderQuery;
use super::revenue::RevenueSeries;
use super::scope::{Api, Asked};
use super::series::SeriesArgs;
use super::spending::AccruedSpendSeries;
use super::status::{IndexStatus, ServiceLimits};
use crate::read::bucket::Interval;
use crate::state::NetworkDescriptor;

/// An object that has an id.
#[derive(Interface)]
#[graphql(name = "Node", field(name = "id", ty = "&ID", desc = "Opaque and stable."))]
pub(crate) enum Node {
    Lease(Box<Lease>),
    Provider(Box<Provider>),
}

impl Node {
    /// The object with this id; `None` when there is none.
    async fn resolve(api: &Api, id: &str) -> Result<Option<Self>, ApiError> {
        if ids::parse_lease_id(id).is_some() {
            let lease = Lease::resolve(api, id, Asked::default()).await?;
            return Ok(lease.map(|lease| Self::Lease(Box::new(lease))));
        }
        if ids::parse_provider_id(id).is_some() {
            let provider = Provider::resolve(api, id, Asked::default()).await?;
            return Ok(provider.map(|provider| Self::Provider(Box::new(provider))));
        }
        Err(ApiError::BadId { what: "node" })
    }
}

/// What the indexer knows of decentralised GPU networks. Each answer is read from committed rows only, and says as of
/// which block it holds. Every number has a definition, a unit, a sample size, and says how it is known (`evidence`).
///
/// A field that fails is null with an error beside it; the other fields of the same query still answer. A field that means
/// nothing on a network, because its chain has no such thing, is null with the code `NOT_ON_CHAIN` and the reason;
/// `networks { notOnChain { field reason } }` lists these.
#[derive(MergedObject, Default)]
pub(crate) struct Query(MarketQuery, RenderQuery, PriceQuery);

/// Fields over all networks, and those over markets of leases.
#[derive(Default)]
pub(crate) struct MarketQuery;

#[Object]
impl MarketQuery {
    /// The networks that are served here. A recording is a network of its own, never mixed with a live one.
    async fn networks<'a>(&self, ctx: &Context<'a>) -> &'a [NetworkDescriptor] {
        &Api::of(ctx).networks
    }

    /// How fresh and how whole the index of a network is.
    #[graphql(complexity = "super::cost::read(child_complexity)")]
    async fn index_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
    ) -> Option<IndexStatus> {
        nullable(ctx, IndexStatus::resolve(Api::of(ctx), &network).await.map(Some))
    }

    /// The catalogue of metrics; with a network, those that apply to it.
    async fn metrics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only metrics that apply to the network with this name.")] network: Option<String>,
    ) -> Option<Vec<MetricInfo>> {
        nullable(ctx, metric::list(Api::of(ctx), network.as_deref()).map(Some))
    }

    /// The values of one metric at a height.
    #[graphql(complexity = "super::cost::series(child_complexity)")]
    async fn metric(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The metric's name, as `metrics` gives it.")] name: String,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<MetricAnswer> {
        let asked = Asked::new(as_of, as_of_time);
        nullable(
            ctx,
            MetricAnswer::resolve(Api::of(ctx), &name, &network, asked)
                .await
                .map(Some),
        )
    }

    /// Active leases over time.
    #[graphql(complexity = "super::cost::series(child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn active_leases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Begin of the range; without it, the first indexed block.")] from: Option<OffsetDateTime>,
        #[graphql(desc = "End of the range, not part of it; without it, the block of `asOf`.")] to: Option<
            OffsetDateTime,
        >,
        #[graphql(desc = "Width of the buckets.", default_with = "Interval::Day")] interval: Interval,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<ActiveLeasesSeries> {
        let asked = Asked::new(as_of, as_of_time);
        let args = SeriesArgs {
            field: "activeLeases",
            network: &network,
            from,
            to,
            interval,
            asked,
        };
        nullable(ctx, ActiveLeasesSeries::resolve(Api::of(ctx), args).await.map(Some))
    }

    /// Providers over time: those that hold active leases, and those that are registered.
    #[graphql(complexity = "super::cost::series(child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn active_providers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Begin of the range; without it, the first indexed block.")] from: Option<OffsetDateTime>,
        #[graphql(desc = "End of the range, not part of it; without it, the block of `asOf`.")] to: Option<
            OffsetDateTime,
        >,
        #[graphql(desc = "Width of the buckets.", default_with = "Interval::Day")] interval: Interval,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<ActiveProvidersSeries> {
        let asked = Asked::new(as_of, as_of_time);
        let args = SeriesArgs {
            field: "activeProviders",
            network: &network,
            from,
            to,
            interval,
            asked,
        };
        nullable(ctx, ActiveProvidersSeries::resolve(Api::of(ctx), args).await.map(Some))
    }

    /// Lease payouts over time, by denomination: gross, take fee and net.
    #[graphql(complexity = "super::cost::series(child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn revenue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Begin of the range; without it, the first indexed block.")] from: Option<OffsetDateTime>,
        #[graphql(desc = "End of the range, not part of it; without it, the block of `asOf`.")] to: Option<
            OffsetDateTime,
        >,
        #[graphql(desc = "Width of the buckets.", default_with = "Interval::Day")] interval: Interval,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<RevenueSeries> {
        let asked = Asked::new(as_of, as_of_time);
        let args = SeriesArgs {
            field: "revenue",
            network: &network,
            from,
            to,
            interval,
            asked,
        };
        nullable(ctx, RevenueSeries::resolve(Api::of(ctx), args).await.map(Some))
    }

    /// What the Akash Console counts as spent on leases over time, beside what providers received.
    #[graphql(complexity = "super::cost::series(child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn accrued_spend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Begin of the range; without it, the first indexed block.")] from: Option<OffsetDateTime>,
        #[graphql(desc = "End of the range, not part of it; without it, the block of `asOf`.")] to: Option<
            OffsetDateTime,
        >,
        #[graphql(desc = "Width of the buckets.", default_with = "Interval::Day")] interval: Interval,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<AccruedSpendSeries> {
        let asked = Asked::new(as_of, as_of_time);
        let args = SeriesArgs {
            field: "accruedSpend",
            network: &network,
            from,
            to,
            interval,
            asked,
        };
        nullable(ctx, AccruedSpendSeries::resolve(Api::of(ctx), args).await.map(Some))
    }

    /// Leases as of a height, newest first.
    #[graphql(complexity = "super::cost::page(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn leases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Only leases in this state.")] state: Option<LeaseState>,
        #[graphql(desc = "Only leases of the provider with this address.")] provider: Option<String>,
        #[graphql(desc = "Only leases of the tenant with this address.")] owner: Option<String>,
        #[graphql(desc = "Only leases of this GPU model, for example `h100`.")] gpu_model: Option<String>,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<LeaseConnection> {
        let asked = Asked::new(as_of, as_of_time);
        let args = LeasesArgs {
            network: &network,
            first,
            after: after.as_deref(),
            state,
            provider,
            owner,
            gpu_model,
            asked,
        };
        nullable(ctx, LeaseConnection::resolve(Api::of(ctx), args).await.map(Some))
    }

    /// One lease; null when it did not exist at that height.
    #[graphql(complexity = "super::cost::read(child_complexity)")]
    async fn lease(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `id` of a lease.")] id: ID,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<Lease> {
        nullable(
            ctx,
            Lease::resolve(Api::of(ctx), &id, Asked::new(as_of, as_of_time)).await,
        )
    }

    /// Providers as of a height, newest first. On Akash those on the chain's list; on Render the owners that payout wallets
    /// paid.
    #[graphql(complexity = "super::cost::page(first, child_complexity)")]
    async fn providers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<ProviderConnection> {
        let asked = Asked::new(as_of, as_of_time);
        nullable(
            ctx,
            ProviderConnection::resolve(Api::of(ctx), &network, first, after.as_deref(), asked)
                .await
                .map(Some),
        )
    }

    /// One provider; null when it was not registered at that height, or on Render not paid up to that slot.
    #[graphql(complexity = "super::cost::read(child_complexity)")]
    async fn provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `id` of a provider.")] id: ID,
        #[graphql(desc = "Answer as of the end of the block at this height (on Render: slot).")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<Provider> {
        nullable(
            ctx,
            Provider::resolve(Api::of(ctx), &id, Asked::new(as_of, as_of_time)).await,
        )
    }

    /// Any object by its id, as of the newest height whose state is known.
    #[graphql(complexity = "super::cost::read(child_complexity)")]
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The object's `id`.")] id: ID) -> Option<Node> {
        nullable(ctx, Node::resolve(Api::of(ctx), &id).await)
    }

    /// The bounds of this service, so that a client can stay within them.
    async fn service_limits(&self, ctx: &Context<'_>) -> ServiceLimits {
        Api::of(ctx).limits.into()
    }
}
