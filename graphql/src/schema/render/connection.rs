//! The Relay connections over movements of the token. Each says what it holds, as of which slot, and how we know it.

use async_graphql::{OutputType, SimpleObject};

use super::cursor::{self, Place};
use super::epochs::RenderEpoch;
use super::events::TokenEvent;
use super::reconciliation::Reconciliation;
use super::settlements::Settlement;
use super::work_periods::WorkPeriod;
use crate::schema::definitions::Definition;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::page::{self, PageInfo};
use crate::schema::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};

/// A node and its place in the list.
#[derive(Debug, SimpleObject)]
#[graphql(
    concrete(name = "SettlementEdge", params(Settlement)),
    concrete(name = "WorkPeriodEdge", params(WorkPeriod)),
    concrete(name = "RenderEpochEdge", params(RenderEpoch)),
    concrete(name = "ReconciliationEdge", params(Reconciliation)),
    concrete(name = "TokenEventEdge", params(TokenEvent))
)]
pub(crate) struct Edge<N: OutputType> {
    /// Give it as `after` to begin behind this node.
    cursor: String,
    /// The node.
    node: N,
}

/// A page of a list.
#[derive(Debug, SimpleObject)]
#[graphql(
    concrete(name = "SettlementConnection", params(Settlement)),
    concrete(name = "WorkPeriodConnection", params(WorkPeriod)),
    concrete(name = "RenderEpochConnection", params(RenderEpoch)),
    concrete(name = "ReconciliationConnection", params(Reconciliation)),
    concrete(name = "TokenEventConnection", params(TokenEvent))
)]
pub(crate) struct Connection<N: OutputType>
where
    Edge<N>: OutputType,
{
    /// The nodes of this page with their cursors.
    edges: Vec<Edge<N>>,
    /// Where this page stands.
    page_info: PageInfo,
    /// How many nodes the filters select over all pages.
    total_count: u64,
    /// The sample size of this list: the same as `totalCount`.
    sample_size: u64,
    /// What the list holds.
    definition: &'static str,
    /// The unit of `totalCount`.
    unit: &'static str,
    /// The unit of the amounts in the nodes.
    amount_unit: &'static str,
    /// Decimals of the token: an amount of 10 to this power is one token. Null before the first movement.
    decimals: Option<u8>,
    /// How we know what the list holds. Each node has its own.
    evidence: Evidence,
    /// The slot as of which the list holds. Cursors pin it: later pages are read as of the same slot.
    as_of: BlockRef,
    /// How far the answer can be trusted.
    meta: AnswerMeta,
}

/// What every list is asked with.
pub(crate) struct ListArgs<'a> {
    /// The field of the query that is answered.
    pub(crate) field: &'static str,
    /// Tag of its cursors.
    pub(crate) tag: &'static str,
    pub(crate) network: &'a str,
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<&'a str>,
    pub(crate) asked: Asked,
}

/// A list whose frame is resolved: what to read, and from where on.
pub(crate) struct Opened<P> {
    pub(crate) scope: Scope,
    /// The key behind which the page begins.
    pub(crate) after: Option<P>,
    tag: &'static str,
    size: u32,
}

impl<P: Place> Opened<P> {
    /// Checks the arguments of a list and resolves its frame.
    pub(crate) async fn open(api: &Api, args: &ListArgs<'_>) -> Result<Self, ApiError> {
        let size = page::size(args.first)?;
        let (after, asked) = cursor::open(args.tag, args.network, args.after, args.asked)?;
        let scope = Scope::resolve(api, args.network, args.field, asked).await?;
        Ok(Self {
            scope,
            after,
            tag: args.tag,
            size,
        })
    }

    /// The network's name.
    pub(crate) fn network(&self) -> &str {
        &self.scope.network.name
    }

    /// The slot to read at.
    pub(crate) fn slot(&self) -> u64 {
        self.scope.plan.as_of
    }

    /// How many rows to read: one more than the page holds tells whether another page follows.
    pub(crate) fn limit(&self) -> u32 {
        self.size.saturating_add(1)
    }

    /// The page with these nodes; there are `total` over all pages.
    pub(crate) fn page<N: OutputType>(
        self,
        mut nodes: Vec<(P, N)>,
        total: u64,
        decimals: Option<u8>,
        definition: &Definition,
    ) -> Connection<N>
    where
        Edge<N>: OutputType,
    {
        let has_next = nodes.len() > self.size as usize;
        nodes.truncate(self.size as usize);
        let network = self.network().to_owned();
        let edges: Vec<Edge<N>> = nodes
            .into_iter()
            .map(|(place, node)| Edge {
                cursor: cursor::write(self.tag, &network, self.slot(), &place),
                node,
            })
            .collect();
        let cursors: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Connection {
            edges,
            page_info: PageInfo::new(&cursors, has_next),
            total_count: total,
            sample_size: total,
            definition: definition.text,
            unit: definition.unit,
            amount_unit: AMOUNT_UNIT,
            decimals,
            evidence: definition.evidence,
            as_of: self.scope.as_of,
            meta: self.scope.flow_meta(),
        }
    }
}

/// The unit of all amounts of the token.
pub(crate) const AMOUNT_UNIT: &str = "base units of RENDER (divide by 10 to the power of `decimals`)";
