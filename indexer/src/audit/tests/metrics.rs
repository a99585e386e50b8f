//! Every metric of the catalogue on the real engine, against numbers counted from the chain's own answers.
#![allow(clippy::unwrap_used)]

use super::tables::{Stand, ingest, stand};
use crate::chain::akash::testing::path;
use clickhouse::Row;
use gridproof_store::metrics::{Evidence, Metric, catalog};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Three columns, as the contract of the catalogue has them.
#[derive(Debug, Row, Deserialize)]
struct MetricRow {
    dimensions: Vec<String>,
    value: String,
    sample_size: u64,
}

/// Values by their dimensions, written one after the other.
type Values = BTreeMap<String, u128>;

async fn rows(stand: &Stand, metric: &Metric, network: &str, height: u64) -> Vec<MetricRow> {
    let query = stand.client.raw().query_raw(&metric.sql);
    let query = query.param("network", network).param("as_of", height);
    query
        .fetch_all::<MetricRow>()
        .await
        .unwrap_or_else(|error| panic!("{} at {height}: {error}", metric.name))
}

/// The metrics that a network of this kind has.
fn of_akash() -> Vec<Metric> {
    let mut metrics = catalog().unwrap();
    metrics.retain(|metric| metric.kinds.iter().any(|kind| kind == "akash"));
    metrics
}

async fn values(stand: &Stand, name: &str, network: &str, height: u64) -> Values {
    let metrics = catalog().unwrap();
    let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
    let rows = rows(stand, metric, network, height).await.into_iter();
    rows.map(|row| (row.dimensions.join(" "), row.value.parse().unwrap()))
        .collect()
}

/// What the chain answered at a height.
struct Truth {
    recording: &'static str,
    height: u64,
}

impl Truth {
    fn file(&self, name: &str) -> Value {
        let file = format!("state/{}/{name}.json", self.height);
        serde_json::from_slice(&std::fs::read(path(self.recording, &file)).unwrap()).unwrap()
    }

    fn list(&self, name: &str) -> Vec<Value> {
        self.file(name).as_array().unwrap().clone()
    }

    /// Leases that run: active ones and those being taken back.
    fn running(&self) -> Vec<Value> {
        let runs = |lease: &Value| matches!(text(&lease["state"]), "active" | "reclaiming");
        let leases = self.list("leases").into_iter().map(|item| item["lease"].clone());
        leases.filter(runs).collect()
    }

    /// What escrow paid, take included: `withdrawn` of every payment, by denomination.
    fn payouts(&self) -> Values {
        let mut paid = Values::new();
        for payment in self
            .list("leases")
            .iter()
            .map(|item| &item["escrow_payment"]["state"]["withdrawn"])
        {
            *paid.entry(text(&payment["denom"]).to_owned()).or_default() += number(&payment["amount"]);
        }
        paid.retain(|_, amount| *amount > 0);
        paid
    }

    /// Running leases whose account would be overdrawn if it were settled at this height: from v1.1.0 on each open
    /// payment is due in whole units, and the deposits of its account pay for them.
    fn zombies(&self) -> u128 {
        let mut money = BTreeMap::new();
        for item in self.list("deployments") {
            let account = &item["escrow_account"];
            let deposits = account["state"]["deposits"].as_array().unwrap();
            let left: f64 = deposits
                .iter()
                .map(|deposit| decimal(&deposit["balance"]["amount"]))
                .sum();
            let blocks = u128::from(self.height) - number(&account["state"]["settled_at"]);
            money.insert(text(&account["id"]["xid"]).to_owned(), (left, blocks, 0.0));
        }
        for item in self.list("leases") {
            let payment = &item["escrow_payment"];
            let (_, blocks, due) = money.get_mut(text(&payment["id"]["aid"]["xid"])).unwrap();
            if text(&payment["state"]["state"]) == "open" {
                *due += (decimal(&payment["state"]["rate"]["amount"]) * *blocks as f64).floor();
            }
        }
        let broke = |lease: &&Value| {
            let id = &lease["id"];
            let (left, _, due) = money[&format!("{}/{}", text(&id["owner"]), text(&id["dseq"]))];
            due > left
        };
        self.running().iter().filter(broke).count() as u128
    }

    fn supply(&self) -> Values {
        let coins = self.file("supply")["supply"].as_array().unwrap().clone();
        let coin = |coin: &Value| (text(&coin["denom"]).to_owned(), number(&coin["amount"]));
        coins.iter().map(coin).collect()
    }

    /// GPUs that the groups of running leases asked for.
    fn gpus(&self) -> u128 {
        let mut by_group = BTreeMap::new();
        for group in self
            .list("deployments")
            .iter()
            .flat_map(|item| item["groups"].as_array().unwrap())
        {
            let units = |resource: &Value| {
                number(&resource["resource"]["gpu"]["units"]["val"]) * u128::from(resource["count"].as_u64().unwrap())
            };
            let sum: u128 = group["group_spec"]["resources"]
                .as_array()
                .unwrap()
                .iter()
                .map(units)
                .sum();
            by_group.insert(place(&group["id"]), sum);
        }
        self.running().iter().map(|lease| by_group[&place(&lease["id"])]).sum()
    }
}

/// Good enough for whether dues exceed deposits; nothing is summed up for an answer.
fn decimal(value: &Value) -> f64 {
    text(value).parse().unwrap()
}

fn place(id: &Value) -> String {
    format!("{} {} {}", text(&id["owner"]), text(&id["dseq"]), id["gseq"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &Value) -> u128 {
    text(value).parse().unwrap()
}

/// Heights at which `leases.json` says of every payout in which coins it was made: none of these chains repriced.
const TRUTHS: [Truth; 4] = [
    Truth {
        recording: "akash-gridlocal-1",
        height: 286,
    },
    Truth {
        recording: "akash-gridlocal-1",
        height: 573,
    },
    Truth {
        recording: "akash-gridlocal-1",
        height: 860,
    },
    Truth {
        recording: "akash-gridlocal-v12",
        height: 582,
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_gives_the_numbers_of_the_chain() {
    let stand = stand().await;
    for recording in ["akash-gridlocal-1", "akash-gridlocal-v12"] {
        ingest(&stand, recording).await;
    }
    let mut answered = BTreeSet::new();
    for truth in &TRUTHS {
        let network = truth.recording.replace("akash-", "rec-");
        answered.append(&mut every_metric_keeps_its_columns(&stand, &network, truth.height).await);
        agrees(&stand, &network, truth).await;
    }
    // What pollers report has no value in a recording of blocks; its own stage tests it. The oracle of these chains told
    // no price that is not good, so there is nothing to count, either.
    let from_blocks = of_akash().into_iter();
    for metric in from_blocks
        .filter(|metric| metric.evidence != Evidence::OffchainReported && metric.name != "price_ticks_not_ok")
    {
        assert!(answered.contains(&metric.name), "{} has a value nowhere", metric.name);
    }
    known_numbers(&stand).await;
}

/// Three columns, as many dimensions as the header names, and numbers that rest on something. Gives the metrics that
/// have a value here.
async fn every_metric_keeps_its_columns(stand: &Stand, network: &str, height: u64) -> BTreeSet<String> {
    let mut answered = BTreeSet::new();
    for metric in of_akash() {
        let name = &metric.name;
        let rows = rows(stand, &metric, network, height).await;
        let keys: BTreeSet<_> = rows.iter().map(|row| row.dimensions.clone()).collect();
        assert_eq!(keys.len(), rows.len(), "{name}: one value for each combination");
        for row in &rows {
            assert_eq!(row.dimensions.len(), metric.dimensions.len(), "{name}");
            let value: f64 = row.value.parse().unwrap_or_else(|_| panic!("{name}: {row:?}"));
            assert!((0.0..1e16).contains(&value), "{name}: {row:?}");
            assert!(row.sample_size > 0 || value == 0.0, "{name}: {row:?}");
        }
        if !rows.is_empty() {
            answered.insert(metric.name);
        }
    }
    answered
}

async fn agrees(stand: &Stand, network: &str, truth: &Truth) {
    let at = format!("{network} {}", truth.height);
    let got = |name| values(stand, name, network, truth.height);
    let total = |values: Values| values.values().sum::<u128>();
    let running = truth.running();
    assert_eq!(total(got("active_leases").await), running.len() as u128, "{at}");
    assert_eq!(total(got("leased_gpus").await), truth.gpus(), "{at}");
    let holders: BTreeSet<&str> = running.iter().map(|lease| text(&lease["id"]["provider"])).collect();
    assert_eq!(total(got("providers_with_leases").await), holders.len() as u128, "{at}");
    assert_eq!(
        total(got("providers_registered").await),
        truth.list("providers").len() as u128,
        "{at}"
    );
    let ended = |item: &&Value| text(&item["lease"]["closed_on"]) != "0";
    let closed = truth.list("leases").iter().filter(ended).count();
    assert_eq!(total(got("lease_close_reasons").await), closed as u128, "{at}");
    assert_eq!(got("lease_payouts_total").await, truth.payouts(), "{at}");
    assert_eq!(got("token_supply").await, truth.supply(), "{at}");
    let zombies = truth.zombies();
    assert_eq!(total(got("zombie_leases").await), zombies, "{at}");
    assert_eq!(
        total(got("funded_active_leases").await),
        running.len() as u128 - zombies,
        "{at}"
    );
    assert!(total(got("funded_leased_gpus").await) <= truth.gpus(), "{at}");
    let (gross, net) = (total(truth.payouts()), total(got("provider_revenue_total").await));
    // v1.2 takes 2 % of each payout, cut to whole units; v2 takes nothing.
    let taken = if network == "rec-gridlocal-v12" {
        gross * 2 / 100
    } else {
        0
    };
    assert!(
        net >= gross - taken && net <= gross - taken + 400,
        "{at}: {gross} {net}"
    );
}

/// The numbers at one height, written down, so that truth and query cannot drift together.
async fn known_numbers(stand: &Stand) {
    let got = |name| values(stand, name, "rec-gridlocal-1", 573);
    assert_eq!(got("active_leases").await.values().sum::<u128>(), 17);
    assert_eq!(
        got("lease_payouts_total").await,
        Values::from([("uact".to_owned(), 195_091_625)])
    );
    // The terms of docs/activity.md add up to these.
    for (network, height, denom, spent) in [
        ("rec-gridlocal-1", 860, "uact", "321507240.516379"),
        ("rec-gridlocal-v12", 582, "uakt", "181556517.163485"),
    ] {
        let metric = of_akash()
            .into_iter()
            .find(|metric| metric.name == "accrued_spend_total")
            .unwrap();
        let rows = rows(stand, &metric, network, height).await;
        let values: Vec<_> = rows
            .iter()
            .map(|row| (row.dimensions.as_slice(), row.value.as_str()))
            .collect();
        assert_eq!(values, [([denom.to_owned()].as_slice(), spent)], "{network}");
    }
    let supply = [
        ("uact".to_owned(), 12_974_905_273),
        ("uakt".to_owned(), 106_010_256_203_890),
    ];
    assert_eq!(got("token_supply").await, Values::from(supply));
}
