//! Providers as of a height.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use serde::Deserialize;

use std::sync::Arc;
use tokio::sync::OnceCell;

use super::definitions::{PROVIDERS, RECIPIENTS};
use super::error::ApiError;
use super::evidence::Evidence;
use super::ids::{self, Cursor};
use super::inventory::{Observed, ProviderChecks, ProviderGpus, ProviderInventory, ProviderUptime};
use super::not_on_chain::RENDER_STATUS;
use super::page::{self, PageInfo};
use super::render::PaidByClass;
use super::scalars::BigInt;
use super::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};
use crate::read::ReadError;
use crate::read::provider::ProviderRow;
use crate::read::render::RecipientRow;
use crate::state::Kind;

/// One of a provider's claims about itself.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, Deserialize)]
#[graphql(name = "Attribute")]
pub(crate) struct Attribute {
    /// The name of the claim, for example `capabilities/gpu/vendor/nvidia/model/h100`.
    key: String,
    /// Its value.
    value: String,
}

/// A provider: on Akash one on the chain's list, on Render an owner that a payout wallet paid (neither a node nor a person).
/// What its chain does not tell is null; `networks { notOnChain }` says why.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Provider", complex)]
pub(crate) struct Provider {
    /// Opaque and stable; give it to `provider(id:)` or `node(id:)`.
    pub(crate) id: ID,
    /// The network it is on.
    network: String,
    /// Its address.
    owner: String,
    /// How we know of it.
    evidence: Option<Evidence>,
    /// Where its gateway listens. Akash only.
    host_uri: Option<String>,
    /// How to reach its operator; null when not given. Akash only.
    email: Option<String>,
    /// Its website; null when not given. Akash only.
    website: Option<String>,
    /// The block in which it registered; null where the genesis, or the state that was asked of a node, had it already.
    /// Akash only.
    created_height: Option<u64>,
    /// Its claims about itself, in the chain's order. Akash only.
    attributes: Option<Vec<Attribute>>,
    /// Who signed some of its claims, sorted by address. Akash only.
    audited_by: Option<Vec<String>>,
    /// Leases that it serves. Akash only.
    active_leases: Option<u64>,
    /// GPUs in those leases. Akash only.
    leased_gpus: Option<u64>,
    /// `block` where a block changed it last; `snapshot` where it stands as a node answered it. Akash only.
    origin: Option<String>,
    /// The first weekly epoch in which it was paid. Render only.
    first_paid_epoch: Option<u32>,
    /// The last weekly epoch in which it was paid. Render only.
    last_paid_epoch: Option<u32>,
    /// In how many weekly epochs it was paid. Render only.
    epochs_paid: Option<u64>,
    /// What it was paid, by class. Render only.
    paid: Option<PaidByClass>,
    /// How many payouts that was: the sample size. Render only.
    payouts: Option<u64>,
    /// How many token accounts of its were paid. Render only.
    accounts: Option<u64>,
    /// The block as of which all this holds.
    as_of: BlockRef,
    /// What was observed of the providers of its network; shared by a page, so that it is read once. Akash only.
    #[graphql(skip)]
    observed: Option<Arc<Observed>>,
}

#[ComplexObject]
impl Provider {
    /// What it said last about its machines; null when it was never asked, see `notAsked`. Akash only.
    async fn inventory(&self, ctx: &Context<'_>) -> Result<Option<ProviderInventory>> {
        match &self.observed {
            Some(observed) => Ok(observed.inventory(&Api::of(ctx).reader, &self.owner).await?),
            None => Ok(None),
        }
    }

    /// Its GPUs: advertised, in its inventory, measured; null when it never told its status, see `notAsked`. Akash only.
    async fn gpus(&self, ctx: &Context<'_>) -> Result<Option<ProviderGpus>> {
        match &self.observed {
            Some(observed) => Ok(observed.gpus(&Api::of(ctx).reader, &self.owner).await?),
            None => Ok(None),
        }
    }

    /// How long it was online; null when it was not asked in these days, see `notAsked`. Akash only.
    async fn uptime(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1, 7 or 30.", default = 30)] days: i32,
    ) -> Result<Option<ProviderUptime>> {
        match &self.observed {
            Some(observed) => Ok(observed.uptime(&Api::of(ctx).reader, &self.owner, days).await?),
            None => Ok(None),
        }
    }

    /// The newest looks at it; null when there was none, see `notAsked`. Akash only.
    #[graphql(complexity = "super::cost::page(first, child_complexity)")]
    async fn checks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, newest first: 1 to 500, 50 unless given.")] first: Option<i32>,
    ) -> Result<Option<ProviderChecks>> {
        let size = page::size(first)?;
        match &self.observed {
            Some(observed) => Ok(observed.checks_of(&Api::of(ctx).reader, &self.owner, size).await?),
            None => Ok(None),
        }
    }

    /// Why `inventory`, `gpus`, `uptime` and `checks` are null; null where they are not.
    async fn not_asked(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        match &self.observed {
            Some(observed) => Ok(observed.missing(&Api::of(ctx).reader, &self.owner).await?),
            None => Ok(Some(RENDER_STATUS.to_owned())),
        }
    }
}

impl Provider {
    /// A provider of which nothing but its address is known.
    fn bare(network: &str, as_of: BlockRef, owner: String) -> Self {
        Self {
            observed: None,
            id: ID(ids::provider_id(network, &owner)),
            network: network.to_owned(),
            owner,
            evidence: None,
            host_uri: None,
            email: None,
            website: None,
            created_height: None,
            attributes: None,
            audited_by: None,
            active_leases: None,
            leased_gpus: None,
            origin: None,
            first_paid_epoch: None,
            last_paid_epoch: None,
            epochs_paid: None,
            paid: None,
            payouts: None,
            accounts: None,
            as_of,
        }
    }

    fn registered(network: &str, as_of: BlockRef, observed: Arc<Observed>, row: ProviderRow) -> Result<Self, ApiError> {
        let attributes = match row.attributes.as_str() {
            "" => Vec::new(),
            json => serde_json::from_str(json)
                .map_err(|_| ReadError::Corrupt("a provider's attributes are not a JSON list of key and value"))?,
        };
        let text = |value: String| (!value.is_empty()).then_some(value);
        Ok(Self {
            evidence: Some(PROVIDERS.evidence),
            host_uri: Some(row.host_uri),
            email: text(row.email),
            website: text(row.website),
            created_height: (row.created_at > 0).then_some(row.created_at),
            attributes: Some(attributes),
            audited_by: Some(row.auditors),
            active_leases: Some(row.active_leases),
            leased_gpus: Some(row.leased_gpus),
            observed: Some(observed),
            origin: Some(row.row_origin),
            ..Self::bare(network, as_of, row.owner)
        })
    }

    fn recipient(network: &str, as_of: BlockRef, decimals: Option<u8>, row: RecipientRow) -> Self {
        Self {
            evidence: Evidence::of(&row.evidence_word),
            first_paid_epoch: row.first_epoch,
            last_paid_epoch: row.last_epoch,
            epochs_paid: Some(row.epochs_paid),
            paid: Some(PaidByClass {
                work: BigInt(row.paid_work),
                availability: BigInt(row.paid_availability),
                compute: BigInt(row.paid_compute),
                total: BigInt(row.paid),
                decimals,
            }),
            payouts: Some(row.payouts),
            accounts: Some(row.accounts),
            ..Self::bare(network, as_of, row.owner)
        }
    }

    /// The provider with this id as of a height; `None` when it was not registered, or not paid, then.
    pub(crate) async fn resolve(api: &Api, id: &str, asked: Asked) -> Result<Option<Self>, ApiError> {
        let (network, owner) = ids::parse_provider_id(id).ok_or(ApiError::BadId { what: "provider" })?;
        let scope = Scope::resolve_state(api, &network, "provider", asked).await?;
        let slot = scope.plan.as_of;
        match scope.kind {
            Kind::Akash => {
                let row = api.reader.provider(&network, slot, &owner).await?;
                let observed = Arc::new(Observed::new(&network, slot));
                row.map(|row| Self::registered(&network, scope.as_of, observed, row))
                    .transpose()
            }
            Kind::Render => {
                let (row, decimals) = futures::try_join!(
                    api.reader.recipient(&network, slot, &owner),
                    api.reader.decimals(&network, slot)
                )?;
                Ok(row.map(|row| Self::recipient(&network, scope.as_of, decimals, row)))
            }
        }
    }
}

/// A provider and its place in the list.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ProviderEdge")]
pub(crate) struct ProviderEdge {
    /// Give it as `after` to begin behind this provider.
    cursor: String,
    /// The provider.
    node: Provider,
}

/// A page of providers.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ProviderConnection", complex)]
pub(crate) struct ProviderConnection {
    /// The providers of this page with their cursors.
    edges: Vec<ProviderEdge>,
    /// Where this page stands.
    page_info: PageInfo,
    /// What the list holds.
    definition: &'static str,
    /// The unit of `totalCount`.
    unit: &'static str,
    /// How we know what the list holds.
    evidence: Evidence,
    /// The block as of which the list holds. Cursors pin it: later pages are read as of the same block.
    as_of: BlockRef,
    /// How far the answer can be trusted.
    meta: AnswerMeta,
    #[graphql(skip)]
    network: String,
    #[graphql(skip)]
    kind: Kind,
    /// Counted once, however often and under whatever names a query asks for it.
    #[graphql(skip)]
    total: OnceCell<u64>,
}

#[ComplexObject]
impl ProviderConnection {
    /// How many providers the list holds over all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let reader = &Api::of(ctx).reader;
        let count = self.total.get_or_try_init(|| async {
            match self.kind {
                Kind::Akash => reader.provider_count(&self.network, self.as_of.height).await,
                Kind::Render => reader.recipient_count(&self.network, self.as_of.height).await,
            }
        });
        Ok(*count.await.map_err(ApiError::from)?)
    }

    /// The sample size of this list: the same as `totalCount`.
    async fn sample_size(&self, ctx: &Context<'_>) -> Result<u64> {
        self.total_count(ctx).await
    }
}

/// A provider behind the number that orders the list: the height that registered it, or the first epoch in which it was paid.
type Placed = (u64, Provider);

impl ProviderConnection {
    /// Reads one page.
    pub(crate) async fn resolve(
        api: &Api,
        network: &str,
        first: Option<i32>,
        after: Option<&str>,
        asked: Asked,
    ) -> Result<Self, ApiError> {
        let size = page::size(first)?;
        let after = after
            .map(|text| ids::parse_provider_cursor(text).ok_or(ApiError::BadCursor("it is not one of this list")))
            .transpose()?;
        let asked = page::pin(network, asked, after.as_ref())?;
        let scope = Scope::resolve_state(api, network, "providers", asked).await?;
        let place = after.map(|cursor| (cursor.created_at, cursor.key));
        let mut placed = match scope.kind {
            Kind::Akash => registered(api, &scope, place.as_ref(), size + 1).await?,
            Kind::Render => recipients(api, &scope, place.as_ref(), size + 1).await?,
        };
        let has_next = placed.len() > size as usize;
        placed.truncate(size as usize);
        let edges: Vec<ProviderEdge> = placed.into_iter().map(|placed| edge(&scope, placed)).collect();
        let cursors: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        let definition = match scope.kind {
            Kind::Akash => &PROVIDERS,
            Kind::Render => &RECIPIENTS,
        };
        Ok(Self {
            edges,
            page_info: PageInfo::new(&cursors, has_next),
            definition: definition.text,
            unit: definition.unit,
            evidence: definition.evidence,
            as_of: scope.as_of,
            meta: scope.level_meta(),
            network: network.to_owned(),
            kind: scope.kind,
            total: OnceCell::new(),
        })
    }
}

/// Providers on Akash's list.
async fn registered(
    api: &Api,
    scope: &Scope,
    after: Option<&(u64, String)>,
    limit: u32,
) -> Result<Vec<Placed>, ApiError> {
    let network = &scope.network.name;
    let rows = api.reader.providers(network, scope.plan.as_of, after, limit).await?;
    let observed = Arc::new(Observed::new(network, scope.plan.as_of));
    rows.into_iter()
        .map(|row| {
            let place = row.created_at;
            Ok((
                place,
                Provider::registered(network, scope.as_of, observed.clone(), row)?,
            ))
        })
        .collect()
}

/// Owners that Render's payout wallets paid.
async fn recipients(
    api: &Api,
    scope: &Scope,
    after: Option<&(u64, String)>,
    limit: u32,
) -> Result<Vec<Placed>, ApiError> {
    let (network, slot) = (&scope.network.name, scope.plan.as_of);
    let (rows, decimals) = futures::try_join!(
        api.reader.recipients(network, slot, after, limit),
        api.reader.decimals(network, slot)
    )?;
    let placed = rows
        .into_iter()
        .map(|row| (row.place(), Provider::recipient(network, scope.as_of, decimals, row)));
    Ok(placed.collect())
}

fn edge(scope: &Scope, (place, node): Placed) -> ProviderEdge {
    let cursor = ids::provider_cursor(&Cursor {
        network: scope.network.name.clone(),
        as_of: scope.plan.as_of,
        created_at: place,
        key: node.owner.clone(),
    });
    ProviderEdge { cursor, node }
}
