//! The fields of the query that are about prices.

use async_graphql::{Context, Object};
use time::OffsetDateTime;

use super::PriceConnection;
use super::discount::{self, DiscountArgs, HyperscalerDiscount};
use super::reference::{self, ReferenceArgs, ReferencePrice};
use super::ticks::{self, PriceAt, PriceStatus, PriceTick, TicksArgs};
use crate::schema::error::nullable;
use crate::schema::scope::{Api, Asked};

/// Fields over prices.
#[derive(Default)]
pub(crate) struct PriceQuery;

#[Object]
impl PriceQuery {
    /// What sources said of prices, newest first, good or bad, each with the verdict and its reason.
    #[graphql(complexity = "crate::schema::cost::page(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Only prices of this asset, for example `AKT`.")] asset: Option<String>,
        #[graphql(desc = "Only prices of this source, for example `pyth`.")] source: Option<String>,
        #[graphql(desc = "Only prices with this verdict.")] status: Option<PriceStatus>,
        #[graphql(desc = "Only prices seen at or after this time.")] from: Option<OffsetDateTime>,
        #[graphql(desc = "Only prices seen before this time.")] to: Option<OffsetDateTime>,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
    ) -> Option<PriceConnection<PriceTick>> {
        let args = TicksArgs {
            network,
            asset,
            source,
            status,
            from,
            to,
            first,
            after,
        };
        nullable(ctx, ticks::resolve(Api::of(ctx), args).await.map(Some))
    }

    /// The newest good price of an asset at a moment, as one source had it: one for each instrument of the source. Which
    /// source is always the caller's choice; nothing is averaged and no source stands in for another.
    #[graphql(complexity = "crate::schema::cost::read(child_complexity)")]
    async fn price_at(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "The asset, for example `AKT`.")] asset: String,
        #[graphql(desc = "The source, for example `pyth`.")] source: String,
        #[graphql(desc = "The moment; now when not given.")] at: Option<OffsetDateTime>,
    ) -> Option<Vec<PriceAt>> {
        let at = at.unwrap_or_else(OffsetDateTime::now_utc);
        nullable(
            ctx,
            ticks::at(Api::of(ctx), &network, asset, source, at).await.map(Some),
        )
    }

    /// What clouds ask for machines with GPUs: dated rows, newest first.
    #[graphql(complexity = "crate::schema::cost::page(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn reference_prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only machines with this GPU, for example `h100`.")] gpu: Option<String>,
        #[graphql(desc = "Only machines of this provider, for example `aws`.")] provider: Option<String>,
        #[graphql(desc = "Only prices of this model, for example `on_demand`.")] price_model: Option<String>,
        #[graphql(desc = "Only machines in this region.")] region: Option<String>,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
    ) -> Option<PriceConnection<ReferencePrice>> {
        let args = ReferenceArgs {
            gpu,
            provider,
            price_model,
            region,
            first,
            after,
        };
        nullable(ctx, reference::resolve(Api::of(ctx), args).await.map(Some))
    }

    /// The network's price of a GPU hour beside dated prices of clouds for the same model. On Render null: jobs have no
    /// price on chain.
    #[graphql(complexity = "crate::schema::cost::series(child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn hyperscaler_discount(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "The model, for example `h100`.")] gpu_model: String,
        #[graphql(desc = "Only against this provider, for example `aws`.")] provider: Option<String>,
        #[graphql(desc = "Only against prices of this model, for example `on_demand`.")] price_model: Option<String>,
        #[graphql(desc = "Only against this row.")] row_id: Option<String>,
        #[graphql(desc = "Only by this price source, for example `uact_at_par`.")] price_source: Option<String>,
        #[graphql(desc = "Answer as of the end of the block at this height.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last block at or before this time.")] as_of_time: Option<OffsetDateTime>,
    ) -> Option<HyperscalerDiscount> {
        let args = DiscountArgs {
            network,
            gpu_model,
            provider,
            price_model,
            row_id,
            price_source,
            asked: Asked::new(as_of, as_of_time),
        };
        nullable(ctx, discount::resolve(Api::of(ctx), args).await.map(Some))
    }
}
