//! Leases as of a height.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use time::OffsetDateTime;

use tokio::sync::OnceCell;

use super::definitions::LEASES;
use super::error::ApiError;
use super::evidence::Evidence;
use super::ids::{self, Cursor};
use super::page::{self, PageInfo};
use super::scalars::{BigInt, Decimal, moment};
use super::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};
use crate::read::lease::{LeaseFilter, LeaseKey, LeaseRow};

/// The state of a lease, in the chain's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum LeaseState {
    /// It runs.
    Active,
    /// It ended because the tenant's escrow account was used up.
    InsufficientFunds,
    /// It ended.
    Closed,
    /// The provider has begun to take its resources back; it still runs and is paid.
    Reclaiming,
}

impl LeaseState {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Active, "active"),
        (Self::InsufficientFunds, "insufficient_funds"),
        (Self::Closed, "closed"),
        (Self::Reclaiming, "reclaiming"),
    ];

    fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("", |(_, word)| word)
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(state, _)| *state)
    }
}

/// A lease: a tenant's order filled by a provider's bid.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Lease")]
pub(crate) struct Lease {
    /// Opaque and stable; give it to `lease(id:)` or `node(id:)`.
    pub(crate) id: ID,
    /// The network it is on.
    network: String,
    /// The tenant's address.
    owner: String,
    /// The deployment's sequence number.
    dseq: BigInt,
    /// The group's sequence number within the deployment.
    gseq: u32,
    /// The order's sequence number within the group.
    oseq: u32,
    /// The provider's address.
    provider: String,
    /// The bid's sequence number.
    bseq: u32,
    /// Its state; null for a word that this version does not know.
    state: Option<LeaseState>,
    /// Price per block, in base units of `priceDenom`.
    price: Decimal,
    /// The denomination of the price.
    price_denom: String,
    /// The block that created it.
    created_height: u64,
    /// The time of that block; null where the lease is older than the state that was asked of a node and with which this
    /// network begins: a chain's state holds the height only.
    created_time: Option<OffsetDateTime>,
    /// The block that ended it; null while it runs.
    closed_height: Option<u64>,
    /// What the closing event gave as the reason; null when it gave none, and where the lease ended before the state that
    /// was asked of a node.
    reason: Option<String>,
    /// What the chain's own state answers as the reason. Versions 1.0 and 1.1 never stored it.
    reason_in_state: Option<String>,
    /// The reclamation as the chain's REST answer prints it (JSON); null when there is none.
    reclamation: Option<String>,
    /// Leased CPU, in thousandths of a core.
    cpu_milli: BigInt,
    /// Leased memory, in bytes.
    memory_bytes: BigInt,
    /// Leased storage of all kinds, in bytes.
    storage_bytes: BigInt,
    /// Leased GPUs.
    gpu_units: BigInt,
    /// The GPU's vendor; null when unknown or when there is no GPU.
    gpu_vendor: Option<String>,
    /// The GPU's model; null when unknown or when there is no GPU.
    gpu_model: Option<String>,
    /// The GPU's memory as its attribute says; null when it says nothing.
    gpu_ram: Option<String>,
    /// The GPU's interface as its attribute says; null when it says nothing.
    gpu_interface: Option<String>,
    /// Where the GPU model was found: the winning bid's offer (`offer`), the order's group (`group`), the provider's
    /// attributes (`provider`), its attributes in the state that was asked of a node, which is younger than the lease
    /// (`provider_later`), nowhere (`unknown`), or the lease has no GPU (`none`).
    gpu_resolved_by: String,
    /// `block` where a block changed it last; `snapshot` where it stands as a node answered it.
    origin: String,
    /// The block as of which all this holds.
    as_of: BlockRef,
}

fn text(value: String) -> Option<String> {
    (!value.is_empty()).then_some(value)
}

impl Lease {
    fn new(network: &str, as_of: BlockRef, row: LeaseRow) -> Self {
        let id = ID(ids::lease_id(network, &row.key()));
        Self {
            id,
            network: network.to_owned(),
            owner: row.owner,
            dseq: row.dseq.into(),
            gseq: row.gseq,
            oseq: row.oseq,
            provider: row.provider,
            bseq: row.bseq,
            state: LeaseState::of(&row.lease_state),
            price: Decimal(row.price_text),
            price_denom: row.price_denom,
            created_height: row.created_at,
            created_time: row.created_ms.map(moment),
            closed_height: (row.closed_on > 0).then_some(row.closed_on),
            reason: text(row.close_reason),
            reason_in_state: text(row.close_reason_in_state),
            reclamation: text(row.reclamation_json),
            cpu_milli: row.cpu_milli.into(),
            memory_bytes: row.memory_bytes.into(),
            storage_bytes: row.storage_bytes.into(),
            gpu_units: row.gpu_units.into(),
            gpu_vendor: text(row.vendor),
            gpu_model: text(row.model),
            gpu_ram: text(row.ram),
            gpu_interface: text(row.interface),
            gpu_resolved_by: row.resolved_by,
            origin: row.row_origin,
            as_of,
        }
    }

    /// The lease with this id as of a height; `None` when it did not exist then.
    pub(crate) async fn resolve(api: &Api, id: &str, asked: Asked) -> Result<Option<Self>, ApiError> {
        let (network, key) = ids::parse_lease_id(id).ok_or(ApiError::BadId { what: "lease" })?;
        let scope = Scope::resolve_state(api, &network, "lease", asked).await?;
        let row = api.reader.lease(&network, scope.plan.as_of, &key).await?;
        Ok(row.map(|row| Self::new(&network, scope.as_of, row)))
    }
}

/// A lease and its place in the list.
#[derive(Debug, SimpleObject)]
#[graphql(name = "LeaseEdge")]
pub(crate) struct LeaseEdge {
    /// Give it as `after` to begin behind this lease.
    cursor: String,
    /// The lease.
    node: Lease,
}

/// A page of leases.
#[derive(Debug, SimpleObject)]
#[graphql(name = "LeaseConnection", complex)]
pub(crate) struct LeaseConnection {
    /// The leases of this page with their cursors.
    edges: Vec<LeaseEdge>,
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
    filter: LeaseFilter,
    /// Counted once, however often and under whatever names a query asks for it.
    #[graphql(skip)]
    total: OnceCell<u64>,
}

#[ComplexObject]
impl LeaseConnection {
    /// How many leases the filters select over all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let reader = &Api::of(ctx).reader;
        let count = self
            .total
            .get_or_try_init(|| reader.lease_count(&self.network, self.as_of.height, &self.filter))
            .await;
        Ok(*count.map_err(ApiError::from)?)
    }

    /// The sample size of this list: the same as `totalCount`.
    async fn sample_size(&self, ctx: &Context<'_>) -> Result<u64> {
        self.total_count(ctx).await
    }
}

/// The arguments of a list of leases.
pub(crate) struct LeasesArgs<'a> {
    pub(crate) network: &'a str,
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<&'a str>,
    pub(crate) state: Option<LeaseState>,
    pub(crate) provider: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) gpu_model: Option<String>,
    pub(crate) asked: Asked,
}

/// The longest text that a filter takes; no address or model name is longer.
const MAX_FILTER: usize = 128;

impl LeasesArgs<'_> {
    fn filter(&self) -> Result<LeaseFilter, ApiError> {
        let bounded = |name: &str, value: &Option<String>| match value {
            Some(text) if text.is_empty() || text.len() > MAX_FILTER => Err(ApiError::BadInput(format!(
                "`{name}` must have between 1 and {MAX_FILTER} bytes"
            ))),
            value => Ok(value.clone().unwrap_or_default()),
        };
        Ok(LeaseFilter {
            state: self.state.map(LeaseState::word).unwrap_or_default().to_owned(),
            provider: bounded("provider", &self.provider)?,
            owner: bounded("owner", &self.owner)?,
            gpu_model: bounded("gpuModel", &self.gpu_model)?.to_ascii_lowercase(),
        })
    }
}

impl LeaseConnection {
    /// Reads one page.
    pub(crate) async fn resolve(api: &Api, args: LeasesArgs<'_>) -> Result<Self, ApiError> {
        let size = page::size(args.first)?;
        let filter = args.filter()?;
        let after = args
            .after
            .map(|text| ids::parse_lease_cursor(text).ok_or(ApiError::BadCursor("it is not one of this list")))
            .transpose()?;
        let asked = page::pin(args.network, args.asked, after.as_ref())?;
        let scope = Scope::resolve_state(api, args.network, "leases", asked).await?;
        let place: Option<(u64, LeaseKey)> = after.map(|cursor| (cursor.created_at, cursor.key));
        let network = scope.network.name.clone();
        let mut rows = api
            .reader
            .leases(&network, scope.plan.as_of, &filter, place.as_ref(), size + 1)
            .await?;
        let has_next = rows.len() > size as usize;
        rows.truncate(size as usize);
        let edges: Vec<LeaseEdge> = rows.into_iter().map(|row| edge(&network, &scope, row)).collect();
        let cursors: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Self {
            edges,
            page_info: PageInfo::new(&cursors, has_next),
            definition: LEASES.text,
            unit: LEASES.unit,
            evidence: LEASES.evidence,
            as_of: scope.as_of,
            meta: scope.level_meta(),
            network,
            filter,
            total: OnceCell::new(),
        })
    }
}

fn edge(network: &str, scope: &Scope, row: LeaseRow) -> LeaseEdge {
    let cursor = ids::lease_cursor(&Cursor {
        network: network.to_owned(),
        as_of: scope.plan.as_of,
        created_at: row.created_at,
        key: row.key(),
    });
    LeaseEdge {
        cursor,
        node: Lease::new(network, scope.as_of, row),
    }
}
