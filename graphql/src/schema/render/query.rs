//! The fields of the query that movements of a token answer.

use async_graphql::{Context, Object};
use time::OffsetDateTime;

use super::audits::Audits;
use super::balance::TokenBalance;
use super::connection::{Connection, ListArgs};
use super::epochs::{self, RenderEpoch};
use super::events::{self, EventsArgs, TimeRange, TokenClass, TokenEvent, TokenEventKind};
use super::reconciliation::{self, Reconciliation, ReconciliationMeasure};
use super::settlements::{self, Settlement, SettlementsArgs};
use super::work_periods::{self, WorkPeriod};
use crate::schema::error::nullable;
use crate::schema::scope::{Api, Asked};

/// Fields over networks of kind `render`. On others each is null with the code `NOT_ON_CHAIN`.
#[derive(Default)]
pub(crate) struct RenderQuery;

#[Object]
impl RenderQuery {
    /// Burns out of burn wallets, newest first: what settles jobs on Render.
    #[graphql(complexity = "crate::schema::cost::page(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn settlements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Only burns at or after this time.")] from: Option<OffsetDateTime>,
        #[graphql(desc = "Only burns before this time.")] to: Option<OffsetDateTime>,
        #[graphql(
            desc = "Only burns out of this burn wallet: its owner or its token account, base58 as the chain writes it."
        )]
        burn_wallet: Option<String>,
        #[graphql(desc = "Only burns in this weekly epoch.")] epoch: Option<u32>,
        #[graphql(desc = "Answer as of the end of this slot.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last indexed slot at or before this time.")] as_of_time: Option<
            OffsetDateTime,
        >,
    ) -> Option<Connection<Settlement>> {
        let list = ListArgs {
            field: "settlements",
            tag: "settlements1",
            network: &network,
            first,
            after: after.as_deref(),
            asked: Asked::new(as_of, as_of_time),
        };
        let args = SettlementsArgs {
            range: TimeRange { from, to },
            burn_wallet,
            epoch,
        };
        nullable(ctx, settlements::resolve(Api::of(ctx), list, args).await.map(Some))
    }

    /// What each recipient was paid in each weekly epoch, newest epoch first.
    #[graphql(complexity = "crate::schema::cost::page(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn work_periods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Only this weekly epoch.")] epoch: Option<u32>,
        #[graphql(desc = "Only this recipient: the owner that was paid, base58 as the chain writes it.")]
        recipient: Option<String>,
        #[graphql(desc = "Answer as of the end of this slot.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last indexed slot at or before this time.")] as_of_time: Option<
            OffsetDateTime,
        >,
    ) -> Option<Connection<WorkPeriod>> {
        let list = ListArgs {
            field: "workPeriods",
            tag: "workPeriods1",
            network: &network,
            first,
            after: after.as_deref(),
            asked: Asked::new(as_of, as_of_time),
        };
        nullable(
            ctx,
            work_periods::resolve(Api::of(ctx), list, epoch, recipient)
                .await
                .map(Some),
        )
    }

    /// Weekly epochs with what was burned, minted and paid in each, newest first.
    #[graphql(complexity = "crate::schema::cost::page(first, child_complexity)")]
    async fn render_epochs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Answer as of the end of this slot.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last indexed slot at or before this time.")] as_of_time: Option<
            OffsetDateTime,
        >,
    ) -> Option<Connection<RenderEpoch>> {
        let list = ListArgs {
            field: "renderEpochs",
            tag: "renderEpochs1",
            network: &network,
            first,
            after: after.as_deref(),
            asked: Asked::new(as_of, as_of_time),
        };
        nullable(ctx, epochs::resolve(Api::of(ctx), list).await.map(Some))
    }

    /// What the chain says beside what somebody reported, per epoch and measure, newest epoch first.
    #[graphql(complexity = "crate::schema::cost::page(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn burn_reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Only this weekly epoch.")] epoch: Option<u32>,
        #[graphql(desc = "Only this measure.")] measure: Option<ReconciliationMeasure>,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Answer as of the end of this slot.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last indexed slot at or before this time.")] as_of_time: Option<
            OffsetDateTime,
        >,
    ) -> Option<Connection<Reconciliation>> {
        let list = ListArgs {
            field: "burnReconciliation",
            tag: "burnReconciliation1",
            network: &network,
            first,
            after: after.as_deref(),
            asked: Asked::new(as_of, as_of_time),
        };
        nullable(
            ctx,
            reconciliation::resolve(Api::of(ctx), list, epoch, measure)
                .await
                .map(Some),
        )
    }

    /// Movements of the token, newest first.
    #[graphql(complexity = "crate::schema::cost::page(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn token_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Only this class.")] class: Option<TokenClass>,
        #[graphql(desc = "Only this kind.")] kind: Option<TokenEventKind>,
        #[graphql(
            desc = "Only movements with this token account or owner on either side, base58 as the chain writes it."
        )]
        account: Option<String>,
        #[graphql(desc = "Only movements of this transaction, base58 as the chain writes it.")] signature: Option<
            String,
        >,
        #[graphql(desc = "Only movements at or after this time.")] from: Option<OffsetDateTime>,
        #[graphql(desc = "Only movements before this time.")] to: Option<OffsetDateTime>,
        #[graphql(desc = "Size of the page: 0 to 500, 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Answer as of the end of this slot.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last indexed slot at or before this time.")] as_of_time: Option<
            OffsetDateTime,
        >,
    ) -> Option<Connection<TokenEvent>> {
        let list = ListArgs {
            field: "tokenEvents",
            tag: "tokenEvents1",
            network: &network,
            first,
            after: after.as_deref(),
            asked: Asked::new(as_of, as_of_time),
        };
        let args = EventsArgs {
            class,
            kind,
            account,
            signature,
            range: TimeRange { from, to },
        };
        nullable(ctx, events::resolve(Api::of(ctx), list, args).await.map(Some))
    }

    /// The balance of a token account; null when no indexed transaction listed it.
    #[graphql(complexity = "crate::schema::cost::read(child_complexity)")]
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "The token account, base58 as the chain writes it.")] account: String,
        #[graphql(desc = "Answer as of the end of this slot.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last indexed slot at or before this time.")] as_of_time: Option<
            OffsetDateTime,
        >,
    ) -> Option<TokenBalance> {
        let asked = Asked::new(as_of, as_of_time);
        nullable(
            ctx,
            TokenBalance::resolve(Api::of(ctx), &network, &account, asked).await,
        )
    }

    /// The always-on audits of a network: supply, balances, unexplained changes.
    #[graphql(complexity = "crate::schema::cost::page(Some(1), child_complexity)")]
    async fn audits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The network's name, as `networks` gives it.")] network: String,
        #[graphql(desc = "Answer as of the end of this slot.")] as_of: Option<u64>,
        #[graphql(desc = "Answer as of the last indexed slot at or before this time.")] as_of_time: Option<
            OffsetDateTime,
        >,
    ) -> Option<Audits> {
        let asked = Asked::new(as_of, as_of_time);
        nullable(ctx, Audits::resolve(Api::of(ctx), &network, asked).await.map(Some))
    }
}
