//! The catalogue of metrics: each is one SQL file of `migrations/metrics`, and needs no code here.

use async_graphql::SimpleObject;
use gridproof_store::metrics::Metric;

use super::error::{ApiError, printable};
use super::evidence::Evidence;
use super::scalars::Decimal;
use super::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};

/// A metric: what it means and how it is computed.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Metric")]
pub(crate) struct MetricInfo {
    /// Its name.
    pub(crate) name: String,
    /// The unit of its values.
    pub(crate) unit: String,
    /// What its values mean.
    pub(crate) definition: String,
    /// Names of the dimensions by which it has values; empty: it has one.
    pub(crate) dimensions: Vec<String>,
    /// What `sampleSize` counts.
    pub(crate) sample_unit: String,
    /// How its values are known.
    pub(crate) evidence: Evidence,
    /// Kinds of networks that have it; on others it means nothing.
    pub(crate) kinds: Vec<String>,
    /// The query that computes it, for any ClickHouse client: parameters `network` and `as_of` (a height).
    pub(crate) sql: String,
}

impl From<&Metric> for MetricInfo {
    fn from(metric: &Metric) -> Self {
        Self {
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            definition: metric.definition.clone(),
            dimensions: metric.dimensions.clone(),
            sample_unit: metric.sample.clone(),
            evidence: metric.evidence.into(),
            kinds: metric.kinds.clone(),
            sql: metric.sql.clone(),
        }
    }
}

impl From<gridproof_store::metrics::Evidence> for Evidence {
    fn from(evidence: gridproof_store::metrics::Evidence) -> Self {
        use gridproof_store::metrics::Evidence as Stored;
        match evidence {
            Stored::Onchain => Self::Onchain,
            Stored::Derived => Self::Derived,
            Stored::OffchainReported => Self::OffchainReported,
        }
    }
}

/// A dimension with its value.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(name = "MetricDimension")]
pub(crate) struct MetricDimension {
    /// Name, as the metric lists it.
    name: String,
    /// Value; may be empty.
    value: String,
}

/// One value of a metric.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "MetricValue")]
pub(crate) struct MetricValue {
    /// What the value is about, in the order of the metric's dimensions.
    dimensions: Vec<MetricDimension>,
    /// The value, exact.
    value: Decimal,
    /// How many observations it rests on.
    sample_size: u64,
}

/// The values of a metric at a height.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "MetricAnswer")]
pub(crate) struct MetricAnswer {
    /// The metric.
    metric: MetricInfo,
    /// The network.
    network: String,
    /// How the values are known.
    evidence: Evidence,
    /// The block as of which they hold.
    as_of: BlockRef,
    /// The unit of the values.
    unit: String,
    /// How many observations all values rest on; `metric { sampleUnit }` says of what.
    sample_size: u64,
    /// How far the values can be trusted.
    meta: AnswerMeta,
    /// The values, in the order of the dimensions.
    values: Vec<MetricValue>,
}

/// All metrics, by name; with a network, those that apply to it.
pub(crate) fn list(api: &Api, network: Option<&str>) -> Result<Vec<MetricInfo>, ApiError> {
    let kind = network
        .map(|name| api.network(name))
        .transpose()?
        .map(|network| &network.kind);
    let fits = |metric: &&Metric| kind.is_none_or(|kind| metric.kinds.contains(kind));
    Ok(api.metrics.iter().filter(fits).map(MetricInfo::from).collect())
}

/// Refuses a metric on a network of a kind that does not have it.
fn check_kind(api: &Api, metric: &Metric, network: &str) -> Result<(), ApiError> {
    let network = api.network(network)?;
    if metric.kinds.contains(&network.kind) {
        return Ok(());
    }
    Err(ApiError::MetricNotApplicable {
        metric: metric.name.clone(),
        network: network.name.clone(),
        kind: network.kind.clone(),
        applies_to: metric.kinds.join(", "),
    })
}

impl MetricAnswer {
    /// The values of the metric `name` of `network`.
    pub(crate) async fn resolve(api: &Api, name: &str, network: &str, asked: Asked) -> Result<Self, ApiError> {
        let metric = api.metrics.iter().find(|metric| metric.name == name).ok_or_else(|| {
            let known: Vec<&str> = api.metrics.iter().map(|metric| metric.name.as_str()).collect();
            ApiError::BadInput(format!(
                "there is no metric \"{}\"; there are: {}",
                printable(name),
                known.join(", ")
            ))
        })?;
        check_kind(api, metric, network)?;
        let scope = Scope::resolve_state(api, network, "metric", asked).await?;
        let rows = api
            .reader
            .metric(&metric.sql, &scope.network.name, scope.plan.as_of)
            .await?;
        let sample_size = rows.iter().fold(0_u64, |sum, row| sum.saturating_add(row.sample_size));
        let values = rows.into_iter().map(|row| MetricValue {
            dimensions: metric
                .dimensions
                .iter()
                .zip(row.dimensions)
                .map(|(name, value)| MetricDimension {
                    name: name.clone(),
                    value,
                })
                .collect(),
            value: Decimal(row.value),
            sample_size: row.sample_size,
        });
        Ok(Self {
            metric: metric.into(),
            network: scope.network.name.clone(),
            evidence: metric.evidence.into(),
            as_of: scope.as_of,
            unit: metric.unit.clone(),
            sample_size,
            meta: scope.level_meta(),
            values: values.collect(),
        })
    }
}
