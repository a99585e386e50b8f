//! Providers as of a height.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use serde::Deserialize;

use tokio::sync::OnceCell;

use super::definitions::PROVIDERS;
use super::error::ApiError;
use super::ids::{self, Cursor};
use super::page::{self, PageInfo};
use super::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};
use crate::read::ReadError;
use crate::read::provider::ProviderRow;

/// One of a provider's claims about itself.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, Deserialize)]
#[graphql(name = "Attribute")]
pub(crate) struct Attribute {
    /// The name of the claim, for example `capabilities/gpu/vendor/nvidia/model/h100`.
    key: String,
    /// Its value.
    value: String,
}

/// A provider on the chain's list.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Provider")]
pub(crate) struct Provider {
    /// Opaque and stable; give it to `provider(id:)` or `node(id:)`.
    pub(crate) id: ID,
    /// The network it is on.
    network: String,
    /// Its address.
    owner: String,
    /// Where its gateway listens.
    host_uri: String,
    /// How to reach its operator; null when not given.
    email: Option<String>,
    /// Its website; null when not given.
    website: Option<String>,
    /// The block in which it registered.
    created_height: u64,
    /// Its claims about itself, in the chain's order.
    attributes: Vec<Attribute>,
    /// Who signed some of its claims, sorted by address.
    audited_by: Vec<String>,
    /// Leases that it serves.
    active_leases: u64,
    /// GPUs in those leases.
    leased_gpus: u64,
    /// The block as of which all this holds.
    as_of: BlockRef,
}

impl Provider {
    fn new(network: &str, as_of: BlockRef, row: ProviderRow) -> Result<Self, ApiError> {
        let attributes = match row.attributes.as_str() {
            "" => Vec::new(),
            json => serde_json::from_str(json)
                .map_err(|_| ReadError::Corrupt("a provider's attributes are not a JSON list of key and value"))?,
        };
        let text = |value: String| (!value.is_empty()).then_some(value);
        Ok(Self {
            id: ID(ids::provider_id(network, &row.owner)),
            network: network.to_owned(),
            owner: row.owner,
            host_uri: row.host_uri,
            email: text(row.email),
            website: text(row.website),
            created_height: row.created_at,
            attributes,
            audited_by: row.auditors,
            active_leases: row.active_leases,
            leased_gpus: row.leased_gpus,
            as_of,
        })
    }

    /// The provider with this id as of a height; `None` when it was not registered then.
    pub(crate) async fn resolve(api: &Api, id: &str, asked: Asked) -> Result<Option<Self>, ApiError> {
        let (network, owner) = ids::parse_provider_id(id).ok_or(ApiError::BadId { what: "provider" })?;
        let scope = Scope::resolve_state(api, &network, asked).await?;
        let row = api.reader.provider(&network, scope.plan.as_of, &owner).await?;
        row.map(|row| Self::new(&network, scope.as_of, row)).transpose()
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
    /// The block as of which the list holds. Cursors pin it: later pages are read as of the same block.
    as_of: BlockRef,
    /// How far the answer can be trusted.
    meta: AnswerMeta,
    #[graphql(skip)]
    network: String,
    /// Counted once, however often and under whatever names a query asks for it.
    #[graphql(skip)]
    total: OnceCell<u64>,
}

#[ComplexObject]
impl ProviderConnection {
    /// How many providers the list holds over all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let reader = &Api::of(ctx).reader;
        let count = self
            .total
            .get_or_try_init(|| reader.provider_count(&self.network, self.as_of.height))
            .await;
        Ok(*count.map_err(ApiError::from)?)
    }

    /// The sample size of this list: the same as `totalCount`.
    async fn sample_size(&self, ctx: &Context<'_>) -> Result<u64> {
        self.total_count(ctx).await
    }
}

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
        let scope = Scope::resolve_state(api, network, asked).await?;
        let place = after.map(|cursor| (cursor.created_at, cursor.key));
        let mut rows = api
            .reader
            .providers(network, scope.plan.as_of, place.as_ref(), size + 1)
            .await?;
        let has_next = rows.len() > size as usize;
        rows.truncate(size as usize);
        let edges = rows
            .into_iter()
            .map(|row| edge(&scope, row))
            .collect::<Result<Vec<_>, _>>()?;
        let cursors: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Self {
            edges,
            page_info: PageInfo::new(&cursors, has_next),
            definition: PROVIDERS.text,
            unit: PROVIDERS.unit,
            as_of: scope.as_of,
            meta: scope.level_meta(),
            network: network.to_owned(),
            total: OnceCell::new(),
        })
    }
}

fn edge(scope: &Scope, row: ProviderRow) -> Result<ProviderEdge, ApiError> {
    let network = &scope.network.name;
    let cursor = ids::provider_cursor(&Cursor {
        network: network.clone(),
        as_of: scope.plan.as_of,
        created_at: row.created_at,
        key: row.owner.clone(),
    });
    Ok(ProviderEdge {
        cursor,
        node: Provider::new(network, scope.as_of, row)?,
    })
}
