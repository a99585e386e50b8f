//! Every metric of Render by values computed by hand, from its own file, in the real engine.
#![allow(clippy::unwrap_used)]

mod support;

use clickhouse::Row;
use gridproof_store::metrics::{Evidence, Metric, catalog};
use gridproof_store::reference::{ReportedEpochRow, store_reported};
use serde::Deserialize;
use std::collections::BTreeMap;
use support::render::{MINT, Stand};
use support::render_sample::indexed;

#[derive(Row, Deserialize)]
struct Value {
    dimensions: Vec<String>,
    value: String,
    sample_size: u64,
}

fn of_render() -> Vec<Metric> {
    let mut metrics = catalog().unwrap();
    metrics.retain(|metric| metric.kinds == ["render"]);
    metrics
}

/// Dimensions, value and sample size of each row, as text.
async fn values(stand: &Stand, metric: &Metric, as_of: u64) -> Vec<String> {
    let query = stand.client.raw().query(&metric.sql);
    let query = query.param("network", &stand.network).param("as_of", as_of);
    let rows = query.fetch_all::<Value>().await;
    let rows = rows.unwrap_or_else(|error| panic!("{} at {as_of}: {error}", metric.name));
    for row in &rows {
        assert_eq!(row.dimensions.len(), metric.dimensions.len(), "{}", metric.name);
    }
    let text = |row: Value| format!("{} = {} of {}", row.dimensions.join(" "), row.value, row.sample_size);
    rows.into_iter().map(text).collect()
}

async fn all(stand: &Stand, as_of: u64) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for metric in of_render() {
        let values = values(stand, &metric, as_of).await;
        all.insert(metric.name, values);
    }
    all
}

fn expected(lines: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let line = |(name, values): &(&str, &[&str])| {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        ((*name).to_owned(), values)
    };
    lines.iter().map(line).collect()
}

async fn sample(network: &str) -> Stand {
    let stand = indexed(network).await;
    let one = 10i128.pow(18);
    let report = ReportedEpochRow {
        source: "foundation".into(),
        epoch: 1,
        starts_at: 0,
        ends_at: 1,
        burned: Some(2 * one),
        burned_usd: Some(5 * one),
        credits: None,
        wallets_paid: None,
        work_paid: None,
        availability_paid: None,
        fetched_at: 1,
        document: "sha".into(),
        evidence: "offchain_reported".into(),
    };
    store_reported(&stand.client, network, &[report]).await.unwrap();
    stand
        .observe(199, &[("supply", MINT, 1_150), ("balance", "burner", 51)])
        .await;
    stand.observe(399, &[("supply", MINT, 1_047)]).await;
    stand
}

#[tokio::test(flavor = "multi_thread")]
async fn each_metric_of_render_has_its_value() {
    let stand = sample("metrics").await;
    let known = expected(&[
        ("render_account_drift", &[" = 1 of 3"]),
        ("render_active_recipients", &[" = 2 of 2"]),
        ("render_burn_reconciliation", &["1 foundation = -1.9999985 of 1"]),
        (
            "render_burned_per_epoch",
            &["1 = 150 of 1", "2 = 80 of 2", "3 = 0 of 0"],
        ),
        ("render_burned_total", &[" = 230 of 3"]),
        ("render_fees_gross", &["1 = 157 of 1", "2 = 84 of 2", "3 = 0 of 0"]),
        (
            "render_paid_per_epoch",
            &[
                "1 node_work_reward = 150 of 2",
                "2 node_work_reward = 70 of 1",
                "3 availability_reward = 10 of 1",
                "3 compute_reward = 5 of 1",
            ],
        ),
        (
            "render_real_yield",
            &["1 = 1 of 2", "2 = 1.142857142857142857 of 1", "3 = 0 of 2"],
        ),
        (
            "render_recipient_growth",
            &[
                "1 lost = 0 of 2",
                "1 new = 2 of 2",
                "2 lost = 1 of 2",
                "2 new = 0 of 1",
                "3 lost = 0 of 2",
                "3 new = 1 of 2",
            ],
        ),
        ("render_supply", &["observed = 1047 of 1", "summed = 1050 of 1"]),
        (
            "render_supply_drift_base_units",
            &["observation = 3 of 2", "slot = 0 of 11"],
        ),
        ("render_unexplained_deltas", &[" = 0 of 13"]),
    ]);
    assert_eq!(all(&stand, 399).await, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_in_the_middle_of_an_epoch_leaves_that_epoch_out() {
    let stand = sample("middle").await;
    let at_229 = all(&stand, 229).await;
    assert_eq!(at_229["render_burned_per_epoch"], ["1 = 150 of 1"]);
    assert_eq!(at_229["render_burned_total"], [" = 200 of 2"]);
    assert_eq!(at_229["render_active_recipients"], [" = 2 of 2"]);
    assert_eq!(at_229["render_supply"], ["observed = 1150 of 1", "summed = 1100 of 1"]);
    let before = all(&stand, 99).await;
    for (name, values) in before {
        let nothing = values.is_empty() || values == [" = 0 of 0"];
        assert!(nothing, "{name}: {values:?}");
    }
}

#[test]
fn only_what_compares_with_a_report_is_reported_evidence() {
    for metric in of_render() {
        let compares = metric.name == "render_burn_reconciliation";
        assert_eq!(
            metric.evidence == Evidence::OffchainReported,
            compares,
            "{}",
            metric.name
        );
    }
}
