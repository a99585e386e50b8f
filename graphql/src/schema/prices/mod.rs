//! Prices: of tokens, by everyone who tells them, and of clouds.

mod discount;
mod query;
mod reference;
mod ticks;

pub(crate) use query::PriceQuery;

use super::error::{ApiError, printable};
use async_graphql::{OutputType, SimpleObject};

use self::reference::ReferencePrice;
use self::ticks::PriceTick;
use super::definitions::Definition;
use super::evidence::Evidence;
use super::ids;
use super::page::PageInfo;

/// Longest text that a filter takes.
const MAX_FILTER: usize = 128;

/// A filter's text, checked; none: everything.
fn filter(name: &'static str, text: Option<String>) -> Result<String, ApiError> {
    let text = text.unwrap_or_default();
    if text.len() > MAX_FILTER || text.chars().any(char::is_control) {
        return Err(ApiError::BadInput(format!(
            "`{name}` \"{}\" is no name",
            printable(&text)
        )));
    }
    Ok(text)
}

/// A node and its place in the list.
#[derive(Debug, SimpleObject)]
#[graphql(
    concrete(name = "PriceTickEdge", params(PriceTick)),
    concrete(name = "ReferencePriceEdge", params(ReferencePrice))
)]
pub(crate) struct PriceEdge<N: OutputType> {
    /// Give it as `after` to begin behind this node.
    cursor: String,
    /// The node.
    node: N,
}

/// A page of a list.
#[derive(Debug, SimpleObject)]
#[graphql(
    concrete(name = "PriceTickConnection", params(PriceTick)),
    concrete(name = "ReferencePriceConnection", params(ReferencePrice))
)]
pub(crate) struct PriceConnection<N: OutputType>
where
    PriceEdge<N>: OutputType,
{
    /// The nodes of this page with their cursors.
    edges: Vec<PriceEdge<N>>,
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
    /// How we know what the list holds. Each node has its own.
    evidence: Evidence,
}

/// A page of at most `size` nodes out of one more; each with the parts of its cursor.
fn page<N: OutputType>(
    tag: &'static str,
    size: u32,
    mut nodes: Vec<(Vec<String>, N)>,
    total: u64,
    definition: &Definition,
) -> PriceConnection<N>
where
    PriceEdge<N>: OutputType,
{
    let has_next = nodes.len() > size as usize;
    nodes.truncate(size as usize);
    let edge = |(place, node): (Vec<String>, N)| {
        let parts: Vec<&str> = std::iter::once(tag).chain(place.iter().map(String::as_str)).collect();
        PriceEdge {
            cursor: ids::encode(&parts),
            node,
        }
    };
    let edges: Vec<_> = nodes.into_iter().map(edge).collect();
    let cursors: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
    PriceConnection {
        edges,
        page_info: PageInfo::new(&cursors, has_next),
        total_count: total,
        sample_size: total,
        definition: definition.text,
        unit: definition.unit,
        evidence: definition.evidence,
    }
}

/// The parts of a cursor with this tag.
fn cursor<const N: usize>(tag: &'static str, after: Option<&str>) -> Result<Option<[String; N]>, ApiError> {
    let Some(after) = after else { return Ok(None) };
    ids::lines(tag, after)
        .and_then(|parts| parts.try_into().ok())
        .map(Some)
        .ok_or(ApiError::BadCursor("it was not given out by this list"))
}
