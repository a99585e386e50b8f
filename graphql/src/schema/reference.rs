//! The reference page of all numbers, written from the definitions themselves: `docs/metrics.md`.

use gridproof_store::metrics::{Metric, MetricError};

use super::definitions;

const INTRODUCTION: &str = "# Metrics

What every number means. This page is written by the program from the definitions that the API itself answers; to write
it anew: `UPDATE_DOCS=1 cargo test -p gridproof-graphql --test metrics_page`.

Every answer names the height as of which it holds and its sample size. Amounts are exact: whole numbers of base units,
or decimals of 18 places; nothing is converted between denominations.

Every number says how it is known. `onchain`: read from finalized blocks. `derived`: computed from such rows by a rule of
ours that is kept as data. `offchain_reported`: somebody's published number takes part; it is compared, never mixed in.
A metric is answered on networks of the kinds that it names and refused on others.
";

const CATALOGUE: &str = "
## Metrics of the catalogue

One file of `migrations/metrics` each, computed at the end of one block. GraphQL: `metrics` lists them, `metric(name,
network, asOf)` answers one. Any ClickHouse client can run the query with the parameters `network` and `as_of` (a height,
on Render a slot, that is committed; the API checks that, the query alone does not).
A combination of dimensions that nothing falls under has no row, which means zero.
";

const SERIES: &str = "
## Series and lists of the API

";

/// The page as Markdown.
///
/// # Errors
/// A metric file that breaks its contract.
pub fn metrics_page() -> Result<String, MetricError> {
    let mut page = format!("{INTRODUCTION}{CATALOGUE}");
    for metric in gridproof_store::metrics::catalog()? {
        page.push_str(&entry(&metric));
    }
    page.push_str(SERIES);
    page.push_str("| field | unit | sample size counts | evidence | definition |\n|---|---|---|---|---|\n");
    for (field, definition) in definitions::ALL {
        let (unit, sample, text) = (definition.unit, definition.sample, definition.text);
        let evidence = definition.evidence.word();
        let (field, rest) = field.split_once(' ').unwrap_or((field, ""));
        let field = format!("`{field}` {rest}");
        page.push_str(&format!(
            "| {} | {unit} | {sample} | {evidence} | {text} |\n",
            field.trim_end()
        ));
    }
    Ok(page)
}

fn entry(metric: &Metric) -> String {
    let dimensions = match metric.dimensions.as_slice() {
        [] => "none: one value".to_owned(),
        names => names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let Metric {
        name,
        unit,
        definition,
        sample,
        sql,
        ..
    } = metric;
    let (evidence, kinds) = (metric.evidence.as_str(), metric.kinds.join(", "));
    format!(
        "\n### `{name}`\n\n{definition}\n\n- unit: {unit}\n- dimensions: {dimensions}\n- sample size counts: {sample}\n\
         - evidence: {evidence}\n- kinds of networks: {kinds}\n\n\
         ```sql\n{sql}\n```\n"
    )
}
